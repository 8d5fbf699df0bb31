"""Start a checked command as root, hand over its lines as they come, and end it.

    with start(command, limits, on_state) as tracing:
        for line in tracing:
            ...
    tracing.result

A thread reads, keeps the raw bytes, watches the clock and gives the orders, so that a slow reader of the lines delays
neither the end nor the tool. What waits for that reader is bounded; lines beyond it are on the disk and are counted in
`Run.not_shown`.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from bccpilot.errors import HostCannot, Interrupted
from bccpilot.model import Command, Line, Run
from bccpilot.running import lines, privilege
from bccpilot.running.attach import Attachment
from bccpilot.running.clock import Clock, Limits
from bccpilot.running.link import Link
from bccpilot.running.store import Keeper
from bccpilot.running.trusted import verify

__all__ = ["Limits", "Tracing", "start"]

TICK_S = 0.1
TAIL = 20
OUTSIDE = (
    "sudo allows this tool but not bccpilot's guard: should the tool ignore both SIGINT and SIGHUP, it could outlive "
    "bccpilot; `bccpilot sudoers` prints rules that allow both"
)
OUTSIDE_S = 0.5  # sudo refuses sooner than this: it is never asked for a password there
STREAMS = {b"O": "out", b"E": "err"}
OnState = Callable[[str], None]


def start(
    command: Command,
    limits: Limits | None = None,
    on_state: OnState | None = None,
    *,
    keep: Keeper | None = None,
    check: Callable[[str], None] = verify,
) -> Tracing:
    """Become root, which may ask for a password on the terminal, and start the tool. Returns when it has been started.

    `keep` is the run's directory (`store.create`). `check` is called with the tool's path right before the start and
    raises Rejected; pass one that also compares with the index. `on_state` is called in the reading thread, with
    starting, attached, ending, killing, ended; it must be quick. Raises NotPermitted, HostCannot, Rejected,
    Interrupted (Ctrl-C at the password).
    """
    check(command.argv[0])
    limits = limits or Limits(duration_s=command.duration_s)
    link, way = _become_root(command)
    tracing = Tracing(command, link, limits, keep or Keeper(None), on_state or (lambda state: None))
    if way.outside:
        tracing.warn(OUTSIDE)
    tracing.begin()
    return tracing


def _become_root(command: Command) -> tuple[Link, privilege.Way]:
    """The first way that works."""
    said = ""
    for way in privilege.ways(command.argv, command.needs_terminal):
        link = Link.start(way, command.argv, command.needs_terminal)
        try:
            refusal = _refusal(link, way)
        except BaseException as error:
            link.close(1.0)
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted("interrupted before anything was traced") from error
            raise
        if refusal is None:
            return link, way
        link.close()
        said = refusal
    raise privilege.refused(said)


def _refusal(link: Link, way: privilege.Way) -> str | None:
    """Wait for the guard's first word: None when the tool has been started, else what was said instead."""
    while not link.closed:
        frames = link.peek(TICK_S)
        if not frames:
            continue
        kind, content = frames[0]
        if kind == b"F":
            raise HostCannot(f"the tool can't be started: {content.decode(errors='replace')}")
        return _refusal_outside(link) if way.outside else None
    return link.said.decode(errors="replace")


def _refusal_outside(link: Link) -> str | None:
    """With the guard around sudo, sudo's refusal is output like the tool's: an early end with sudo's words."""
    until = time.monotonic() + OUTSIDE_S
    while time.monotonic() < until and not link.closed:
        frames = link.peek(TICK_S)
        if any(kind == b"X" for kind, _ in frames):
            said = b"".join(content for kind, content in frames if kind in STREAMS).decode(errors="replace")
            return said if privilege.refusal(said) else None
    return None


