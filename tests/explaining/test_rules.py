"""What is notable: each rule holds where it should and nowhere near."""

from __future__ import annotations

import pytest

from bccpilot.explaining.rules import notable, rules
from bccpilot.model import Finding, Findings

SHARES = {"half": 0.5, "99 %": 0.99, "all": 1.0}


def quantile(subject: str, share: str, low: float, high: float, unit: str | None = "us") -> Finding:
    return Finding("quantile", subject, high, unit, (("low", low), ("high", high), ("share", SHARES[share])))


def mode(low: int, high: int, unit: str = "us") -> Finding:
    return Finding("mode", "", low, unit, (("low", low), ("high", high), ("share", 0.2)))


def total(subject: str, value: float, unit: str | None = None) -> Finding:
    return Finding("total", subject, value, unit)


def held(tool: str, *facts: Finding, traced_s: float = 10.0) -> list[tuple[str, str]]:
    return [(said.rule, said.value) for said in notable(Findings(tool, facts, traced_s=traced_s))]


CASES = [
    pytest.param("runqlat", [mode(16384, 32767)], [("cpu_saturated", "16.4 ms")], id="a mode of time slices"),
    pytest.param("runqlat", [mode(16, 31, "ms")], [("cpu_saturated", "16 ms")], id="the same in milliseconds"),
    pytest.param("runqlat", [mode(2048, 4095)], [], id="a mode below"),
    pytest.param("runqlat", [quantile("", "half", 16384, 32767)], [("cpu_saturated_half", "16.4 ms")], id="half wait long"),
    pytest.param("runqlat", [mode(16384, 32767), quantile("", "99 %", 16384, 32767)], [("cpu_saturated", "16.4 ms")], id="said once"),
    pytest.param("runqlat", [quantile("", "99 %", 16384, 32767)], [("cpu_tail", "16.4 ms")], id="a long tail"),
    pytest.param("runqlat", [quantile("", "99 %", 8192, 16383)], [], id="a bucket that isn't wholly above"),
    pytest.param("runqlat", [quantile("", "99 %", 64, 127)], [("cpu_free", "127 µs")], id="no wait worth the name"),
    pytest.param("biolatency", [quantile("disk = 'nvme0n1'", "99 %", 16384, 32767)], [("flash_slow", "16.4 ms")], id="slow flash"),
    pytest.param("biolatency", [quantile("disk = 'sda'", "99 %", 16384, 32767)], [], id="a disk that turns may take as long"),
    pytest.param("biolatency", [quantile("disk = 'sda'", "99 %", 131072, 262143)], [("disk_slow", "131 ms")], id="not that long"),
    pytest.param("cachestat", [total("hits", 80), total("misses", 20)], [("page_cache_misses", "80 %")], id="misses"),
    pytest.param("cachestat", [total("hits", 999), total("misses", 1)], [("page_cache_hits", "99.9 %")], id="hits"),
    pytest.param("cachestat", [total("hits", 995)], [("page_cache_hits", "100 %")], id="no misses at all"),
    pytest.param("cachestat", [total("hits", 95), total("misses", 5)], [], id="in between"),
    pytest.param("tcpsynbl", [quantile("backlog_max = 128", "all", 64, 127, None)], [("syn_backlog", "50 %")], id="a backlog that fills up"),
    pytest.param("tcpsynbl", [quantile("backlog_max = 5", "all", 0, 1, None)], [], id="an empty one"),
    pytest.param("softirqs", [total("total_us", 2_000_000, "us")], [("irq_time", "20 %")], id="a fifth of a CPU in 10 s"),
    pytest.param("softirqs", [total("total_us", 90_000, "us")], [], id="next to nothing"),
    pytest.param("opensnoop", [Finding("errors", "errno", 70, None, (("ENOENT", 60), ("EACCES", 10), ("share", 7.0)))], [("enoent_storm", "60"), ("permission", "10")], id="errors"),
    pytest.param("opensnoop", [Finding("errors", "errno", 3, None, (("ENOENT", 3), ("share", 1.0)))], [], id="a few missing files"),
    pytest.param("opensnoop", [Finding("errors", "errno", 1, None, (("EMFILE", 1), ("share", 1.0)))], [("too_many_files", "1")], id="out of descriptors"),
    pytest.param("tcpretrans", [total("events", 9), Finding("top", "events by state", 2, None, (("SYN_SENT", 4), ("total", 9)))], [("retransmits", "9"), ("unanswered_syn", "4")], id="retransmits"),
    pytest.param("tcpconnlat", [Finding("max", "latency_ms", 1004.2, "ms")], [("syn_lost", "1 s")], id="a lost SYN"),
    pytest.param("gethostlatency", [Finding("max", "latency_ms", 5005.1, "ms")], [("dns_timeout", "5 s")], id="a name server that is silent"),
    pytest.param("tcplife", [total("events", 40), quantile("duration_ms", "half", 2.0, 2.18, "ms")], [("short_connections", "2.2 ms")], id="short connections"),
    pytest.param("tcplife", [total("events", 4), quantile("duration_ms", "half", 2.0, 2.18, "ms")], [], id="too few to say"),
    pytest.param("execsnoop", [Finding("rate", "events", 35.5, "/s")], [("short_lived_processes", "35.5")], id="many short processes"),
    pytest.param("profile", [Finding("inside", "functions", 9, None, (("native_queued_spin_lock_slowpath", 12), ("total", 100)))], [("lock_contention", "12 %")], id="spinning"),
    pytest.param("profile", [Finding("inside", "functions", 9, None, (("[unknown]", 60), ("total", 100)))], [("unknown_frames", "60 %")], id="no symbols"),
    pytest.param("exitsnoop", [Finding("top", "events by exit", 2, None, (("signal 11 (SEGV, core)", 2), ("0", 1), ("total", 3)))], [("crashes", "2")], id="a crash"),
    pytest.param("exitsnoop", [Finding("top", "events by exit", 2, None, (("signal 2 (INT)", 2), ("total", 2)))], [], id="Ctrl-C is none"),
    pytest.param("memleak", [Finding("top", "growth by function", 1, "B", (("f", 4096), ("total", 4096)))], [("leak_grows", "4 KiB")], id="growth"),
    pytest.param("memleak", [Finding("top", "growth by function", 0, "B", (("total", 0),))], [], id="no growth"),
    pytest.param("ext4dist", [mode(4, 7), mode(1024, 2047)], [("two_groups", "4 µs")], id="two groups"),
    pytest.param("cpuunclaimed", [Finding("change", "unclaimed_idle", 3, "%", (("most", 12.5),))], [("cpu_unclaimed", "12.5 %")], id="unclaimed"),
    pytest.param("somethingelse", [mode(16384, 32767), total("events", 9), quantile("", "99 %", 131072, 262143)], [], id="another tool"),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "facts", "expected"), CASES)
def test_notable(tool: str, facts: list[Finding], expected: list[tuple[str, str]]) -> None:
    assert held(tool, *facts) == expected


def test_warnings_come_first() -> None:
    errors = Finding("errors", "errno", 3, None, (("EACCES", 1), ("EMFILE", 1), ("share", 1.0)))
    assert held("opensnoop", errors) == [("too_many_files", "1"), ("permission", "1")]


def test_rules_are_whole() -> None:
    assert all(rule.level in ("warning", "note", "good") for rule in rules())
    assert all(rule.min is not None or rule.max is not None for rule in rules())
    names = {rule.name for rule in rules()}
    assert {better for rule in rules() for better in rule.unless} <= names
