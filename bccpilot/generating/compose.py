"""Wish -> Program. Everything is one pattern: at the event, under a condition, put a value under a key into a map, or print it.

A value or a condition that is known only at the event's end moves the probe there; one that needs both ends, such as how long it took, is
kept in a map in between.
"""

from __future__ import annotations

from dataclasses import dataclass

from bccpilot.generating import hooks
from bccpilot.generating.program import Probe, Program, Wish
from bccpilot.generating.vocabulary import read
from bccpilot.generating.wish import NotUnderstood, wish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.host import Host
    from bccpilot.model import Request

__all__ = ["NotUnderstood", "compose"]

_UNITS = {"size": ("bytes", "B"), "requested": ("bytes", "B"), "latency": ("us", "us")}


@dataclass(frozen=True)
class _Sides:
    """Where an event's values are known: `at` and `until` are the attach points of its two ends, each field's expression by name."""

    at: tuple[str, ...]
    until: tuple[str, ...]
    fields: dict[str, str]
    results: dict[str, str]
    pair: str
    no_at: str | None
    no_until: str | None


def compose(request: Request, host: Host) -> Program:
    """The program for a request. Raises NotUnderstood with the reason where the composer has none."""
    return of_wish(wish(request, host), host)


def of_wish(wanted: Wish, host: Host) -> Program:
    sides = _sides(wanted, host)
    used = _used(wanted)
    two_ends = "latency" in used or bool(used & set(sides.fields) and used & (set(sides.results) - set(sides.fields)))
    at_end = two_ends or bool(used & (set(sides.results) - set(sides.fields)))
    kept = [name for name in sides.fields if two_ends and name in used]
    probes = [*_header(wanted)]
    if two_ends:
        probes.append(_keeping(wanted, sides, kept))
    probes.append(_measuring(wanted, sides, kept, two_ends, at_end))
    probes += _interval(wanted)
    probes += _ending(wanted, kept, two_ends)
    missing = (sides.no_until if at_end else None) or (sides.no_at if two_ends or not at_end else None)
    return Program(
        wanted.request, tuple(probes), _about(wanted), _instead(wanted), missing, wanted.duration_s, _unit(wanted), _warnings(wanted)
    )


def _sides(wanted: Wish, host: Host) -> _Sides:
    """The alternatives that exist here; where none does, the first, with the reason why not."""
    event = wanted.event
    at, no_at = _first(event.get("at", ()), host)  # type: ignore[arg-type]
    until, no_until = _first(event.get("until", ()), host) if event.get("until") else ((), None)  # type: ignore[arg-type]
    if wanted.frequency is not None and event.get("sampled"):
        at = tuple(f"profile:hz:{wanted.frequency}" for _ in at)
    pair = str(event.get("pair", "tid"))
    return _Sides(at, until, dict(event.get("fields", {})), dict(event.get("results", {})), pair, no_at, no_until)  # type: ignore[call-overload]


def _first(alternatives: list[list[str]], host: Host) -> tuple[tuple[str, ...], str | None]:
    reason = None
    for points in alternatives:
        placed = [_placed(point) for point in points]
        reasons = {point: hooks.missing(point, host) for point in placed}
        found = tuple(point for point, why in reasons.items() if why is None)
        if found:
            return found, None
        reason = reason or next(iter(reasons.values()), None)
    return tuple(_placed(point) for point in alternatives[0]), reason


def _placed(point: str) -> str:
    """`uprobe:libc:malloc` with the library's path on this host."""
    provider, *rest = hooks.parts(point)
    if provider in ("uprobe", "uretprobe") and rest[0] == "libc":
        import glob

        places = sorted(glob.glob("/lib/*/libc.so.6")) or sorted(glob.glob("/lib*/libc.so.6"))
        return ":".join((provider, places[0] if places else "/lib/libc.so.6", *rest[1:]))
    return point


def _used(wanted: Wish) -> set[str]:
    """The names of all values that a wish speaks of."""
    names = {*wanted.keys, *(name for name, _, _ in wanted.filters), *((wanted.value,) if wanted.value else ())}
    return names | (set(_columns(wanted)) if wanted.measure == "print" else set())


