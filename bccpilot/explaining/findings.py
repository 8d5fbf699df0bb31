"""Records -> Findings: numbers counted as the records come, in constant memory.

    collector = Collector(tool.name, shape)
    for record in records: collector.add(record)
    findings = collector.findings(run.traced_s, run.lost)
"""

from __future__ import annotations

from bccpilot.explaining.allocations import Allocations
from bccpilot.explaining.counters import Counters
from bccpilot.explaining.histograms import Histograms
from bccpilot.explaining.rows import Rows
from bccpilot.explaining.stacks import Outstanding, Stacks
from bccpilot.model import Finding, Findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bccpilot.explaining.own import Own
    from bccpilot.model import Record
    from manpages_index.model import OutputShape


class Collector:
    """Add records, then ask for the findings. `own` says what the tracing's own events are, so that they are counted apart; it is asked
    when the first record comes, for then all its processes run."""

    def __init__(self, tool: str, shape: OutputShape | None, own: Callable[[], Own] | None = None) -> None:
        self._tool, self._find_own = tool, own
        self._own: Own | None = None
        self._rows, self._histograms, self._stacks = Rows(shape), Histograms(), Stacks()
        self._outstanding, self._allocations, self._counters = Outstanding(), Allocations(), Counters()
        self._one_by_one = shape is not None and shape.shape == "memleak_trace"
        leaks = shape is not None and shape.shape == "memleak"
        events = self._allocations.add if self._one_by_one else self._rows.add
        self._adders: dict[str, Callable[[Record], None]] = {
            "event": events,
            "row": self._ignored if leaks else self._rows.add,
            "bucket": self._histograms.add,
            "stack": self._outstanding.add if leaks else self._stacks.add,
            "value": self._counters.add,
        }
        self._kinds: dict[str, int] = {}
        self._lost = self._mine = self._stale = 0

    def add(self, record: Record) -> None:
        """Count one record."""
        kind = record.kind
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        adder = self._adders.get(kind)
        if adder is not None:
            if self._find_own is not None and self._apart(record):
                return
            adder(record)
        elif kind == "lost":
            count = record.fields.get("count")
            self._lost += count if isinstance(count, int) else 1

    def _apart(self, record: Record) -> bool:
        if self._own is None:
            assert self._find_own is not None
            self._own = self._find_own()
        own = self._own
        if self._one_by_one and own.stale(record):
            self._stale += 1
            return True
        if own.made(record):
            self._mine += 1
            return True
        return False

    @staticmethod
    def _ignored(record: Record) -> None:
        """memleak -a prints each outstanding allocation and then all of them by stack: counted once."""

    def findings(self, traced_s: float = 0.0, lost: int = 0) -> Findings:
        """All facts, most important first. `traced_s` makes rates, `lost` is what the run itself counted."""
        lost = max(self._lost, lost)
        return Findings(
            self._tool,
            tuple(self._facts(traced_s, lost)),
            records=sum(self._kinds.values()) - self._kinds.get("note", 0),
            unparsed=self._kinds.get("unparsed", 0),
            lost=lost,
            own=self._mine,
            traced_s=traced_s,
        )

    def _facts(self, traced_s: float, lost: int) -> Iterator[Finding]:
        if lost:
            yield Finding("lost", "events", lost, how="as the tool and the run counted them")
        if self._allocations.allocated or self._allocations.freed:
            yield from self._allocations.facts(traced_s)
        yield from self._outstanding.facts()
        yield from self._histograms.facts()
        yield from self._rows.facts(traced_s)
        yield from self._stacks.facts()
        yield from self._counters.facts()
        implausible = self._rows.implausible + self._stacks.implausible
        if implausible:
            yield Finding("implausible", "values", implausible, how="above 2^53: differences that wrapped round; not in any other number")
        if self._mine:
            how = "made by the tool, by bccpilot or what it started; not in any other number"
            yield Finding("own", "events", self._mine, how=how)
        if self._stale:
            how = "older than this run, left in the kernel's trace pipe; not in any other number"
            yield Finding("stale", "events", self._stale, how=how)
