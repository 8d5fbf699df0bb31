"""The run on a real kernel with real tools: when the clock starts, what the end brings, and that nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bccpilot.model import Command, Line, Run
from bccpilot.running.run import Limits, start
from tests.running.conftest import Pilot, alive, gone_within, package, pilot, sudoers, user  # noqa: F401

TOOLS = {
    "memleak-bpfcc": "/usr/sbin/memleak-bpfcc",
    "syscount-bpfcc": "/usr/sbin/syscount-bpfcc",
    "runqlat-bpfcc": "/usr/sbin/runqlat-bpfcc",
    "execsnoop": "/usr/sbin/execsnoop",
    "runqlat": "/usr/sbin/runqlat",
    "syscount.bt": "/usr/sbin/syscount.bt",
}
LEAKER = """
import ctypes, time
libc = ctypes.CDLL(None)
while True: libc.malloc(64); time.sleep(0.05)
"""
TIMES, AT_ONCE = 20, 10


def ebpf_works() -> bool:
    return os.geteuid() == 0 and Path("/sys/kernel/tracing/events/sched").exists() and Path("/sys/kernel/btf/vmlinux").exists()


pytestmark = [pytest.mark.kernel, pytest.mark.skipif(not ebpf_works(), reason="needs root, tracefs and BTF")]


def here(name: str) -> str:
    if not os.access(TOOLS[name], os.X_OK):
        pytest.skip(f"{name} is not installed")
    return TOOLS[name]


def trace(name: str, *args: str, ready: str | None = None, duration_s: float = 1.0) -> tuple[list[Line], Run]:
    with start(Command(name, "any", (here(name), *args), ready=ready), Limits(duration_s=duration_s)) as tracing:
        lines = list(tracing)
    if tracing.result.status != 0 and tracing.result.ready_s is None:
        pytest.skip(f"{name} can't attach on this kernel: {tracing.result.stderr_tail[-1:]}")
    return lines, tracing.result


@pytest.fixture
def leaker() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", LEAKER])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def executions() -> Iterator[dict[str, float]]:
    """Programs started all the time, each with a number, and when each was."""
    times: dict[str, float] = {}
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            times[f"mark{len(times)}x"] = time.monotonic()
            subprocess.run(["/bin/true", f"mark{len(times) - 1}x"], check=True)

    thread = threading.Thread(target=work)
    thread.start()
    yield times
    over.set()
    thread.join()


def test_the_clock_starts_when_the_probes_are_attached(executions: dict[str, float]) -> None:
    """The first program that execsnoop sees tells when it was attached in truth."""
    command = Command("execsnoop", "libbpf", (here("execsnoop"),))
    with start(command, Limits(duration_s=1.5)) as tracing:
        lines = list(tracing)
        began = tracing.started_at
    seen = [mark for line in lines for mark in executions if mark in line.text]
    assert tracing.result.ready_s is not None
    assert abs(began + tracing.result.ready_s - executions[seen[0]]) < 1.5
    assert 1.5 <= tracing.result.traced_s < 4.0
    assert len(seen) >= 3


def test_memleak_prints_what_it_traced(leaker: int) -> None:
    lines, result = trace("memleak-bpfcc", "-t", "-p", str(leaker), ready="^Attaching to")
    assert result.ended == "time"
    assert any("alloc entered" in line.text for line in lines)


def test_the_links_of_a_tool_that_prints_nothing_until_its_end_tell(leaker: int) -> None:
    """Its one line comes before the compiling; only what it holds can say when it traces."""
    lines, result = trace("memleak-bpfcc", "-p", str(leaker), "60")
    assert result.ended == "time"
    assert result.ready_s is not None
    assert lines[0].at < result.ready_s
    assert 1.0 <= result.traced_s < 10.0


@pytest.mark.parametrize(("name", "summary"), [
    ("syscount-bpfcc", "SYSCALL"), ("runqlat-bpfcc", "distribution"), ("runqlat", "distribution"), ("syscount.bt", "@syscall"),
])  # fmt: skip
def test_the_summary_of_sigint_arrives(name: str, summary: str) -> None:
    lines, result = trace(name)
    assert (result.ended, result.status) == ("time", 0)
    assert 1.0 <= result.traced_s < 10.0
    assert any(summary in line.text for line in lines)
    assert alive(here(name)) == []


@pytest.mark.parametrize(
    ("name", "phase", "limits"),
    [("memleak-bpfcc", "starting", {}), ("runqlat", "attached", {}), ("runqlat", "ending", {"duration_s": 0.5})],
    ids=["compiling", "tracing", "summarising"],
)
def test_kill_9_in_each_phase(
    pilot: Callable[..., Pilot],  # noqa: F811
    sudoers: Callable[[str], None],  # noqa: F811
    name: str,
    phase: str,
    limits: dict[str, float],
) -> None:
    """Twenty, ten at a time, an ordinary user's: within ten seconds none of the tools runs."""
    sudoers("USER ALL=(root) NOPASSWD: ALL\n")
    for _ in range(TIMES // AT_ONCE):
        begun = [pilot(here(name), limits=limits) for _ in range(AT_ONCE)]
        for each in begun:
            each.wait_for(state=phase)
        for each in begun:
            each.kill()
        gone_within(10.0, here(name))
