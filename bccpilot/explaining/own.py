"""Which events are the tracer's own: made by the tool, by what started it, or left over from an earlier run."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.model import Record

COMM_BYTES = 15  # of a name that the kernel keeps
NARROWEST = 10  # characters of the narrowest column that bcc's tools print a name in
STALE_S = 0.5  # how far the trace pipe's clock and ours may differ


@dataclass(frozen=True)
class Own:
    """`comms`: names of the tool's processes; `tasks`: PIDs and thread IDs of bccpilot and of what it started. `since_s`: seconds of
    uptime (CLOCK_MONOTONIC) when the run began; None: not known, then nothing counts as left over."""

    comms: frozenset[str] = frozenset()
    tasks: frozenset[int] = frozenset()
    since_s: float | None = None

    def made(self, record: Record) -> bool:
        """Whether the tracing itself caused this event."""
        fields = record.fields
        if fields.get("comm", fields.get("target")) in self.comms:
            return True
        return bool(self.tasks) and (fields.get("pid") in self.tasks or fields.get("tid") in self.tasks)

    def stale(self, record: Record) -> bool:
        """Whether it happened before this run: memleak -t reads the trace pipe that all share, with what others left in it. Its times are
        seconds of uptime."""
        at = record.fields.get("time_s")
        return self.since_s is not None and isinstance(at, float) and at < self.since_s - STALE_S


def comms_of(path: str) -> frozenset[str]:
    """The name that the kernel gives to a process that runs this file, and what narrow columns leave of it."""
    comm = path.rsplit("/", 1)[-1][:COMM_BYTES]
    return frozenset(comm[:width] for width in (*range(NARROWEST, COMM_BYTES), COMM_BYTES))


def of_this_run(path: str, since_s: float | None = None) -> Own:
    """For a run of the tool at `path` that is going on, as a child of this process."""
    return Own(comms_of(path), family(os.getpid()), since_s)


def family(pid: int) -> frozenset[int]:
    """A process, its threads, and those of all its descendants that are alive."""
    tasks: set[int] = set()
    waiting = [pid]
    while waiting:
        process = waiting.pop()
        if process in tasks:
            continue
        tasks.add(process)
        with suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{process}/task"):
                tasks.add(int(task))
                with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as children:
                    waiting += map(int, children.read().split())
    return frozenset(tasks)
