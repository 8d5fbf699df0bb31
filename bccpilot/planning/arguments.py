"""Which arguments a request asks a given tool for: every option that it asks for and none that it doesn't, through the options' roles.

Values travel by kind: the PID of the request goes to the option whose role is `pid`, its time limit to `duration` where the tool has one,
else into `duration_s`. Switches are turned on by words: the role's own (lexicon/roles.toml) and those of the tool's knowledge file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from bccpilot.model import Request, Value
from bccpilot.planning import probes, processes, units
from manpages_index import lexicon, words
from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from manpages_index.model import ArgRole, Option, Positional, Tool

# A role is filled by the first kind of value that the request has: its own, then these.
_ALSO: dict[str, tuple[str, ...]] = {
    "pid": ("number",),
    "interval": ("per",),
    "local_port": ("port",),
    "remote_port": ("port",),
    "port": ("remote_port", "local_port"),
    "uid": ("user",),
    "user": ("uid",),
    "text": ("quoted",),
    "sample_period": ("sample_one_in",),
    "subnets": ("address",),
    "remote_address": ("address",),
    "local_address": ("address",),
    "size_min": ("size",),
    "size_max": ("size",),
    "events_limit": ("count",),
    "count": (),
    "threshold": (),
    "string_size": ("size_max",),
    "buffer": ("pages",),
}
# Kinds that a role takes only when the tool has nothing else for them: whose processes are started, when it knows no other PID.
_ALONE: dict[str, tuple[str, ...]] = {
    "ppid": ("pid", "number"),
    "local_port": ("remote_port",),
    "remote_port": ("local_port",),
    "path": ("disk",),
}
# A switch that a value of the request makes superfluous: an error number means failed calls.
_COVERED = {"failed": ("errno",)}
_TIMES = ("interval", "count", "duration")
_ELSEWHERE = (*_TIMES, "probe", "function")  # filled by `_times` and `probes.take`
_SMALLEST_PID = 100
_FOREVER = 10**6  # an interval of more seconds than this is how tools say "until Ctrl-C"


@frozen
class Filled:
    """The arguments chosen. `unmet` are values of the request that this tool has no argument for, `missing` what it requires and wasn't
    said, `unresolved` names of processes that don't run."""

    args: tuple[str, ...] = ()
    duration_s: float | None = None
    warnings: tuple[str, ...] = ()
    unmet: tuple[Value, ...] = ()
    missing: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass
class _Draft:
    """What is being chosen, by dest; the only mutable thing here, local to `fill`."""

    chosen: dict[str, list[str]] = field(default_factory=dict)
    used: list[Value] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    duration_s: float | None = None


def fill(request: Request, tool: Tool, tables: Mapping[str, Any]) -> Filled:
    """The arguments of `tool` for a request. Resolves names of processes and users on this host."""
    draft = _Draft()
    if any(value.kind == "pid" for value in request.values):  # then a name only says whose PID it is
        draft.used += [value for value in request.values if value.kind == "comm"]
    said = _said(request, tool)
    _switches(draft, tool, tables, request, said)
    roles = {role.dest: role for role in tool.knowledge.roles}
    # Of two options that take the same kind of value, the one whose own words were said comes first.
    _beside_own_words(draft, tool, tables, request)
    for dest, role in sorted(roles.items(), key=lambda item: (item[0] not in said, _clumsiness(item[1], request))):
        if role.role in tables["takes"] and role.role not in _ELSEWHERE and dest not in draft.chosen:
            _take(draft, tool, role, request, tables)
    probes.take(draft.chosen, draft.used, tool, request, tables)
    _threads_and_names(draft, tool, request, roles)
    _times(draft, tool, request, roles)
    _drop_pointless(draft, tool)
    missing = _required(draft, tool, roles)
    return Filled(
        args=_assemble(draft.chosen, tool),
        duration_s=draft.duration_s,
        warnings=tuple(draft.warnings),
        unmet=tuple(v for v in request.values if v not in draft.used and v.kind in _MATTERS),
        missing=tuple(missing),
        unresolved=tuple(draft.unresolved),
    )


# Values that a tool should have an argument for, when a request has them.
_MATTERS = frozenset(
    "pid ppid tid comm uid user cpu disk interface port local_port remote_port errno syscall signal netns threshold threshold_max "
    "function probe frequency percentiles sample_one_in address cgroup_path".split()
)


def _said(request: Request, tool: Tool) -> dict[str, str]:
    """{dest or dest=value: the words} of the tool's own words that the request has, in a request about what they are for."""
    programs = (str(value.value) for value in request.values if value.kind == "comm")
    matched = lexicon.match(_table(tool), " | ".join((request.said, *programs)))
    about = request.concepts.keys()
    fitting = {r.dest for r in tool.knowledge.roles if _fits(r, about)}
    return {key: phrase for key, phrase in matched.items() if key.partition("=")[0] in fitting}


