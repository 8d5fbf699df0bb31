"""What reaches a screen can't command it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bccpilot.reporting.escape import escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve, 中文", "plain text, naïve, 中文"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egnp.exe\u200b", "\\u202egnp.exe\\u200b"),
        (b"\xff\xfe".decode("utf-8", "surrogateescape"), "\\xff\\xfe"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(st.characters()))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not [sign for sign in escaped(text) if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    assert escaped(text).encode().decode() == escaped(text)


@given(st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20)))
def test_ascii_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text
