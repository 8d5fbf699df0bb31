"""Hook points: the places of this host where something of a few words can be seen, ranked, with their fields or arguments and types."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from bccpilot.generating import hooks
from bccpilot.generating.vocabulary import named, read
from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bccpilot.generating.btf import Btf
    from bccpilot.host import Host

_SOFTWARE = {
    "page-faults": "page faults memory", "minor-faults": "minor page faults memory", "major-faults": "major page faults memory disk",
    "context-switches": "context switches sched", "cpu-migrations": "cpu migrations sched threads moved", "cpu-clock": "cpu time samples",
    "alignment-faults": "alignment faults",
}  # fmt: skip
_HARDWARE = {
    "cache-misses": "cpu cache misses llc", "cache-references": "cpu cache references llc", "cpu-cycles": "cpu cycles",
    "instructions": "cpu instructions",
    "branch-misses": "branch misses mispredicted", "branch-instructions": "branches instructions",
}  # fmt: skip
_TIMED = {"profile:hz:99": "profile sample cpu stacks time flame", "interval:s:1": "interval every second periodic print timer"}


@dataclass(frozen=True)
class Point:
    """One place. `kind`: tracepoint | kfunc | kprobe | uprobe | software | hardware | profile | interval. `fields`: what can be read there, as
    (name, C type); None where that isn't known without root. `why`: what spoke for it."""

    name: str
    kind: str
    score: float
    fields: tuple[tuple[str, str], ...] | None = None
    why: str = ""


def ranked(text: str, host: Host, most: int = 12, concepts: Mapping[str, str] | None = None) -> tuple[Point, ...]:
    """The best places for some words, best first. `concepts` are the index's {concept: probe} of the concepts in the text."""
    folded = words.fold(text)
    stems = {stem for stem in words.stems(folded) if stem not in words.STOP and len(stem) > 1}
    stems |= {stem for name in named("events", "", folded) for stem in words.stems(name.replace("_", " "))}
    found = {point.name: point for point in _by_words(stems, host)}
    for name, why, score in (*_of_events(folded), *_of_concepts(concepts or {})):
        if hooks.missing(name, host) is None and score > (found[name].score if name in found else 0.0):
            found[name] = Point(name, hooks.parts(name)[0], score, None, why)
    best = sorted(found.values(), key=lambda point: (-point.score, len(point.name), point.name))[:most]
    btf = _btf(best, host)
    return tuple(Point(p.name, p.kind, round(p.score, 2), _fields(p, host, btf), p.why) for p in best)


def _of_events(folded: str) -> Iterator[tuple[str, str, float]]:
    """(attach point, why, score) of the events that the words name: those of more words, and of first choice, before the others."""
    events = read("events")
    for name, met in named("events", "", folded).items():
        for side, least in (("at", 1.5), ("until", 1.3)):
            for n, alternative in enumerate(events[name].get(side, ())):
                score = least - 0.1 * n + 0.01 * min(len(met.encode()), 30)
                yield from ((point, str(events[name]["why"]), score) for point in alternative if ":libc:" not in point)


def _of_concepts(concepts: Mapping[str, str]) -> Iterator[tuple[str, str, float]]:
    for concept, probe in concepts.items():
        kind, _, rest = probe.partition(":")
        point = f"tracepoint:{rest}" if kind == "t" else "" if kind == "c" or "*" in probe else f"kprobe:{probe}"
        if point:
            yield point, f"where {concept.replace('_', ' ')} happens", 1.2


def _by_words(stems: set[str], host: Host) -> Iterator[Point]:
    """Everything whose name shares a word with the text."""
    for name in _tracepoints(host):
        score = _shared(stems, name)
        if score:
            yield Point(f"tracepoint:{name}", "tracepoint", score, None, "its name")
    for provider, table in (("software", _SOFTWARE), ("hardware", _HARDWARE)):
        for name, about in table.items():
            point = f"{provider}:{name}:{1 if provider == 'software' else 1_000_000}"
            if (score := _shared(stems, about)) and hooks.missing(point, host) is None:
                yield Point(point, provider, score, (), about)
    for point, about in _TIMED.items():
        if score := _shared(stems, about):
            yield Point(point, point.partition(":")[0], score * 0.8, (), about)
    yield from _functions(stems, host)


def _functions(stems: set[str], host: Host) -> Iterator[Point]:
    """The kernel's functions, where programs can be attached to them."""
    kind = "kfunc" if host.fentry else "kprobe" if host.kprobes else None
    for stem in stems if kind else ():
        for name in host.symbols.matching(rf"(?:[a-z]+_){{0,2}}{re.escape(stem)}(?:_[a-z]+)?$") or ():
            score = _shared(stems, name) * 0.7
            if score and (kind == "kprobe" or host.types.has(name)):
                yield Point(f"{kind}:{name}", str(kind), score, None, "its name")


def _shared(stems: set[str], name: str) -> float:
    """How much of a name the words are, and of the words the name: 0..1."""
    own = {words.stem(part) for part in re.split(r"[^a-z0-9]+", name.lower()) if part and part not in ("sys", "enter", "exit", "syscalls")}
    common = own & stems
    return len(common) / len(own) * 0.5 + len(common) / len(stems) * 0.5 if common else 0.0


def _tracepoints(host: Host) -> Iterable[str]:
    """category:name of every tracepoint. Without root the categories can't be read: then the syscalls' alone, by the kernel's symbols."""
    if host.tracefs_open:
        events = f"{host.tracefs}/events"
        for category in sorted(os.listdir(events)):
            place = f"{events}/{category}"
            if os.path.isdir(place):
                yield from (f"{category}:{name}" for name in sorted(os.listdir(place)) if os.path.isdir(f"{place}/{name}"))
        return
    prefix = host.function("syscall:")
    for name in host.symbols.matching(re.escape(prefix)) or ():
        yield from (f"syscalls:sys_{side}_{name.removeprefix(prefix)}" for side in ("enter", "exit"))


def _btf(points: Iterable[Point], host: Host) -> Btf | None:
    """The kernel's types, where one of the points needs them."""
    if not any(p.kind in ("kfunc", "kprobe") or (p.kind == "tracepoint" and not host.tracefs_open) for p in points):
        return None
    from bccpilot.generating.btf import Btf

    return Btf.of_kernel()


def _fields(point: Point, host: Host, btf: Btf | None) -> tuple[tuple[str, str], ...] | None:
    _, *rest = hooks.parts(point.name)
    if point.kind == "tracepoint":
        found = hooks.fields(host.tracefs or "", *rest) if host.tracefs_open else None
        if found is not None:
            return tuple(found.items())
        fields = btf.fields(f"trace_event_raw_{rest[1]}") if btf else None
        return tuple(field for field in fields if field[0] not in ("ent", "__data")) if fields is not None else None
    if point.kind in ("kfunc", "kprobe"):
        return btf.arguments(rest[-1]) if btf else None
    return ()
