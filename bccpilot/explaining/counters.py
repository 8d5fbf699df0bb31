"""Counters, key and value lists, bpftrace's maps."""

from __future__ import annotations

from dataclasses import dataclass, field

from bccpilot.explaining.counting import Heavy, Series, kept
from bccpilot.explaining.fields import meaning
from bccpilot.explaining.rows import change_fact, top_fact
from bccpilot.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.model import Record

MOST_VALUES = 256
_ASIDE = frozenset(("name", "map", "unit", "time", "value"))


@dataclass
class Value:
    """One number by name, over the intervals."""

    unit: str | None
    series: Series = field(default_factory=Series)


class Counters:
    """Add records of kind value, then ask for the facts."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._lists: dict[str, Heavy] = {}
        self._units: dict[str, str | None] = {}
        self._count = 0

    def add(self, record: Record) -> None:
        """One line: a key with its value, or several numbers with their names."""
        fields = record.fields
        self._count += 1
        unit = str(fields["unit"]) if fields.get("unit") else None
        value = fields.get("value")
        name = fields.get("name", record.key)
        if isinstance(value, int | float) and name is not None:
            self._listed(str(fields.get("map", "values")), str(name), value)
        elif isinstance(value, int | float):
            self._single(str(fields.get("map", "value")), value, unit, record.interval)
        for field_name, number in fields.items():
            if field_name not in _ASIDE and isinstance(number, int | float):
                self._single(field_name, number, unit, record.interval)

    def _listed(self, name: str, key: str, value: float | int) -> None:
        if name in self._lists or len(self._lists) < MOST_VALUES:
            self._lists.setdefault(name, Heavy()).add(kept(key), value)

    def _single(self, name: str, value: float | int, unit: str | None, interval: int | None) -> None:
        if name not in self._values and len(self._values) >= MOST_VALUES:
            return
        known = self._values.get(name)
        if known is None:
            of = meaning(name, value, None)
            counted = name == "count" or (unit == "%" and isinstance(value, int))  # the line's unit is its last number's
            known = self._values[name] = Value(None if counted else of.unit or unit)
        known.series.add(self._count if interval is None else interval, value)

    def facts(self) -> Iterator[Finding]:
        """Single numbers, then lists by weight."""
        for name, value in self._values.items():
            value.series.close()
            if value.series.intervals == 1:
                yield Finding("value", name, value.series.last, value.unit, how="as the tool printed it")
            else:
                yield change_fact(name, value.series, value.unit)
        for name, heavy in self._lists.items():
            yield top_fact(f"{name} by name", heavy, None, "values summed by name")
