"""Counters in constant memory are right, or say by how much they may be wrong."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bccpilot.explaining import counting
from bccpilot.explaining.counting import Heavy, Series, Spread, kept

NUMBERS = st.one_of(st.integers(0, 10**12), st.floats(0, 1e12, allow_nan=False))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 1000))))
def test_few_names_are_counted_exactly(items: list[tuple[str, int]]) -> None:
    heavy, exact = Heavy(), Counter[str]()
    for name, weight in items:
        heavy.add(name, weight)
        exact[name] += weight
    assert dict(heavy.top(10)) == dict(exact)
    assert (heavy.total, heavy.error, heavy.caution) == (exact.total(), 0, "")


def test_many_names_are_counted_within_the_error() -> None:
    heavy, exact = Heavy(), Counter[str]()
    for number in range(60_000):
        for name in (f"rare {number}", f"often {number % 7}"):
            heavy.add(name)
            exact[name] += 1
    assert len(heavy) <= counting.MOST_NAMES
    assert heavy.error > 0
    assert "too small by" in heavy.caution
    top = heavy.top(7)
    assert [name for name, _ in top] == [name for name, _ in exact.most_common(7)]
    assert all(weight <= exact[name] <= weight + heavy.error for name, weight in top)


def test_names_that_a_dropped_one_may_outweigh_are_not_called_heaviest() -> None:
    heavy = Heavy()
    for number in range(3 * counting.MOST_NAMES):
        heavy.add(str(number))
    assert heavy.top(5) == ()
    assert heavy.total == 3 * counting.MOST_NAMES


def test_a_long_name_keeps_both_ends() -> None:
    assert kept("a" * 256) == "a" * 256
    assert kept("a" * 3000 + "z" * 1000) == "a" * 128 + "…" + "z" * 128


@given(st.lists(NUMBERS, min_size=1), st.sampled_from((0.5, 0.9, 0.99, 1.0)))
def test_quantiles_lie_between_their_bounds(values: list[float], share: float) -> None:
    spread = Spread()
    for value in values:
        spread.add(value)
    ordered = sorted(values)
    wanted = next(value for place, value in enumerate(ordered, 1) if place >= share * len(values))
    low, high = spread.quantile(share)
    assert low <= wanted <= high or abs(wanted - low) <= 1e-9 * wanted
    assert high <= low * 2 ** (1 / counting.STEPS) * (1 + 1e-9) or low <= 0
    assert (spread.count, spread.least, spread.most) == (len(values), min(values), max(values))


def test_the_greatest_is_told() -> None:
    spread = Spread()
    assert [spread.add(value) for value in (3, 2, 3, 5, 0)] == [True, False, False, True, False]


def test_a_series_sums_an_interval_and_a_gauge_takes_the_mean() -> None:
    rows = [(1, 2), (1, 4), (2, 10), (3, 1)]
    total, gauge = Series(), Series(gauge=True)
    for series in (total, gauge):
        for interval, value in rows:
            series.add(interval, value)
        series.close()
    assert (total.points(), total.first, total.last, total.least, total.most) == ([6, 10, 1], 6, 1, 1, 10)
    assert gauge.points() == [3.0, 10, 1]


def test_a_long_series_is_merged_and_stays_short() -> None:
    series = Series()
    for interval in range(10_000):
        series.add(interval, interval)
    series.close()
    points = series.points()
    assert len(points) <= counting.MOST_POINTS
    assert (series.intervals, series.each, series.first, series.last) == (10_000, 64, 0, 9_999)
    assert points[:2] == [31.5, 95.5]
    assert points == sorted(points)
