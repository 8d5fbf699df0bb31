"""A child process that does something known while a program traces, and nothing else: it waits stopped before it and after it, so that
neither its start nor its end, nor the waiting, is among what is counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_CHILD = """
import ctypes, gc, mmap, os, select, signal, socket, sys, threading, time
directory = sys.argv[1]
os.chdir(directory)
libc = ctypes.CDLL(None)
work = compile(sys.argv[2], "work", "exec")
setup = compile(sys.argv[3], "setup", "exec")
names = dict(globals())
exec(setup, names)
gc.disable()
os.kill(os.getpid(), signal.SIGSTOP)
exec(work, names)
os.kill(os.getpid(), signal.SIGSTOP)
"""


@dataclass
class Child:
    """A child that has been set up. `comm` is its name for the kernel, one that nothing else has."""

    process: subprocess.Popen[bytes]
    comm: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def work(self) -> None:
        """Do the work; returns when it is done. Raises ChildProcessError where it failed."""
        os.kill(self.pid, signal.SIGCONT)
        self.wait()

    def wait(self) -> None:
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise ChildProcessError(f"the work ended with status {status}")


@contextmanager
def child(directory: Path, work: str, setup: str = "") -> Iterator[Child]:
    """A child that is ready to work in an empty directory of its own. `work` and `setup` are Python."""
    comm = f"gen{os.getpid() % 100000}x{len(list(directory.iterdir()))}"
    program = directory / comm
    program.symlink_to(sys.executable)
    place = directory / "place"
    place.mkdir(exist_ok=True)
    process = subprocess.Popen([str(program), "-S", "-c", _CHILD, str(place), work, setup])
    begun = Child(process, comm)
    try:
        begun.wait()
        yield begun
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(process.pid, 0)
        process.returncode = 0
