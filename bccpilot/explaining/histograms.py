"""Histograms: totals, quantiles with the bucket's bounds, the modes of a distribution with more than one, the course over intervals."""

from __future__ import annotations

from dataclasses import dataclass, field

from bccpilot.explaining.counting import kept
from bccpilot.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.model import Record

    Bounds = tuple[float | int | None, float | int | None]

MOST_HISTOGRAMS = 1_000  # keys (disks, PIDs ...) kept apart; later ones are counted together
MOST_BUCKETS = 512  # of one histogram
MOST_INTERVALS = 120  # columns of a heat map; beyond it neighbours are merged
SHOWN = 6
VALLEY = 0.5  # two peaks are two modes when the valley between them is below this share of the lower one
MODE_SHARE = 0.01  # of all values, for a peak to be a mode
OTHERS = "(others)"


@dataclass
class Histogram:
    """The counts of one key: in all, and interval by interval."""

    unit: str | None = None
    label: str | None = None
    buckets: dict[Bounds, int] = field(default_factory=dict)
    intervals: list[dict[Bounds, int]] = field(default_factory=list)
    interval: int | None = None
    each: int = 1
    seen: int = 0

    def add(self, bounds: Bounds, count: int, interval: int | None) -> None:
        if bounds not in self.buckets and len(self.buckets) >= MOST_BUCKETS:
            return
        self.buckets[bounds] = self.buckets.get(bounds, 0) + count
        if interval != self.interval or not self.intervals:
            self.interval = interval
            self._next()
        now = self.intervals[-1]
        now[bounds] = now.get(bounds, 0) + count

    def _next(self) -> None:
        self.seen += 1
        if self.seen % self.each == 1 or self.each == 1:
            if len(self.intervals) >= MOST_INTERVALS:
                pairs = zip(self.intervals[::2], self.intervals[1::2], strict=True)
                self.intervals = [_added(one, other) for one, other in pairs]
                self.each *= 2
            self.intervals.append({})

    @property
    def total(self) -> int:
        return sum(self.buckets.values())

    def ordered(self) -> list[tuple[Bounds, int]]:
        return sorted(self.buckets.items(), key=lambda item: _place(item[0]))

    def quantile(self, share: float) -> Bounds:
        """The bounds of the bucket that the quantile falls in."""
        seen, wanted = 0, share * self.total
        ordered = self.ordered()
        for bounds, count in ordered:
            seen += count
            if count and seen >= wanted:
                return bounds
        return ordered[-1][0]


class Histograms:
    """Add records of kind bucket, then ask for the facts."""

    def __init__(self) -> None:
        self._all: dict[str, Histogram] = {}

    def add(self, record: Record) -> None:
        """One bucket."""
        low, high, count = (record.fields.get(name) for name in ("low", "high", "count"))
        if not isinstance(count, int) or not isinstance(low, int | float | None) or not isinstance(high, int | float | None):
            return
        key = kept(record.key or "")
        if key not in self._all and len(self._all) >= MOST_HISTOGRAMS:
            key = OTHERS
        histogram = self._all.setdefault(key, Histogram())
        unit, label = record.fields.get("unit"), record.fields.get("label")
        histogram.unit = str(unit) if unit else histogram.unit
        histogram.label = str(label) if label else histogram.label
        histogram.add((low, high), count, record.interval)

    def facts(self) -> Iterator[Finding]:
        """The heaviest histograms, each with total, quantiles, modes, buckets; where there are many, the keys by count and by
        their 99th percentile first."""
        filled = sorted(((key, h) for key, h in self._all.items() if h.total), key=lambda item: -item[1].total)
        if len(filled) > 1:
            rows = (*((key, h.total) for key, h in filled[:SHOWN]), ("total", sum(h.total for _, h in filled)))
            yield Finding("top", "values by key", len(filled), None, rows, "counts of all buckets of each histogram")
            yield _slowest(filled)
        for key, histogram in filled[:SHOWN]:
            yield from _facts(key, histogram)


def _slowest(filled: list[tuple[str, Histogram]]) -> Finding:
    """Keys by their 99th percentile; those with very few values say nothing about it."""
    least = min(10, max(h.total for _, h in filled))
    tails = [(key, _upper(h.quantile(0.99)), h.unit) for key, h in filled if h.total >= least]
    tails.sort(key=lambda item: -item[1])
    how = f"upper bound of the bucket of the 99th percentile, of histograms with {least} values or more"
    return Finding("top", "p99 by key", len(tails), tails[0][2], tuple((key, value) for key, value, _ in tails[:SHOWN]), how)


