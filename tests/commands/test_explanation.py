"""The end of the screen: pictures, explanation, next requests that are planned and checked."""

from __future__ import annotations

import pytest

from bccpilot import pipeline
from bccpilot.commands.explanation import SURE, text
from bccpilot.explaining.sentences import texts
from bccpilot.model import Record, Run
from bccpilot.planning.wanted import Wanted
from manpages_index.store import Index
from tests.explaining.making import counted


@pytest.fixture
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a kernel that has all that tools attach to."""
    monkeypatch.setattr(pipeline, "cannot_run", lambda tool, args: None)


def bucket(low: int, high: int, count: int) -> Record:
    return Record("bucket", {"low": low, "high": high, "count": count, "unit": "us"}, 1)


@pytest.mark.usefixtures("everything_runs")
def test_a_saturated_host(index: Index, index_path: str) -> None:
    tool = index.tool("runqlat", "bcc")
    findings = counted([bucket(16, 31, 80), bucket(32, 63, 2), bucket(64, 32767, 0), bucket(32768, 65535, 18)], "runqlat", 5.0)
    run = Run("1", (tool.path, "5", "1"), 0.0, traced_s=5.0)
    assert text(findings, tool, run, "run queue latency", index_path).split("\n") == [
        "    16 µs - 31 µs 80 |########################################################",
        "    32 µs - 63 µs  2 |#",
        "  64 µs - 32.8 ms  0 |",
        "32.8 ms - 65.5 ms 18 |#############",
        "",
        "runqlat-bpfcc 5 1, traced for 5 s (it ended by itself): how long ready threads",
        "    wait for a CPU (run queue latency), as a histogram",
        "",
        "100 waits for a CPU: half at most 31 µs, 99 % at most 65.5 ms, the greatest",
        "    32.8 ms to 65.5 ms",
        "  2 groups: 82 % around 16 µs to 31 µs, 18 % around 32.8 ms to 65.5 ms",
        "",
        "Notable",
        "  ! A group of threads waits 32.8 ms or longer for a CPU: the CPUs are",
        "      saturated, there is more to run than they can take.",
        "",
        "What this doesn't show",
        "  Which threads waited isn't shown, and neither is time blocked on anything but",
        "      the CPU.",
        "",
        "Next",
        '  bccpilot "which processes wait longer than 10 ms for a CPU"',
        "      sudo runqslower-bpfcc 10000",
        '  bccpilot "run queue latency per process for 10 seconds"',
        "      sudo runqlat-bpfcc -P 10 1",
        '  bccpilot "CPU profile at 49 Hz for 10 seconds"',
        "      sudo profile-bpfcc -F 49 10",
    ]


@pytest.mark.usefixtures("everything_runs")
def test_the_tool_s_own_histogram_is_not_drawn_again(index: Index, index_path: str) -> None:
    tool = index.tool("runqlat", "bcc")
    shown = text(counted([bucket(16, 31, 80)], "runqlat"), tool, Run("1", (tool.path,), 0.0), "运行队列延迟", index_path, drawn=True)
    assert shown.startswith("runqlat-bpfcc，跟踪了 0 s")
    assert "|" not in shown


def test_every_next_request_has_a_plan_and_both_languages_mean_the_same(index: Index) -> None:
    wanted = Wanted(flavour="bcc")
    differing = {}
    for tool, requests in texts("en")["next"].items():
        for english, chinese in zip(requests, texts("zh")["next"][tool], strict=True):
            plans = [pipeline.plan(request, index, wanted, look_ahead=False) for request in (english, chinese)]
            (one, command), (other, _) = plans
            if one.tool is None or one.args != other.args or one.tool != other.tool or command is None or command.problems or min(one.confidence, other.confidence) < SURE:
                differing[english, chinese] = [(plan.tool, plan.args, plan.confidence) for plan, _ in plans]
    assert differing == {}
