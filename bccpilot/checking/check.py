"""Plan -> Command: the arguments against the tool's own parser, against what the tool does with them afterwards, and against the policy."""

from __future__ import annotations

from bccpilot.checking import policy, rules, spec
from bccpilot.model import Command, Plan, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import Tool


def check(plan: Plan, tool: Tool, unasked: tuple[str, ...] = ()) -> Command:
    """The verdict on a plan's arguments. Starts no process and never raises; a refused command has `problems`.

    `unasked` are the user's settings: tools and options (`bashreadline`, `memleak --pid`) that run without asking.
    """
    parsed = spec.parse(tool.spec, plan.args, tool.command)
    problems = rules.problems(tool, parsed) if parsed.ok else (Problem("spec", parsed.argument, parsed.error),)
    problems += tuple(Problem("host", name, "no process of that name runs here") for name in plan.unresolved)
    risk, reasons = policy.risk(tool, parsed.given, unasked)
    return Command(
        tool=tool.name,
        flavour=tool.flavour,
        argv=(tool.path, *parsed.args),
        args=parsed.args,
        values=parsed.values,
        given=parsed.given,
        risk=risk,
        risk_reasons=reasons,
        problems=problems,
        warnings=tuple(f"{tool.command} reads over {argument}" for argument in parsed.ignored),
        duration_s=plan.duration_s,
        needs_terminal=tool.knowledge.needs_terminal,
        ready=tool.knowledge.ready,
    )