def _facts(key: str, histogram: Histogram) -> Iterator[Finding]:
    total, unit = histogram.total, histogram.unit
    yield Finding("total", key, total, None, (("label", histogram.label or ""),), "counts of all buckets")
    for share in (0.5, 0.99, 1.0):
        low, high = histogram.quantile(share)
        rows = (("low", _number(low)), ("high", _number(high)), ("share", share))
        yield Finding("quantile", key, _upper((low, high)), unit, rows, "upper bound of the bucket that the quantile falls in")
    for low, high, count in modes(histogram):
        rows = (("low", _number(low)), ("high", _number(high)), ("share", round(count / total, 4)))
        how = f"peak bucket; valleys between peaks are below {VALLEY:.0%} of the lower one; share: all values between the valleys"
        yield Finding("mode", key, _number(low), unit, rows, how)
    buckets = tuple((_range(bounds), count) for bounds, count in _trimmed(histogram))
    yield Finding("histogram", key, total, unit, buckets, "counts of each bucket")
    if len(histogram.intervals) > 1:
        yield _course(key, histogram)


def _course(key: str, histogram: Histogram) -> Finding:
    """A heat map's rows: a bucket with its count in each interval."""
    rows = tuple(
        (_range(bounds), " ".join(str(interval.get(bounds, 0)) for interval in histogram.intervals)) for bounds, _ in _trimmed(histogram)
    )
    each = f", each column {histogram.each} intervals" if histogram.each > 1 else ""
    return Finding("heat", key, len(histogram.intervals), histogram.unit, rows, f"counts of each bucket in each interval{each}")


def modes(histogram: Histogram) -> list[tuple[float | int | None, float | int | None, int]]:
    """(low, high, values around it) of each peak, where there are two or more."""
    ordered = _trimmed(histogram)
    counts = [count for _, count in ordered]
    peaks = _peaks(counts)
    if len(peaks) < 2:
        return []
    cuts = [0, *(_valley(counts, one, other) for one, other in zip(peaks, peaks[1:], strict=False)), len(counts)]
    masses = [sum(counts[start:end]) for start, end in zip(cuts, cuts[1:], strict=False)]
    kept = [(*ordered[peak][0], mass) for peak, mass in zip(peaks, masses, strict=True) if mass >= max(5, MODE_SHARE * histogram.total)]
    return kept if len(kept) > 1 else []


def _peaks(counts: list[int]) -> list[int]:
    """Places of the peaks that a deep enough valley separates."""
    padded = [-1, *counts, -1]
    peaks = [at for at, count in enumerate(counts) if count > 0 and padded[at] < count >= padded[at + 2]]
    while len(peaks) > 1:
        depths = [
            min(counts[one:other]) / min(counts[one], counts[other]) for one, other in zip(peaks, peaks[1:], strict=False)
        ]
        shallow = max(range(len(depths)), key=depths.__getitem__)
        if depths[shallow] < VALLEY:
            break
        one, other = peaks[shallow], peaks[shallow + 1]
        peaks.remove(one if counts[one] < counts[other] else other)
    return peaks


def _valley(counts: list[int], one: int, other: int) -> int:
    return min(range(one, other), key=lambda at: counts[at])


def _trimmed(histogram: Histogram) -> list[tuple[Bounds, int]]:
    """Without the empty buckets before the first value and after the last."""
    ordered = histogram.ordered()
    filled = [at for at, (_, count) in enumerate(ordered) if count]
    return ordered[filled[0] : filled[-1] + 1] if filled else []


def _added(one: dict[Bounds, int], other: dict[Bounds, int]) -> dict[Bounds, int]:
    return {bounds: one.get(bounds, 0) + other.get(bounds, 0) for bounds in (*one, *other)}


def _place(bounds: Bounds) -> tuple[float, float]:
    low, high = bounds
    return (float("-inf") if low is None else low, float("inf") if high is None else high)


def _upper(bounds: Bounds) -> float | int:
    low, high = bounds
    return high if high is not None else low if low is not None else 0


def _number(value: float | int | None) -> float | int | str:
    return "" if value is None else value


def _range(bounds: Bounds) -> str:
    low, high = bounds
    return str(low) if low == high else f"{_number(low)}..{_number(high)}"
