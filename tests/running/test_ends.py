"""Every way in which a run can end, from an ordinary user's bccpilot whose tool is root's: nothing stays behind."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.running import fakes
from tests.running.conftest import Pilot, gone_within

Start = Callable[..., Pilot]
Rules = Callable[[str], None]
Tool = Callable[[str], str]
ALL = "USER ALL=(root) NOPASSWD: ALL\n"
PTY = pytest.mark.parametrize("use_pty", ["use_pty", "!use_pty"])
TIMES, AT_ONCE = 20, 10


@PTY
def test_ctrl_c_once_brings_the_summary(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str) -> None:
    sudoers(f"Defaults:USER {use_pty}\n{ALL}")
    path = tool(fakes.SUMMARY)
    begun = pilot(path, ready="^Tracing")
    begun.wait_for(state="attached")
    begun.type("\x03")
    begun.wait_for(line="summary: 42")
    said = begun.wait_for(run=...)
    assert (said["run"]["ended"], said["run"]["status"], said["must_end"]) == ("interrupt", 0, False)  # type: ignore[index]
    gone_within(1.0, path)


@PTY
def test_ctrl_c_twice_ends_everything(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str) -> None:
    sudoers(f"Defaults:USER {use_pty}\n{ALL}")
    path = tool(fakes.STUBBORN)
    begun = pilot(path, ready="^Tracing")
    begun.wait_for(state="attached")
    begun.type("\x03")
    begun.wait_for(state="ending")
    begun.type("\x03")
    assert begun.wait_for(seconds=3.0, run=...)["run"]["status"] == -9  # type: ignore[index]
    gone_within(1.0, path)


@pytest.mark.parametrize(
    ("use_pty", "signum", "body"),
    [
        ("use_pty", signal.SIGTERM, fakes.SUMMARY),
        ("use_pty", signal.SIGHUP, fakes.STUBBORN),
        ("!use_pty", signal.SIGTERM, fakes.STUBBORN),
        ("!use_pty", signal.SIGHUP, fakes.SUMMARY),
    ],
)
def test_sigterm_and_sighup(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, signum: signal.Signals, body: str) -> None:
    sudoers(f"Defaults:USER {use_pty}\n{ALL}")
    path = tool(body)
    begun = pilot(path, ready="^Tracing")
    begun.wait_for(state="attached")
    begun.kill(signum)
    assert begun.wait_for(seconds=10.0, run=...)["must_end"] is True
    gone_within(1.0, path)


@pytest.mark.parametrize(
    ("use_pty", "body"),
    [("use_pty", fakes.SUMMARY), ("use_pty", fakes.STUBBORN), ("!use_pty", fakes.SUMMARY), ("!use_pty", fakes.COMPILING)],
)
def test_the_terminal_is_closed(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, body: str) -> None:
    sudoers(f"Defaults:USER {use_pty}\n{ALL}")
    path = tool(body)
    begun = pilot(path)
    begun.wait_for(state="starting")
    begun.hang_up()
    gone_within(10.0, path)


@pytest.mark.parametrize(
    ("body", "phase"),
    [(fakes.COMPILING, "starting"), (fakes.SUMMARY, "attached"), (fakes.STUBBORN, "attached"), (fakes.SUMMARISING, "ending")],
    ids=["compiling", "tracing", "tracing-deaf", "summarising"],
)  # fmt: skip
@PTY
def test_kill_9_in_each_phase(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, body: str, phase: str) -> None:
    """Twenty bccpilots, ten at a time, all killed: within ten seconds neither tool, guard nor sudo runs."""
    sudoers(f"Defaults:USER {use_pty}\n{ALL}")
    path = tool(body)
    limits = {"duration_s": 0.1} if phase == "ending" else {}
    for _ in range(TIMES // AT_ONCE):
        begun = [pilot(path, str(number), ready="^Tracing", limits=limits) for number in range(AT_ONCE)]
        for each in begun:
            each.wait_for(state=phase)
        for each in begun:
            each.kill()
        gone_within(10.0, path)


@PTY
@pytest.mark.parametrize("body", [fakes.SUMMARY, fakes.COMPILING, fakes.SUMMARISING])
def test_kill_9_where_sudo_allows_only_the_tool(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, body: str) -> None:
    """The guard is the user's then, and the terminal does what it can't."""
    path = tool(body)
    sudoers(f"Defaults:USER {use_pty}\nUSER ALL=(root) NOPASSWD: {path}\n")
    begun = pilot(path, terminal=False)
    begun.wait_for(state="starting")
    begun.kill()
    gone_within(10.0, path)


def test_the_guard_is_killed(pilot: Start, tool: Tool, sudoers: Rules) -> None:
    """Even without its guard the tool goes: the kernel sees to it."""
    import os
    from pathlib import Path

    sudoers(ALL)
    path = tool(fakes.STUBBORN)
    begun = pilot(path, ready="^Tracing")
    begun.wait_for(state="attached")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        command = Path("/proc", pid, "cmdline").read_bytes()
        if path.encode() in command and command.startswith(b"/usr/bin/python3\0-I\0-S"):
            os.kill(int(pid), signal.SIGKILL)
    gone_within(2.0, path)
    assert begun.wait_for(run=...)["run"]["status"] is None  # type: ignore[index]
