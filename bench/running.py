"""How much of a tool's output bccpilot takes under load, and what it costs: side by side with the bare tool writing to /dev/null.

    sudo python -m bench.running [--rate 50000] [--seconds 8] [TOOL ...]

Both trace the same process at the same time, one that opens files at `rate` a second. What the bare tool has written is the kernel's count
(`wchar` of /proc/PID/io). One line a tool: lines and bytes of both, the share, and the CPU and memory of bccpilot and its guard.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bccpilot.model import Command
from bccpilot.running.run import Limits, start
from bccpilot.running.store import create

TOOLS = {
    "opensnoop": ("/usr/sbin/opensnoop", "-p", "{pid}"),
    "opensnoop.bt": ("/usr/bin/bpftrace", "-e", 'tracepoint:syscalls:sys_enter_openat /pid == {pid}/ {{ printf("%d %s %s\\n", pid, comm, str(args->filename)); }}'),
    "trace": ("/usr/sbin/trace-bpfcc", "-p", "{pid}", 't:syscalls:sys_enter_openat "%s", args->filename'),
}  # fmt: skip
LOAD = """
import os, sys, time
rate, seconds, done, began = int(sys.argv[1]), float(sys.argv[2]), 0, time.monotonic()
while (passed := time.monotonic() - began) < seconds:
    for _ in range(int(rate * passed) - done):
        try: os.open("/nonexistent/file-of-the-benchmark", 0)
        except OSError: pass
    done = int(rate * passed)
    time.sleep(0.005)
"""
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def load(rate: int, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """A process that opens files once its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.stdin.read()\n{LOAD}", str(rate), str(seconds)], stdin=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def cpu_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def written(pid: int) -> int:
    with open(f"/proc/{pid}/io") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("wchar"))


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def measure(name: str, rate: int, seconds: float) -> None:
    with load(rate, seconds) as target, tempfile.TemporaryDirectory() as directory:
        argv = tuple(part.format(pid=target.pid) for part in TOOLS[name])
        bare = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        keep = create({}, {}, directory)
        with start(Command(name, "any", argv), Limits(), keep=keep) as tracing:
            while tracing.state == "starting":
                time.sleep(0.1)
            guard = next(child for child in children(os.getpid()) if child not in (bare.pid, target.pid))
            time.sleep(8.0 if "bcc" in argv[0] else 2.0)
            before, cpu, bytes_before = written(bare.pid), spent(guard), tracing.printed_bytes
            after: list[float] = []
            target.stdin.close()  # type: ignore[union-attr]
            threading.Timer(seconds + 0.5, lambda: (after.extend(spent(guard)), tracing.stop())).start()  # type: ignore[func-returns-value]
            lines = sum(1 for _ in tracing)
            bare.send_signal(signal.SIGINT)
            bare_bytes = finished(bare) - before
        pilot, guards = (now - then for now, then in zip(after[:2], cpu, strict=False))
        run = tracing.result
        share = 100 * (run.bytes - bytes_before) / bare_bytes if bare_bytes else 0.0
        print(
            f"{name:13} bare {bare_bytes:,} B, bccpilot {run.bytes - bytes_before:,} B = {share:.1f} %; {run.lines:,} lines, {lines:,} shown; "
            f"cpu {pilot / seconds:.2f} + {guards / seconds:.2f} cores; memory {memory_mb(os.getpid()):.0f} + {after[2]:.0f} MB; "
            f"lost {run.lost:,}; {run.lines / seconds:,.0f} lines/s",
            flush=True,
        )


def spent(guard: int) -> tuple[float, float, float]:
    """CPU seconds of bccpilot and of its guard so far, and the guard's most memory."""
    return cpu_s(os.getpid()), cpu_s(guard), memory_mb(guard)


def finished(bare: subprocess.Popen[bytes]) -> int:
    """The bytes that the bare tool had written when it ended."""
    last = 0
    while bare.poll() is None:
        try:
            last = max(last, written(bare.pid))
        except (OSError, StopIteration):
            break
        time.sleep(0.002)
    bare.wait()
    return last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", nargs="*", default=list(TOOLS))
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    args = parser.parse_args()
    for name in args.tools:
        measure(name, args.rate, args.seconds)


if __name__ == "__main__":
    main()