_tables: dict[int, tuple[Tool, dict[str, str]]] = {}


def _table(tool: Tool) -> dict[str, str]:
    """A tool's own words as they are looked up, made once."""
    kept = _tables.get(id(tool))
    if kept is None or kept[0] is not tool:
        kept = _tables[id(tool)] = (tool, lexicon.compile_phrases(_own_words(tool.knowledge.roles)))
    return kept[1]


def _fits(role: ArgRole, about: Iterable[str]) -> bool:
    named = set(about)
    return (not role.with_concepts or not named.isdisjoint(role.with_concepts)) and named.isdisjoint(role.unless)


def _switches(draft: _Draft, tool: Tool, tables: Mapping[str, Any], request: Request, said: Mapping[str, str]) -> None:
    """Turn on what the words ask for; of options that exclude each other, the one said first."""
    by_role = lexicon.match(tables["triggers"], request.said)
    kinds = {value.kind for value in request.values}
    for role in tool.knowledge.roles:
        choice = [value for value in role.values if f"{role.dest}={value}" in said]
        if choice:
            draft.chosen[role.dest] = choice if role.multiple else choice[:1]
            phrases = " ".join(said[f"{role.dest}={value}"] for value in choice).split()
            draft.used += [v for v in request.values if v.kind == "comm" and words.stem(str(v.value)) in phrases]
        elif role.dest in said or (role.role in by_role and role.role not in tables["takes"]):
            if not kinds.intersection(_COVERED.get(role.role, ())):
                _turn_on(draft, tool, role)
        elif role.role in by_role and role.role in tables["defaults"] and not any(v.kind == role.role for v in request.values):
            draft.chosen[role.dest] = [tables["defaults"][role.role]]
    for group in tool.spec.exclusive:
        for dest in [d for d in group if d in draft.chosen][1:]:
            del draft.chosen[dest]


def _own_words(roles: Iterable[ArgRole]) -> Iterable[tuple[str, list[str]]]:
    for role in roles:
        yield role.dest, [*role.words, *role.words_zh]
        for value, said in role.values.items():
            yield f"{role.dest}={value}", list(said)


def _turn_on(draft: _Draft, tool: Tool, role: ArgRole) -> None:
    option = _option(tool, role.dest)
    if option is not None and not option.takes_value:
        draft.chosen[role.dest] = []
    elif role.value is not None:
        draft.chosen[role.dest] = [role.value]
    elif option is not None and option.nargs == "?":
        draft.chosen[role.dest] = []


def _take(draft: _Draft, tool: Tool, role: ArgRole, request: Request, tables: Mapping[str, Any]) -> None:
    kind = tables["takes"][role.role]
    others = {tables["takes"].get(other.role) for other in tool.knowledge.roles}
    alone = [candidate for candidate in _ALONE.get(kind, ()) if candidate not in others]
    for candidate in (kind, *_ALSO.get(kind, ()), *alone):
        values = [v for v in request.values if v.kind == candidate and v not in draft.used and _plausible(v)]
        if values:
            taken = values if role.multiple else values[:1]
            texts = [text for value in taken if (text := _text(draft, role, tool, value)) is not None]
            if texts:
                repeats = getattr(_option(tool, role.dest), "action", "") == "append" or _many(tool, role.dest)
                draft.chosen[role.dest] = texts if repeats else [",".join(texts)]
                draft.used.extend(taken)
            return


def _plausible(value: Value) -> bool:
    """A bare number is a PID only when it is as large as those of ordinary processes are."""
    return value.kind != "number" or (isinstance(value.value, int) and value.value >= _SMALLEST_PID)


def _beside_own_words(draft: _Draft, tool: Tool, tables: Mapping[str, Any], request: Request) -> None:
    """A number that nothing else explains belongs to the option whose own word stands beside it: `3 locks`, `vcpu 0`."""
    folded = words.fold(request.asked)
    for value in request.values:
        if value.kind not in ("number", "observed"):
            continue
        left = words.stems(folded[: value.start])[-1:]
        right = words.stems(folded[value.start + len(value.text) :])[:1]
        for role in tool.knowledge.roles:
            own = {word for phrase in role.words for word in words.stems(words.fold(phrase)) if " " not in phrase}
            if role.role in tables["takes"] and role.dest not in draft.chosen and own.intersection(left + right):
                draft.chosen[role.dest] = [str(value.value)]
                draft.used.append(value)
                break


