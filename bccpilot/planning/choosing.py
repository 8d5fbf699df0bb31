"""Of the tools that serve a request, the one that can run on this kernel."""

from __future__ import annotations

from bccpilot.model import Candidate, Plan, Request, Value
from bccpilot.planning.planned import CLOSE, FORMATS, planned
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bccpilot.planning.arguments import Filled
    from bccpilot.planning.wanted import Wanted
    from manpages_index.model import StandIn, Tool
    from manpages_index.store import Index

    # Why a tool can't run here with these arguments; None where it can.
    Refuses = Callable[[Tool, tuple[str, ...]], str | None]

STAND_IN = 0.55  # a tool that can run here stands in for a better one that can't when its score is at least this share


def choose(request: Request, index: Index, candidates: tuple[Candidate, ...], wanted: Wanted, refuses: Refuses | None) -> Plan:
    """The plan of the first candidate that can run here; of the first of all, with the reason, where none can."""
    reasons: list[str] = []
    first: tuple[Plan, Filled] | None = None
    for candidate in _ways(request, index, candidates, wanted):
        plan, filled = planned(_told(request, _stand_in(index, candidate, candidates[0])), index, candidate, candidates, wanted)
        if filled.missing and reasons:
            continue  # a stand-in that can't do without what wasn't said is none
        why = refuses(index.tool(candidate.tool, candidate.flavour), plan.args) if refuses is not None else None
        if why is None:
            instead = _used_instead(index, candidate, candidates[0], first[1], filled) if first is not None else ()
            moved = _compared(index, (candidate, *(c for c in candidates if c.tool != candidate.tool)))
            return replace(plan, candidates=moved, warnings=(*reasons[:2], *instead, *plan.warnings))
        reasons.append(f"{candidate.tool} of {_MAKERS[candidate.flavour]} can't run here: {why}")
        first = first or (plan, filled)
    assert first is not None  # there is at least one candidate
    return replace(first[0], warnings=(*reasons[:1], *first[0].warnings), cannot_run=reasons[0])


def _used_instead(index: Index, candidate: Candidate, best: Candidate, asked: Filled, filled: Filled) -> tuple[str, ...]:
    """What is said of a tool in another's place: what it shows, and what the other's equal has no argument for."""
    stand_in = _stand_in(index, candidate, best)
    used = f"{candidate.tool} of {_MAKERS[candidate.flavour]} is used instead" + (f": it {stand_in.shows}" if stand_in else "")
    is_equal = candidate.tool == best.tool or candidate.tool in index.tool(best.tool, best.flavour).knowledge.equals.values()
    lost = [flag for role, flag in asked.roles.items() if role not in (*filled.roles, *FORMATS)] if is_equal else []
    return (used, f"{candidate.tool} of {_MAKERS[candidate.flavour]} has nothing like {' and '.join(lost)}") if lost else (used,)


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


def _ways(request: Request, index: Index, candidates: tuple[Candidate, ...], wanted: Wanted) -> Iterator[Candidate]:
    """The best candidate and its equals, then those as near that either may be meant, then what an expert would run in the best one's place, then
    the other candidates that are near enough to stand in and are about the same things."""
    best = candidates[0]
    near = [c for c in candidates if c.score >= best.score - CLOSE]
    things = _things(request, index) & _heart(index, best)
    told = request.complaint.tools if request.complaint is not None else ()
    far = [c for c in candidates[len(near) :] if c.score >= best.score * STAND_IN and (c.tool in told or things <= _heart(index, c))]
    for candidate in near:
        yield from _equals(index, candidate, wanted)
    if wanted.tool is None:
        for stand_in in index.tool(best.tool, best.flavour).knowledge.instead:
            yield from (replace(best, tool=stand_in.tool, flavour=f) for f in index.flavours(stand_in.tool) if wanted.flavour in ("any", f))
    for candidate in far:
        yield from _equals(index, candidate, wanted)


def _heart(index: Index, candidate: Candidate) -> frozenset[str]:
    """The concepts that a tool serves."""
    known = index.tool(candidate.tool, candidate.flavour).knowledge
    return frozenset((*known.concepts, *known.also))


def _things(request: Request, index: Index) -> frozenset[str]:
    """The things that a request speaks of: disks, TCP; not what happens to them, nor what is to be measured."""
    kinds = index.search["kinds"]
    return frozenset(name for name in request.concepts if kinds.get(name) == "object")


def _equals(index: Index, candidate: Candidate, wanted: Wanted) -> Iterator[Candidate]:
    """A candidate in each of its flavours, then its equals of another name."""
    yield candidate
    if wanted.flavour == "any":
        yield from (replace(candidate, flavour=f) for f in index.flavours(candidate.tool) if f != candidate.flavour)
        known = index.tool(candidate.tool, candidate.flavour).knowledge
        for flavour, name in known.equals.items():
            if flavour in index.flavours(name):
                yield replace(candidate, tool=name, flavour=flavour)
