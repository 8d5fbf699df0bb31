from __future__ import annotations

import os

import pytest

from bccpilot.planning.local import plan
from bccpilot.planning.wanted import Wanted
from bccpilot.request.understand import understand
from manpages_index.store import Index

BCC = Wanted(flavour="bcc")


def planned(text: str, index: Index, wanted: Wanted = BCC) -> tuple[str | None, list[str], float | None]:
    found = plan(understand(text, index.search), index, wanted)
    return found.tool, list(found.args), found.duration_s


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trace memory allocations", ("memleak", ["-t"], None)),
        ("追踪内存分配并显示每个单独的分配器函数调用", ("memleak", ["-t"], None)),
        ("which files is nginx opening", ("opensnoop", ["-n", "nginx"], None)),
        ("opens that failed for uid 33 over the next 20 secs", ("opensnoop", ["-x", "-u", "33", "-d", "20"], None)),
        ("top 8 processes by disk I/O, every 5 seconds, 12 times", ("biotop", ["-r", "8", "5", "12"], None)),
        ("watch the individual I/Os on sdb for 30 seconds", ("biosnoop", ["-d", "sdb"], 30)),
        ("runqlat every 5 seconds, 3 times, in milliseconds", ("runqlat", ["-m", "5", "3"], None)),
        ("hardirqs, counts only, two rounds of 10 seconds", ("hardirqs", ["-C", "10", "2"], None)),
        ("tcptop, dont clear, every 3 s", ("tcptop", ["-C", "3"], None)),
    ],
)
def test_plans(index: Index, text: str, expected: tuple[str, list[str], float | None]) -> None:
    assert planned(text, index) == expected


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("tcp_sendmsg as nginx calls it: how are the run times spread", "funclatency"),  # a function named counts more than a program
        ("which php functions are slow", "phpcalls"),  # without a function's name no tool that can't do without
        ("reads, writes, opens and fsyncs per second, in all", "vfsstat"),  # no tool for one file system, where none is named
        ("throughput of each tcp connection, every 3 s, don't clear the screen", "tcptop"),  # what its options are speaks for a tool
        ("bytes sent to 10.20.0.0/16 against 0.0.0.0/0", "tcpsubnet"),
        ("p50, p90 and p99.9 of sda", "biolatpcts"),
        ("who is writing to /var/log", "filetop"),  # a path is a file's
        ("reads and writes of /var/lib/docker and /srv/data", "dirtop"),
        ("what appears on /dev/pts/4", "ttysnoop"),  # a path that says what is meant
        ("the load is high, yet all that top shows is asleep", "execsnoop"),
        ("ssh logins hang for seconds, then everything is quick", "gethostlatency"),
        ("我改了配置，可是没生效", "opensnoop"),
    ],
)
def test_what_a_request_is_about(index: Index, text: str, tool: str) -> None:
    assert planned(text, index)[0] == tool


@pytest.mark.parametrize(
    "text",
    [
        "restart nginx",
        "write me a poem about the sea",
        "who deleted the file yesterday",
        "how much disk space is left",
        "重启一下服务器",
        "profile pid $(id)",
        "xyzzy plugh",
    ],
)
def test_declines_with_a_reason(index: Index, text: str) -> None:
    found = plan(understand(text, index.search), index, BCC)
    assert found.tool is None
    assert found.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("give nginx two more cpus", "change"),
        ("将 redis 的 maxmemory 设为 4gb", "change"),
        ("why was the server down last thursday", "past"),
        ("is the ssl certificate of the shop still valid", "state"),
        ("how much vram does the training job take", "hardware"),
        ("count the status codes in the access log", "files"),
        ("put it on the grafana dashboard", "elsewhere"),
        ("什么时候会写满，预测一下", "future"),
        ("write me a poem about the sea", "writing"),
    ],
)
def test_each_kind_of_refusal(index: Index, text: str, kind: str) -> None:
    found = plan(understand(text, index.search), index, BCC)
    assert (found.tool, found.declined) == (None, kind)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("who kills my process", "killsnoop"),
        ("tcp connections that get dropped by the kernel", "tcpdrop"),
        ("which processes mount and unmount file systems", "mountsnoop"),
        ("the gpu driver's interrupts take long, time spent in hard irqs", "hardirqs"),
        ("dns lookups of the slack bot and how long they take", "gethostlatency"),
        ("重启 nginx 的时候它都打开了哪些文件", "opensnoop"),
        ("make kmalloc fail in one of a hundred calls", "inject"),
    ],
)
def test_what_only_looks_like_something_to_refuse(index: Index, text: str, tool: str) -> None:
    assert planned(text, index)[0] == tool


def test_the_tool_that_was_given_is_kept(index: Index) -> None:
    assert planned("for 10 seconds, only failed ones", index, Wanted(tool="opensnoop", flavour="bcc")) == ("opensnoop", ["-x", "-d", "10"], None)


def test_a_process_that_does_not_run_is_said_and_unresolved(index: Index) -> None:
    found = plan(understand("memory leaks of the process named nosuchprogram", index.search), index, BCC)
    assert found.tool == "memleak"
    assert found.unresolved == ("nosuchprogram",)
    assert found.warnings == ()  # the check says it


def test_the_flavour_is_kept(index: Index) -> None:
    found = plan(understand("run queue latency as a histogram", index.search), index, Wanted(flavour="libbpf"))
    assert (found.tool, found.flavour) == ("runqlat", "libbpf")
    assert os.path.basename(found.path or "") == "runqlat"
