"""memleak -t: allocations and frees one by one, and which of them were never freed."""

from __future__ import annotations

from bccpilot.explaining.counting import Heavy, Spread, kept
from bccpilot.explaining.rows import quantile_facts, top_fact
from bccpilot.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.model import Record

MOST_LIVE = 100_000  # allocations whose free is still awaited


class Allocations:
    """`alloc entered` asks for a size, `alloc exited` gives an address, `free entered` takes it back."""

    def __init__(self) -> None:
        self._live: dict[str, tuple[str, int]] = {}
        self._calls, self._bytes, self._sizes = Heavy(), Heavy(), Heavy()
        self._spread = Spread()
        self.allocated = self.freed = self.unmatched = self.unfollowed = 0

    def add(self, record: Record) -> None:
        """One call."""
        fields = record.fields
        call, comm = fields.get("call"), kept(str(fields.get("comm", "")))
        if call == "alloc exited":
            self._allocated(str(fields.get("result")), comm, fields.get("size"))
        elif call == "free entered":
            self.freed += 1
            if self._live.pop(str(fields.get("address")), None) is None:
                self.unmatched += 1

    def _allocated(self, address: str, comm: str, size: object) -> None:
        if not isinstance(size, int):
            return
        self.allocated += 1
        self._calls.add(comm)
        self._bytes.add(comm, size)
        self._sizes.add(str(size))
        self._spread.add(size)
        if address in self._live or len(self._live) < MOST_LIVE:
            self._live[address] = (comm, size)
        else:
            self.unfollowed += 1

    def facts(self, traced_s: float) -> Iterator[Finding]:
        """Totals, what is left, by process, by size."""
        yield Finding("total", "allocations", self.allocated, how="lines 'alloc exited'")
        if traced_s > 0:
            yield Finding("rate", "allocations", round(self.allocated / traced_s, 1), "/s", how="allocations divided by the seconds traced")
        yield Finding("total", "allocated", self._spread.sum, "B", how="sizes of all allocations summed")
        how = "lines 'free entered'; unmatched: of memory whose allocation wasn't seen"
        yield Finding("total", "frees", self.freed, None, (("unmatched", self.unmatched),), how)
        yield from self._unfreed()
        yield top_fact("allocated by comm", self._bytes, "B", "sizes summed by process")
        yield top_fact("allocations by comm", self._calls, None, "allocations counted by process")
        yield top_fact("allocations by size", self._sizes, None, "allocations counted by size in bytes")
        yield from self._quantiles()

    def _quantiles(self) -> Iterator[Finding]:
        """Exact, as long as all sizes are counted one by one."""
        if self._sizes.error or not self.allocated:
            yield from quantile_facts("size", self._spread, "B") if self.allocated else ()
            return
        sizes = sorted((int(name), count) for name, count in self._sizes.top(len(self._sizes)))
        for share in (0.5, 0.99):
            seen = 0.0
            for size, count in sizes:
                seen += count
                if seen >= share * self.allocated:
                    yield Finding("quantile", "size", size, "B", (("low", size), ("high", size), ("share", share)), "sizes in order")
                    break

    def _unfreed(self) -> Iterator[Finding]:
        left, sizes = Heavy(), 0
        for comm, size in self._live.values():
            left.add(comm, size)
            sizes += size
        how = "sizes of allocations whose address no later free named" + (
            f"; {self.unfollowed} more were not followed, to bound memory" if self.unfollowed else ""
        )
        yield Finding("total", "unfreed", sizes, "B", (("allocations", len(self._live)),), how)
        if len(left):
            yield top_fact("unfreed by comm", left, "B", how)
