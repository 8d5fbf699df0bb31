"""Bytes into lines: nothing gets lost, whatever the chunks are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bccpilot.running.lines import Splitter, lost

PIECES = st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"\n\n", "é漢".encode(), b"\xff\n"]), max_size=30)


def split(chunks: list[bytes], most: int = 1 << 16) -> list[str]:
    splitter = Splitter(most)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.last()


@given(PIECES)
def test_the_lines_are_the_bytes_whatever_the_chunks(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    lines = split(chunks)
    assert lines == split([whole])
    assert "\n".join(lines).encode("utf-8", "surrogateescape") == whole.removesuffix(b"\n")


@given(PIECES)
def test_long_lines_come_in_pieces_without_a_loss(chunks: list[bytes]) -> None:
    lines = split(chunks, most=8)
    assert max(map(len, lines), default=0) <= 8
    assert "".join(lines).encode("utf-8", "surrogateescape").replace(b"\n", b"") == b"".join(chunks).replace(b"\n", b"")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Possibly lost 12 samples", 12),
        ("lost 3 events on CPU #1", 3),
        ("Lost 7 events on CPU #0!", 7),
        ("Lost 99 events", 99),
        ("WARNING: 5 stack traces lost and could not be displayed.", 5),
        ("WARNING: 2 stack traces could not be displayed. Consider increasing --stack-storage-size.", 2),
        ("17 cat: Possibly lost 12 samples", 0),
        ("/home/lost 9 events", 0),
        ("plain", 0),
    ],
)
def test_losses(line: str, number: int) -> None:
    assert lost(["PID COMM", line, "host me"]) == number