def _clumsiness(role: ArgRole, request: Request) -> float:
    """Of two options for the same threshold in different units, the one with the smaller whole number comes first: 10 us, not 0.01 ms."""
    value = next((v for v in request.values if v.kind == role.role and not isinstance(v.value, str)), None)
    if value is None or role.unit is None:
        return 0.0
    number = float(units.convert(value, role, False, []))
    return number if number == int(number) else float("inf")


def _many(tool: Tool, dest: str) -> bool:
    argument = _option(tool, dest) or _positional(tool, dest)
    return argument is not None and argument.nargs in ("*", "+")


def _text(draft: _Draft, role: ArgRole, tool: Tool, value: Value) -> str | None:
    """A value as this option wants it: converted to its unit, a user's name to the number. None where it can't be."""
    if value.kind == "user":
        uid = processes.uid_of(str(value.value))
        if uid is None:
            draft.warnings.append(f"no user named {value.value} on this host")
            return None
        return str(uid)
    if value.kind == "signal":
        return _signal(str(value.value))
    if isinstance(value.value, str):
        return value.value
    return units.convert(value, role, _is_whole(tool, role), draft.warnings)


def _signal(name: str) -> str:
    """The number of a signal, which is what the tools want."""
    import signal

    number = getattr(signal, name, None)
    return str(int(number)) if isinstance(number, int) else name


def _is_whole(tool: Tool, role: ArgRole) -> bool:
    argument = _option(tool, role.dest) or _positional(tool, role.dest)
    return role.whole or (argument is not None and argument.type.kind not in ("float", "str"))


def _threads_and_names(draft: _Draft, tool: Tool, request: Request, roles: Mapping[str, ArgRole]) -> None:
    """A process named in the request: by the tool's own name filter, else by the PIDs that have the name now."""
    names = [v for v in request.values if v.kind == "comm" and v not in draft.used]
    pid = next((role for role in roles.values() if role.role == "pid" and role.dest not in draft.chosen), None)
    if not names or pid is None:
        return
    found = processes.pids_of(str(names[0].value))
    if not found:
        draft.unresolved.append(str(names[0].value))
        return
    draft.used.append(names[0])
    if pid.multiple:
        draft.chosen[pid.dest] = [str(p) for p in found] if _many(tool, pid.dest) else [",".join(map(str, found))]
    else:
        draft.chosen[pid.dest] = [str(found[0])]
    if len(found) > 1:
        followed = "all of them are traced" if pid.multiple else f"PID {found[0]}, the oldest, is traced"
        draft.warnings.append(f"{len(found)} processes are named {names[0].value}: {followed}")


def _times(draft: _Draft, tool: Tool, request: Request, roles: Mapping[str, ArgRole]) -> None:
    """Interval, count and duration together: a time limit goes into the tool's own argument where there is one, else into duration_s."""
    have = {role.role: role for role in roles.values() if role.role in _TIMES and role.dest not in draft.chosen}
    said: dict[str, Value] = {}
    for value in request.values:
        if value.kind in _TIMES and value not in draft.used:
            said.setdefault(value.kind, value)
    per = next((value for value in request.values if value.kind == "per"), None)
    interval, count, duration = said.get("interval") or per, said.get("count"), said.get("duration")
    in_steps = {"interval", "count"} <= have.keys() and not count and not _forbidden(draft, tool, have["count"].dest)
    if duration and "duration" not in have and in_steps:
        interval, count = _as_intervals(tool, have["interval"], interval, duration)
        draft.used.append(duration)
        duration = None
    if duration and "duration" in have:
        _set_time(draft, tool, have["duration"], duration)
    elif duration:
        draft.duration_s = float(duration.value)
        draft.used.append(duration)
    if interval and interval is not per and not {"interval"} & have.keys() and "duration" in have and not duration:
        _set_time(draft, tool, have["duration"], Value("duration", interval.value, interval.text, interval.start))
    if interval and "interval" in have:
        _set_time(draft, tool, have["interval"], interval)
    if count and interval and "count" not in have and "duration" in have and not duration:
        _set_time(draft, tool, have["duration"], Value("duration", units.plain(float(count.value) * float(interval.value))))
    if count and "count" in have:
        _set_time(draft, tool, have["count"], _as_seconds(count, interval) if have["count"].unit == "s" else count)


def _drop_pointless(draft: _Draft, tool: Tool) -> None:
    """A switch that words turned on and that the tool refuses without another argument (`all threads` of no process) is let go."""
    for rule in tool.knowledge.rules:
        broken = rule.check is None and len(rule.given) == 1 and rule.without and draft.chosen.keys().isdisjoint(rule.without)
        if broken and draft.chosen.get(rule.given[0]) == []:
            del draft.chosen[rule.given[0]]


