"""The bench's requests: enough of them, in both languages, each with a number to check."""

from __future__ import annotations

import tomllib
from collections import Counter

from bench.generate.score import CASES
from manpages_index import words

KINDS = {"value", "event", "bucket", "stack", "no"}


def test_the_cases_are_whole() -> None:
    cases = [case for case in tomllib.loads(CASES.read_text())["case"] if "skip" not in case]
    assert len(cases) >= 60
    assert [case for case in cases if case["expect"]["kind"] not in KINDS or not case["work"]] == []
    numbered = [case for case in cases if case["expect"]["kind"] != "no"]
    assert [case for case in numbered if "value" not in case["expect"] and {"least", "most"} - set(case["expect"])] == []
    assert Counter(words.is_chinese(case["request"]) for case in cases)[True] >= 12
