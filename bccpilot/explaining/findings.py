"""Records -> Findings: numbers counted as the records come, in constant memory."""

from __future__ import annotations

from collections import Counter

from bccpilot.model import Finding, Findings, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import OutputShape

MOST_KEYS = 20_000  # distinct values counted per field; beyond it new ones are counted together
TOP = 5
_KEYS = ("comm", "path", "remote_address", "syscall", "function", "name", "file", "errno")


class Collector:
    """Add records, then ask for the findings."""

    def __init__(self, tool: str, shape: OutputShape | None) -> None:
        self._tool = tool
        self._fields = shape.top if shape and shape.top else _KEYS
        self._kinds: Counter[str] = Counter()
        self._tops: dict[str, Counter[str]] = {}
        self._buckets: dict[str, Counter[tuple[int, int]]] = {}
        self._units: dict[str, str] = {}
        self._stacks: Counter[tuple[str, ...]] = Counter()
        self._lost = 0

    def add(self, record: Record) -> None:
        """Count one record."""
        self._kinds[record.kind] += 1
        if record.kind in ("event", "row"):
            self._count_keys(record)
        elif record.kind == "bucket":
            self._count_bucket(record)
        elif record.kind == "lost":
            count = record.fields.get("count")
            self._lost += count if isinstance(count, int) else 1
        elif record.kind == "stack":
            self._count_stack(record)

    def _count_keys(self, record: Record) -> None:
        for field in self._fields:
            value = record.fields.get(field)
            if value is None:
                continue
            counter = self._tops.setdefault(field, Counter())
            key = str(value) if len(counter) < MOST_KEYS or str(value) in counter else "(others)"
            counter[key] += 1

    def _count_bucket(self, record: Record) -> None:
        low, high, count = (record.fields.get(name) for name in ("low", "high", "count"))
        if isinstance(low, int) and isinstance(high, int) and isinstance(count, int):
            key = record.key or ""
            self._buckets.setdefault(key, Counter())[(low, high)] += count
            self._units[key] = str(record.fields.get("unit") or "")

    def _count_stack(self, record: Record) -> None:
        frames, count = record.fields.get("frames"), record.fields.get("count", 1)
        if isinstance(frames, list | tuple) and isinstance(count, int | float) and len(self._stacks) < MOST_KEYS:
            self._stacks[tuple(str(frame) for frame in frames[:3])] += int(count)

    def findings(self, traced_s: float = 0.0, lost: int = 0) -> Findings:
        """All facts, most important first. `traced_s` makes rates, `lost` is what the run itself counted."""
        facts: list[Finding] = []
        events = self._kinds["event"]
        if events:
            facts.append(Finding("total", "events", events, how="lines of events counted"))
            if traced_s > 0:
                facts.append(Finding("rate", "events", round(events / traced_s, 1), "/s", how="events divided by the seconds traced"))
        elif self._kinds["row"]:
            facts.append(Finding("total", "rows", self._kinds["row"], how="lines of tables counted"))
        for field, counter in self._tops.items():
            facts.append(Finding("top", field, len(counter), rows=tuple(counter.most_common(TOP)), how=f"records counted by {field}"))
        for key, buckets in self._buckets.items():
            facts.extend(self._of_histogram(key, buckets))
        if self._stacks:
            facts.append(
                Finding("stack", "stacks", len(self._stacks), rows=tuple((" < ".join(s), n) for s, n in self._stacks.most_common(TOP)), how="counts summed by stack")
            )
        return Findings(
            self._tool,
            tuple(facts),
            records=self._kinds.total() - self._kinds["note"],
            unparsed=self._kinds["unparsed"],
            lost=max(self._lost, lost),
            traced_s=traced_s,
        )

    def _of_histogram(self, key: str, buckets: Counter[tuple[int, int]]) -> list[Finding]:
        total = buckets.total()
        unit = self._units.get(key) or None
        if not total:
            return []
        facts = [Finding("total", key, total, how="counts of all buckets")]
        for share in (0.5, 0.99):
            low, high = _quantile(buckets, share * total)
            facts.append(
                Finding("quantile", key, high, unit, (("low", low), ("high", high), ("share", share)), how="the bucket in which the quantile falls")
            )
        return facts


def _quantile(buckets: Counter[tuple[int, int]], wanted: float) -> tuple[int, int]:
    """The bounds of the bucket that holds the wanted-th value."""
    seen = 0
    ordered = sorted(buckets)
    for bounds in ordered:
        seen += buckets[bounds]
        if seen >= wanted:
            return bounds
    return ordered[-1]
