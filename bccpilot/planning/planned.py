"""The plan for one tool: its arguments, why it is the one, and what has to be said of it."""

from __future__ import annotations

from bccpilot.model import Candidate, Plan, Request
from bccpilot.planning import arguments
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.planning.wanted import Wanted
    from manpages_index.model import Tool
    from manpages_index.store import Index

CLOSE = 0.04  # two tools nearer than this are both offered


def planned(request: Request, index: Index, best: Candidate, candidates: tuple[Candidate, ...], wanted: Wanted) -> tuple[Plan, arguments.Filled]:
    """The plan for one tool, and how its arguments were filled."""
    tool = index.tool(best.tool, best.flavour)
    filled = arguments.fill(request, tool, index.search)
    plan = Plan(
        query=request.text,
        tool=best.tool,
        flavour=best.flavour,
        path=tool.path,
        args=filled.args,
        duration_s=filled.duration_s if wanted.duration_s is None else wanted.duration_s,
        confidence=round(min(1.0, best.score), 2),
        reason=_reason(request, tool, best.symptom),
        candidates=candidates,
        warnings=filled.warnings,
        unresolved=filled.unresolved,
        understood=_understood(request),
        close=_close(request, best, candidates),
    )
    warnings = (*plan.warnings, *_warnings(request, filled, best, candidates), *_formats(request, tool))
    return replace(plan, warnings=warnings), filled


FORMATS = {"csv": "csv", "json": "jsonl"}


def _formats(request: Request, tool: Tool) -> tuple[str, ...]:
    """What to do for a format that the tool itself can't print."""
    have = {role.role for role in tool.knowledge.roles}
    asked = (switch for switch in FORMATS if switch in request.switches and switch not in have)
    return tuple(f"{tool.name} prints no {switch.upper()}; --format {FORMATS[switch]} makes its records into it" for switch in asked)


def _warnings(request: Request, filled: arguments.Filled, best: Candidate, candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    found = [f"ignored, it isn't part of a request: {request.ignored}"] if request.ignored else []
    if not filled.unresolved:  # else it's that which is missing, and the check refuses it
        found += [f"{best.tool} needs {name}, which the request doesn't say" for name in filled.missing]
    phrases = " ".join(request.concepts.values())
    known = frozenset((*filled.unresolved, *phrases.split()))  # `bind() attempts`: what the tool is about
    unmet = [value for value in filled.unmet if str(value.value) not in known]
    found += [f"{best.tool} has no argument for {v.kind.replace('_', ' ')} {v.text or v.value}" for v in unmet]
    kept = [value for value in request.values if value.kind == "output_file" and "output_file" not in filled.roles]
    found += [f"to keep the records there, add -o {value.text}" for value in kept]
    close = _close(request, best, candidates)
    return (*found, f"{close} fits nearly as well") if close else tuple(found)


def _close(request: Request, best: Candidate, candidates: tuple[Candidate, ...]) -> str | None:
    """The runner-up, where it is close behind; not to a tool that was named, or that stands in for one that can't run, and none
    that has nothing to do with a complaint that is told by its signs."""
    if len(candidates) < 2 or best.tool != candidates[0].tool or best.score >= _SURE:
        return None
    told = request.complaint.tools if request.complaint is not None else ()
    is_other = best.tool in told and candidates[1].tool not in told
    return candidates[1].tool if best.score - candidates[1].score < CLOSE and not is_other else None


_SURE = 0.9


def _understood(request: Request) -> tuple[str, ...]:
    """What was read in a request, for `-v`."""
    concepts = ", ".join(f"{name.removeprefix('!')} ({words})" for name, words in request.concepts.items())
    values = ", ".join(f"{value.kind} {value.value}" for value in request.values)
    mended = ", ".join(f"{wrong} -> {right}" for wrong, right in request.corrections.items())
    case = ", ".join(f"{sign} ({words})" for sign, words in request.complaint.signs.items()) if request.complaint else ""
    told = (("concepts", concepts), ("values", values), ("case", case), ("typos mended", mended), ("tools named", ", ".join(request.named)))
    return tuple(f"{what}: {found}" for what, found in told if found)


def _reason(request: Request, tool: Tool, symptom: int) -> str:
    """What the tool shows and, where the request tells what is wrong, why that is what to look at first."""
    known, chinese = tool.knowledge, request.language == "zh"
    about = known.about_zh if chinese and known.about_zh else known.about or tool.summary
    why = ""
    if request.complaint is not None and request.complaint.tools[0] == tool.name:
        why = request.complaint.why
    elif symptom:
        own = known.symptoms[symptom - 1]
        why = own.why_zh if chinese and own.why_zh else own.why
    return f"{about} — {why}" if why else about
