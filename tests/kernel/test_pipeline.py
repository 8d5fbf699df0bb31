"""Requests in plain language on the real kernel, the whole way: what a child process of the test does is among the records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bccpilot.cli import main
from tests.kernel import NEEDS_EBPF

pytestmark = NEEDS_EBPF
MARK = "pilot-child"


@contextmanager
def repeated(action: Callable[[], None]) -> Iterator[None]:
    """Do something again and again while the block runs."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            action()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def child(tmp_path: Path) -> Callable[[], None]:
    """Starts a program of a name that nothing else has, which opens a file and allocates memory in the kernel."""
    program = tmp_path / MARK
    program.symlink_to("/bin/cat")
    return lambda: subprocess.run([str(program), "/proc/self/status"], capture_output=True, check=True)  # type: ignore[func-returns-value]


def records(capsys: pytest.CaptureFixture[str], index_path: str, *words: str) -> list[dict[str, object]]:
    """The JSON records of a run; the status must be 0."""
    status = main(["--json", "-y", "--index", index_path, *words])
    out, err = capsys.readouterr()
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def fields(found: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [record["fields"] for record in found if record["kind"] == kind]  # type: ignore[misc]


def test_memory_allocations(capsys: pytest.CaptureFixture[str], index_path: str, child: Callable[[], None]) -> None:
    with repeated(child):
        found = records(capsys, index_path, "-d", "3", "trace memory allocations")
    assert MARK in {event.get("comm") for event in fields(found, "event")}


def test_new_processes(capsys: pytest.CaptureFixture[str], index_path: str, child: Callable[[], None]) -> None:
    with repeated(child):
        found = records(capsys, index_path, "-d", "3", "--flavour", "libbpf", "new processes")
    mine = [event for event in fields(found, "event") if event.get("comm") == MARK]
    assert mine
    assert all(event["ppid"] == os.getpid() for event in mine)
    assert all(str(event["args"]).rstrip().endswith("/proc/self/status") for event in mine)


def test_system_calls_of_a_process(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    busy = subprocess.Popen([sys.executable, "-c", "import os\nwhile True: os.getppid()"])
    try:
        found = records(capsys, index_path, f"count the system calls of process {busy.pid} for 2 seconds")
    finally:
        busy.kill()
        busy.wait()
    counts = {str(row.get("syscall") or row.get("name")): row.get("count", row.get("value")) for row in fields(found, "row") + fields(found, "value")}
    assert isinstance(counts.get("getppid"), int), found[:5]
    assert counts["getppid"] > 1000  # type: ignore[operator]


def test_run_queue_latency(capsys: pytest.CaptureFixture[str], index_path: str, child: Callable[[], None]) -> None:
    with repeated(child):
        found = records(capsys, index_path, "run queue latency as a histogram for 2 seconds")
    buckets = fields(found, "bucket")
    assert sum(int(str(bucket["count"])) for bucket in buckets) > 0
    assert {bucket["unit"] for bucket in buckets} == {"us"}


def test_the_explanation_ends_the_screen(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status = main(["-d", "2", "--index", index_path, "trace memory allocations"])
    out, _ = capsys.readouterr()
    assert status == 0
    assert out.startswith("sudo memleak-bpfcc -t\n")
    assert "Attaching to kernel allocators" in out
    assert "memleak -t, traced for 2" in out or "traced for 2" in out


def test_a_chinese_request_is_explained_in_chinese(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status = main(["--index", index_path, "运行队列延迟直方图，2 秒"])
    out, _ = capsys.readouterr()
    assert status == 0
    assert out.startswith("sudo runqlat-bpfcc 2 1\n")
    assert "跟踪" in out


def test_nothing_is_left_running(index_path: str) -> None:
    assert main(["-d", "1", "--no-explain", "--index", index_path, "trace memory allocations"]) == 0
    left = psutil.Process().children(recursive=True)
    assert [child.cmdline() for child in left if "memleak-bpfcc" in " ".join(child.cmdline())] == []
