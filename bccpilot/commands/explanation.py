"""What a run and `bccpilot explain` print at the end: the pictures, and the explanation with its next requests."""

from __future__ import annotations

import sys

from bccpilot import pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bccpilot.model import Findings, Run
    from manpages_index.model import Tool

SURE = 0.5  # how confident a plan must be to be offered


def text(findings: Findings, tool: Tool, run: Run, query: str, index_path: str | None = None, drawn: bool = False) -> str:
    """For standard output as it is: its width, its characters. `drawn`: the tool's own histograms are on the screen already."""
    from bccpilot.explaining.local import explain
    from bccpilot.reporting import pictures
    from bccpilot.request.language import language_of

    style = pictures.style_of(sys.stdout)
    spark = (lambda values: pictures.sparkline(values, style)) if style.blocks else None
    shown = pictures.pictures(findings, style, frozenset(("histogram",)) if drawn else frozenset())
    said = explain(findings, tool, run, language_of(query), planner_of(index_path), spark)
    return "\n".join([*shown[1:], *([""] if shown else []), pictures.wrapped(said, style.width)])


def planner_of(index_path: str | None) -> Callable[[str], str | None]:
    """A request -> the command of a plan that was checked against the tool, this host and the policy; None where there is none."""

    def command_of(request: str) -> str | None:
        from bccpilot.planning.wanted import Wanted
        from bccpilot.reporting.plan import shown

        plan, command = pipeline.plan(request, pipeline.open_index(index_path), Wanted())
        if command is None or command.problems or command.risk != "safe" or plan.confidence < SURE:
            return None
        return None if plan.cannot_run is not None else shown(plan)

    return command_of
