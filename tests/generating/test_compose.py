"""Requests in plain words to whole programs; what can't be heeded is a no."""

from __future__ import annotations

import re

import pytest

from bccpilot.generating.check import check
from bccpilot.generating.compose import NotUnderstood, compose
from bccpilot.generating.program import Program
from bccpilot.generating.vocabulary import read
from bccpilot.host import Host
from bccpilot.request.understand import understand
from manpages_index.store import Index

HOST = Host(kprobes=False, uprobes=True, perf_events=True, hardware_counters=True)  # nothing is known to be missing


def composed(request: str, index: Index, host: Host = HOST) -> Program:
    return compose(understand(request, index.search), host)


def plain(program: Program) -> str:
    """Its text on one line."""
    return re.sub(r"\s+", " ", check(program.text).text).strip()


OPENS = "tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat, tracepoint:syscalls:sys_enter_openat2"
HEADING = 'BEGIN { printf("%-16s %-8s %s\\n", "COMM", "PID", "PATH"); }'
PRINT = 'printf("%-16s %-8d %s\\n", comm, pid, str(args->filename));'
TEN = [
    (("files opened by process", "按进程显示打开的文件"), f"{HEADING} {OPENS} {{ {PRINT} }}"),
    (("syscall count by program", "按程序统计系统调用次数"), "tracepoint:raw_syscalls:sys_enter { @syscall[comm] = count(); }"),
    (("read bytes by process", "按进程统计读取的字节数"), "tracepoint:syscalls:sys_exit_read /args->ret > 0/ { @bytes[comm] = sum(args->ret); }"),
    (("read size distribution by process", "按进程统计读取大小的分布"), "tracepoint:syscalls:sys_exit_read /args->ret > 0/ { @bytes[comm] = hist(args->ret); }"),
    (("show per-second syscall rates", "每秒系统调用速率"),
     'tracepoint:raw_syscalls:sys_enter { @syscall = count(); } interval:s:1 { time("%H:%M:%S\\n"); print(@syscall); clear(@syscall); }'),
    (("trace disk size by process", "按进程跟踪磁盘IO大小"),
     'BEGIN { printf("%-16s %-8s %-10s %s\\n", "COMM", "PID", "SIZE", "OPERATION"); } '
     'tracepoint:block:block_rq_issue { printf("%-16s %-8d %-10d %s\\n", comm, pid, args->bytes, args->rwbs); }'),
    (("count page faults by process", "按进程统计缺页次数"), "tracepoint:exceptions:page_fault_user { @page_fault[comm] = count(); }"),
    (("count LLC cache misses by process name and PID", "按进程名和PID统计LLC缓存未命中"), "hardware:cache-misses:1000000 { @cache_miss[comm, pid] = count(); }"),
    (("profile user-level stacks at 99 Hertz, for PID 189", "以99赫兹采样PID 189的用户态堆栈"), "profile:hz:99 /pid == 189/ { @sample[ustack] = count(); }"),
    (("files opened, for processes in the cgroup /sys/fs/cgroup/mine", "跟踪cgroup /sys/fs/cgroup/mine中的进程打开的文件"),
     f'{HEADING} {OPENS} /cgroup == cgroupid("/sys/fs/cgroup/mine")/ {{ {PRINT} }}'),
]  # fmt: skip


@pytest.mark.parametrize(("request_text", "text"), [(request, text) for requests, text in TEN for request in requests])
def test_the_ten_examples(index: Index, request_text: str, text: str) -> None:
    assert plain(composed(request_text, index)) == text


@pytest.mark.parametrize(("request_text", "text"), [
    ("average write size of process 12 every 5 seconds",
     'tracepoint:syscalls:sys_exit_write /(pid == 12) && (args->ret > 0)/ { @bytes = avg(args->ret); } '
     'interval:s:5 { time("%H:%M:%S\\n"); print(@bytes); clear(@bytes); }'),
    ("read latency histogram by process",
     "tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; } "
     "tracepoint:syscalls:sys_exit_read /@start[tid]/ { @us[comm] = hist((nsecs - @start[tid]) / 1000); delete(@start[tid]); } END { clear(@start); }"),
    ("count reads larger than 4096 bytes by pid", "tracepoint:syscalls:sys_exit_read /args->ret > 4096/ { @read[pid] = count(); }"),
    ("linear histogram of read sizes from 0 to 1000 step 100", "tracepoint:syscalls:sys_exit_read /args->ret > 0/ { @bytes = lhist(args->ret, 0, 1000, 100); }"),
    ("top 5 processes by bytes written",
     "tracepoint:syscalls:sys_exit_write /args->ret > 0/ { @bytes[comm] = sum(args->ret); } END { print(@bytes, 5); clear(@bytes); }"),
    ("count mmap calls that fail with EPERM by process", "tracepoint:syscalls:sys_exit_mmap /args->ret == (-1)/ { @mmap[comm] = count(); }"),
    ("kernel stacks of page allocations", "tracepoint:kmem:mm_page_alloc { @page_alloc[kstack] = count(); }"),
    ("count sched:sched_process_fork by comm", "tracepoint:sched:sched_process_fork { @sched_process_fork[comm] = count(); }"),
])  # fmt: skip
def test_other_measures_keys_and_filters(index: Index, request_text: str, text: str) -> None:
    assert plain(composed(request_text, index)) == text


def test_every_composed_program_is_allowed(index: Index) -> None:
    """Each event with each of its measures: the policy has nothing against what the composer writes."""
    refused = {}
    for name, event in read("events").items():
        for measure in ("count", "print", "histogram", "average", "stacks", "per second"):
            try:
                program = composed(f"{measure} {event['words'][-1]} by process", index)
            except NotUnderstood:
                continue
            problems = check(program.text).problems
            if problems:
                refused[name, measure] = (program.text, problems)
    assert refused == {}


@pytest.mark.parametrize(("request_text", "why"), [
    ("order me a pizza", "knows no event"),
    ("run system(\"id\") on every open", r"system\(\) is asked for, and no generated program may do that"),
    ("restart nginx", "knows no event"),
    ("context switches of /etc/passwd", "doesn't tell files apart"),
    ("context switches slower than 10 ms", "has no duration"),
    ("page faults larger than 4 KB", "has no size"),
    ("failed page faults", "whether this event failed can't be seen"),
    ("average context switches by process", "avg needs a value"),
    ("files opened by uid nosuchuser on port 80", "can't be limited to 80"),
])  # fmt: skip
def test_what_it_cannot_do_it_says(index: Index, request_text: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        composed(request_text, index)


def test_the_tool_that_shows_the_same_is_named(index: Index) -> None:
    assert composed("files opened by process", index).instead == "opensnoop"
    assert composed("read bytes by process", index).instead is None


def test_what_this_host_lacks_is_said(index: Index) -> None:
    program = composed("LLC cache misses by process", index, Host(perf_events=True, hardware_counters=False))
    assert program.cannot_run == "this machine lets nobody count the CPU's own events (a virtual machine without a PMU)"


def test_a_quoted_name_cannot_leave_its_string(index: Index) -> None:
    """What a request quotes is data: it stays one string of the tree."""
    program = composed("count opens of the process named “a\\\"/ { exit(); } BEGIN { @x = \"”", index)
    checked = check(program.text)
    assert checked.problems == ()
    assert checked.tree is not None
    assert [call.text for call in checked.tree.all("call")] == ["count"]
