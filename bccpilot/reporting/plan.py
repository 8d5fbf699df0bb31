"""A plan as a person or a program reads it."""

from __future__ import annotations

import shlex

from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.model import Command, Plan

VERSION = 1


def shown(plan: Plan) -> str | None:
    """The command as a person types it: `sudo memleak-bpfcc -t`."""
    if plan.path is None:
        return None
    return shlex.join(("sudo", plan.path.rsplit("/", 1)[-1], *plan.args))


def as_dict(plan: Plan, command: Command | None) -> dict[str, object]:
    """The plan's JSON contract."""
    return {
        "query": plan.query,
        "tool": plan.tool,
        "flavour": plan.flavour,
        "path": plan.path,
        "args": list(plan.args),
        "duration_s": plan.duration_s,
        "command": shown(plan),
        "planner": plan.planner,
        "confidence": plan.confidence,
        "risk": command.risk if command else "safe",
        "reason": plan.reason,
        "candidates": [{"tool": c.tool, "score": c.score} for c in plan.candidates],
        "warnings": [*plan.warnings, *notices(command)],
        "version": VERSION,
    }


def notices(command: Command | None) -> list[str]:
    """What the check has to say of a command: why it would be refused, what it costs."""
    if command is None:
        return []
    refused = [f"refused: {problem.argument + ': ' if problem.argument else ''}{problem.why}" for problem in command.problems]
    return [*refused, *command.warnings, *command.risk_reasons]


def text(plan: Plan, command: Command | None, verbose: bool = False) -> str:
    """For the screen: the command first, then why, then what to be careful about."""
    lines = [shown(plan) or "no command"]
    if plan.reason:
        lines.append(f"  {plan.reason}")
    if plan.duration_s is not None:
        lines.append(f"  traces for {plan.duration_s:g} s")
    lines += [f"  ! {warning}" for warning in (*plan.warnings, *notices(command))]
    if verbose:
        lines += [f"  {line}" for line in plan.understood]
        lines += [f"  candidate {c.tool:<15} {c.score:.3f}  {'  '.join(c.matched)}  {c.reason}".rstrip() for c in plan.candidates]
    return "\n".join(escaped(line) for line in lines)
