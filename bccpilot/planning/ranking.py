"""Which tools, and which kinds of refusal, a request is about: the search's scores, what its wording is like, and what its values say."""

from __future__ import annotations

import functools

from bccpilot.model import Request
from bccpilot.request import orders
from manpages_index import search, served, words
from manpages_index.frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

FITS = 0.30  # below this score nothing installed serves the request

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
_SAYS_MORE = {"function": 2.5, "probe": 4.0, "percentiles": 2.0, "terminal": 2.0}
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
class Ranked:
    """A tool, or a kind of refusal (`!change`), with its score, what spoke for it, and which of its symptoms the request is worded like."""

    name: str
    score: float
    views: Mapping[str, float] = field(default_factory=dict)
    symptom: int = 0

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(f"{view} {part:.2f}" for view, part in self.views.items())


def rank(request: Request, tables: Mapping[str, Any]) -> list[Ranked]:
    """Tools and kinds of refusal, best first."""
    kinds, telling = frozenset(value.kind for value in request.values), _telling(request)
    found = search.search(tables, search.weighted(request.features), kinds)
    unnamed = tables["needs_function"] if kinds.isdisjoint(_PROBES) else ()
    doubt = _doubt(request, tables)
    never = orders.OBSERVED if orders.asks_who(request.said) else ()
    cases = _cases(request, tables, doubt)
    scored = []
    for name, score, views, symptom in found[:40]:
        if name in never and name not in request.concepts:
            continue
        if name.startswith("!"):
            own = score + _likely(request, name, views)
        else:
            own = score + _LIKE * views["worded"] + _fit(request.switches, telling, tables, name) - (_AGAINST if name in unnamed else 0.0) - doubt
        scored.append(Ranked(name, _named(request, name, max(own, cases.get(name, 0.0))), views, symptom))
    met = {one.name for one in scored}
    scored += [Ranked(name, _named(request, name, cases.get(name, FITS))) for name in (*request.named, *cases) if name not in met]
    return sorted(scored, key=lambda one: (-one.score, one.name))


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
    wording = _PER_ODDS * served.against(tables["odds"], words.fold(request.asked)) * (_TOLD_WORDED if told else 1.0)
    return max(order, _UNSEEN if any(met in tables["sure"] for met in refusals.values()) else 0.0) + min(max(0.0, wording), _MOST_WORDED)


def _likely(request: Request, name: str, views: Mapping[str, float]) -> float:
    """What is added to a refusal's score: it has no concepts but its signs, so without one it is its wording that must be near."""
    if name in request.concepts:
        return 0.0
    return _WORDED * max(0.0, 2 * views["phrase"] - 1) - (_UNORDERED if name == orders.CHANGE else _UNSAID)


def _telling(request: Request) -> frozenset[str]:
    """The kinds of the request's values, but for names that are words of the language, too (`net_rx`, `kill()`)."""
    phrases = request.concepts.values()
    known = frozenset((*phrases, *" ".join(phrases).split()))
    return frozenset(value.kind for value in request.values if value.text.removesuffix("()") not in known)


def _fit(switches: Iterable[str], kinds: frozenset[str], tables: Mapping[str, Any], name: str) -> float:
    """How well a tool's arguments suit the request's switches and the kinds of its values."""
    have = _roles(*tables["roles"].get(name, {}).values())
    fit = _SWITCH * len(have.intersection(switches))
    for kind in kinds:
        if kind in _TELLING:
            fit += _SAYS_MORE.get(kind, 1.0) * (_FOR if have.intersection(_TELLING[kind]) else -_AGAINST)
    return fit


_PROBES = frozenset(kind for kind, roles in _TELLING.items() if "probe" in roles)


@functools.cache
def _roles(*of_flavours: str) -> frozenset[str]:
    return frozenset(" ".join(of_flavours).split())


def _named(request: Request, name: str, score: float) -> float:
    """A tool named outright is what is meant; the first named before the others."""
    if name not in request.named:
        return min(score, 0.98)
    return 1.0 - 0.005 * request.named.index(name)
