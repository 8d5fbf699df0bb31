"""Event lines and the rows of interval tables: how many, by what, how long, how large, how they failed, how they change."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field

from bccpilot.explaining.counting import Heavy, Series, Spread, kept
from bccpilot.explaining.fields import Meaning, meaning
from bccpilot.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bccpilot.model import Record
    from manpages_index.model import OutputShape

TOP = 5
LARGEST = 1 << 53  # above it a number is a difference of times that has wrapped round, as some tools print
MOST_FIELDS = 64  # of a tool's output; JSON may hold anything
MOST_KEYS, MOST_SUMS, SUMMED_KEYS = 4, 6, 2  # fields counted by, numbers summed by key, keys they are summed by
_COUNTS = "one line of the tool's output each"


@dataclass
class Number:
    """A numeric field: its spread over all rows, its course over the intervals, and which row had the most."""

    unit: str | None
    gauge: bool
    spread: Spread = field(default_factory=Spread)
    series: Series = field(default_factory=Series)
    most_by: tuple[tuple[str, str], ...] = ()


class Rows:
    """Add records of kind event or row, then ask for the facts."""

    def __init__(self, shape: OutputShape | None) -> None:
        self._shape = shape
        self._meanings: dict[str, Meaning] = {}
        self._counts: dict[str, Heavy] = {}
        self._sums: dict[tuple[str, str], Heavy] = {}
        self._numbers: dict[str, Number] = {}
        self._errors: dict[str, Heavy] = {}
        self._failed: dict[str, Heavy] = {}
        self.events = self.rows = self.failures = self.implausible = 0

    def add(self, record: Record) -> None:
        """Count one record."""
        fields = record.fields
        event = record.kind == "event"
        self.events += event
        self.rows += not event
        keys: list[tuple[str, str]] = []
        numbers: list[tuple[str, float | int]] = []
        failed: str | None = None
        for name, value in fields.items():
            role = self._meaning(name, value).role
            if value is None or role in ("none", "identifier"):
                continue
            if role == "key":
                keys.append((name, kept(str(value))))
            elif role == "errno":
                failed = self._error(name, value) or failed
            elif isinstance(value, int | float):
                numbers.append((name, value))
        if record.key is not None:
            keys.append(("key", kept(record.key)))
        keys = self._chosen(keys) if event else _joined(self._chosen(keys), fields)
        if event:
            self._count(keys, failed)
        for name, number in numbers:
            self._number(name, number, keys, record)

    def _meaning(self, name: str, value: object) -> Meaning:
        known = self._meanings.get(name)
        if known is None:
            if len(self._meanings) >= MOST_FIELDS or (value is None and not self._shape):
                return Meaning("none")
            known = self._meanings[name] = meaning(name, value, self._shape)
        return known

    def _chosen(self, keys: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The keys that the knowledge file calls worth a summary, in its order; without it the first few."""
        top = self._shape.top if self._shape else ()
        if not top or len(keys) < 2:
            return keys[:MOST_KEYS]
        listed = [key for name in top for key in keys if key[0] == name]
        return (listed or keys)[:MOST_KEYS]

    def _count(self, keys: list[tuple[str, str]], failed: str | None) -> None:
        for name, value in keys:
            counter = self._counts.get(name)
            if counter is None:
                counter = self._counts[name] = Heavy()
            counter.add(value)
            if failed is not None:
                self._failed.setdefault(name, Heavy()).add(value)
        self.failures += failed is not None

    def _error(self, name: str, value: object) -> str | None:
        """The error's name where this value is one; tools print numbers of either sign, or names."""
        if isinstance(value, str):
            failed = value.lstrip("-") if value.lstrip("-")[:1] == "E" else None
        elif isinstance(value, int) and value and (name == "errno" or value < 0):
            failed = errno.errorcode.get(abs(value), f"errno {abs(value)}")
        else:
            failed = None
        if failed is not None:
            self._errors.setdefault(name, Heavy()).add(failed)
        return failed

    def _number(self, name: str, value: float | int, keys: list[tuple[str, str]], record: Record) -> None:
        if abs(value) > LARGEST:
            self.implausible += 1
            return
        number = self._numbers.get(name)
        if number is None:
            of = self._meanings[name]
            number = self._numbers[name] = Number(of.unit, of.role == "gauge", series=Series(of.role == "gauge"))
        if number.spread.add(value):
            number.most_by = tuple(keys)
        if record.interval is not None:
            number.series.add(record.interval, value)
        if number.gauge:
            return
        for key, text in keys[:SUMMED_KEYS]:
            heavy = self._sums.get((name, key))
            if heavy is None and len(self._sums) < MOST_SUMS * SUMMED_KEYS:
                heavy = self._sums[name, key] = Heavy()
            if heavy is not None:
                heavy.add(text, value)

    def facts(self, traced_s: float) -> Iterator[Finding]:
        """Totals first, then failures, then who and what, then the numbers."""
        for number in self._numbers.values():
            number.series.close()
        happened = self.events > self.rows  # else they are stray lines of a table
        if happened:
            yield Finding("total", "events", self.events, how=_COUNTS)
            if traced_s > 0:
                yield Finding("rate", "events", round(self.events / traced_s, 1), "/s", how="events divided by the seconds traced")
        yield from self._of_failures()
        if happened:
            for key, counter in self._counts.items():
                if 50 * counter.total < self.events:
                    continue  # a few lines that were read differently
                yield top_fact(f"events by {key}", counter, how=f"events counted by {key}")
        yield from self._of_sums()
        for name, number in self._numbers.items():
            yield from number_facts(name, number, happened)

    def _of_failures(self) -> Iterator[Finding]:
        for name, counter in self._errors.items():
            how = f"events whose {name} is an error; share of all events in %"
            share = round(100 * counter.total / max(1, self.events + self.rows), 1)
            yield Finding("errors", name, int(counter.total), None, (*counter.top(TOP), ("share", share)), how)
        for name, counter in self._failed.items():
            yield top_fact(f"failures by {name}", counter, how=f"failed events counted by {name}")

    def _of_sums(self) -> Iterator[Finding]:
        for (name, key), heavy in self._sums.items():
            if heavy.total:
                yield top_fact(f"{name} by {key}", heavy, self._numbers[name].unit, f"{name} summed by {key}")


