"""What a field of a record is good for in a summary: a key to count by, an error, a number to sum, a number to watch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from manpages_index.model import Column, OutputShape

_KEYS = frozenset(("str", "comm", "path", "addr"))
_NUMBERS = frozenset(("int", "float", "size"))


@dataclass(frozen=True)
class Meaning:
    """`role`: key | errno | sum (a number that adds up) | gauge (one that doesn't) | identifier | none."""

    role: str
    unit: str | None = None


@cache
def data() -> Mapping[str, Any]:
    """fields.toml, read once."""
    import tomllib

    return tomllib.loads(Path(__file__).with_name("fields.toml").read_text())


def meaning(name: str, value: object, shape: OutputShape | None) -> Meaning:
    """What a field means, by the knowledge file's column, by its name, and at last by a value of it."""
    known = data()
    column = next((c for c in shape.columns if c.name == name), None) if shape else None
    if name in known["instants"] or name in known["skipped"]:
        return Meaning("none")
    if name in known["identifiers"]:
        return Meaning("key" if (shape and name in shape.top) or not isinstance(value, int | float) else "identifier")
    if column is not None and column.type not in ("auto", "percent"):
        return _of_type(name, column)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, column.unit if column else None)
    return Meaning("key" if isinstance(value, str) else "none")


def _of_type(name: str, column: Column) -> Meaning:
    if column.type == "errno":
        return Meaning("errno")
    if column.type in _NUMBERS:
        return _number(name, column.unit)
    return Meaning("key" if column.type in _KEYS else "none")


def _number(name: str, unit: str | None) -> Meaning:
    words = name.split("_")
    unit = unit or data()["endings"].get(words[-1])
    if "per" in words or unit in ("1/s", "B/s"):
        return Meaning("gauge", unit if unit in ("1/s", "B/s") else "/s")
    gauge = unit == "%" or any(word in data()["gauge_words"] for word in words) or re.fullmatch(r"p?[\d.]+", words[0])
    return Meaning("gauge" if gauge else "sum", unit)


@cache
def _plumbing() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{frame})" for frame in data()["plumbing"]["frames"]))


@lru_cache(maxsize=20_000)
def function(frame: str) -> str:
    """The function's name alone: without offset, module, address."""
    return frame.partition(" [")[0].partition("+0x")[0]


def telling(names: Sequence[str]) -> str:
    """The leaf-most function that says something about the cause; the leaf itself where none does. `names` from the root."""
    return from_telling(names)[0]


def from_telling(names: Sequence[str]) -> Sequence[str]:
    """The frames from there to the root, leaf first."""
    leaf_first = names[::-1]
    start = next((place for place, name in enumerate(leaf_first) if not _plumbing().fullmatch(name.removesuffix("_noprof"))), 0)
    return leaf_first[start:]
