"""A generated program on a screen or as JSON."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.generating.check import Checked
    from bccpilot.generating.program import Program


def text(program: Program, checked: Checked, instead: str | None) -> str:
    """The program, a line of reason per probe, and what speaks against it."""
    from bccpilot.reporting.escape import escaped

    shown = "\n".join(escaped(line) for line in (checked.text or program.text).rstrip().split("\n"))
    return "\n".join((shown, "", *_notes(program, checked, instead)))


def _notes(program: Program, checked: Checked, instead: str | None) -> Iterator[str]:
    yield f"  {program.about}"
    for probe in program.probes:
        if probe.why:
            more = f" and {len(probe.points) - 1} more" if len(probe.points) > 1 else ""
            yield f"  {probe.points[0]}{more}: {probe.why}"
    if instead is not None:
        yield f"  = {instead} shows the same, and is the tried way: bccpilot --tool {instead} REQUEST"
    for why in (*([program.cannot_run] if program.cannot_run else []), *program.warnings, *checked.reasons):
        yield f"  ! {why}"
    for problem in checked.problems:
        if problem.why != program.cannot_run:
            yield f"  ! {problem.argument}: {problem.why}"


def as_json(program: Program, checked: Checked, instead: str | None, planner: str) -> str:
    """One object; the keys are a contract as those of a plan are."""
    import json

    return json.dumps(
        {
            "query": program.request,
            "program": checked.text or program.text,
            "probes": [{"points": list(p.points), "predicate": p.predicate, "why": p.why} for p in program.probes],
            "about": program.about,
            "instead": instead,
            "planner": planner,
            "duration_s": program.duration_s,
            "units": program.units,
            "risk": checked.risk,
            "risk_reasons": list(checked.reasons),
            "cannot_run": program.cannot_run,
            "problems": [{"stage": p.stage, "argument": p.argument, "why": p.why} for p in checked.problems],
            "warnings": list(program.warnings),
            "version": 1,
        },
        ensure_ascii=False,
    )
