"""Whole explanations, of real outputs and of what must never go wrong."""

from __future__ import annotations

import pytest

from bccpilot.model import Record
from tests.explaining.making import counted, fact, found, said, saved

REAL = [
    pytest.param(
        "opensnoop", "opensnoop_-d_5", {}, "en",
        [
            "126 file opens, 25.2 a second",
            "  3 failed (2.4 %): ENOENT ×3",
            "  failed most: /nonexistent ×3",
            "  by process: ls ×36 (29 %), mv ×21 (17 %), cat ×18 (14 %), sh ×15 (12 %), dd ×12 (10 %) and 4 more",
            "  by file: /etc/ld.so.cache ×24 (19 %), /lib/x86_64-linux-gnu/libc.so.6 ×24 (19 %), /dev/null ×12 (10 %), /etc/group ×9 (7 %), /etc/hosts ×6 (5 %) and 13 more",
            "",
            "What this doesn't show",
            "  A failed open is often normal: programs search many directories. Files that were open before the run are not seen.",
        ],
        id="events",
    ),
    pytest.param(
        "opensnoop", "opensnoop_-d_5", {}, "zh",
        [
            "126 次打开文件，每秒 25.2",
            "  3 个失败（2.4 %）：ENOENT ×3",
            "  失败最多的：/nonexistent ×3",
            "  按进程：ls ×36 (29 %)，mv ×21 (17 %)，cat ×18 (14 %)，sh ×15 (12 %)，dd ×12 (10 %)，另有 4 个",
            "  按文件：/etc/ld.so.cache ×24 (19 %)，/lib/x86_64-linux-gnu/libc.so.6 ×24 (19 %)，/dev/null ×12 (10 %)，/etc/group ×9 (7 %)，/etc/hosts ×6 (5 %)，另有 13 个",
            "",
            "这里看不到的",
            "  打开失败常常是正常的：程序会在许多目录里找。运行之前已打开的文件看不到。",
        ],
        id="events in Chinese",
    ),
    pytest.param(
        "ext4dist", "ext4dist_3_2", {}, "en",
        [
            "operation = read: 306 file operations, half at most 15 µs, 99 % at most 2 ms, the greatest 2 ms to 4.1 ms",
            "  operation = open: 153 file operations, half at most 63 µs, 99 % at most 511 µs, the greatest 256 µs to 511 µs",
            "  operation = write: 93 file operations, half at most 511 µs, 99 % at most 2 ms, the greatest 1 ms to 2 ms",
            "  read: 3 groups: 54 % around 4 µs to 7 µs, 31 % around 32 µs to 63 µs, 15 % around 1 ms to 2 ms",
            "",
            "Notable",
            "  - The times fall into groups: two kinds of operations (cached or not, read or write, near or far), whose mean describes neither. Split them by a key.",
            "",
            "What this doesn't show",
            "  Fast operations are those served by the page cache; the histogram doesn't tell which file or process the slow ones belong to.",
        ],
        id="histograms",
    ),
    pytest.param(
        "memleak", "memleak_-t", {"trace": True}, "en",
        [
            "45 allocations, 9 a second, 78.8 KiB in all; 276 frees",
            "  47.8 KiB in 27 allocations were not freed before the end: dd 34.4 KiB (72 %), sh 13.4 KiB (28 %)",
            "  bytes by process: dd 34.4 KiB (44 %), python3 18.7 KiB (24 %), sh 17.4 KiB (22 %), kworker/0:1 4.2 KiB (5 %), sleep 4.1 KiB (5 %)",
            "  allocations by process: dd ×15 (33 %), python3 ×13 (29 %), sh ×13 (29 %), kworker/0:1 ×2 (4 %), sleep ×2 (4 %)",
            "  sizes: half at most 512 B, 99 % at most 8.2 KiB; most frequent: 4 KiB (13), 256 B (4), 64 B (4), 192 B (3), 24 B (3)",
            "",
            "What this doesn't show",
            "  Not counted: 877 events of the tracing itself (the tool, bccpilot).",
            "  Not freed yet isn't leaked: caches and buffers look the same. A leak is what keeps growing in a longer run; allocations from before the run are not seen.",
        ],
        id="allocations one by one",
    ),
    pytest.param(
        "memleak", "memleak_5_2", {}, "zh",
        [
            "10.2 MiB 未释放，共 548 次分配，来自 9 个调用栈（只列最大的）",
            "  占用最多的：alloc_charge_hpage 8 MiB (79 %)，page_cache_ra_unbounded 1.9 MiB (18 %)，__handle_mm_fault 168 KiB (2 %)，wp_page_copy 52 KiB (<1 %)，skb_page_frag_refill 32 KiB (<1 %)，另有 4 个",
            "  最重的路径（79 %）：alloc_charge_hpage < collapse_huge_page < hpage_collapse_scan_pmd < khugepaged < kthread < ret_from_fork",
            "",
            "这里看不到的",
            "  尚未释放不等于泄漏：缓存和缓冲区看起来一样。在更长的运行里持续增长的才是泄漏；运行之前的分配看不到。",
        ],
        id="outstanding allocations",
    ),
    pytest.param(
        "cachestat", "cachestat_3_2", {}, "en",
        [
            "hits: 9,961, then 6,713",
            "  pages dirtied: 16, then 16",
            "  hit ratio: 100 %, then 100 %",
            "  buffers: 17 MiB, then 17 MiB",
            "  page cache: 131 MiB, then 131 MiB",
            "",
            "Notable",
            "  + 100 % of the page cache accesses were hits: reads hardly reach the disks.",
            "",
            "What this doesn't show",
            "  Which files and processes miss isn't shown, and direct I/O and mmap()ed reads that are already mapped don't pass here.",
        ],
        id="a table without keys",
    ),
    pytest.param(
        "syscount", "syscount_-P_-L_-d_4", {"process": True, "latency": True}, "en",
        [
            "time: 13.8 s in all; by process: python3 (189) 6 s (44 %), python3 (11380) 3.8 s (28 %), sh (188) 2.2 s (16 %), [unknown] (11454) 1.5 s (11 %), [unknown] (11462) 43.0 ms (<1 %) and 4 more",
            "  calls: 4,182 in all; by process: [unknown] (11453) ×1,704 (41 %), [unknown] (11462) ×1,704 (41 %), sh (188) ×185 (4 %), python3 (189) ×160 (4 %), [unknown] (11446) ×110 (3 %) and 4 more",
            "",
            "What this doesn't show",
            "  Not counted: 1 events of the tracing itself (the tool, bccpilot).",
            "  Only the top ones are listed. Time in calls that wait by design (epoll_wait, futex, poll, nanosleep, read of a pipe) is idleness, not cost.",
        ],
        id="a table with keys",
    ),
    pytest.param(
        "stackcount", "stackcount_-f_-P_-D_4_vfs_write", {}, "en",
        [
            "175 calls in 5 different stacks",
            "  called most from: ksys_write ×175",
            "  by process: dd ×99 (57 %), cat ×57 (33 %), ls ×16 (9 %), sh ×3 (2 %)",
            "  heaviest path (79 %): vfs_write < ksys_write < do_syscall_64 < entry_SYSCALL_64_after_hwframe < [unknown]",
        ],
        id="stacks with counts",
    ),
    pytest.param(
        "offwaketime", "offwaketime_-f_4", {}, "en",
        [
            "50.4 s off the CPU in 40 different stacks",
            "  most of it in: worker_thread 19.2 s (38 %), do_nanosleep 9.8 s (19 %), do_wait 3.8 s (7 %), kjournald2 3.8 s (7 %), kcompactd 3.6 s (7 %) and 24 more",
            "  by process: python3 9.9 s (20 %), kworker/1:0 4 s (8 %), kworker/0:2 4 s (8 %), rcu_preempt 3.9 s (8 %), sh 3.8 s (8 %) and 18 more",
            "  heaviest path (38 %): worker_thread < kthread < ret_from_fork",
            "",
            "What this doesn't show",
            "  Not counted: 1 impossibly large values, differences of times that the tool let wrap round.",
            "  Not counted: 4 events of the tracing itself (the tool, bccpilot).",
            "  Threads that wait for work are off the CPU too.",
        ],
        id="stacks with times",
    ),
    pytest.param("pidpersec", "pidpersec", {}, "en", ["new processes over 10 intervals: from 2 to 0, least 0, most 9, mean 4.5"], id="a counter"),
    pytest.param(
        "runqslower", "runqslower_100", {}, "en",
        [
            "942 long waits for a CPU, 188 a second",
            "  by process: rcu_preempt ×270 (29 %), python3 ×158 (17 %), sh ×139 (15 %), dd ×43 (5 %), kworker/0:0 ×43 (5 %) and 18 more",
            "  latency: half at most 181 µs, 99 % at most 4.5 ms, the greatest 10.6 ms (rcu_preempt), 371 ms in all",
            "  latency by process: rcu_preempt 143 ms (39 %), sh 69.6 ms (19 %), python3 44.3 ms (12 %), khugepaged 17.1 ms (5 %), sync 11.1 ms (3 %) and 18 more",
            "",
            "Notable",
            "  ! A thread waited 10.6 ms for a CPU: for that long there was more to run than the CPUs could take.",
            "",
            "What this doesn't show",
            "  Not counted: 368 events of the tracing itself (the tool, bccpilot).",
            "  Waits below the threshold are not counted.",
        ],
        id="events with a latency",
    ),
    pytest.param(
        "tcpretrans", "tcpretrans", {}, "en",
        [
            "Nothing that this tool reports happened in that time.",
            "",
            "What this doesn't show",
            "  Only what this host sent again is seen; where packets get lost isn't.",
        ],
        id="nothing",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "name", "values", "language", "expected"), REAL)
