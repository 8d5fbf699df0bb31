"""When a run must be interrupted, terminated, killed. Pure: times go in, the signal that is due comes out; nothing
here waits or reads a clock.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

NOTHING_TO_SUMMARISE_S = 3.0  # the grace of a tool that has traced nothing, and of an end in a hurry


@dataclass(frozen=True)
class Limits:
    """How long and how much. Seconds and bytes.

    `duration_s`: of tracing, from the moment when the probes are attached; None: until the tool ends by itself or is
    stopped. `attach_s`: for getting there. After SIGINT a tool has `summary_s` without printing anything, at most
    `summary_most_s`, before SIGTERM, and after that `terminate_s` before SIGKILL. `output_bytes`: all that a run may
    print before it is ended. `backlog_bytes`: how much may wait in memory for a slow reader before lines go to the
    disk only. `line_bytes`: a longer line is shown in pieces.
    """

    duration_s: float | None = None
    attach_s: float = 120.0
    summary_s: float = 20.0
    summary_most_s: float = 90.0
    terminate_s: float = 5.0
    output_bytes: int = 1 << 30
    backlog_bytes: int = 8 << 20
    line_bytes: int = 1 << 16

    @property
    def at_most_s(self) -> float | None:
        """The longest that a run can take, for the guard's own deadline; None where nothing limits it."""
        if self.duration_s is None:
            return None
        return self.attach_s + self.duration_s + self.summary_most_s + self.terminate_s + 10.0


class Clock:
    """One run's times. `now` is always of the same monotonic clock, in seconds.

    `state`: starting | attached | ending | killing | ended. `reason`: why it is to end, as in `Run.ended`; None while
    nothing ends it.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits, self.started, self.heard_at = limits, now, now
        self.ready_at: float | None = None
        self.asked_at: float | None = None
        self.terminated_at: float | None = None
        self.ended_at: float | None = None
        self.reason: str | None = None
        self.hurry = False
        self._sent: list[int] = []

    @property
    def state(self) -> str:
        if self.ended_at is not None:
            return "ended"
        if signal.SIGTERM in self._sent or self.reason == "killed":
            return "killing"
        if self.asked_at is not None:
            return "ending"
        return "starting" if self.ready_at is None else "attached"

    def attached(self, at: float) -> None:
        """The probes have been attached since `at`."""
        if self.ready_at is None:
            self.ready_at = at

    def heard(self, now: float) -> None:
        """The tool printed something."""
        self.heard_at = now

    def end(self, reason: str, now: float, hurry: bool = False) -> None:
        """Ask for the end. The first reason stays; a later call can only hurry."""
        if self.asked_at is None:
            self.asked_at, self.reason = now, reason
        if hurry and not self.hurry:
            self.hurry, self.asked_at = True, now

    def kill(self, now: float) -> None:
        """No more patience."""
        self.end("killed", now)
        self.reason = "killed"

    def ended(self, now: float) -> None:
        self.ended_at = now

    def due(self, now: float) -> int | None:
        """The signal to send now, each once: SIGINT, SIGTERM, SIGKILL."""
        self._look(now)
        if self.asked_at is None or self.ended_at is not None:
            return None
        if self.reason == "killed":
            return self._once(signal.SIGKILL)
        if self.terminated_at is not None and now >= self.terminated_at + self._last_patience():
            self.reason = "killed"
            return self._once(signal.SIGKILL)
        if self.terminated_at is None and now >= self._patience():
            self.terminated_at = now
            return self._once(signal.SIGTERM)
        return self._once(signal.SIGINT)

    def _look(self, now: float) -> None:
        """Has a limit been reached?"""
        if self.asked_at is not None or self.ended_at is not None:
            return
        if self.ready_at is None and now >= self.started + self.limits.attach_s:
            self.end("failed", now)
        if self.ready_at is not None and self.limits.duration_s is not None and now >= self.ready_at + self.limits.duration_s:
            self.end("time", now)

    def _patience(self) -> float:
        """Until when SIGINT alone may work: a tool that still prints its summary is left in peace."""
        assert self.asked_at is not None
        if self.hurry or self.ready_at is None:
            return self.asked_at + min(NOTHING_TO_SUMMARISE_S, self.limits.summary_s)
        return min(self.asked_at + self.limits.summary_most_s, max(self.asked_at, self.heard_at) + self.limits.summary_s)

    def _last_patience(self) -> float:
        return min(NOTHING_TO_SUMMARISE_S, self.limits.terminate_s) if self.hurry else self.limits.terminate_s

    def _once(self, signum: signal.Signals) -> int | None:
        if signum in self._sent:
            return None
        self._sent.append(signum)
        return signum

    @property
    def ready_s(self) -> float | None:
        """How long it took until the probes were attached."""
        return None if self.ready_at is None else max(0.0, self.ready_at - self.started)

    def traced_s(self, now: float) -> float:
        """How long it has traced: from the attachment to the first signal or the end."""
        if self.ready_at is None:
            return 0.0
        ends = [at for at in (self.asked_at, self.ended_at, now) if at is not None]
        return max(0.0, min(ends) - self.ready_at)

    def left_s(self, now: float) -> float | None:
        """How much tracing time is left; before the attachment, how much is left for getting there. None: no limit."""
        if self.ready_at is None:
            return max(0.0, self.started + self.limits.attach_s - now)
        if self.limits.duration_s is None:
            return None
        return max(0.0, self.ready_at + self.limits.duration_s - now)
