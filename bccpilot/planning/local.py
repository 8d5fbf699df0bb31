"""The local planner: search, then what a request's values say about the tool, then the arguments. Needs no model and no network."""

from __future__ import annotations

from bccpilot.model import Candidate, Plan, Request, Value
from bccpilot.planning import arguments
from bccpilot.request import orders
from manpages_index import search, served, worded, words
from manpages_index.frozen import frozen, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from manpages_index.model import StandIn, Tool
    from manpages_index.store import Index

    # Why a tool can't run here with these arguments; None where it can.
    Refuses = Callable[[Tool, tuple[str, ...]], str | None]

FITS = 0.30  # below this likeness nothing installed serves the request
CLOSE = 0.04  # two tools nearer than this are both offered
CANDIDATES = 8
STAND_IN = 0.55  # a tool that can run here stands in for a better one that can't when its score is at least this share
_FLAVOURS = ("bcc", "libbpf", "bpftrace")

# What speaks against every tool: that the request is an order to change something (`restart ...`), or one to do something else (`translate ...`),
# and that it names what no tool sees (a GPU, a certificate's end, another host's console).
_ORDER, _OTHER_ORDER, _UNSEEN = 0.30, 0.15, 0.20
# What is said for a tool by that a request is worded like those for it.
_LIKE = 0.25
# What its wording says against it (`served.against`), at most.
_PER_ODDS, _MOST_WORDED, _TOLD_WORDED = 0.15, 0.30, 0.5
# What speaks against a kind of refusal of which the request has no sign, and for one that it is as good as worded like.
_UNSAID, _UNORDERED, _WORDED = 0.10, 0.20, 0.26
# What a case of something wrong scores: by itself, for each of its signs, at most; and how much less each further tool for it.
_CASE, _PER_SIGN, _SUREST_CASE, _NEXT = 0.32, 0.10, 0.64, 0.05
# What a value of the request says for a tool that has an argument for it, and against one that hasn't; and what a switch says for its tool.
_FOR, _AGAINST, _SWITCH = 0.025, 0.05, 0.03
# How much more some kinds say than the others: a function that is named is what the request is about, seldom by the way.
_SAYS_MORE = {"function": 2.5, "probe": 2.5, "percentiles": 2.0, "terminal": 2.0}
_TELLING: dict[str, tuple[str, ...]] = {
    "tid": ("tid",),
    "ppid": ("ppid",),
    "comm": ("comm", "pid", "text_filter", "language", "database"),
    "pid": ("pid",),
    "uid": ("uid",),
    "cpu": ("cpu",),
    "disk": ("disk",),
    "interface": ("interface",),
    "port": ("local_port", "remote_port", "port"),
    "local_port": ("local_port",),
    "remote_port": ("remote_port",),
    "errno": ("errno",),
    "syscall": ("syscall", "probe", "function"),
    "address": ("subnets", "remote_address", "local_address"),
    "subnet": ("subnets",),
    "signal": ("signal",),
    "netns": ("netns",),
    "threshold": ("threshold",),
    "frequency": ("frequency",),
    "percentiles": ("percentiles",),
    "function": ("probe", "function"),
    "probe": ("probe", "function"),
    "sample_one_in": ("sample_one_in", "sample_period"),
    "top_n": ("top_n",),
    "interval": ("interval",),
    "count": ("count",),
    "events_limit": ("events_limit", "count"),
    "max_args": ("max_args",),
    "terminal": ("path",),
}


@frozen
class Wanted:
    """What the user's options said beside the request: the tool, the flavour (any | bcc | libbpf | bpftrace), the duration in seconds."""

    tool: str | None = None
    flavour: str = "any"
    duration_s: float | None = None


ANY = Wanted()