def test_an_output_explained(tool: str, name: str, values: dict[str, object], language: str, expected: list[str]) -> None:
    head, empty, *lines = said(found(tool, saved(name), **values), language=language)
    assert head.startswith(f"{tool}-bpfcc")
    assert (empty, lines) == ("", expected)


EVENTS = [Record("event", {"comm": "cat", "path": "/x"})]


@pytest.mark.parametrize(
    ("language", "run", "expected"),
    [
        pytest.param("en", {}, "x-bpfcc -p 1 'a b', traced for 1 s (it ended by itself): a tool that nothing is known of", id="itself"),
        pytest.param("en", {"ended": "interrupt", "traced_s": 61.26}, "x-bpfcc -p 1 'a b', traced for 61.3 s (until Ctrl-C): a tool that nothing is known of", id="Ctrl-C"),
        pytest.param("en", {"ended": "time"}, "x-bpfcc -p 1 'a b', traced for 1 s: a tool that nothing is known of", id="time"),
        pytest.param("zh", {"ended": "killed"}, "x-bpfcc -p 1 'a b'，跟踪了 1 s（只能强行终止：可能缺少汇总）：a tool that nothing is known of", id="killed"),
    ],
)
def test_the_head_says_what_ran_and_how_it_ended(language: str, run: dict[str, object], expected: str) -> None:
    assert said(counted(EVENTS), ("-p", "1", "a b"), language, **run)[0] == expected


