"""Which table the stream is in: finds headers, keeps the row reader of the current one, goes back where a header was
only a look-alike."""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.columns import Cell, cells_of, described, is_header
from bccpilot.output.context import Context, note
from bccpilot.output.table import Layout, row_reader
from bccpilot.output.values import STRICT, automatic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bccpilot.output.table import RowReader
    from manpages_index.model import Column, OutputShape

_CSV = re.compile(r"[A-Za-z_%][\w()%-]*(?:,[A-Za-z_%][\w()%-]*){2,}\s*", re.ASCII)
_SUMS = re.compile(r"COUNT|TOTAL|CALLS|ALLOCS|READS|HITS|RETRANS|CONNECTS|BINDS|REFERENCE|Count|Chgs|EVENTS")


class Tables:
    """`reader` turns a line into a row of the current table. Knowledge columns serve where a header names them, or
    where there is no header."""

    def __init__(self, shape: OutputShape | None, values: Mapping[str, object]) -> None:
        self._shape = shape.shape if shape else None
        self._columns: tuple[Column, ...] = shape.columns if shape else ()
        self._layout = _headless(shape, values)
        self.reader: RowReader | None = row_reader(self._layout, self._kind_of(self._layout, None), None, None) if self._layout else None
        self._before: RowReader | None = None
        self.indented = False

    def feed(self, text: str, context: Context) -> list[Record] | None:
        for reader in (self.reader, self._before):
            record = reader(text) if reader else None
            if record is not None:
                self.reader, self._before = reader, self._before if reader is self.reader else self.reader
                context.event, context.broke = record.fields, False
                return [record]
        layout = self._header(text)
        if layout is None or not (context.broke or self._layout is None or layout.header == self._layout.header):
            return None
        self._enter(layout, context)
        return [note(text, context.interval or None)]

    def loose(self, text: str, context: Context) -> list[Record] | None:
        """A row where no header was seen at all: cells with two blanks or more between them, numbers among them."""
        if self._layout is not None or text[:1].isspace() or len(text) > 1000:
            return None
        cells = [automatic(cell) for cell in re.split(r"\s{2,}", text.strip())]
        if len(cells) < 3 or all(isinstance(cell, str) for cell in cells):
            return None
        fields = {f"column_{number}": cell for number, cell in enumerate(cells, 1)}
        context.event = fields
        return [Record("event", fields, None, None, text)]

    def _header(self, text: str) -> Layout | None:
        """The layout of a header line, by the columns that are known, by its look, or as comma-separated names."""
        if "," in text and len(text) < 4096 and _CSV.fullmatch(text):
            cells = tuple(self._named(name) for name in text.strip().split(","))
            return Layout(cells, text, placed=False, separator=",") if text[:1].isupper() or self._shape == "csv" else None
        if len(text) > 500 or (not is_header(text) and not self._all_named(text)):
            return None
        return Layout(cells_of(text, self._columns), text)

    def _named(self, header: str) -> Cell:
        known = next((column for column in self._columns if column.header == header), None)
        parts = (known.name, known.type, known.unit) if known else described(header)
        return Cell(header, *parts, 0, 0)

    def _all_named(self, text: str) -> bool:
        """Whether the knowledge file's headers make up the whole line."""
        if not self._columns or not any(column.header and column.header in text for column in self._columns):
            return False
        cells = cells_of(text, self._columns)
        headers = {column.header for column in self._columns}
        return len(cells) > 1 and all(cell.header in headers for cell in cells)

    def _enter(self, layout: Layout, context: Context) -> None:
        kind = self._kind_of(layout, context)
        key, context.label = context.label, None
        interval = context.block(("table", layout.header, key)) if kind == "row" else None
        reader = row_reader(layout, kind, interval, key)
        if kind == "row" and layout.numeric and not context.timed:
            reader = _counted(reader, context)
        if self._layout is not None and self._layout.typed and not layout.typed and self.reader is not None:
            reader = _either(self.reader, reader)
        if self._layout is None or self._layout.header != layout.header:
            self._before = self.reader
        self.reader, self._layout, context.event = reader, layout, None
        self.indented = layout.cells[0].start > 0

    def _kind_of(self, layout: Layout, context: Context | None) -> str:
        """`row` for tables of sums, one an interval; `event` where each line is one thing that happened."""
        if self._shape in ("events", "csv", "trace"):
            return "event"
        if self._shape is not None and self._columns:
            return "row"
        return "row" if (context and context.timed) or layout.numbers or _SUMS.search(layout.header) else "event"


def _counted(reader: RowReader, context: Context) -> RowReader:
    """For tables of numbers and times alone, of which each line is an interval of its own."""
    first = True

    def read(text: str) -> Record | None:
        nonlocal first
        record = reader(text)
        if record is None or any(isinstance(value, str) and name != "time" for name, value in record.fields.items()):
            return record
        context.interval, first = context.interval + (not first), False
        return Record(record.kind, record.fields, context.interval, record.key, text)

    return read


def _either(sure: RowReader, doubtful: RowReader) -> RowReader:
    """A header whose words say nothing of types may be a name that only looks like one: the table before it goes first."""

    def read(text: str) -> Record | None:
        return sure(text) or doubtful(text)

    return read


def _headless(shape: OutputShape | None, values: Mapping[str, object]) -> Layout | None:
    """Known columns without a header, for output that begins in the middle. Only where the types can tell a row from
    anything else."""
    if shape is None or shape.shape not in ("events", "table", "trace", "tcptop"):
        return None
    given = [column for column in shape.columns if all(values.get(dest) for dest in column.given)]
    if sum(column.type in STRICT for column in given) < 2:
        return None
    return Layout(tuple(Cell(column.header, column.name, column.type, column.unit, 0, 0) for column in given), "", placed=False)
