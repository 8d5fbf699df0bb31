"""Whether an attach point exists on this host, and what a tracepoint's fields are."""

from __future__ import annotations

import functools
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.host import Host

_SHORT = {"t": "tracepoint", "rt": "rawtracepoint", "k": "kprobe", "kr": "kretprobe", "f": "kfunc", "fentry": "kfunc", "fr": "kretfunc",
          "fexit": "kretfunc", "u": "uprobe", "ur": "uretprobe", "U": "usdt", "p": "profile", "i": "interval", "s": "software", "h": "hardware",
          "it": "iter", "w": "watchpoint", "aw": "asyncwatchpoint"}  # fmt: skip
_FIELD = re.compile(r"\tfield:(.*?)(\w+)(\[[^\]]*\])?;\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")
_SOFTWARE = frozenset(
    "cpu-clock cpu task-clock page-faults faults context-switches cs cpu-migrations minor-faults major-faults alignment-faults"
    " emulation-faults dummy bpf-output".split()
)
_HARDWARE = frozenset(
    "cpu-cycles cycles instructions cache-references cache-misses branch-instructions branches bus-cycles frontend-stalls backend-stalls"
    " ref-cycles branch-misses".split()
)


def parts(point: str) -> tuple[str, ...]:
    """An attach point's parts, its provider by the full name, quotes off."""
    first, *rest = re.findall(r'"[^"]*"|[^:]+', point)
    return (_SHORT.get(first, first), *(part.strip('"') for part in rest))


def is_pattern(point: str) -> bool:
    return any(character in point for character in "*?[")


def missing(point: str, host: Host) -> str | None:
    """Why an attach point can't be used on this host; None where it can, or where that can't be known without root."""
    provider, *rest = parts(point)
    asked = _ASKED.get(provider)
    if asked is None:
        return f"{provider} is no kind of probe that is known here"
    return asked(rest, host)


def _tracepoint(rest: list[str], host: Host) -> str | None:
    if len(rest) != 2:
        return "a tracepoint is written tracepoint:CATEGORY:NAME"
    category, name = rest
    if is_pattern(category + name):
        return None if _matching(category, name, host) in (None, True) else f"no tracepoint matches {category}:{name}"
    return f"this kernel has no tracepoint {category}:{name}" if host.has_tracepoint(f"{category}:{name}") is False else None


def _matching(category: str, name: str, host: Host) -> bool | None:
    from fnmatch import fnmatchcase

    if not host.tracefs_open:
        return None
    events = f"{host.tracefs}/events"
    places = [place for place in os.listdir(events) if fnmatchcase(place, category) and os.path.isdir(f"{events}/{place}")]
    return any(fnmatchcase(event, name) for place in places for event in os.listdir(f"{events}/{place}"))


def _raw_tracepoint(rest: list[str], host: Host) -> str | None:
    return f"this kernel has no tracepoint {rest[-1]}" if host.symbols.has(f"__traceiter_{rest[-1]}") is False else None


def _kprobe(rest: list[str], host: Host) -> str | None:
    if host.kprobes is False:
        return "this kernel has no kprobes"
    name = rest[-1].partition("+")[0]
    return None if is_pattern(name) or host.has_function(name) is not False else f"this kernel has no function {name}"


def _kfunc(rest: list[str], host: Host) -> str | None:
    if host.fentry is False:
        return "this kernel doesn't let programs be attached at a function's entry (fentry)"
    return None if is_pattern(rest[-1]) or host.types.has(rest[-1]) is not False else f"this kernel's BTF has no function {rest[-1]}"


def _uprobe(rest: list[str], host: Host) -> str | None:
    if host.uprobes is False:
        return "this kernel has no uprobes"
    path = rest[0]
    if not path.startswith("/"):
        return f"{path} is neither a path nor a library of this host" if host.libraries.has(path) is False else None
    return None if is_pattern(path) or os.path.isfile(path) else f"there is no file {path}"


def _software(rest: list[str], host: Host) -> str | None:
    if host.perf_events is False:
        return "this kernel has no perf events"
    return None if rest[0] in _SOFTWARE else f"there is no software event {rest[0]}"


def _hardware(rest: list[str], host: Host) -> str | None:
    if rest[0] not in _HARDWARE:
        return f"there is no hardware event {rest[0]}"
    return "this machine lets nobody count the CPU's own events (a virtual machine without a PMU)" if host.hardware_counters is False else None


def _timed(rest: list[str], host: Host) -> str | None:
    return None if host.perf_events is not False else "this kernel has no perf events"


def _always(rest: list[str], host: Host) -> str | None:
    return None


_ASKED = {
    "tracepoint": _tracepoint, "rawtracepoint": _raw_tracepoint, "kprobe": _kprobe, "kretprobe": _kprobe, "kfunc": _kfunc, "kretfunc": _kfunc,
    "uprobe": _uprobe, "uretprobe": _uprobe, "usdt": _uprobe, "software": _software, "hardware": _hardware, "profile": _timed,
    "interval": _timed, "BEGIN": _always, "END": _always, "iter": _always,
}  # fmt: skip

PROVIDERS = frozenset(_ASKED)


@functools.cache
def fields(tracefs: str, category: str, name: str) -> dict[str, str] | None:
    """{field: its C type} of a tracepoint, the kernel's own first fields left out; None where its format can't be read."""
    try:
        with open(f"{tracefs}/events/{category}/{name}/format", encoding="ascii", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    found = {name: f"{kind.strip()}{array or ''}" for kind, name, array, *_ in _FIELD.findall(text)}
    return {name: kind for name, kind in found.items() if not name.startswith("common_")}