def _joined(keys: list[tuple[str, str]], fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """A process's name and number as one key: in a table they stand for one row."""
    names = [name for name, _ in keys]
    number = next((name for name in ("pid", "tid") if fields.get(name) is not None), None)
    if "comm" not in names or number is None:
        return keys
    return [(n, f"{v} ({fields[number]})" if n == "comm" else v) for n, v in keys if n != number]


def top_fact(subject: str, counter: Heavy, unit: str | None = None, how: str = "") -> Finding:
    """The heaviest names; `value` is how many there were, the last row the sum over all of them."""
    rows = (*((name, _rounded(weight)) for name, weight in counter.top(TOP)), ("total", _rounded(counter.total)))
    return Finding("top", subject, len(counter), unit, rows, how + counter.caution)


def number_facts(name: str, number: Number, events: bool) -> Iterator[Finding]:
    """Of one numeric field: sum, quantiles and the greatest of events; the course over intervals of tables."""
    spread = number.spread
    if not spread.count or (spread.most == 0 and spread.least == 0):
        return
    if not number.gauge:
        yield Finding("total", name, _rounded(spread.sum), number.unit, how=f"{name} summed")
    keyed = bool(number.most_by)
    if events and number.unit is not None and spread.count > 1:
        yield from quantile_facts(name, spread, number.unit)
    if events or (keyed and number.gauge):
        assert spread.most is not None
        yield Finding("max", name, _rounded(spread.most), number.unit, number.most_by, f"the greatest {name}, and whose it was")
    elif number.series.intervals == 1 and number.gauge:
        yield Finding("value", name, _rounded(number.series.last), number.unit, how="as the tool printed it")
    if number.series.intervals > 1 and not (keyed and number.gauge):
        yield change_fact(name, number.series, number.unit)


def quantile_facts(name: str, spread: Spread, unit: str | None) -> Iterator[Finding]:
    for share in (0.5, 0.99):
        low, high = (_rounded(bound) for bound in spread.quantile(share))
        rows = (("low", low), ("high", high), ("share", share))
        yield Finding("quantile", name, high, unit, rows, "bounds of the logarithmic bucket that the quantile is in")


def change_fact(name: str, series: Series, unit: str | None) -> Finding:
    """The course of one number: first, last, least, most, mean, then the points as `1`, `2` ... in order."""
    points = series.points()
    mean = sum(points) / len(points)
    named = (("first", series.first), ("last", series.last), ("least", series.least), ("most", series.most), ("mean", mean))
    rows = (*((key, _rounded(value)) for key, value in named), *((str(n), _rounded(p)) for n, p in enumerate(points, 1)))
    each = f", each point the mean of {series.each} intervals" if series.each > 1 else ""
    return Finding("change", name, series.intervals, unit, rows, f"{name} of each interval; value is the number of intervals{each}")


def _rounded(number: float | int) -> float | int:
    """Enough digits for any reader, and no binary fractions."""
    return number if isinstance(number, int) else float(f"{number:.6g}")
