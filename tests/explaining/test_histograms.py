"""Histograms: quantiles with bounds, modes, intervals."""

from __future__ import annotations

from bccpilot.explaining import histograms
from bccpilot.explaining.histograms import Histogram, modes
from bccpilot.model import Finding, Record
from tests.explaining.making import counted


def histogram(*counts: int) -> Histogram:
    """Buckets of powers of two from 0..1 on."""
    made = Histogram("us")
    for place, count in enumerate(counts):
        made.add((2**place if place else 0, 2 ** (place + 1) - 1), count, 1)
    return made


def bucket(low: int, high: int, count: int, interval: int = 1, key: str | None = None) -> Record:
    return Record("bucket", {"low": low, "high": high, "count": count, "unit": "us"}, interval, key)


def test_quantiles_are_the_bucket_that_they_fall_in() -> None:
    made = histogram(0, 50, 40, 9, 1)
    assert [made.quantile(share) for share in (0.5, 0.51, 0.9, 0.99, 1.0)] == [(2, 3), (4, 7), (4, 7), (8, 15), (16, 31)]


def test_one_peak_has_no_modes() -> None:
    assert modes(histogram(1, 5, 20, 90, 30, 4)) == []


def test_two_peaks_with_a_deep_valley_are_two_modes() -> None:
    assert modes(histogram(0, 10, 90, 10, 2, 40, 60, 5)) == [(4, 7, 110), (64, 127, 107)]


def test_a_shallow_valley_joins_its_peaks() -> None:
    assert modes(histogram(0, 90, 60, 80, 3)) == []


def test_a_few_values_far_out_are_no_mode() -> None:
    assert modes(histogram(0, 900, 1000, 100, 0, 0, 0, 4)) == []


def test_the_facts_of_two_intervals() -> None:
    facts = counted([bucket(0, 1, 5), bucket(2, 3, 1), bucket(0, 1, 3, 2), bucket(2, 3, 1, 2)]).facts
    how = "upper bound of the bucket that the quantile falls in"
    assert facts == (
        Finding("total", "", 10, None, (("label", ""),), "counts of all buckets"),
        Finding("quantile", "", 1, "us", (("low", 0), ("high", 1), ("share", 0.5)), how),
        Finding("quantile", "", 3, "us", (("low", 2), ("high", 3), ("share", 0.99)), how),
        Finding("quantile", "", 3, "us", (("low", 2), ("high", 3), ("share", 1.0)), how),
        Finding("histogram", "", 10, "us", (("0..1", 8), ("2..3", 2)), "counts of each bucket"),
        Finding("heat", "", 2, "us", (("0..1", "5 3"), ("2..3", "1 1")), "counts of each bucket in each interval"),
    )


def test_the_slowest_key_is_found_among_those_with_enough_values() -> None:
    records = [bucket(0, 1, 100, key="disk = 'sda'"), bucket(512, 1023, 50, key="disk = 'sdb'"), bucket(4096, 8191, 2, key="disk = 'sdc'")]
    tops = [fact for fact in counted(records).facts if fact.kind == "top"]
    assert [(fact.subject, fact.rows) for fact in tops] == [
        ("values by key", (("disk = 'sda'", 100), ("disk = 'sdb'", 50), ("disk = 'sdc'", 2), ("total", 152))),
        ("p99 by key", (("disk = 'sdb'", 1023), ("disk = 'sda'", 1))),
    ]


def test_very_many_keys_and_intervals_stay_bounded() -> None:
    many = histograms.Histograms()
    for number in range(3 * histograms.MOST_HISTOGRAMS):
        many.add(bucket(0, 1, 1, key=f"pid = {number}"))
    totals = {fact.subject: fact.value for fact in many.facts() if fact.kind == "total"}
    assert totals["(others)"] == 2 * histograms.MOST_HISTOGRAMS
    long = Histogram()
    for interval in range(1_000):
        long.add((0, 1), 1, interval)
    assert len(long.intervals) <= histograms.MOST_INTERVALS
    assert (long.each, sum(part[0, 1] for part in long.intervals)) == (16, 1_000)


def test_what_is_no_bucket_is_left_out() -> None:
    assert counted([Record("bucket", {"low": 0, "high": 1, "count": None}), Record("bucket", {"low": "a", "high": 1, "count": 1})]).facts == ()
