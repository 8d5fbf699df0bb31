"""The tracing's own events are told from the others."""

from __future__ import annotations

import os
import subprocess
import sys

from bccpilot.explaining.findings import Collector
from bccpilot.explaining.own import Own, comms_of, family, of_this_run
from bccpilot.model import Record
from manpages_index.model import OutputShape


def event(**fields: object) -> Record:
    return Record("event", fields)


def test_a_name_as_the_kernel_and_narrow_columns_cut_it() -> None:
    assert comms_of("/usr/sbin/fileslower-bpfcc") == {
        "fileslower", "fileslower-", "fileslower-b", "fileslower-bp", "fileslower-bpf", "fileslower-bpfc",
    }  # fmt: skip
    assert comms_of("/usr/sbin/opensnoop") == {"opensnoop"}


def test_by_name_by_process_and_by_thread() -> None:
    own = Own(comms_of("/usr/sbin/memleak-bpfcc"), frozenset((7, 8)))
    made = [own.made(event(comm="memleak-bpfcc")), own.made(event(comm="x", pid=7)), own.made(event(tid=8)), own.made(event(target="memleak-bpfcc"))]
    assert made == [True, True, True, True]
    assert not own.made(event(comm="nginx", pid=9))
    assert not own.made(event(path="memleak-bpfcc"))


def test_the_family_is_this_process_and_its_children() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        tasks = family(os.getpid())
        own = of_this_run("/usr/sbin/opensnoop-bpfcc")
        child.communicate(b"\n")
    assert {os.getpid(), child.pid} <= tasks
    assert own.made(event(comm="x", pid=child.pid))
    assert 1 not in tasks


def test_own_events_are_in_no_other_number() -> None:
    collector = Collector("opensnoop", None, lambda: Own(frozenset(("opensnoop-bpfcc",))))
    for comm in ("opensnoop-bpfcc", "cat", "opensnoop-bpfcc"):
        collector.add(event(comm=comm, path="/x"))
    findings = collector.findings()
    assert (findings.own, findings.records) == (2, 3)
    assert [(fact.kind, fact.subject, fact.value) for fact in findings.facts] == [
        ("total", "events", 1), ("top", "events by comm", 1), ("top", "events by path", 1), ("own", "events", 2),
    ]  # fmt: skip


def test_what_was_in_the_trace_pipe_before_is_left_over() -> None:
    shape = OutputShape("memleak_trace")
    collector = Collector("memleak", shape, lambda: Own(since_s=100.0))
    for at in (12.5, 99.0, 100.2, 101.0):
        collector.add(event(comm="cat", call="alloc exited", size=8, result="a", time_s=at))
    facts = {(fact.kind, fact.subject): fact.value for fact in collector.findings().facts}
    assert (facts["stale", "events"], facts["total", "allocations"]) == (2, 2)


def test_seconds_since_the_start_of_other_tools_are_not_times_of_the_trace_pipe() -> None:
    collector = Collector("opensnoop", None, lambda: Own(since_s=100.0))
    collector.add(event(comm="cat", time_s=0.5))
    assert [fact.kind for fact in collector.findings().facts if fact.kind == "stale"] == []
