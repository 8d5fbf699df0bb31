"""Complaints (`the api freezes though the CPUs are idle`): which case of lexicon/complaints.toml a request tells, by its signs.

A complaint says what is wrong, not what to trace; what an experienced engineer would run first then is knowledge of its own.
"""

from __future__ import annotations

from bccpilot.model import Complaint, Value
from manpages_index import lexicon, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView, Mapping
    from typing import Any

_SEEN = "in_a_profile"  # then a function is what somebody saw
_TRACED = ("function", "probe", "syscall", "terminal")  # who names one of these says what to trace
_TOLD_ALL_THE_SAME = 3  # signs: `ListenOverflows climb. is accept() too slow?`


def find(said: str, values: Iterable[Value], chinese: bool, tables: Mapping[str, Any]) -> Complaint | None:
    """The case with the most signs, the first of equals; None where a request tells none. `said` is folded, its values blanked."""
    values = tuple(values)
    met = signs(said, values, tables)
    best = max(_told(met.keys(), tables), key=lambda case: len(case["signs"]), default=None)
    is_traced = _SEEN not in met and any(value.kind in _TRACED for value in values)
    if best is None or (is_traced and len(best["signs"]) < _TOLD_ALL_THE_SAME):
        return None
    told = {sign: met[sign] for one_of in best["signs"] for sign in one_of if sign in met}
    return Complaint(tuple(best["tools"]), best["why_zh" if chinese else "why"], told, best.get("system_wide", False))


def _told(met: KeysView[str], tables: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The cases that these signs tell, in their order; those whose first sign isn't met needn't be looked at."""
    numbers = {int(number) for sign in met for number in tables["first_signs"].get(sign, "").split()}
    return (case for case in (tables["cases"][number] for number in sorted(numbers)) if _tells(case, met))


def signs(said: str, values: Iterable[Value], tables: Mapping[str, Any]) -> dict[str, str]:
    """{sign: what met it}: its words, or a value of a kind that is a sign by itself."""
    met = lexicon.match(tables["signs"], said)
    for value in values:
        for sign in tables["sign_values"].get(value.kind, "").split():
            met.setdefault(sign, value.text)
        if value.kind == "quoted":  # an error's message, mostly
            met |= lexicon.match(tables["signs"], words.fold(f"{value.value}"))
        if value.kind == "comm":  # a program's name says whose complaint it is
            met = lexicon.match(tables["sign_programs"], words.fold(f"{value.value}")) | met
    return met


def _tells(case: Mapping[str, Any], met: KeysView[str]) -> bool:
    return not any(met.isdisjoint(one_of) for one_of in case["signs"]) and met.isdisjoint(case["unless"])
