"""What start() and Tracing promise, with real processes; as whoever runs the tests, root or not where root isn't needed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bccpilot.errors import HostCannot, Rejected
from bccpilot.model import Command, Line, Run
from bccpilot.running.run import Limits, Tracing, start
from bccpilot.running.store import Keeper, create, load_run
from tests.running import fakes
from tests.running.conftest import alive, gone_within

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="starts tools as root")
Tool = Callable[[str], str]


def begin(
    path: str, *args: str, keep: Keeper | None = None, ready: str | None = None, screen: bool = False, **limits: object
) -> tuple[Tracing, list[str]]:
    states: list[str] = []
    command = Command("fake", "bcc", (path, *args), ready=ready, needs_terminal=screen)
    return start(command, Limits(**limits), states.append, keep=keep, check=lambda path: None), states  # type: ignore[arg-type]


def run(path: str, *args: str, **rest: object) -> tuple[list[Line], Run, list[str]]:
    tracing, states = begin(path, *args, **rest)  # type: ignore[arg-type]
    with tracing:
        lines = list(tracing)
    return lines, tracing.result, states


def texts(lines: list[Line]) -> list[tuple[str, str]]:
    return [(line.stream, line.text) for line in lines]


def test_the_clock_starts_at_the_attachment_and_sigint_brings_the_summary(tool: Tool) -> None:
    path = tool("time.sleep(1.5)" + fakes.SUMMARY)
    lines, result, states = run(path, ready="^Tracing", duration_s=1.0)
    assert texts(lines) == [("out", "Tracing... Hit Ctrl-C to end."), ("out", "summary: 42")]
    assert states == ["starting", "attached", "ending", "ended"]
    assert (result.ended, result.status, result.lines, result.argv) == ("time", 0, 2, (path,))
    assert result.ready_s is not None
    assert 1.5 <= result.ready_s < 15.0
    assert 1.0 <= result.traced_s < 3.0
    assert alive(path) == []


def test_stop_from_another_thread_is_an_interrupt(tool: Tool) -> None:
    tracing, states = begin(tool(fakes.SUMMARY), ready="^Tracing")
    with tracing:
        threading.Timer(1.0, tracing.stop).start()
        assert [line.text for line in tracing] == ["Tracing... Hit Ctrl-C to end.", "summary: 42"]
    assert (tracing.result.ended, tracing.result.status) == ("interrupt", 0)


def test_a_summary_that_takes_long_but_goes_on_is_not_cut(tool: Tool) -> None:
    lines, result, _ = run(tool(fakes.TALKATIVE_SUMMARY), ready="^Tracing", duration_s=0.2, summary_s=0.5, terminate_s=0.5)
    assert [line.text for line in lines] == ["Tracing...", *(f"part {i}" for i in range(12))]
    assert (result.ended, result.status) == ("time", 0)


@pytest.mark.parametrize(("body", "status"), [(fakes.SUMMARISING, -15), (fakes.STUBBORN, -9)])
def test_each_signal_after_its_grace(tool: Tool, body: str, status: int) -> None:
    path = tool(body)
    _, result, states = run(path, ready="^Tracing", duration_s=0.2, summary_s=0.5, terminate_s=0.5)
    assert states == ["starting", "attached", "ending", "killing", "ended"]
    assert (result.ended, result.status) == ("killed" if status == -9 else "time", status)
    assert alive(path) == []


def test_kill_waits_for_nothing(tool: Tool) -> None:
    tracing, _ = begin(tool(fakes.STUBBORN), ready="^Tracing")
    with tracing:
        next(iter(tracing))
        began = time.monotonic()
        tracing.kill()
        list(tracing)
    assert (tracing.result.ended, tracing.result.status) == ("killed", -9)
    assert time.monotonic() - began < 4.0


def test_never_attached(tool: Tool) -> None:
    path = tool(fakes.COMPILING)
    _, result, states = run(path, attach_s=3.0)
    assert states == ["starting", "ending", "killing", "ended"]
    assert (result.ended, result.ready_s, result.traced_s, result.status) == ("failed", None, 0.0, -15)
    assert result.warnings == ("its probes were not attached within 3 s",)


def test_leaving_the_context_early_ends_the_tool(tool: Tool) -> None:
    path = tool(fakes.SUMMARY)
    with pytest.raises(ZeroDivisionError), begin(path)[0]:
        raise ZeroDivisionError
    assert alive(path) == []


def test_children_of_the_tool_go_with_it(tool: Tool) -> None:
    path = tool(fakes.FORKING)
    lines, result, _ = run(path, ready="^Tracing", duration_s=0.5)
    assert [line.text for line in lines] == ["Tracing...", "summary"]
    gone_within(1.0, path)


def test_bytes_are_kept_whatever_they_are_and_replay_is_exact(tool: Tool, tmp_path: Path) -> None:
    keep = create({"query": "x"}, {"kernel": "y"}, str(tmp_path / "runs"))
    lines, result, _ = run(tool(fakes.GARBAGE), keep=keep)
    long = "x" * 200000
    assert texts(lines) == [
        ("out", "café \udcff\udcfe\0\x1b[31m\r"),
        ("err", "a warning"),
        *(("out", long[i : i + 65536]) for i in range(0, 200000, 65536)),
        ("out", "no newline at the end"),
    ]
    stored = load_run(keep.id, str(tmp_path / "runs"))
    assert list(stored.lines()) == lines
    assert (
        Path(stored.directory, "out.log").read_bytes() == b"caf\xc3\xa9 \xff\xfe\0\x1b[31m\r\n" + b"x" * 200000 + b"\nno newline at the end"
    )
    assert Path(stored.directory, "err.log").read_bytes() == b"a warning\n"
    assert (stored.plan, stored.host) == ({"query": "x"}, {"kernel": "y"})
    assert stored.result is not None
    assert (stored.result["bytes"], stored.result["stderr_tail"]) == (result.bytes, ["a warning"])


def test_lines_come_as_they_are_printed(tool: Tool) -> None:
    lines, _, _ = run(tool(fakes.BUFFERED))
    times = [line.at for line in lines]
    assert [line.text for line in lines] == ["tick 0", "tick 1", "tick 2"]
    assert times[2] - times[0] > 0.3  # two at once on a busy machine, but not all at the end


def test_c_programs_are_line_buffered_too(tool: Tool, tmp_path: Path) -> None:
    source, binary = tmp_path / "c.c", tmp_path / "fake-c"
    source.write_text('#include <stdio.h>\n#include <unistd.h>\nint main() { puts("one"); usleep(600000); puts("two"); }\n')
    if os.spawnlp(os.P_WAIT, "cc", "cc", "-o", str(binary), str(source)) != 0:
        pytest.skip("no C compiler")
    lines, _, _ = run(str(binary))
    assert [line.text for line in lines] == ["one", "two"]
    assert lines[1].at - lines[0].at > 0.3


def test_a_slow_reader_delays_nothing_and_memory_is_bounded(tool: Tool, tmp_path: Path) -> None:
    keep = create({}, {}, str(tmp_path / "runs"))
    tracing, _ = begin(tool(fakes.FLOOD), keep=keep, backlog_bytes=1 << 20)
    with tracing:
        result = tracing.result  # nobody reads the lines meanwhile
        shown = sum(1 for _ in tracing)
    assert (result.bytes, result.lines, result.status) == (30_000_000, 300_000, 0)
    assert shown + result.not_shown == 300_000
    assert 0 < shown <= (1 << 20) / 100
    assert sum(1 for _ in load_run(keep.id, str(tmp_path / "runs")).lines()) == 300_000


def test_endless_output_ends_at_the_limit(tool: Tool) -> None:
    _, result, _ = run(tool(fakes.ENDLESS), output_bytes=5_000_000, terminate_s=1.0)
    assert result.ended == "limit"
    assert result.bytes > 5_000_000


def test_losses_are_counted_and_not_what_looks_like_them(tool: Tool) -> None:
    assert run(tool(fakes.LOSING))[1].lost == 20


@pytest.mark.parametrize(("body", "status", "tail"), [(fakes.FAILING, 3, ("modprobe: FATAL",)), (fakes.CRASHING, -11, ())])
def test_a_tool_that_fails(tool: Tool, body: str, status: int, tail: tuple[str, ...]) -> None:
    _, result, _ = run(tool(body))
    assert (result.ended, result.status, result.stderr_tail) == ("failed", status, tail)


@pytest.mark.parametrize(("screen", "term"), [(False, "dumb"), (True, "xterm")])
def test_the_environment_is_a_short_list(tool: Tool, monkeypatch: pytest.MonkeyPatch, screen: bool, term: str) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/evil")
    lines, _, _ = run(tool(fakes.ENVIRONMENT), "a b", "$(id)", screen=screen)
    assert [line.text for line in lines] == [
        str(sorted({
            "HOME": "/root", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", "TERM": term,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }.items())),
        f"True {screen} False True",
        "(50, 250)",
        "[False, False, False]",
        "['0', '1', '2'] 0 ['a b', '$(id)']",
    ]  # fmt: skip


def test_a_file_that_cannot_be_executed(tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_text(f"#!{tmp_path}/missing\n")
    path.chmod(0o755)
    with pytest.raises(HostCannot, match="No such file"):
        begin(str(path))


def test_an_untrusted_path_is_refused_right_before_the_start(tool: Tool) -> None:
    with pytest.raises(Rejected):
        start(Command("fake", "bcc", (tool(fakes.SUMMARY),)))


def test_two_at_once_do_not_disturb_each_other(tool: Tool) -> None:
    first, second = begin(tool(fakes.SUMMARY))[0], begin(tool(fakes.SUMMARY))[0]
    with first, second:
        next(iter(first)), next(iter(second))
        first.stop()
        assert [line.text for line in first] == ["summary: 42"]
        assert second.state in ("starting", "attached")
        second.stop()
        assert [line.text for line in second] == ["summary: 42"]
