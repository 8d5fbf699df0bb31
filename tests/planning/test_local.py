from __future__ import annotations

import os

import pytest

from bccpilot.planning.local import Wanted, plan
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
    ],
)
def test_plans(index: Index, text: str, expected: tuple[str, list[str], float | None]) -> None:
    assert planned(text, index) == expected


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


def test_the_tool_that_was_given_is_kept(index: Index) -> None:
    assert planned("for 10 seconds, only failed ones", index, Wanted(tool="opensnoop", flavour="bcc")) == ("opensnoop", ["-x", "-d", "10"], None)


def test_a_process_that_does_not_run_is_said_and_unresolved(index: Index) -> None:
    found = plan(understand("memory leaks of the process named nosuchprogram", index.search), index, BCC)
    assert found.tool == "memleak"
    assert found.unresolved == ("nosuchprogram",)
    assert any("no process named nosuchprogram" in warning for warning in found.warnings)


def test_the_flavour_is_kept(index: Index) -> None:
    found = plan(understand("run queue latency as a histogram", index.search), index, Wanted(flavour="libbpf"))
    assert (found.tool, found.flavour) == ("runqlat", "libbpf")
    assert os.path.basename(found.path or "") == "runqlat"