def plan(request: Request, index: Index, wanted: Wanted = ANY, refuses: Refuses | None = None) -> Plan:
    """The best tool and its arguments, or a plan without a tool and the reason. `refuses` says what can't run on this host: such tools step
    back behind their equals that can. Raises KeyError for a tool that isn't installed."""
    if wanted.tool is not None:
        candidates: tuple[Candidate, ...] = (Candidate(wanted.tool, _flavour(index, wanted.tool, wanted), 1.0),)
    else:
        ranked = rank(request, index.search)
        if request.declined is not None:
            ranked = [Ranked(request.declined, 1.0), *ranked]
        if not ranked or ranked[0].name.startswith("!") or ranked[0].score < FITS:
            return _declined(request, index, ranked)
        candidates = _candidates(ranked, index, wanted)
        if not candidates or candidates[0].score < FITS:
            return _declined(request, index, ranked[:0])
    return _choose(request, index, candidates, wanted, refuses)


def _choose(request: Request, index: Index, candidates: tuple[Candidate, ...], wanted: Wanted, refuses: Refuses | None) -> Plan:
    """The plan of the first candidate that can run here; of the first of all, with the reason, where none can."""
    reasons: list[str] = []
    first: Plan | None = None
    for candidate in _ways(index, candidates, wanted):
        planned, missing = _fill(_told(request, _stand_in(index, candidate, candidates[0])), index, candidate, candidates, wanted)
        if missing and reasons:
            continue  # a stand-in that can't do without what wasn't said is none
        why = refuses(index.tool(candidate.tool, candidate.flavour), planned.args) if refuses is not None else None
        if why is None:
            instead = (_used_instead(index, candidate, candidates[0]),) if reasons else ()
            moved = _compared(index, (candidate, *(c for c in candidates if c.tool != candidate.tool)))
            return replace(planned, candidates=moved, warnings=(*reasons[:2], *instead, *planned.warnings))
        reasons.append(f"{candidate.tool} of {_MAKERS[candidate.flavour]} can't run here: {why}")
        first = first or planned
    assert first is not None  # there is at least one candidate
    return replace(first, warnings=(*reasons[:1], *first.warnings), cannot_run=reasons[0])


def _used_instead(index: Index, candidate: Candidate, best: Candidate) -> str:
    stand_in = _stand_in(index, candidate, best)
    return f"{candidate.tool} of {_MAKERS[candidate.flavour]} is used instead" + (f": it {stand_in.shows}" if stand_in else "")


def _stand_in(index: Index, candidate: Candidate, best: Candidate) -> StandIn | None:
    """What the best tool's knowledge says of the candidate as its stand-in."""
    return next((s for s in index.tool(best.tool, best.flavour).knowledge.instead if s.tool == candidate.tool), None)


def _told(request: Request, stand_in: StandIn | None) -> Request:
    """The request, with the probes that a stand-in must be told."""
    probes = () if stand_in is None else (Value("probe", probe, probe) for probe in stand_in.probes)
    return replace(request, values=(*request.values, *probes))