def _as_seconds(count: Value, interval: Value | None) -> Value:
    """A count for a tool whose "count" is the seconds in all."""
    step = float(interval.value) if interval is not None else 1.0
    return Value("count", units.plain(float(count.value) * step))


def _forbidden(draft: _Draft, tool: Tool, dest: str) -> bool:
    """Whether one more option would break a rule of the tool's."""
    given = {*draft.chosen, dest}
    return any(
        rule.check is None and dest in rule.given and given.issuperset(rule.given) and given.isdisjoint(rule.without)
        for rule in tool.knowledge.rules
    )


def _as_intervals(tool: Tool, role: ArgRole, interval: Value | None, duration: Value) -> tuple[Value, Value]:
    """A duration for a tool that only knows interval and count: as one interval where it prints one result, else in its own steps."""
    total = float(duration.value)
    if interval is None:
        argument = _option(tool, role.dest) or _positional(tool, role.dest)
        default = argument.default if argument is not None else None
        one_result = not isinstance(default, int | float) or default > _FOREVER or tool.knowledge.summary_at_end
        step = total if one_result else max(1.0, float(default))  # type: ignore[arg-type]
    else:
        step = float(interval.value)
    step = min(step, total) or 1.0
    return Value("interval", units.plain(step)), Value("count", max(1, ceil(total / step - 1e-9)))


def _set_time(draft: _Draft, tool: Tool, role: ArgRole, value: Value) -> None:
    text = _text(draft, role, tool, value)
    if text is not None:
        draft.chosen[role.dest] = [text]
        draft.used.append(value)


def _required(draft: _Draft, tool: Tool, roles: Mapping[str, ArgRole]) -> list[str]:
    """Positionals that the tool insists on and that nothing filled; a runtime's tool finds its own process."""
    missing = []
    for positional in tool.spec.positionals:
        if positional.nargs in ("?", "*") or positional.dest in draft.chosen or positional.default is not None:
            continue
        role = roles.get(positional.dest)
        if role is not None and role.role == "pid" and _take_runtime(draft, tool, role):
            continue
        missing.append(positional.metavar or positional.dest)
    for option in tool.spec.options:
        if option.required and option.dest not in draft.chosen:
            missing.append(option.long)
    return missing


def _take_runtime(draft: _Draft, tool: Tool, role: ArgRole) -> bool:
    """`javagc` without a PID means the Java process, where there is just one way to mean it."""
    language = tool.spec.prefix[1] if len(tool.spec.prefix) > 1 else None
    found = processes.pids_of_runtime(language) if language else ()
    if not found:
        return False
    draft.chosen[role.dest] = [str(found[0])]
    if len(found) > 1:
        draft.warnings.append(f"{len(found)} {language} processes run here: PID {found[0]}, the oldest, is traced")
    return True


def _assemble(chosen: Mapping[str, list[str]], tool: Tool) -> tuple[str, ...]:
    """The argument list: options in the tool's order, then positionals, then the options that would swallow positionals."""
    options = [o for o in tool.spec.options if o.dest in chosen and _is_first(o, tool)]
    greedy = [o for o in options if o.nargs in ("*", "+", "?")]
    plain = [word for option in options if option not in greedy for word in _written(option, chosen[option.dest])]
    return (*plain, *_positionals(chosen, tool), *(word for option in greedy for word in _written(option, chosen[option.dest])))


def _written(option: Option, values: list[str]) -> list[str]:
    flag = min(option.flags, key=len)
    if not values or option.nargs in ("*", "+"):
        return [flag, *values]
    return [word for value in values for word in (flag, value)]


def _positionals(chosen: Mapping[str, list[str]], tool: Tool) -> list[str]:
    """The positionals up to the last one that is given; a gap before it takes its default."""
    given = [number for number, positional in enumerate(tool.spec.positionals) if positional.dest in chosen]
    last = given[-1] + 1 if given else 0
    words: list[str] = []
    for positional in tool.spec.positionals[:last]:
        if positional.dest not in chosen and positional.nargs not in ("?", "*"):
            return words  # what it insists on is never made up
        words += chosen.get(positional.dest) or _default(positional)
    return words


def _is_first(option: Option, tool: Tool) -> bool:
    return next(o for o in tool.spec.options if o.dest == option.dest) is option


def _default(positional: Positional) -> list[str]:
    default = positional.default
    if isinstance(default, int | float) and not isinstance(default, bool) and 0 < default < _FOREVER:
        return [str(units.plain(float(default)))]
    return ["1"]


def _option(tool: Tool, dest: str) -> Option | None:
    return next((o for o in tool.spec.options if o.dest == dest), None)


def _positional(tool: Tool, dest: str) -> Positional | None:
    return next((p for p in tool.spec.positionals if p.dest == dest), None)