# the probes


def _keeping(wanted: Wish, sides: _Sides, kept: list[str]) -> Probe:
    """The event's begin: when it was, and what will be asked for at its end."""
    body = [f"@start[{sides.pair}] = nsecs", *(f"@{name}[{sides.pair}] = {sides.fields[name]}" for name in kept)]
    early = [_condition(f, sides.fields.get(f[0], f[0])) for f in wanted.filters if f[0] in sides.fields or f[0] in read("measures")["builtin"]]
    return Probe(sides.at, tuple(body), " && ".join(early), "where it begins: the time, and what is known only here")


def _measuring(wanted: Wish, sides: _Sides, kept: list[str], two_ends: bool, at_end: bool) -> Probe:
    known = _expressions(sides, kept, two_ends, at_end)
    early = {f for f in wanted.filters if two_ends and f[0] not in sides.results and f[0] != "latency"}
    conditions = [_condition(f, known.get(f[0], f[0])) for f in wanted.filters if f not in early]
    limited = {name for name, operator, _ in wanted.filters if operator == ">"}
    valid: dict[str, str] = wanted.event.get("valid", {})  # type: ignore[assignment]
    conditions += [condition for name, condition in valid.items() if name in _used(wanted) - limited]
    why, points = str(wanted.event.get("why", "")), sides.until if at_end else sides.at
    if not two_ends:
        return Probe(points, _measure(wanted, known), " && ".join(conditions), why)
    body = list(_measure(wanted, known))
    if conditions:  # what was kept must go whether they hold or not
        body = [f"if ({' && '.join(conditions)}) {{ {'; '.join(body)}; }}"]
    body += [f"delete(@{name}[{sides.pair}])" for name in ("start", *kept)]
    return Probe(points, tuple(body), f"@start[{sides.pair}]", why)


def _expressions(sides: _Sides, kept: list[str], two_ends: bool, at_end: bool) -> dict[str, str]:
    """name -> what it is called in the measuring probe."""
    builtin = {name: str(entry["expression"]) for name, entry in read("measures")["builtin"].items()}
    known = builtin | (sides.results if at_end else sides.fields)
    if two_ends:
        known |= {name: f"@{name}[{sides.pair}]" for name in kept}
        known["latency"] = f"nsecs - @start[{sides.pair}]"
    return known


def _condition(condition: tuple[str, str, str], expression: str) -> str:
    _, operator, value = condition
    return f"{expression} {operator} {value}" if " " not in expression else f"({expression}) {operator} {value}"


def _measure(wanted: Wish, known: dict[str, str]) -> tuple[str, ...]:
    if wanted.measure == "print":
        return (_printf(wanted, known),)
    keys = [*(known[key] for key in wanted.keys), *wanted.stacks]
    place = f"{_map(wanted)}[{', '.join(keys)}]" if keys else _map(wanted)
    if wanted.measure in ("count", "stack"):
        return (f"{place} = count()",)
    assert wanted.value is not None
    value = known[wanted.value]
    value = f"({value}) / 1000" if wanted.value == "latency" else value
    if wanted.measure == "lhist":
        low, high, step = wanted.step or (0, 10_000, 200)
        return (f"{place} = lhist({value}, {low}, {high}, {step})",)
    return (f"{place} = {wanted.measure}({value})",)


def _map(wanted: Wish) -> str:
    """A map is named after what its numbers are."""
    if wanted.measure in ("count", "stack"):
        return "@" + "".join(c if c.isalnum() else "_" for c in wanted.name.rpartition(":")[2])
    value = wanted.value or ""
    return "@" + _UNITS.get(value, (value, ""))[0]


def _columns(wanted: Wish) -> list[str]:
    """What each line shows: the keys, the event's own columns, the values that conditions or the measure name."""
    shows: list[str] = list(wanted.event.get("shows", ()))  # type: ignore[call-overload]
    named = [name for name, _, _ in wanted.filters if name in ("latency", "ret", "size", "cpu", "uid", "tid")]
    columns = list(dict.fromkeys((*(key for key in wanted.keys if key not in shows), *shows, *named)))
    return sorted(columns, key=lambda name: _column(name)[0] == "%s")  # texts of any length go last


