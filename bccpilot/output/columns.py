"""A header line -> columns: names, types, units, and where each stands.

What a knowledge file says of a tool's columns comes first; for all others the header's own words tell. bcc's headers
follow habits: `PID`, `COMM`, `LAT(ms)`, `R_Kb`, `READ/s`, `HIT%`, `TOTAL_usecs`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from manpages_index.model import Column


@dataclass(frozen=True)
class Cell:
    """One column as it stands in a header: `start` and `end` are offsets into the line."""

    header: str
    name: str
    type: str
    unit: str | None
    start: int
    end: int


@cache
def known() -> dict[str, tuple[str, str, str | None]]:
    """Header word -> (name, type, unit), for headers that many tools share."""
    return {header: (name, kind, unit or None) for header, (name, kind, unit) in _data()["columns"].items()}


@cache
def units() -> dict[str, str]:
    """Unit as a header spells it, in lower case -> unit."""
    return dict(_data()["units"])


@cache
def _data() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name("columns.toml").read_text())


_PAIR = r"(?:Avg|Max|Min|Total|In|Out|VQ|PPC) [A-Za-z]+(?!\S)"
_WORD = re.compile(rf"\[\d+\w?, \d+\w?\)|# [A-Z]\S*|\S+ \((?:us|ms|ns|s|[A-Z]+)\)|{_PAIR}|\S+")
_STEMS = {"LAT": "latency", "QUE": "queued"}
_SUFFIX = re.compile(r"(.+?)\s?(?:\((\w+)\)|_([a-zA-Z]+)|(/s)|(%))")
_WORDS_LATENCY = re.compile(r"([A-Z]+)(ms|us|ns)")
_NOT_NAME = re.compile(r"[^a-z0-9]+")


def words(text: str) -> list[re.Match[str]]:
    """The words of a header line; `TIME (us)`, `# CALLS` and `[0, 64)` are one word each."""
    return list(_WORD.finditer(text))


def snake(text: str) -> str:
    """A field's name from any words."""
    return _NOT_NAME.sub("_", text.lower()).strip("_") or "value"


def described(header: str) -> tuple[str, str, str | None]:
    """(name, type, unit) of a header's word that no knowledge file names."""
    if header in known():
        return known()[header]
    if header[:1] == "[":
        return "size_" + snake(header), "size", None
    parts = _SUFFIX.fullmatch(header) or _WORDS_LATENCY.fullmatch(header)
    unit = units().get(next(filter(None, parts.groups()[1:]), "").lower()) if parts else None
    if parts is None or unit is None:
        return snake(header), "auto", None
    stem = snake(_STEMS.get(parts[1], parts[1]))
    return (
        f"{stem}_{_unit_name(unit)}",
        "percent" if unit == "%" else "float" if "(" in header or "/" in header else "auto",
        unit,
    )


def _unit_name(unit: str) -> str:
    return {"%": "percent", "1/s": "per_s"}.get(unit, unit.lower())


def cells_of(text: str, columns: Sequence[Column] = ()) -> tuple[Cell, ...]:
    """The columns of a header line, left to right. Words that `columns` names take name, type and unit from there."""
    found = list(_named(text, columns))
    taken = [(cell.start, cell.end) for cell in found]
    for word in words(text):
        if not any(start < word.end() and word.start() < end for start, end in taken):
            found.append(Cell(word[0], *described(word[0]), word.start(), word.end()))
    return _distinct(sorted(found, key=lambda cell: cell.start))


def _named(text: str, columns: Sequence[Column]) -> list[Cell]:
    """The known columns that stand in this header, in their order; a column that an option left out isn't there."""
    found, at = [], 0
    for column in columns:
        place = re.compile(r"(?<!\S)" + re.escape(column.header) + r"(?!\S)").search(text, at) if column.header else None
        if place:
            found.append(Cell(column.header, column.name, column.type, column.unit, place.start(), place.end()))
            at = place.end()
    return found


def _distinct(cells: list[Cell]) -> tuple[Cell, ...]:
    """A second column of the same name gets a number, so that no value overwrites another."""
    count: dict[str, int] = {}
    distinct = []
    for cell in cells:
        count[cell.name] = count.get(cell.name, 0) + 1
        name = cell.name if count[cell.name] == 1 else f"{cell.name}_{count[cell.name]}"
        distinct.append(Cell(cell.header, name, cell.type, cell.unit, cell.start, cell.end))
    return tuple(distinct)


_HEADER_WORD = re.compile(r"[A-Z%#>][A-Za-z0-9_%#/().:,>-]*|->|-|\[\d+\w?, \d+\w?\)|# \S+|\S+ \(\w+\)|avg_size|[mnu]s|" + _PAIR)
_UPPER = re.compile(r"%?[A-Z][A-Z0-9_/.:-]*[A-Z0-9%](?:\s?\(\w+\)|_?[a-z]+|/s)?|[TD]|I/O|# [A-Z]+|" + _PAIR)


def is_header(text: str) -> bool:
    """Whether the line looks like the header of a table: two or more capitalised words, most of them in capitals, no
    number among them."""
    if len(text) > 500 or not any(letter.isupper() for letter in text):
        return False
    found = [word[0] for word in words(text)]
    if len(found) < 2 or not all(map(_HEADER_WORD.fullmatch, found)):
        return False
    upper = sum(_UPPER.fullmatch(word) is not None for word in found)
    return upper == len(found) if len(found) < 4 else 2 * upper >= len(found) or text.count("  ") >= len(found) // 2
