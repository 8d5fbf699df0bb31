"""Facts of each shape, whole; and of every saved output: none fails, none grows, each says how it was computed."""

from __future__ import annotations

import pytest

from bccpilot.explaining.findings import Collector
from bccpilot.model import Finding, Findings, Record
from manpages_index.model import Column, OutputShape
from tests.explaining.making import FILES, OUTPUTS, counted, fact, found, said, saved

OPENS = [
    Record("event", {"pid": 1, "comm": "cat", "fd": 3, "errno": 0, "path": "/a"}),
    Record("event", {"pid": 1, "comm": "cat", "fd": -1, "errno": 2, "path": "/b"}),
    Record("event", {"pid": 2, "comm": "ls", "fd": -1, "errno": -13, "path": "/b"}),
    Record("note", {"text": "a banner"}),
]


def collected(records: list[Record], shape: OutputShape | None = None, traced_s: float = 2.0) -> Findings:
    collector = Collector("x", shape)
    for record in records:
        collector.add(record)
    return collector.findings(traced_s)


def test_events() -> None:
    shape = OutputShape("events", (Column("ERR", "errno", "errno"),), top=("comm", "path"))
    assert collected(OPENS, shape) == Findings(
        "x",
        (
            Finding("total", "events", 3, how="one line of the tool's output each"),
            Finding("rate", "events", 1.5, "/s", how="events divided by the seconds traced"),
            Finding("errors", "errno", 2, None, (("EACCES", 1), ("ENOENT", 1), ("share", 66.7)), "events whose errno is an error; share of all events in %"),
            Finding("top", "failures by comm", 2, None, (("cat", 1), ("ls", 1), ("total", 2)), "failed events counted by comm"),
            Finding("top", "failures by path", 1, None, (("/b", 2), ("total", 2)), "failed events counted by path"),
            Finding("top", "events by comm", 2, None, (("cat", 2), ("ls", 1), ("total", 3)), "events counted by comm"),
            Finding("top", "events by path", 2, None, (("/b", 2), ("/a", 1), ("total", 3)), "events counted by path"),
        ),
        records=3,
        traced_s=2.0,
    )


def test_a_table_over_its_intervals() -> None:
    columns = (Column("PID", "pid", "int"), Column("COMM", "comm", "comm"), Column("KB", "read_kb", "int", "KB"), Column("HIT", "hit_percent", "percent", "%"))
    rows = [("cat", 1, 10, 50.0, 1), ("dd", 2, 6, 90.0, 1), ("cat", 1, 4, 70.0, 2)]
    records = [Record("row", {"pid": pid, "comm": comm, "read_kb": kb, "hit_percent": hit}, interval) for comm, pid, kb, hit, interval in rows]
    assert collected(records, OutputShape("table", columns, top=("comm", "pid"))).facts == (
        Finding("top", "read_kb by comm", 2, "KB", (("cat (1)", 14), ("dd (2)", 6), ("total", 20)), "read_kb summed by comm"),
        Finding("total", "read_kb", 20, "KB", how="read_kb summed"),
        Finding(
            "change", "read_kb", 2, "KB",
            (("first", 16), ("last", 4), ("least", 4), ("most", 16), ("mean", 10.0), ("1", 16), ("2", 4)),
            "read_kb of each interval; value is the number of intervals",
        ),
        Finding("max", "hit_percent", 90.0, "%", (("comm", "dd (2)"),), "the greatest hit_percent, and whose it was"),
    )  # fmt: skip


def test_a_latency_column() -> None:
    records = [Record("event", {"comm": "dd", "latency_ms": value}) for value in (1.0, 1.0, 2.0, 64.0)]
    how = "bounds of the logarithmic bucket that the quantile is in"
    assert collected(records).facts[3:] == (
        Finding("top", "latency_ms by comm", 1, "ms", (("dd", 68.0), ("total", 68.0)), "latency_ms summed by comm"),
        Finding("total", "latency_ms", 68.0, "ms", how="latency_ms summed"),
        Finding("quantile", "latency_ms", 1.09051, "ms", (("low", 1.0), ("high", 1.09051), ("share", 0.5)), how),
        Finding("quantile", "latency_ms", 64.0, "ms", (("low", 64.0), ("high", 64.0), ("share", 0.99)), how),
        Finding("max", "latency_ms", 64.0, "ms", (("comm", "dd"),), "the greatest latency_ms, and whose it was"),
    )