def _column(name: str) -> tuple[str, str]:
    """(printf's conversion, heading)."""
    builtin = read("measures")["builtin"].get(name)
    if builtin is not None:
        return str(builtin["format"]), name.upper()
    kind = read("measures")["column"].get(name)
    heading = "LATENCY_US" if name == "latency" else name.upper()
    return {"comm": "%-16s", "addr": "%-16s", "str": "%s"}.get(str(kind), "%-10d"), heading


def _printf(wanted: Wish, known: dict[str, str]) -> str:
    columns = _columns(wanted)
    form = " ".join(_column(name)[0] for name in columns)
    values = [f"({known[name]}) / 1000" if name == "latency" else known[name] for name in columns]
    return f'printf("{form}\\n", {", ".join(values)})'


def _header(wanted: Wish) -> list[Probe]:
    if wanted.measure != "print":
        return []
    columns = [_column(name) for name in _columns(wanted)]
    form = " ".join(conversion.replace("d", "s") for conversion, _ in columns)
    headings = ", ".join(f'"{heading}"' for _, heading in columns)
    return [Probe(("BEGIN",), (f'printf("{form}\\n", {headings})',), why="the headings of the columns")]


def _interval(wanted: Wish) -> list[Probe]:
    if wanted.interval_s is None or wanted.measure == "print":
        return []
    name = _map(wanted)
    whole = wanted.interval_s == int(wanted.interval_s) and wanted.interval_s >= 1
    every = f"s:{int(wanted.interval_s)}" if whole else f"ms:{max(1, round(wanted.interval_s * 1000))}"
    show = f"print({name}, {wanted.top})" if wanted.top else f"print({name})"
    why = "every so often what was counted is printed, and counting begins anew"
    return [Probe((f"interval:{every}",), ('time("%H:%M:%S\\n")', show, f"clear({name})"), why=why)]


def _ending(wanted: Wish, kept: list[str], two_ends: bool) -> list[Probe]:
    """What was begun and not ended is no result; of a top list only its top is."""
    body = [f"clear(@{name})" for name in ("start", *kept)] if two_ends else []
    if wanted.top and wanted.interval_s is None and wanted.measure not in ("print",):
        body += [f"print({_map(wanted)}, {wanted.top})", f"clear({_map(wanted)})"]
    return [Probe(("END",), tuple(body), why="at the end only the result is printed")] if body else []


# what is said about it


def _about(wanted: Wish) -> str:
    spread = f"distribution of {wanted.value}"
    what = {"print": "each one printed", "stack": "counted by stack", "hist": spread, "lhist": spread}
    of = what.get(wanted.measure) or (f"{wanted.measure} of {wanted.value}" if wanted.value else "counted")
    by = f" by {' and '.join(wanted.keys)}" if wanted.keys else ""
    every = f", every {wanted.interval_s:g} s" if wanted.interval_s else ""
    return f"{wanted.name.replace('_', ' ')}: {of}{by}{every}"


def _instead(wanted: Wish) -> str | None:
    """The installed tool that shows the same, where there is one for this measure."""
    tools: dict[str, str] = wanted.event.get("tools", {})  # type: ignore[assignment]
    return tools.get(wanted.measure) or tools.get("any")


def _warnings(wanted: Wish) -> tuple[str, ...]:
    shown = {*wanted.keys, *(_columns(wanted) if wanted.measure == "print" else ())}
    cut = ("paths are cut after 63 bytes: more than that bpftrace doesn't read at once",) if "path" in shown else ()
    return (*wanted.warnings, *cut)


def _unit(wanted: Wish) -> dict[str, str]:
    unit = _UNITS.get(wanted.value or "", ("", ""))[1]
    return {_map(wanted): unit} if unit and wanted.measure != "print" else {}