def test_losses_are_said_first() -> None:
    records = [*EVENTS, Record("lost", {"count": 3}), Record("unparsed", {"text": "?"})]
    assert said(counted(records, lost=3), lines=9, not_shown=20)[1:6] == [
        "! 3 events were lost (50 %): all numbers below are too small. Trace less at once (a PID, a shorter time) or give the tool a larger buffer.",
        "! 20 lines came faster than they could be read here: they are in the run's file, not in these numbers.",
        "! 1 of 9 lines were not understood, and are not in these numbers.",
        "",
        "1 events, 1 a second",
    ]


def test_next_requests_are_those_with_a_plan_that_is_not_what_just_ran() -> None:
    plans = {
        "which processes wait longer than 10 ms for a CPU": "sudo runqslower-bpfcc 10000",
        "run queue latency per process for 10 seconds": "sudo runqlat-bpfcc -P 10 1",
        "CPU profile at 49 Hz for 10 seconds": None,
    }
    lines = said(counted([], "runqlat"), ("-P", "10", "1"), plan_of=plans.__getitem__)
    assert lines[-3:] == ["Next", '  bccpilot "which processes wait longer than 10 ms for a CPU"', "      sudo runqslower-bpfcc 10000"]
    assert "Next" not in said(counted([], "runqlat"), plan_of=lambda request: None)


def test_names_from_outside_cannot_write_lines_or_obey_the_terminal() -> None:
    comm = "\x1b]0;owned\x07\nNotable\n  + all is well"
    lines = said(counted([Record("event", {"comm": comm, "path": "\u202e\x9b2J"})] * 3))
    assert lines == [
        "x-bpfcc, traced for 1 s (it ended by itself): a tool that nothing is known of",
        "",
        "3 events, 3 a second",
        "  by process: \\x1b]0;owned\\x07\\nNotable\\n  + all is well ×3",
        "  by file: \\u202e\\x9b2J ×3",
    ]


def stack(size: int, count: int, interval: int, *frames: str) -> Record:
    return Record("stack", {"frames": list(frames), "bytes": size, "allocations": count, "value": size, "unit": "B"}, interval)


def test_a_leak_shows_as_growth() -> None:
    from bccpilot.explaining.findings import Collector
    from manpages_index.model import OutputShape

    collector = Collector("memleak", OutputShape("memleak"))
    for interval in (1, 2, 3):
        collector.add(stack(4096 * interval, interval, interval, "main", "leaking", "__kmalloc+0x12 [kernel]"))
        collector.add(stack(1024, 1, interval, "main", "steady", "__kmalloc+0x12 [kernel]"))
    findings = collector.findings(3.0)
    assert fact(findings, "top", "growth by function").rows == (("leaking", 8192), ("total", 8192))
    assert said(findings)[2:9] == [
        "13 KiB not freed, in 4 allocations of 2 stacks (the largest only)",
        "  grew most since the first report: leaking 8 KiB",
        "  not freed over 3 intervals: from 5 KiB to 13 KiB, least 5 KiB, most 13 KiB, mean 9 KiB",
        "  held most: leaking 12 KiB (92 %), steady 1 KiB (8 %)",
        "  heaviest path (92 %): leaking < main",
        "",
        "Notable",
    ]


def test_a_series_is_drawn_where_the_screen_can() -> None:
    from bccpilot.explaining.local import explain
    from bccpilot.model import Run
    from tests.explaining.making import tool

    findings = counted([Record("row", {"hits": number}, number) for number in (1, 2, 3)])
    lines = explain(findings, tool("x"), Run("1", ("/x",), 0.0), spark=lambda values: f"<{values}>").split("\n")
    assert lines[2] == "hits over 3 intervals: from 1 to 3, least 1, most 3, mean 2  <[1.0, 2.0, 3.0]>"
