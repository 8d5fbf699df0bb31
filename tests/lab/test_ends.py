"""bccpilot itself is killed, on a stock Debian 12, as an ordinary user with a real sudo and real tools: nothing may go on tracing."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.lab.pilot import PATIENCE_S, left, tracers

# phase: the tool, how long it traces, what it has printed in that phase (None: it has been started, and no more)
PHASES = {
    "compiling": (("--tool", "memleak", "--flavour", "bcc"), 60, None),
    "tracing": (("--tool", "runqlat", "--flavour", "libbpf"), 60, "Tracing"),
    "summarising": (("--tool", "profile", "--flavour", "bcc"), 1, "Sampling"),
}


def started(tool, duration, log):
    arguments = ["-y", "--no-explain", "-d", str(duration), *tool, "what the kernel does"]
    return subprocess.Popen(["bccpilot", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def killed_in(phase, log):
    """Kill it in that phase; how many seconds later nothing of it runs any more."""
    tool, duration, said = PHASES[phase]
    with log.open("wb") as out:
        begun = started(tool, duration, out)
    wait_for(lambda: tracers() if said is None else said in log.read_text(errors="replace"), f"{phase}: {log.read_text(errors='replace')}")
    if phase == "summarising":
        time.sleep(duration + 0.5)
    begun.kill()
    begun.wait()
    killed = time.monotonic()
    wait_for(lambda: not left(), f"{phase}: {left()}")
    return time.monotonic() - killed


@pytest.mark.parametrize("phase", PHASES)
def test_kill_9(phase, tmp_path):
    assert killed_in(phase, tmp_path / "log") < 10


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_kill_9_twenty_times(phase, tmp_path):
    took = [killed_in(phase, tmp_path / f"log{number}") for number in range(20)]
    assert max(took) < 10, took
