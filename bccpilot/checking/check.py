"""Plan -> Command: the arguments against the tool's own parser, against what the tool does with them afterwards, against this host, and
against the policy."""

from __future__ import annotations

from bccpilot.checking import policy, rules, spec
from bccpilot.model import Command, Plan, Problem
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bccpilot.checking.host import Place
    from bccpilot.checking.policy import Asked
    from bccpilot.checking.probes import Probe
    from bccpilot.checking.spec import Parsed
    from manpages_index.model import Tool


def check(plan: Plan, tool: Tool, unasked: Sequence[str] = (), asked: Asked | None = None, place: Place | None = None) -> Command:
    """The verdict on a plan's arguments. Starts no process and never raises; a refused command has `problems`.

    `unasked` are the user's settings: tools and options (`bashreadline`, `memleak --pid`) that run without asking. `asked` is what the
    person asked for; without it, the plan's query counts. `place` is the host that values are looked up on.
    """
    parsed = spec.parse(tool.spec, plan.args, tool.command)
    probes, problems = _arguments(plan, tool, parsed)
    warnings: tuple[str, ...] = ()
    if not problems:
        problems, warnings = _host(tool, parsed, probes, place)
    if plan.unresolved:
        problems = _unresolved(plan, parsed, problems)
    verdict = policy.judge(tool, parsed, probes, unasked, asked or policy.Asked(plan.query))
    return Command(
        tool=tool.name,
        flavour=tool.flavour,
        argv=(tool.path, *parsed.args),
        args=parsed.args,
        values=parsed.values,
        given=parsed.given,
        risk=verdict.risk,
        risk_reasons=verdict.reasons,
        problems=tuple(_visible(problem) for problem in problems + verdict.problems),
        warnings=warnings,
        duration_s=plan.duration_s,
        needs_terminal=tool.knowledge.needs_terminal,
        ready=tool.knowledge.ready,
    )


def _unresolved(plan: Plan, parsed: Parsed, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems with those of names that no process has; that the tool's parser misses a PID then, isn't said as well."""
    instead = "; without it the whole system would be traced" if parsed.ok else ""
    unknown = (Problem("host", name, f"no process of that name runs here{instead}") for name in plan.unresolved)
    return (*(problem for problem in problems if problem.stage != "spec"), *unknown)


def _visible(problem: Problem) -> Problem:
    """An empty argument, as a shell writes it."""
    return problem if problem.argument else replace(problem, argument="''")


def _arguments(plan: Plan, tool: Tool, parsed: Parsed) -> tuple[tuple[tuple[str, Probe], ...], tuple[Problem, ...]]:
    """The probes that were read, and everything that is wrong with the arguments wherever they would be used."""
    unfit = rules.unfit(plan.args)
    if not parsed.ok:
        return (), (*unfit, Problem("spec", _at_fault(tool, parsed), parsed.error))
    probes, malformed = rules.read_probes(tool, parsed)
    return probes, (*unfit, *rules.problems(tool, parsed), *malformed)


def _at_fault(tool: Tool, parsed: Parsed) -> str:
    """The argument that the parser named, also where it isn't there: "the following arguments are required: probe"."""
    return parsed.argument or parsed.error.rpartition(": ")[2] or tool.name


def _host(tool: Tool, parsed: Parsed, probes: tuple[tuple[str, Probe], ...], place: Place | None) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    if not parsed.given:
        return (), ()
    from bccpilot.checking import host

    verdict = host.look(tool, parsed, probes, place)
    return verdict.problems, verdict.warnings
