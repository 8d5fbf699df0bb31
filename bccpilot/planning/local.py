"""The local planner: search, then what a request's values say about the tool, then the arguments. Needs no model and no network."""

from __future__ import annotations

from bccpilot.model import Candidate, Plan, Request
from bccpilot.planning.choosing import choose
from bccpilot.planning.ranking import FITS, Ranked, rank
from bccpilot.planning.wanted import ANY, Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.planning.choosing import Refuses
    from manpages_index.store import Index

CANDIDATES = 8


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
    return choose(request, index, candidates, wanted, refuses)


def _candidates(ranked: list[Ranked], index: Index, wanted: Wanted) -> tuple[Candidate, ...]:
    found = []
    for one in ranked:
        if one.name.startswith("!") or (wanted.flavour != "any" and wanted.flavour not in index.flavours(one.name)):
            continue
        found.append(Candidate(one.name, _flavour(index, one.name, wanted), round(one.score, 3), one.why, symptom=one.symptom))
        if len(found) == CANDIDATES:
            break
    return tuple(found)


def _flavour(index: Index, name: str, wanted: Wanted) -> str:
    have = index.flavours(name)
    if not have or (wanted.flavour != "any" and wanted.flavour not in have):
        raise KeyError(name)
    return wanted.flavour if wanted.flavour != "any" else have[0]


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
