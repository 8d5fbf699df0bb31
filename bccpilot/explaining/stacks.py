"""Stacks with counts, times or bytes: the heaviest paths, functions and processes; memleak's outstanding bytes and their growth."""

from __future__ import annotations

from bccpilot.explaining.counting import Heavy, Series, kept
from bccpilot.explaining.fields import function, telling
from bccpilot.explaining.rows import LARGEST, change_fact, top_fact
from bccpilot.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.model import Record

DEEPEST = 64  # frames of a path that are kept, from the leaf
PATHS = 20  # shown in a tree
INSIDE = 60  # functions whose share of all stacks is told
MOST_OUTSTANDING = 2_000  # stacks of memleak whose growth is followed
SEPARATOR = ";"


class Stacks:
    """Add records of kind stack, then ask for the facts."""

    def __init__(self) -> None:
        self._paths, self._functions, self._callers, self._inside, self._processes = Heavy(), Heavy(), Heavy(), Heavy(), Heavy()
        self._unit: str | None = None
        self.count = self.implausible = 0

    def add(self, record: Record) -> None:
        """One stack with its weight; a stack below an event weighs one."""
        fields = record.fields
        frames, value = fields.get("frames"), fields.get("value", 1)
        if not isinstance(frames, list | tuple) or not frames:
            return
        weight = value if isinstance(value, int | float) else 1
        if abs(weight) > LARGEST:
            self.implausible += 1
            return
        unit = fields.get("unit")
        self._unit = str(unit) if unit and unit != "count" else self._unit
        self.count += 1
        names = [function(kept(str(frame))) for frame in frames]
        comm = fields.get("comm", fields.get("target"))
        self._paths.add(SEPARATOR.join(name.replace(SEPARATOR, ":") for name in names[-DEEPEST:]), weight)
        self._functions.add(telling(names), weight)
        self._callers.add(telling(names[:-1] or names), weight)
        for name in set(names):
            self._inside.add(name, weight)
        if isinstance(comm, str):
            self._processes.add(kept(comm), weight)

    def facts(self) -> Iterator[Finding]:
        """Total, processes, functions, paths."""
        if not self.count:
            return
        how = "values of all stacks summed"
        yield Finding("total", "stacks", self._paths.total, self._unit, (("stacks", len(self._paths)),), how)
        if len(self._processes) > 1:
            yield top_fact("stacks by comm", self._processes, self._unit, "values summed by process")
        how = "values summed by the leaf-most function that isn't the scheduler's, the allocator's or the tracer's own"
        if len(self._functions) > 1:
            yield top_fact("stacks by function", self._functions, self._unit, how)
        else:  # all stacks end in the function that was traced
            yield top_fact("stacks by caller", self._callers, self._unit, how + ", above the traced one")
        yield _paths(self._paths, self._unit)
        rows = (*self._inside.top(INSIDE), ("total", self._paths.total))
        how = "values summed by every function that is anywhere in a stack" + self._inside.caution
        yield Finding("inside", "functions", len(self._inside), self._unit, rows, how)


def _paths(paths: Heavy, unit: str | None) -> Finding:
    rows = (*paths.top(PATHS), ("total", paths.total))
    return Finding("stack", "stacks", len(paths), unit, rows, "values summed by whole stack, from the root" + paths.caution)


class Outstanding:
    """memleak's reports: each is the state at one moment, so the last counts, and the growth since the first."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._last: dict[str, tuple[int, int]] = {}
        self._interval: int | None = None
        self._bytes, self._allocations = Series(), Series()
        self.count = 0

    def add(self, record: Record) -> None:
        """One stack of one report."""
        size, allocations, frames = (record.fields.get(name) for name in ("bytes", "allocations", "frames"))
        if not isinstance(size, int) or not isinstance(allocations, int) or not isinstance(frames, list | tuple):
            return
        if record.interval != self._interval:
            self._interval = record.interval
            self._last = {}
        path = SEPARATOR.join(function(kept(str(frame))) for frame in frames[-DEEPEST:]) or "[unknown]"
        self.count += 1
        known = self._last.get(path, (0, 0))
        if known != (0, 0) or len(self._last) < MOST_OUTSTANDING:
            self._last[path] = (known[0] + size, known[1] + allocations)
        if path in self._first or len(self._first) < MOST_OUTSTANDING:
            self._first.setdefault(path, size)
        self._bytes.add(record.interval, size)
        self._allocations.add(record.interval, allocations)

    def facts(self) -> Iterator[Finding]:
        """What the last report holds, and what grew."""
        if not self.count:
            return
        self._bytes.close()
        self._allocations.close()
        counts = (("allocations", self._allocations.last), ("stacks", len(self._last)), ("reports", self._bytes.intervals))
        how = "bytes of the stacks in the last report, which has the largest only"
        yield Finding("total", "outstanding", self._bytes.last, "B", counts, how)
        if self._bytes.intervals > 1:
            yield change_fact("outstanding", self._bytes, "B")
            yield self._growth()
        paths, functions = Heavy(), Heavy()
        for path, (size, _) in self._last.items():
            paths.add(path, size)
            functions.add(telling(path.split(SEPARATOR)), size)
        how = "bytes of the last report summed by the leaf-most function that isn't the allocator's own"
        yield top_fact("outstanding by function", functions, "B", how)
        yield _paths(paths, "B")

    def _growth(self) -> Finding:
        grown = Heavy()
        for path, (size, _) in self._last.items():
            if size > self._first.get(path, size):
                grown.add(telling(path.split(SEPARATOR)), size - self._first[path])
        return top_fact("growth by function", grown, "B", "bytes in the last report less those in the first one that has the stack")
