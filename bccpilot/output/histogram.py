"""Histograms: bcc's powers of two and linear ones, bpftrace's hist() and lhist(). One record per bucket.

A bucket's fields: `low` and `high` (inclusive; None where a side is open), `count`, `unit` (of low and high), `label`
where the header names what is measured. A linear bucket of one value has low = high.
"""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.columns import units
from bccpilot.output.context import Context, note

_HEADER = re.compile(r"\s*(\S.{0,200}?)\s*: count\s+distribution\s*")
_BUCKET = re.compile(r"\s*(-?\d{1,20})(?: -> (-?\d{1,20}))?\s*: (-?\d{1,20})\s*\|[^|]*\|?\s*", re.ASCII)
_RANGE = re.compile(r"([\[(])([^,\])]{1,24})(?:, ([^\])]{1,24}))?[\])]\s*(\d{1,20})\s*\|[@ ]*\|\s*", re.ASCII)
_END = re.compile(r"(-?\d{1,19})([KMGTPE]?)", re.ASCII)
_UNIT_IN_LABEL = re.compile(r"(.*) \((\w+)\)")


class Histograms:
    """Reads header and bucket lines. `unit` is what the knowledge file says; a unit in the header wins."""

    def __init__(self, unit: str | None = None) -> None:
        self._given = unit
        self._unit, self._label, self._key, self._interval = unit, None, None, None  # type: tuple[str | None, str | None, str | None, int | None]

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if text.endswith("distribution"):
            header = _HEADER.fullmatch(text)
            return self._begin(header[1], text, context) if header else None
        if "|" not in text:
            return None
        bucket = _BUCKET.fullmatch(text)
        if bucket:
            low = int(bucket[1])
            return [self._bucket(low, int(bucket[2]) if bucket[2] else low, int(bucket[3]), text)]
        found = _RANGE.fullmatch(text)
        return self._range(found, text, context) if found else None

    def _begin(self, label: str, text: str, context: Context) -> list[Record]:
        self._key, context.label = context.label, None
        self._label, self._unit = _label_and_unit(label, self._given)
        self._interval = context.block(("histogram", self._key))
        return [note(text, self._interval)]

    def _range(self, found: re.Match[str], text: str, context: Context) -> list[Record] | None:
        low, high = _end(found[2]), _end(found[3]) if found[3] else _end(found[2])
        if low is None and high is None:
            return None
        if context.label is not None:
            self._key, context.label = context.label, None
            self._label, self._unit = None, _unit_of_map(self._key) or self._given
            self._interval = context.block(("histogram", self._key))
        if found[3] and high is not None:
            high -= 1
        return [self._bucket(low, high, int(found[4]), text)]

    def _bucket(self, low: int | None, high: int | None, count: int, text: str) -> Record:
        fields: dict[str, object] = {"low": low, "high": high, "count": count, "unit": self._unit}
        if self._label:
            fields["label"] = self._label
        return Record("bucket", fields, self._interval, self._key, text)


def _label_and_unit(label: str, given: str | None) -> tuple[str | None, str | None]:
    """`usecs` is a unit, `age (ms)` a label with its unit, `runqlen` a label."""
    if label.lower() in units():
        return None, units()[label.lower()]
    parts = _UNIT_IN_LABEL.fullmatch(label)
    if parts and parts[2].lower() in units():
        return parts[1], units()[parts[2].lower()]
    return label, given


def _unit_of_map(name: str) -> str | None:
    """bpftrace tools name their maps after the unit: @usecs, @us."""
    return units().get(name.lstrip("@").partition("[")[0].lower())


def _end(text: str) -> int | None:
    """`16K` as bpftrace means it (1024); None for an open side."""
    found = _END.fullmatch(text)
    return int(found[1]) * int(1024 ** " KMGTPE".index(found[2] or " ")) if found else None
