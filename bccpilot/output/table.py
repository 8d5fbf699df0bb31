"""Rows under a header: a function per header that turns one line into one record, compiled when the header is met.

Three ways to read a row, the quickest that is certain comes first: split at spaces (right where no value can hold a
space), walk along the header's columns as printf filled them (right where names hold spaces and where wide values push
the rest to the right), match the columns' types (where there is no header to go by). A line that none of them can read
isn't a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bccpilot.model import Record
from bccpilot.output.columns import Cell
from bccpilot.output.values import CONVERTERS, STRICT, convert, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    RowReader = Callable[[str], Record | None]

COMM_LENGTH = 16  # TASK_COMM_LEN of the kernel: no comm is longer, and no tool prints it wider
WIDE = frozenset(("comm", "str", "path", "auto"))
LOST = ("Possibly lost", "Lost ", "lost ")

_PATTERNS = {
    "int": r"(-?\d+|-|N/A)",
    "float": r"(-?\d+(?:\.\d+)?|-|N/A)",
    "errno": r"(-?\d+|-?E[A-Z0-9]+)",
    "time": r"(\d\d:\d\d:\d\d\S*|\d+\.\d+)",
    "percent": r"(-?\d+(?:\.\d+)?%?)",
    "comm": r"(\S.{0,15}?)",
    "str": r"(\S.{0,63}?)",
}


@dataclass(frozen=True)
class Layout:
    """The columns of a table. `placed`: their offsets are known from a header; `separator`: None for blanks, or a
    comma."""

    cells: tuple[Cell, ...]
    header: str = ""
    placed: bool = True
    separator: str | None = None

    @property
    def free(self) -> bool:
        """Whether the last column takes the rest of the line."""
        return self.cells[-1].type in ("str", "path", "comm")

    @property
    def maybe_free(self) -> bool:
        """Likewise, or its type isn't known, so that it may."""
        return self.free or (self.cells[-1].type == "auto" and self.cells[-1].unit is None)

    @property
    def numeric(self) -> bool:
        """Whether all columns may be numbers or times."""
        return all(cell.type in STRICT or cell.type == "auto" for cell in self.cells)

    @property
    def numbers(self) -> bool:
        """Whether all columns surely are."""
        return all(cell.type in STRICT or cell.unit for cell in self.cells)

    @property
    def typed(self) -> bool:
        """Whether a column's type can tell a row from any other line."""
        return any(cell.type in STRICT for cell in self.cells)


def row_reader(layout: Layout, kind: str, interval: int | None, key: str | None) -> RowReader:
    """A function from a line to its record, or to None where the line isn't a row of this table."""
    names = tuple(cell.name for cell in layout.cells)
    converters = [CONVERTERS.get(cell.type, str) for cell in layout.cells]
    if layout.cells[-1].type == "str":
        converters[-1] = _padded
    width, free, guards = len(names), layout.free, _guards(layout)
    untyped = not layout.typed
    indented = layout.cells[0].start > 0 or layout.cells[0].type == "int"
    header, separator, splits = layout.header, layout.separator, width - 1 if layout.free else width
    careful = _careful_reader(layout)

    def read(text: str) -> Record | None:
        if (text[:1] in " \t" and not indented) or text == header or text.startswith(LOST):
            return None
        parts = text.split(separator, splits)
        if len(parts) == width - 1 and free:
            parts.append("")
        try:
            certain = len(parts) == width
            for place, at, end in guards:
                if certain and text[at:end].rstrip() != parts[place]:
                    certain = False
            values = [converter(part) for converter, part in zip(converters, parts, strict=False)] if certain else careful(text)
            if untyped and values and not any(isinstance(value, int | float) for value in values):
                return None  # with no column to tell, a row has at least a number, and another header has none
        except ValueError:
            values = careful(text)
        return None if values is None else Record(kind, dict(zip(names, values, strict=False)), interval, key, text)

    return read


def _padded(text: str) -> str:
    """The last column of words, which some tools pad; a path's own blanks stay."""
    return plain(text.rstrip())


