from __future__ import annotations

import pytest

from manpages_index.packed import Phrases, Tables, flatten, unflatten
from manpages_index.store import Index


def test_the_chinese_half_is_read_for_chinese_phrases_and_once() -> None:
    read: list[str] = []

    def chinese() -> dict[str, str]:
        read.append("chinese")
        return {"磁盘": "disk"}

    phrases = Phrases({"hard disk": "disk"}, chinese)
    assert ("hard disk" in phrases, phrases["hard disk"], "soft disk" in phrases, read) == (True, "disk", False, [])
    assert ("磁盘" in phrases, phrases["磁盘"], "盘" in phrases, read) == (True, "disk", False, ["chinese"])


def test_what_few_requests_need_is_read_when_it_is_asked_for() -> None:
    read: list[str] = []

    def later() -> dict[str, int]:
        read.append("later")
        return {"rare": 2, "rarer": 3}

    tables = Tables({"often": 1}, later)
    assert (tables["often"], read) == (1, [])
    assert (tables["rare"], tables["rarer"], read) == (2, 3, ["later"])
    with pytest.raises(KeyError):
        tables["never"]


def test_a_flat_table_is_the_same_again() -> None:
    for table in ({}, {"a b": "x y"}, {"a": "", "磁盘": "disk"}):
        assert unflatten(flatten(table)) == table


def test_both_halves_of_the_lexicon_are_in_the_index(index: Index) -> None:
    lexicon = index.search["lexicon"]
    assert ("run queu" in lexicon, "运行队列" in lexicon) == (True, True)
    assert index.search["cases"][0]["tools"]