class Tracing:
    """A tool that runs. Iterate once, in one thread; everything else may be called from any thread or signal
    handler.
    """

    def __init__(self, command: Command, link: Link, limits: Limits, keep: Keeper, on_state: OnState) -> None:
        self._command, self._link, self._limits, self._keep, self._on_state = command, link, limits, keep, on_state
        self._began = time.time()
        self._clock = Clock(limits, time.monotonic())
        self._attachment = Attachment(command.ready, self._clock.started)
        self._splitters = {stream: lines.Splitter(limits.line_bytes) for stream in STREAMS.values()}
        self._state = ""
        self._status: int | None = None
        self._at = 0.0
        self._lines = self._bytes = self._not_shown = self._lost = 0
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._warnings: list[str] = []
        self._waiting: deque[tuple[float, str, list[str], int]] = deque()  # for the reader: when, stream, lines, bytes
        self._waiting_bytes = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="bccpilot-run", daemon=True)
        self._over = False

    def __enter__(self) -> Tracing:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._over:
            self.stop(hurry=True)
        self._thread.join()

    def __iter__(self) -> Iterator[Line]:
        """The lines as they come, of both streams in order; ends when the tool has ended and all its lines were
        given.
        """
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._over)
                if not self._waiting:
                    return
                at, stream, texts, size = self._waiting.popleft()
                self._waiting_bytes -= size
            for text in texts:
                yield Line(text, stream, at)

    @property
    def state(self) -> str:
        """starting | attached | ending | killing | ended."""
        return self._clock.state

    @property
    def started_at(self) -> float:
        """When the tool was started, by time.monotonic(): `Line.at` counts from here."""
        return self._clock.started

    @property
    def printed_bytes(self) -> int:
        """How much the tool has printed so far."""
        return self._bytes

    @property
    def left_s(self) -> float | None:
        """Seconds of tracing that are left, or of attaching while it is starting; None: no limit."""
        return self._clock.left_s(time.monotonic())

    @property
    def traced_s(self) -> float:
        """Seconds traced so far."""
        return self._clock.traced_s(time.monotonic())

    @property
    def result(self) -> Run:
        """The run, once it has ended; waits for that."""
        self._thread.join()
        return self._result

    def stop(self, hurry: bool = False) -> None:
        """Ask for the end as Ctrl-C does: SIGINT, time for the summary. `hurry`: little time, as when bccpilot
        itself must go.
        """
        self._clock.end("interrupt", time.monotonic(), hurry)

    def kill(self) -> None:
        """End it now: SIGKILL."""
        self._clock.kill(time.monotonic())

    def warn(self, text: str) -> None:
        """Something the person should know of this run."""
        self._warnings.append(text)

    def begin(self) -> None:
        """Start reading."""
        if self._limits.at_most_s is not None:
            self._link.order(f"deadline {self._limits.at_most_s}")
        self._thread.start()

    def _work(self) -> None:
        """The thread: until the guard has said its last word."""
        try:
            self._tell()
            while not self._link.closed:
                for kind, content in self._link.read(TICK_S):
                    self._take(kind, content)
                self._tick(time.monotonic())
        finally:
            self._finish()

    def _take(self, kind: bytes, content: bytes) -> None:
        now = time.monotonic()
        if kind in STREAMS:
            self._clock.heard(now)
            self._output(STREAMS[kind], content, now)
        elif kind == b"P":
            self._attachment.count(int(content), now)
        elif kind == b"X":
            self._status = os.waitstatus_to_exitcode(int(content))

    def _output(self, stream: str, content: bytes, now: float) -> None:
        at = self._at = round(now - self._clock.started, 6)  # as exact as the index on the disk
        self._keep.output(stream, content, at)
        self._bytes += len(content)
        splitter = self._splitters[stream]
        texts = splitter.feed(content)
        if self._clock.ready_at is None:
            self._attachment.text(stream, "\n".join((*texts, splitter.rest)), now)
        self._hand_over(stream, texts, at, len(content))
        if self._bytes > self._limits.output_bytes:
            self._clock.end("limit", now)

    def _hand_over(self, stream: str, texts: list[str], at: float, size: int) -> None:
        """To the reader of the lines, unless too much waits for it already."""
        self._lines += len(texts)
        self._lost += lines.lost(texts)
        if stream == "err":
            self._tail.extend(texts)
        with self._news:
            if self._waiting_bytes + size > self._limits.backlog_bytes:
                self._not_shown += len(texts)
            elif texts:
                self._waiting.append((at, stream, texts, size))
                self._waiting_bytes += size
                self._news.notify()

    def _tick(self, now: float) -> None:
        if self._clock.ready_at is None:
            ready_at = self._attachment.at(now)
            if ready_at is not None:
                self._clock.attached(ready_at)
                self._link.order("attached")
                self._tell()
        signum = self._clock.due(now)
        if signum is not None:
            self._link.order(f"signal {int(signum)}")
        self._tell()

    def _tell(self) -> None:
        """The state, when it has changed."""
        if self._clock.state != self._state:
            self._state = self._clock.state
            self._on_state(self._state)

    def _finish(self) -> None:
        now = time.monotonic()
        for stream, splitter in self._splitters.items():
            self._hand_over(stream, splitter.last(), self._at, 0)
        ready_at = self._attachment.at_end()
        if self._status == 0 and ready_at is not None:
            self._clock.attached(ready_at)
        self._clock.ended(now)
        self._link.close()
        self._result = self._run(now)
        self._keep.result(self._result)
        with self._news:
            self._over = True
            self._news.notify()
        self._tell()

    def _run(self, now: float) -> Run:
        return Run(
            id=self._keep.id,
            argv=self._command.argv,
            started=self._began,
            ready_s=self._clock.ready_s,
            traced_s=self._clock.traced_s(now),
            ended=self._ended(),
            status=self._status,
            lines=self._lines,
            bytes=self._bytes,
            not_shown=self._not_shown,
            lost=self._lost,
            stderr_tail=tuple(self._tail),
            directory=self._keep.directory,
            warnings=(*self._warnings, *self._keep.warnings),
        )

    def _ended(self) -> str:
        if self._clock.reason == "failed":
            self.warn(f"its probes were not attached within {self._limits.attach_s:g} s")
        if self._clock.reason is not None:
            return self._clock.reason
        return "itself" if self._status == 0 else "failed"
