"""What the parsers of one stream share: the number of the interval, the label that was just printed, the event that a
stack may belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

from bccpilot.model import Record

_REMEMBERED = 10_000  # blocks of one interval; beyond that a repetition isn't noticed, and memory stays bounded


@dataclass
class Context:
    """`interval` counts from 1. `label` is the line right above (`disk = 'vda'`, a probe), which names the table or
    histogram that follows.

    `unit` is the unit that the banner or the knowledge file gives to stacks and histograms; `event` the last row, whose
    stack may follow. `ruled`: intervals are told apart by rules of dashes. `broke` is True after a blank line, a time
    or a banner: the places where a new table may begin.
    """

    unit: str | None = None
    interval: int = 0
    timed: bool = False
    ruled: bool = False
    label: str | None = None
    broke: bool = True
    event: dict[str, object] | None = None
    seen: set[object] = field(default_factory=set)

    def mark(self) -> int:
        """A time line or separator: a new interval begins."""
        self.interval += 1
        self.timed = True
        self.seen.clear()
        return self.interval

    def block(self, identity: object) -> int:
        """The interval of a table or histogram. Where no times are printed, one that comes again opens a new
        interval."""
        if self.interval == 0:
            self.interval = 1
        elif not self.timed and identity in self.seen:
            self.interval += 1
            self.seen.clear()
        if len(self.seen) < _REMEMBERED:
            self.seen.add(identity)
        return self.interval


def note(text: str, interval: int | None = None, **fields: object) -> Record:
    return Record("note", {"text": text.strip(), **fields}, interval, None, text)
