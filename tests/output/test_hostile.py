"""Names and lines that a traced program chose: nothing is lost, nothing raises, and a look-alike can't take the table over."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bccpilot.model import Record
from manpages_index.model import OutputShape
from tests.output import inputs
from tests.output.reading import kept, records

HEADER = "PID    COMM               FD ERR PATH"


def fields(found: list[Record]) -> list[tuple[str, dict[str, object]]]:
    return [(record.kind, record.fields) for record in found if record.kind != "note"]


def test_a_terminal_escape_in_a_name_is_a_name() -> None:
    found = records(f"{HEADER}\n188    \x1b]0;owned\x07         3   0 /tmp/\x1b[2J")
    event = {"pid": 188, "comm": "\x1b]0;owned\x07", "fd": 3, "errno": 0, "path": "/tmp/\x1b[2J"}
    assert fields(found) == [("event", event)]


def test_a_name_that_reads_like_the_next_columns_stays_a_name() -> None:
    found = records(f"{HEADER}\n188    x 3   0 /etc       -1   2 /real")
    assert fields(found) == [("event", {"pid": 188, "comm": "x 3   0 /etc", "fd": -1, "errno": 2, "path": "/real"})]


def test_a_header_in_a_file_name_does_not_change_the_table() -> None:
    found = records(f"{HEADER}\n1      sh                  3   0 /tmp/a\nUID GID EVIL\n2      sh                  4   0 /b")
    assert fields(found) == [
        ("event", {"pid": 1, "comm": "sh", "fd": 3, "errno": 0, "path": "/tmp/a"}),
        ("unparsed", {"text": "UID GID EVIL"}),
        ("event", {"pid": 2, "comm": "sh", "fd": 4, "errno": 0, "path": "/b"}),
    ]


def test_after_a_header_that_only_looked_like_one_the_rows_go_on() -> None:
    found = records(f"{HEADER}\n1      sh                  3   0 /tmp/a\n\nUID GID EVIL\n2      sh                  4   0 /b")
    assert [record.fields.get("pid") for record in found if record.kind == "event"] == [1, 2]


def test_the_rest_of_a_name_with_a_newline_is_unparsed() -> None:
    found = records(f"{HEADER}\n1      sh                  3   0 /tmp/a\nrest of the name\n2      sh                  4   0 /b")
    assert [record.kind for record in found] == ["note", "event", "unparsed", "event"]


def test_a_path_of_4096_bytes_is_a_path() -> None:
    path = "/" + "a b\t" * 1024
    found = records(f"{HEADER}\n1      sh                  3   0 {path}")
    assert fields(found) == [("event", {"pid": 1, "comm": "sh", "fd": 3, "errno": 0, "path": path})]


def test_numbers_that_no_type_holds_are_unparsed() -> None:
    found = records(f"{HEADER}\n{'9' * 5000} sh                  3   0 /x")
    assert [record.kind for record in found] == ["note", "unparsed"]


def test_what_sslsniff_shows_is_data_whatever_it_looks_like() -> None:
    text = "FUNC         TIME(s)            COMM             PID    LEN\nWRITE/SEND   0.000000000        curl             12915  75\n"
    data = f"{HEADER}\n1      sh                  3   0 /etc/shadow"
    found = records(f"{text}----- DATA -----\n{data}\n\n----- END DATA -----\nREAD/RECV    0.1                curl             12915  3")
    assert [record.kind for record in found] == ["note", "event", "note", "event"]
    assert found[2].fields == {"text": data + "\n", "data": True}


def test_stacks_without_an_end_are_not_held_for_ever() -> None:
    found = records("\n".join("    frame" for _ in range(5000)))
    assert max(record.raw.count("\n") for record in found) < 1024
    assert kept(found) == "frame" * 5000


@pytest.mark.parametrize("shape", [None, "events", "lines", "folded", "histogram", "json", "memleak"])
@settings(max_examples=150, deadline=None)
@given(text=st.lists(st.text(st.characters(exclude_characters="\n"), max_size=60) | st.sampled_from(inputs.LINES), max_size=12))
def test_no_text_raises_or_is_lost(shape: str | None, text: list[str]) -> None:
    found = records("\n".join(text), (OutputShape(shape),) if shape else ())
    assert kept(found) == "".join("".join(text).split())


@pytest.mark.parametrize("seed", range(8))
def test_no_spoilt_output_raises_or_is_lost(seed: int) -> None:
    random = Random(seed)
    for _ in range(250):
        lines = inputs.lines(random)
        assert kept(records("\n".join(lines))) == "".join("".join(lines).split()), lines


@pytest.mark.parametrize(
    "line", ["{" * 100_000 + "}", '{"a":' * 50_000 + "}", "{'a': " + "-" * 200_000 + "1}", "{'a': 0x}", "{'1_a': 1in}", '{"a": NaN}']
)
def test_data_that_is_none_or_too_deep(line: str) -> None:
    assert kept(records(line)) == line.replace(" ", "")
