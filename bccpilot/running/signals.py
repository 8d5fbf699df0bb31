"""What Ctrl-C, SIGTERM and SIGHUP do to bccpilot while a tool runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from bccpilot.running.run import Tracing

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Received:
    """Which signals came, in order. `must_end`: one of them was SIGTERM or SIGHUP: clean up and go, explain nothing."""

    signals: list[int] = field(default_factory=list)

    @property
    def must_end(self) -> bool:
        return any(signum != signal.SIGINT for signum in self.signals)

    @property
    def interrupts(self) -> int:
        return self.signals.count(signal.SIGINT)


@contextmanager
def handling(tracing: Tracing) -> Iterator[Received]:
    """Ctrl-C once ends the tracing and goes on to the summary, twice ends everything; SIGTERM and SIGHUP end the tool
    in a hurry.

    A signal that is ignored when bccpilot starts (nohup) stays so. Main thread only.
    """
    received = Received()

    def react(signum: int, frame: FrameType | None) -> None:
        received.signals.append(signum)
        if received.interrupts > 1:
            tracing.kill()
        else:
            tracing.stop(hurry=signum != signal.SIGINT)

    before = {signum: signal.getsignal(signum) for signum in WATCHED}
    for signum in WATCHED:
        if before[signum] != signal.SIG_IGN:
            signal.signal(signum, react)
    try:
        yield received
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