def _guards(layout: Layout) -> list[tuple[int, int, int]]:
    """(column, start, end) of the slots that must hold the split's word and nothing else, or else a name with spaces
    has shifted the rest."""
    if not layout.free or not layout.placed or layout.separator:
        return []
    guards = []
    for place, (cell, after) in enumerate(zip(layout.cells, layout.cells[1:], strict=False)):
        room = after.start - cell.start - 1
        if cell.type in WIDE and room > 1:
            guards.append((place, cell.start, cell.start + (min(room, COMM_LENGTH) if cell.type == "comm" else room)))
    return guards


def _careful_reader(layout: Layout) -> Callable[[str], list[object] | None]:
    pattern = _pattern(layout)

    def read(text: str) -> list[object] | None:
        if layout.placed:
            values = _converted(layout, walk(text.replace(" <-> ", "     "), layout.cells, layout.maybe_free))
            if values is not None:
                return values
        match = pattern.fullmatch(text) if len(text) < 8192 else None
        return _converted(layout, [group or "" for group in match.groups()]) if match else None

    return read


def _converted(layout: Layout, parts: list[str]) -> list[object] | None:
    """The typed values; None where a cell can't be of its column's type, or where too little of the row is filled."""
    if not parts[0] or 2 * sum(map(bool, parts)) < len(parts):
        return None
    if layout.cells[-1].type != "path":
        parts[-1] = parts[-1].rstrip()
    try:
        return [convert(cell.type, part) for cell, part in zip(layout.cells, parts, strict=True)]
    except ValueError:
        return None


def walk(text: str, cells: Sequence[Cell], free: bool) -> list[str]:
    """The cells' texts, following the header's offsets as printf pads: a value that is too wide for its column pushes
    all others right."""
    at = shift = 0
    values = []
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if after is None:
            values.append(text[at:].lstrip() if free else _token(text, at)[0])
            continue
        left, right = after.start + shift, after.end + shift
        if cell.type in WIDE:
            start = max(cell.start + shift, at)
            begun = text[start - 1 : start] not in ("", " ")  # aligned right: the value stands left of its header
            value, at, pushed = _slot(text, at if begun else start, left, right)
        else:
            value, at, pushed = _narrow(text, at, cell.end + shift, left)
        shift += pushed
        values.append(value)
    return values if free or not text[_token(text, at)[1] :].strip() else [""]


def _token(text: str, at: int) -> tuple[str, int]:
    """The next word from `at` on, and the offset behind it."""
    start = at + len(text[at:]) - len(text[at:].lstrip())
    end = text.find(" ", start)
    end = len(text) if end < 0 else end
    return text[start:end], end


def _narrow(text: str, at: int, own_end: int, next_start: int) -> tuple[str, int, int]:
    """(value, where the next one may start, by how much it pushed the rest) of a column whose values hold no spaces."""
    value, end = _token(text, at)
    if end - len(value) >= max(next_start, own_end + 1) and value:
        return "", at, 0  # the word stands under the next header: this cell is empty
    aligned_right = end >= own_end and end < next_start
    pushed = 0 if aligned_right else max(0, end - (next_start - 1))
    return value, end + 1, pushed


def _slot(text: str, start: int, next_start: int, next_end: int) -> tuple[str, int, int]:
    """(value, where the next one starts, push) of a column whose values may hold spaces, by where the next column's
    value must stand."""
    if text[next_start - 1 : next_start] == " " and text[next_start : next_start + 1].strip():
        return text[start : next_start - 1].strip(), next_start, 0
    if text[next_end : next_end + 1] in ("", " "):
        parts = text[start:next_end].rsplit(None, 1)
        if len(parts) == 2:
            return parts[0].strip(), start + len(parts[0]), 0
    value, end = _token(text, start)
    return value, end + 1, max(0, end + 1 - next_start)


def _pattern(layout: Layout) -> re.Pattern[str]:
    """The columns by their types alone; bounded, so that no line makes it slow."""
    *first, last = layout.cells
    gap = r"\s*+,\s*+" if layout.separator else r"\s++"
    groups = [_PATTERNS.get("str" if cell.type in WIDE - {"comm"} else cell.type, r"(\S+)") for cell in first]
    groups.append(r"(.*)" if layout.maybe_free else _PATTERNS.get(last.type, r"(\S+)"))
    tail = rf"(?:{gap}{groups[-1]})?" if layout.maybe_free and first else (gap if first else "") + groups[-1]
    return re.compile(r"\s*+" + gap.join(groups[:-1]) + tail + r"\s*", re.ASCII)
