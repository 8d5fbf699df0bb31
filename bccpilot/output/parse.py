"""The lines of any tool -> typed records, as they come.

    for record in parse(lines, tool.knowledge.outputs, command.values): ...

Constant memory, no exception whatever the lines hold, and every line that isn't blank is in the `raw` of exactly one
record. Lines that nothing understands become `unparsed`. What a knowledge file says of the shape and the columns is
used where it is there; without it, header lines, histograms, stacks and all other shapes are recognised by themselves.
"""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output import notes, single, structured
from bccpilot.output.bpftrace import Maps
from bccpilot.output.context import Context, note
from bccpilot.output.histogram import Histograms
from bccpilot.output.memory import Allocations, trace_tuple
from bccpilot.output.rows import Tables
from bccpilot.output.stack import Stacks, folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bccpilot.model import Line
    from manpages_index.model import OutputShape

    Parser = Callable[[str, Context], list[Record] | None]

_KEY = re.compile(r"[A-Za-z][\w .]{0,40}? = \S.*", re.ASCII)


def parse(lines: Iterable[Line], outputs: tuple[OutputShape, ...], values: Mapping[str, object]) -> Iterator[Record]:
    """The records of a run. `values` are the tool's arguments by dest; they choose among `outputs` the shape that is
    printed."""
    scanner = Scanner(shape_for(outputs, values), values)
    read = scanner.reader
    for line in lines:
        if read is not None and line.stream == "out":
            record = read(line.text)
            if record is not None:
                scanner.last = record
                yield record
                continue
        yield from scanner.feed(line.text, line.stream)
        read = scanner.reader
    yield from scanner.close()


def shape_for(outputs: tuple[OutputShape, ...], values: Mapping[str, object]) -> OutputShape | None:
    """The first shape whose options are given."""
    return next((shape for shape in outputs if all(values.get(dest) for dest in shape.when)), None)


def unit_of(shape: OutputShape | None, values: Mapping[str, object]) -> str | None:
    """The unit of a shape's histograms or stacks under these arguments."""
    if shape is None:
        return None
    return next((unit for dest, unit in shape.unit_given.items() if values.get(dest)), shape.unit)


class Scanner:
    """Offers each line to the parsers in turn: first to the one that is in the middle of something, then to the one
    that took the last line."""

    def __init__(self, shape: OutputShape | None, values: Mapping[str, object]) -> None:
        self._context = Context(unit_of(shape, values))
        self._tables, self._stacks, self._payloads = Tables(shape, values), Stacks(), single.Payloads()
        self._maps, self._allocations = Maps(), Allocations()
        self._histograms = Histograms(self._context.unit)
        self._held: str | None = None  # a line that names the table below it, or is nothing known
        self._usual: Parser | None = None
        self.last: Record | None = None
        self._parsers: tuple[Parser, ...] = (
            notes.lost, trace_tuple, self._histograms.feed, notes.times, self._payloads.feed, self._tables.feed,
            self._maps.feed, structured.objects, self._allocations.feed, single.Sections().feed, notes.rules,
            single.locks, single.Percentiles().feed, single.probes, self._stacks.feed, _key_line, notes.banners,
            notes.counters, _folded_by_look, notes.timed_text, self._tables.loose,
        )  # fmt: skip
        if shape is not None and shape.shape == "lines":
            self._parsers = (notes.lost, notes.banners, _whole_line)
        elif (shape is not None and shape.shape == "folded") or values.get("folded"):
            self._parsers = (notes.lost, folded, notes.times, notes.banners)
        self._repeating: tuple[Parser, ...] = (trace_tuple, _folded_by_look, folded, self._histograms.feed)
        self._keeps_label: tuple[Parser, ...] = (self._stacks.feed, single.probes, notes.lost)

    @property
    def reader(self) -> Callable[[str], Record | None] | None:
        """The current table's row reader, where nothing else has to see the line first."""
        holding = self._held is not None or self._stacks.busy or self._payloads.busy or self._maps.busy or self._allocations.busy
        return None if holding else self._tables.reader

    def feed(self, text: str, stream: str) -> Iterator[Record]:
        context = self._context
        if stream != "out":
            if text.strip():
                yield from notes.lost(text, context) or [note(text)]
            return
        if self.last is not None:
            context.event, self.last, context.broke = self.last.fields, None, False
        if self._payloads.busy or self._maps.busy:
            holder = self._payloads if self._payloads.busy else self._maps
            yield from holder.feed(text, context) or []
            return
        if text[:2] == "^C":  # the terminal's echo of the key
            yield from self._flush()
            yield note("^C")
            context.broke, text = True, text[2:]
        if text.strip():
            yield from self._line(text)
        else:
            yield from self._flush()
            context.broke, context.label, context.event = True, None, None

    def _line(self, text: str) -> Iterator[Record]:
        if self._stacks.busy and self._goes_on(text):
            yield from self._stacks.feed(text, self._context) or []
            return
        if self._allocations.busy:
            records = self._allocations.feed(text, self._context)
            if records is not None:
                yield from records
                return
            yield from self._allocations.flush(self._context)
        label = self._context.label if self._held is None else self._held
        self._context.label, self._context.broke = label, self._context.broke or self._held is not None
        parser, records = self._first(text)
        if parser != self._stacks.feed:
            yield from self._stacks.flush(self._context)
        yield from self._named(label)
        if parser is None:
            self._held, self._context.label = text, None
            return
        if self._context.label is label and parser not in self._keeps_label:
            self._context.label = None
        yield from records or []

    def _goes_on(self, text: str) -> bool:
        """Whether a line surely belongs to the stack above it: an indented one that can't be a row, a bucket or
        memleak's."""
        return text[:1] in " \t" and "|" not in text and not self._tables.indented and "distribution" not in text and " = " not in text

    def _first(self, text: str) -> tuple[Parser | None, list[Record] | None]:
        """The parser that takes the line, with its records."""
        usual = (self._usual,) if self._usual is not None else ()
        for parser in (*usual, *self._parsers):
            try:
                records = parser(text, self._context)
            except ValueError:  # a number that is none after all
                continue
            if records is not None:
                self._usual = parser if parser in self._repeating else None
                return parser, records
        return None, None

    def _named(self, label: str | None) -> list[Record]:
        """The line that was held back: the name of what follows it, or nothing known."""
        held, self._held = self._held, None
        if held is None:
            return []
        used = self._context.label is None and label is not None
        return [note(held)] if used else [Record("unparsed", {"text": held}, None, None, held)]

    def _flush(self) -> Iterator[Record]:
        yield from self._named(None)
        for holder in (self._payloads, self._maps, self._allocations, self._stacks):
            yield from holder.flush(self._context)

    def close(self) -> Iterator[Record]:
        yield from self._flush()


def _key_line(text: str, context: Context) -> list[Record] | None:
    """`disk = 'vda'`, or a heading: what the histogram or table below belongs to."""
    heading = context.broke and text[-1:] == ":" and len(text) < 200 and text[:1].isalpha()
    if not heading and (not _KEY.fullmatch(text) or text.startswith("avg = ")):
        return None
    context.label = text
    return [note(text, context.interval or None)]


def _whole_line(text: str, context: Context) -> list[Record]:
    """For tools that print lines of text and nothing else."""
    return [Record("event", {"text": text}, None, None, text)]


def _folded_by_look(text: str, context: Context) -> list[Record] | None:
    return folded(text, context) if ";" in text and text[-1:].isdigit() and not text[:1].isspace() else None
