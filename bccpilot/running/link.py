"""The guard's other end: the process that was started, its frames in, orders out."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress

from bccpilot.running.privilege import Way, environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

HEADER = struct.Struct(">cI")
PIPE_BYTES = 1 << 20  # what may wait in the kernel while Python is busy; the most that a user may ask for
READ_BYTES = 1 << 18


class Frames:
    """Takes bytes as they come, gives (kind, content) as they are complete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        data, start = self._rest + data, 0
        while len(data) >= start + HEADER.size:
            kind, length = HEADER.unpack_from(data, start)
            end = start + HEADER.size + length
            if len(data) < end:
                break
            yield kind, data[start + HEADER.size : end]
            start = end
        self._rest = data[start:]


class Link:
    """A started guard. Only one thread reads; orders may come from any, and from signal handlers."""

    def __init__(self, process: Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._process, self._frames = process, Frames()
        self._orders, self._out, self._errors = process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()
        self._open = [self._out, self._errors]
        self._early: list[tuple[bytes, bytes]] = []
        self.said = b""  # by sudo and its kin, and by a guard that failed
        os.set_blocking(self._orders, False)

    @classmethod
    def start(cls, way: Way, tool: tuple[str, ...], screen: bool) -> Link:
        """Start `tool` behind a guard. In this session and process group, so that sudo's prompt and its tickets are
        the terminal's.
        """
        import subprocess

        pipe = subprocess.PIPE
        process = subprocess.Popen(way.argv(tool, screen), stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=environment())
        assert process.stdout
        with suppress(OSError):  # the user's pipes are used up: the default size does
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return cls(process)

    @property
    def closed(self) -> bool:
        """Nothing more can come."""
        return not self._open

    def peek(self, timeout: float) -> list[tuple[bytes, bytes]]:
        """All frames since the last `read`, waiting up to `timeout` seconds for more; `read` will give them again."""
        self._early += self._receive(timeout)
        return self._early

    def read(self, timeout: float) -> list[tuple[bytes, bytes]]:
        """The frames that come within `timeout` seconds; an empty list may also mean that nothing came."""
        if self._early:
            early, self._early = self._early, []
            return early
        return self._receive(timeout)

    def _receive(self, timeout: float) -> list[tuple[bytes, bytes]]:
        import select

        ready, _, _ = select.select(self._open, [], [], timeout)
        if self._errors in ready:
            self.said = (self.said + self._take(self._errors))[-READ_BYTES:]
        return list(self._frames.feed(self._take(self._out))) if self._out in ready else []

    def _take(self, fd: int) -> bytes:
        data = os.read(fd, READ_BYTES)
        if not data:
            self._open.remove(fd)
        return data

    def order(self, text: str) -> None:
        """One order; where the guard has gone there is nothing left to order."""
        try:
            os.write(self._orders, f"{text}\n".encode())
        except OSError:
            return

    def close(self, timeout: float = 10.0) -> None:
        """Let go: the guard ends what still runs by itself."""
        import subprocess

        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return