def _compared(index: Index, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The candidates, each with how it differs from the first, as far as the knowledge files say."""
    best, *others = candidates
    unlike = index.tool(best.tool, best.flavour).knowledge.unlike
    return (best, *(replace(other, reason=unlike.get(other.tool, "")) for other in others))


_MAKERS = {"bcc": "bcc", "libbpf": "libbpf-tools", "bpftrace": "bpftrace"}


def _ways(index: Index, candidates: tuple[Candidate, ...], wanted: Wanted) -> Iterator[Candidate]:
    """The best candidate and its equals, then those as near that either may be meant, then what an expert would run in the best one's place, then
    the other candidates while they are near enough to stand in."""
    best = candidates[0]
    near = [c for c in candidates if c.score >= best.score - CLOSE]
    far = [c for c in candidates[len(near) :] if c.score >= best.score * STAND_IN]
    for candidate in near:
        yield from _equals(index, candidate, wanted)
    if wanted.tool is None:
        for stand_in in index.tool(best.tool, best.flavour).knowledge.instead:
            yield from (replace(best, tool=stand_in.tool, flavour=f) for f in index.flavours(stand_in.tool) if wanted.flavour in ("any", f))
    for candidate in far:
        yield from _equals(index, candidate, wanted)


def _equals(index: Index, candidate: Candidate, wanted: Wanted) -> Iterator[Candidate]:
    """A candidate in each of its flavours, then its equals of another name."""
    yield candidate
    if wanted.flavour == "any":
        yield from (replace(candidate, flavour=f) for f in index.flavours(candidate.tool) if f != candidate.flavour)
        known = index.tool(candidate.tool, candidate.flavour).knowledge
        for flavour, name in known.equals.items():
            if flavour in index.flavours(name):
                yield replace(candidate, tool=name, flavour=flavour)


@frozen
class Ranked:
    """A tool, or a kind of refusal (`!change`), with its score, what spoke for it, and which of its symptoms the request is worded like."""

    name: str
    score: float
    why: tuple[str, ...] = ()
    symptom: int = 0


def rank(request: Request, tables: Mapping[str, Any]) -> list[Ranked]:
    """Tools and kinds of refusal, best first."""
    wanted = search.weighted(request.features)
    found = search.search(tables, wanted)
    worded_like = _worded_like(request, wanted, tables)
    doubt = _doubt(request, tables)
    never = orders.OBSERVED if orders.asks_who(request.said) else ()
    cases = _cases(request, tables, doubt)
    scored = []
    for name, score, views, symptom in found[:40]:
        if name in never and name not in request.concepts:
            continue
        views["worded"] = worded_like.get(name, views["phrase"])  # one that hasn't been learned is judged by its phrases
        own = score + _likely(request, name, views) if name.startswith("!") else score + _LIKE * views["worded"] + _fit(request, tables, name) - doubt
        why = tuple(f"{view} {value:.2f}" for view, value in views.items())
        scored.append(Ranked(name, _named(request, name, max(own, cases.get(name, 0.0))), why, symptom))
    met = {one.name for one in scored}
    scored += [Ranked(name, _named(request, name, cases.get(name, FITS))) for name in (*request.named, *cases) if name not in met]
    return sorted(scored, key=lambda one: (-one.score, one.name))


def _worded_like(request: Request, wanted: Mapping[str, float], tables: Mapping[str, Any]) -> dict[str, float]:
    """How likely each tool that has been learned is what a request so worded asks for, 0..1."""
    likely = worded.likely(tables["worded"], worded.features(wanted, {value.kind for value in request.values}))
    return {name: likely.get(number, 0.0) for number, name in enumerate(tables["documents"]) if name in tables["learned"]}


def _cases(request: Request, tables: Mapping[str, Any], doubt: float) -> dict[str, float]:
    """What a complaint's tools score at least: the more signs it was told by, the surer."""
    told = request.complaint
    if told is None:
        return {}
    surest = min(_CASE + _PER_SIGN * len(told.signs), _SUREST_CASE) - doubt
    have = [name for name in told.tools if name in tables["names"]]
    return {name: surest - _NEXT * place for place, name in enumerate(have)}


def _doubt(request: Request, tables: Mapping[str, Any]) -> float:
    """How much a request's form, signs and wording say that no tool serves it."""
    told = request.complaint is not None and request.order is None  # `error.log says permission denied` doesn't ask what a log says
    refusals = {name: met for name, met in request.concepts.items() if name.startswith("!") and not (told and name == "!files")}
    order = 0.0 if request.order is None else _ORDER if refusals.get(orders.CHANGE) == request.order else _OTHER_ORDER
    worded = _PER_ODDS * served.against(tables["odds"], words.fold(request.asked))
    worded *= _TOLD_WORDED if told else 1.0
    return max(order, _UNSEEN if any(met in tables["sure"] for met in refusals.values()) else 0.0) + min(max(0.0, worded), _MOST_WORDED)


def _likely(request: Request, name: str, views: Mapping[str, float]) -> float:
    """What is added to a refusal's score: it has no concepts but its signs, so without one it is its wording that must be near."""
    if name in request.concepts:
        return 0.0
    return _WORDED * max(0.0, 2 * views["phrase"] - 1) - (_UNORDERED if name == orders.CHANGE else _UNSAID)


def _fit(request: Request, tables: Mapping[str, Any], name: str) -> float:
    """How well a tool's arguments suit the request's values and switches."""
    have = frozenset(" ".join(tables["roles"].get(name, {}).values()).split())
    named = any("probe" in _TELLING.get(value.kind, ()) for value in request.values)
    fit = _SWITCH * len(have.intersection(request.switches)) - (_AGAINST if name in tables["needs_function"] and not named else 0.0)
    phrases = request.concepts.values()
    known = frozenset((*phrases, *" ".join(phrases).split()))  # `net_rx`, `kill()`: names, but words of the language too
    for kind in {value.kind for value in request.values if value.text.removesuffix("()") not in known}:
        if kind in _TELLING:
            fit += _SAYS_MORE.get(kind, 1.0) * (_FOR if have.intersection(_TELLING[kind]) else -_AGAINST)
    return fit


def _named(request: Request, name: str, score: float) -> float:
    """A tool named outright is what is meant; the first named before the others."""
    if name not in request.named:
        return min(score, 0.98)
    return 1.0 - 0.005 * request.named.index(name)


def _candidates(ranked: list[Ranked], index: Index, wanted: Wanted) -> tuple[Candidate, ...]:
    found = []
    for one in ranked:
        if one.name.startswith("!") or (wanted.flavour != "any" and wanted.flavour not in index.flavours(one.name)):
            continue
        found.append(Candidate(one.name, _flavour(index, one.name, wanted), round(one.score, 3), one.why, symptom=one.symptom))
    return tuple(found[:CANDIDATES])


def _flavour(index: Index, name: str, wanted: Wanted) -> str:
    have = index.flavours(name)
    if not have or (wanted.flavour != "any" and wanted.flavour not in have):
        raise KeyError(name)
    return wanted.flavour if wanted.flavour != "any" else have[0]


def _fill(request: Request, index: Index, best: Candidate, candidates: tuple[Candidate, ...], wanted: Wanted) -> tuple[Plan, bool]:
    """The plan for one tool, and whether it lacks something that the tool insists on."""
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
    warnings = (*plan.warnings, *_warnings(request, filled, best, candidates), *_format(request, tool))
    return replace(plan, warnings=warnings), bool(filled.missing)


def _format(request: Request, tool: Tool) -> tuple[str, ...]:
    """What to do for a table that the tool itself can't print."""
    if "csv" not in request.switches or any(role.role == "csv" for role in tool.knowledge.roles):
        return ()
    return (f"{tool.name} prints no CSV; --format csv makes its records into it",)


def _warnings(request: Request, filled: arguments.Filled, best: Candidate, candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    found = [f"ignored, it isn't part of a request: {request.ignored}"] if request.ignored else []
    if not filled.unresolved:  # else it's that which is missing, and the check refuses it
        found += [f"{best.tool} needs {name}, which the request doesn't say" for name in filled.missing]
    known = (*filled.unresolved, *request.concepts.values())  # `bind() attempts`: what the tool is about
    unmet = [value for value in filled.unmet if str(value.value) not in known]
    found += [f"{best.tool} has no argument for {v.kind.replace('_', ' ')} {v.text or v.value}" for v in unmet]
    found += [f"to keep the records there, add -o {value.text}" for value in request.values if value.kind == "output_file"]
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


def _declined(request: Request, index: Index, ranked: list[Ranked]) -> Plan:
    chinese = request.language == "zh"
    first = ranked[0].name if ranked else ""
    kind = first if first.startswith("!") else next((name for name in reversed(request.concepts) if name.startswith("!")), None)
    if kind is not None:
        reason = index.search["declined"][kind][1 if chinese else 0]
    else:
        reason = "没有已安装的工具能回答这个请求。" if chinese else "No installed tool serves this request."
    near = _candidates(ranked, index, ANY)
    return Plan(request.text, reason=reason, candidates=near, declined=kind and kind.removeprefix("!"))
