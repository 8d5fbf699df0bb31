"""What replay, explain and parse share: lines from somewhere -> records of the tool that printed them."""

from __future__ import annotations

from bccpilot.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bccpilot.model import Findings, Line, Record, Run
    from bccpilot.running.store import Stored
    from manpages_index.model import Tool
    from manpages_index.store import Index

FORMATS = ("raw", "table", "jsonl", "csv", "folded", "speedscope")


def tool_of(kept: Stored, index: Index) -> Tool:
    """The tool of a kept run. Raises UsageError where it isn't installed any more."""
    name, flavour = str(kept.plan.get("tool")), str(kept.plan.get("flavour"))
    try:
        return index.tool(name, flavour)
    except KeyError:
        raise UsageError(f"{name} of run {kept.id} isn't installed any more", "", f"bccpilot replay {kept.id} --format raw") from None


def run_of(kept: Stored) -> Run:
    """How a kept run ended; one that was cut off has traced nothing that is known."""
    from bccpilot.model import Run

    if kept.result is None:
        return Run(kept.id, (), kept.started, ended="killed", directory=kept.directory)
    return Run(**{name: tuple(value) if isinstance(value, list) else value for name, value in kept.result.items()})  # type: ignore[arg-type]


def values_of(kept: Stored) -> dict[str, object]:
    values = kept.plan.get("values")
    return values if isinstance(values, dict) else {}


def records(lines: Iterable[Line], tool: Tool, values: dict[str, object]) -> Iterator[Record]:
    from bccpilot.output.parse import parse

    return parse(lines, tool.knowledge.outputs, values)


def findings(found: Iterable[Record], tool: Tool, values: dict[str, object], traced_s: float, lost: int) -> Findings:
    """What the records add up to."""
    from bccpilot.explaining.findings import Collector
    from bccpilot.explaining.own import Own, comms_of
    from bccpilot.output.parse import shape_for

    collector = Collector(tool.name, shape_for(tool.knowledge.outputs, values), lambda: Own(comms_of(tool.path) | comms_of("bccpilot")))
    for record in found:
        collector.add(record)
    return collector.findings(traced_s, lost)


def write(found: Iterable[Record], form: str, with_raw: bool = False) -> None:
    """Records to standard output in one of the formats."""
    import sys

    from bccpilot.reporting.formats import FORMATS as writers

    for piece in writers[form](iter(found), raw=with_raw):
        sys.stdout.write(piece)
