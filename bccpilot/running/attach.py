"""When a tool's probes are attached, from what can be seen from outside.

Three witnesses, the first that speaks wins:

1. a line that matches the tool knowledge's `ready`, a regular expression for what is printed only after attaching; should
   the second witness still see something being attached, the line came too early, and the last attachment counts;
2. the BPF links and perf events that the tool's processes hold, as the guard counts them: once there are some and
   their number has stopped growing, the time of the last change is the time of the attachment. This works for tools
   that print nothing until they end;
3. the first line on standard output. Many tools greet before they attach ("Attaching 3 probes..."), so it counts only
   when the second witness has stayed silent for a while after it: where the guard isn't root and can't see what the
   tool holds. With a known `ready` that didn't match, it doesn't count at all.
"""

from __future__ import annotations

STABLE_S = 0.3  # a tool attaches its next probe sooner than this,
SLOWNESS = 0.1  # on a machine where getting there takes long, than this share of the time that it took
SILENT_S = 2.0


class Attachment:
    """One run's evidence. All times are of the same clock, in seconds."""

    def __init__(self, ready: str | None = None, started: float | None = None) -> None:
        import re

        self._started = started
        self._ready = re.compile(ready, re.MULTILINE) if ready else None
        self._matched_at: float | None = None
        self._count, self._changed_at = 0, 0.0
        self._first_line_at: float | None = None

    def text(self, stream: str, text: str, at: float) -> None:
        """Some output, the last line perhaps not complete yet."""
        if self._ready is not None:
            if self._matched_at is None and self._ready.search(text):
                self._matched_at = at
        elif stream == "out" and text.strip() and self._first_line_at is None:
            self._first_line_at = at

    def count(self, attachments: int, at: float) -> None:
        """The guard counted links and perf events."""
        self._count, self._changed_at = attachments, at

    def at(self, now: float) -> float | None:
        """Since when the probes have been attached; None: not yet known."""
        patience = self._patience()
        stable = now >= self._changed_at + patience
        if self._matched_at is not None and now >= self._matched_at + patience and stable:
            return max(self._matched_at, self._changed_at)
        if self._count:
            return self._changed_at if stable else None
        if self._first_line_at is not None and now >= self._first_line_at + SILENT_S:
            return self._first_line_at
        return None

    def _patience(self) -> float:
        """How long nothing must have changed: a slow machine also attaches slowly."""
        latest = max(self._changed_at, self._matched_at or 0.0)
        return STABLE_S if self._started is None else max(STABLE_S, SLOWNESS * (latest - self._started))

    def at_end(self) -> float | None:
        """The best guess once the tool has ended: it may have been quicker than any witness's patience."""
        return self.at(float("inf"))
