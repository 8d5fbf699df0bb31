"""What the tests of this folder share: findings and explanations of saved outputs and of records made up."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from bccpilot.explaining.findings import Collector
from bccpilot.explaining.local import explain
from bccpilot.explaining.own import Own, comms_of
from bccpilot.model import Finding, Findings, Line, Record, Run
from bccpilot.output.parse import parse, shape_for
from manpages_index.knowledge import knowledge_of, load_files
from manpages_index.model import Knowledge, Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OUTPUTS = Path(__file__).parents[1] / "data" / "outputs"
FILES = load_files()


def tool(name: str) -> Tool:
    knowledge = knowledge_of(FILES[name], "bcc") if name in FILES else Knowledge(about="a tool that nothing is known of")
    return Tool(name, "bcc", f"/usr/sbin/{name}-bpfcc", knowledge=knowledge)


def saved(name: str) -> str:
    return gzip.decompress((OUTPUTS / f"{name}.out.gz").read_bytes()).decode("utf-8", "surrogateescape")


def found(name: str, text: str, traced_s: float = 5.0, **values: object) -> Findings:
    """The findings of a tool's output."""
    of = tool(name)
    collector = Collector(name, shape_for(of.knowledge.outputs, values), lambda: Own(comms_of(of.path)))
    for record in parse((Line(line) for line in text.split("\n")), of.knowledge.outputs, values):
        collector.add(record)
    return collector.findings(traced_s)


def counted(records: Iterable[Record], name: str = "x", traced_s: float = 1.0, lost: int = 0) -> Findings:
    """The findings of records, of a tool that nothing is known of."""
    collector = Collector(name, None)
    for record in records:
        collector.add(record)
    return collector.findings(traced_s, lost)


def said(
    findings: Findings, args: tuple[str, ...] = (), language: str = "en", plan_of: Callable[[str], str | None] | None = None, **run: object
) -> list[str]:
    """The explanation's lines."""
    of = tool(findings.tool)
    result = Run("1", (of.path, *args), 0.0, **{"ready_s": 1.0, "traced_s": findings.traced_s, "ended": "itself", **run})  # type: ignore[arg-type]
    return explain(findings, of, result, language, plan_of).split("\n")


def fact(findings: Findings, kind: str, subject: str) -> Finding:
    return next(f for f in findings.facts if f.kind == kind and f.subject == subject)
