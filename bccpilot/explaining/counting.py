"""Counters in constant memory: the heaviest of many names, quantiles of numbers, one number over the intervals."""

from __future__ import annotations

from math import log2

MOST_NAMES = 8_192  # names held by one counter before its light half is dropped
LONGEST_NAME = 256  # characters of a name that are kept
STEPS = 8  # buckets to each power of two: a quantile is known to within 9 %
MOST_POINTS = 240  # points of a series; beyond it neighbours are merged


def kept(name: str) -> str:
    """A name as counters hold it: of a very long one both ends."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2]}…{name[-LONGEST_NAME // 2 :]}"


class Heavy:
    """Weights by name. When there are too many names the lighter half is dropped; `error` is by how much a weight may be too small
    (Manku and Motwani, "Approximate frequency counts over data streams", 2002)."""

    def __init__(self) -> None:
        self._weights: dict[str, float | int] = {}
        self.error: float | int = 0
        self.total: float | int = 0

    def add(self, name: str, weight: float | int = 1) -> None:
        """Add to one name's weight."""
        weights = self._weights
        self.total += weight
        if name in weights:
            weights[name] += weight
            return
        if len(weights) >= MOST_NAMES:
            self._drop()
        weights[name] = weight

    def _drop(self) -> None:
        kept = sorted(self._weights.items(), key=lambda item: item[1], reverse=True)
        self.error += kept[MOST_NAMES // 2][1]
        self._weights = dict(kept[: MOST_NAMES // 2])

    def top(self, count: int) -> tuple[tuple[str, float | int], ...]:
        """The heaviest, heaviest first, equal ones by name; without those that a dropped name might have outweighed."""
        ordered = sorted(self._weights.items(), key=lambda item: (-item[1], item[0]))
        return tuple((name, weight) for name, weight in ordered[:count] if not self.error or weight > self.error)

    def __len__(self) -> int:
        return len(self._weights)

    @property
    def caution(self) -> str:
        """What to add to "how it was computed" when names had to be dropped."""
        return f"; too many names to keep them all: a number may be too small by {self.error:g}" if self.error else ""


class Spread:
    """Count, sum, least, most and quantiles of numbers, from buckets that grow by a factor of 2^(1/8)."""

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._small = 0  # zero and below
        self.count = 0
        self.sum: float | int = 0
        self.least: float | int | None = None
        self.most: float | int | None = None

    def add(self, value: float | int) -> bool:
        """Add one number; True when it is the greatest so far."""
        self.count += 1
        self.sum += value
        if self.least is None or value < self.least:
            self.least = value
        if value > 0:
            place = int(log2(value) * STEPS // 1)
            self._buckets[place] = self._buckets.get(place, 0) + 1
        else:
            self._small += 1
        greatest = self.most is None or value > self.most
        if greatest:
            self.most = value
        return greatest

    def quantile(self, share: float) -> tuple[float | int, float | int]:
        """The bounds between which the quantile lies. Only where numbers were added."""
        assert self.least is not None
        assert self.most is not None
        seen, wanted = self._small, share * self.count
        if seen >= wanted and seen:
            return min(self.least, 0), 0
        for place in sorted(self._buckets):
            seen += self._buckets[place]
            if seen >= wanted:
                return max(2 ** (place / STEPS), self.least), min(2 ** ((place + 1) / STEPS), self.most)
        return self.most, self.most


class Series:
    """One number for each interval: the sum of its rows, or with `gauge` their mean. `least` and `most` are of single intervals."""

    def __init__(self, gauge: bool = False) -> None:
        self._gauge = gauge
        self._interval: int | None = None
        self._sum: float | int = 0
        self._rows = 0
        self._points: list[float | int] = []
        self._pending: list[float | int] = []
        self.each = 1  # intervals to a point
        self.intervals = 0
        self.first: float | int = 0
        self.last: float | int = 0
        self.least: float | int = 0
        self.most: float | int = 0

    def add(self, interval: int | None, value: float | int) -> None:
        """One row's number."""
        if self._rows and interval != self._interval:
            self.close()
        self._interval = interval
        self._sum += value
        self._rows += 1

    def close(self) -> None:
        """The interval is over."""
        if not self._rows:
            return
        value = self._sum / self._rows if self._gauge and self._rows > 1 else self._sum
        if not self.intervals:
            self.first = self.least = self.most = value
        self.last, self.least, self.most = value, min(self.least, value), max(self.most, value)
        self.intervals += 1
        self._sum, self._rows = 0, 0
        self._pending.append(value)
        if len(self._pending) == self.each:
            self._points.append(_mean(self._pending))
            self._pending.clear()
        if len(self._points) >= MOST_POINTS:
            self._points = [_mean(list(pair)) for pair in zip(self._points[::2], self._points[1::2], strict=True)]
            self.each *= 2

    def points(self) -> list[float | int]:
        """One value for each interval, or the means of 2, 4, 8 ... of them where there are very many."""
        return [*self._points, *([_mean(self._pending)] if self._pending else [])]


def _mean(values: list[float | int]) -> float | int:
    return values[0] if len(values) == 1 else sum(values) / len(values)