def test_stacks() -> None:
    off = ["main", "read", "entry_SYSCALL_64_after_hwframe", "pipe_read", "schedule", "__schedule"]
    records = [
        Record("stack", {"comm": "cat", "frames": off, "value": 30, "unit": "us"}),
        Record("stack", {"comm": "sh", "frames": ["main", "wait4", "do_wait+0x12 [kernel]", "schedule"], "value": 10, "unit": "us"}),
        Record("stack", {"comm": "sh", "frames": ["main"], "value": 18446744073709551, "unit": "us"}),
    ]
    facts = collected(records).facts
    assert [(f.kind, f.subject, f.value, f.unit, f.rows) for f in facts[:4]] == [
        ("total", "stacks", 40, "us", (("stacks", 2),)),
        ("top", "stacks by comm", 2, "us", (("cat", 30), ("sh", 10), ("total", 40))),
        ("top", "stacks by function", 2, "us", (("pipe_read", 30), ("do_wait", 10), ("total", 40))),
        ("stack", "stacks", 2, "us", ((";".join(off), 30), ("main;wait4;do_wait;schedule", 10), ("total", 40))),
    ]
    assert facts[4].rows[0] == ("main", 40)
    assert (facts[5].kind, facts[5].value) == ("implausible", 1)


def test_stacks_that_all_end_in_the_traced_function_are_told_by_caller() -> None:
    records = [Record("stack", {"frames": ["main", caller, "malloc_trim"], "value": n, "unit": "count"}) for caller, n in (("a", 3), ("b", 1))]
    assert fact(collected(records), "top", "stacks by caller").rows == (("a", 3), ("b", 1), ("total", 4))


def test_allocations_are_matched_with_their_frees() -> None:
    def call(name: str, comm: str, **fields: object) -> Record:
        return Record("event", {"comm": comm, "pid": 1, "call": name, **fields})

    records = [
        call("alloc entered", "a", size=64), call("alloc exited", "a", size=64, result="f0"),
        call("alloc exited", "b", size=8, result="f8"), call("alloc exited", "b", size=8, result="fa"),
        call("free entered", "b", address="f0", size=64), call("free entered", "b", address="e0", size=1),
    ]  # fmt: skip
    findings = collected(records, OutputShape("memleak_trace"))
    facts = {(f.kind, f.subject): (f.value, f.rows) for f in findings.facts}
    assert facts["total", "allocations"] == (3, ())
    assert facts["total", "allocated"] == (80, ())
    assert facts["total", "frees"] == (2, (("unmatched", 1),))
    assert facts["total", "unfreed"] == (16, (("allocations", 2),))
    assert facts["top", "unfreed by comm"] == (1, (("b", 16), ("total", 16)))
    assert facts["top", "allocations by size"] == (2, (("8", 2), ("64", 1), ("total", 3)))


def test_counters_and_maps() -> None:
    records = [
        Record("value", {"hit_rate": 82.61, "total_references": 100, "unit": "%"}),
        Record("value", {"map": "@reads", "value": 7}, 1, "cat"),
        Record("value", {"map": "@reads", "value": 3}, 1, "ls"),
    ]
    assert [(f.kind, f.subject, f.value, f.unit, f.rows) for f in collected(records).facts] == [
        ("value", "hit_rate", 82.61, "%", ()),
        ("value", "total_references", 100, None, ()),
        ("top", "@reads by name", 2, None, (("cat", 7), ("ls", 3), ("total", 10))),
    ]


def test_losses_are_the_greater_of_both_counts() -> None:
    assert counted([Record("lost", {"count": 4}), Record("lost", {})], lost=3).lost == 5
    assert counted([Record("lost", {"count": 1})], lost=3).lost == 3


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".out.gz") for path in OUTPUTS.glob("*.out.gz")))
def test_every_saved_output_is_explained_in_both_languages(name: str) -> None:
    tool = next((tool for tool in FILES if name == tool or name.startswith((f"{tool}_-", f"{tool}_", f"{tool}."))), "x")
    findings = found(tool, saved(name))
    assert all(f.how for f in findings.facts)
    for language in ("en", "zh"):
        lines = said(findings, language=language)
        assert len(lines) <= 32
        assert all(line.isprintable() for line in lines)


def test_memory_stays_bounded_whatever_comes() -> None:
    import tracemalloc

    collector = Collector("opensnoop", None)
    tracemalloc.start()
    for number in range(60_000):
        collector.add(Record("event", {"comm": f"c{number}", "path": f"/{number}" * 300, "errno": 2, f"field{number}": number, "latency_us": number}))
        collector.add(Record("stack", {"comm": f"c{number}", "frames": [f"f{number}", f"g{number}"], "value": 1}))
        collector.add(Record("bucket", {"low": number, "high": number, "count": 1}, number, f"k{number}"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60e6
    assert len(collector.findings().facts) < 300
