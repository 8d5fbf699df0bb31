"""Which arguments a request asks a given tool for: every option that it asks for and none that it doesn't, through the options' roles.

Values travel by kind: the PID of the request goes to the option whose role is `pid`, its time limit to `duration` where the tool has one,
else into `duration_s`. Switches are turned on by words: the role's own (lexicon/roles.toml) and those of the tool's knowledge file.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bccpilot.model import Request, Value
from bccpilot.planning import probes, processes, texts, units
from bccpilot.planning.draft import Draft, option_of, takes_many, text_of
from bccpilot.planning.switches import drop_pointless, said_of, turn_on_switches
from bccpilot.planning.times import TIMES, set_times
from bccpilot.planning.writing import written
from bccpilot.request.values import JOINERS
from manpages_index import words
from manpages_index.frozen import field, frozen, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from typing import Any

    from manpages_index.model import ArgRole, Tool

# A role is filled by the first kind of value that the request has: its own, then these.
_ALSO: dict[str, tuple[str, ...]] = {
    "pid": ("number",),
    "syscall": ("function",),
    "frequency": ("rate",),
    "interval": ("per",),
    "local_port": ("port",),
    "remote_port": ("port",),
    "port": ("remote_port", "local_port"),
    "uid": ("user",),
    "user": ("uid",),
    "text": ("quoted",),
    "sample_period": ("sample_one_in",),
    "subnets": ("subnet", "address"),
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
    "events_limit": ("top_n",),
    "local_port": ("remote_port",),
    "remote_port": ("local_port",),
    "path": ("terminal", "disk"),
}
_ELSEWHERE = (*TIMES, "probe", "function")  # filled by `set_times` and `probes.take`
_SMALLEST_PID = 100


@frozen
class Filled:
    """The arguments chosen. `unmet` are values of the request that this tool has no argument for, `missing` what it requires and wasn't
    said, `unresolved` names of processes that don't run; `roles` the roles that were filled, each with the argument that fills it."""

    args: tuple[str, ...] = ()
    duration_s: float | None = None
    warnings: tuple[str, ...] = ()
    unmet: tuple[Value, ...] = ()
    missing: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)


def fill(request: Request, tool: Tool, tables: Mapping[str, Any]) -> Filled:
    """The arguments of `tool` for a request. Resolves names of processes and users on this host."""
    draft = Draft()
    request = _as_outputs(_with_ports(_with_pid(_of_everyone(request, tool), tool), tool), tool)
    if any(value.kind == "pid" for value in request.values):  # then a name only says whose PID it is
        draft.used += [value for value in request.values if value.kind == "comm"]
    request = _of_children(request, tool)
    said = said_of(request, tool)
    turn_on_switches(draft, tool, tables, request, said)
    roles = {role.dest: role for role in tool.knowledge.roles}
    texts.take(draft, tool, request)
    _as_typed(draft, tool, request, roles)
    # Of two options that take the same kind of value, the one whose own words were said comes first.
    _beside_own_words(draft, tool, tables, request, said)
    for dest, role in sorted(roles.items(), key=lambda item: (item[0] not in said, _clumsiness(item[1], request))):
        if role.role in tables["takes"] and role.role not in _ELSEWHERE and dest not in draft.chosen:
            _take(draft, tool, role, request, tables)
    probes.take(draft.chosen, draft.used, tool, request, tables)
    _threads_and_names(draft, tool, request, sorted(roles.values(), key=lambda role: role.dest not in said), tables["programs"])
    set_times(draft, tool, request, roles)
    drop_pointless(draft, tool)
    missing = _required(draft, tool, roles)
    return Filled(
        args=written(draft.chosen, tool),
        duration_s=draft.duration_s,
        warnings=tuple(draft.warnings),
        unmet=tuple(v for v in request.values if v not in draft.used and v.kind in _MATTERS),
        missing=tuple(missing),
        unresolved=tuple(draft.unresolved),
        roles={_meaning(role): _name(tool, dest) for dest, role in roles.items() if dest in draft.chosen and role.role not in TIMES},
    )


_OF_ITS_OWN = ("switch", "choice", "never")
_A_PROCESS = ("pid", "comm", "text_filter")


def _meaning(role: ArgRole) -> str:
    """What an argument is for, the same in every flavour of a tool."""
    return role.dest if role.role in _OF_ITS_OWN else _A_PROCESS[0] if role.role in _A_PROCESS else role.role


def _name(tool: Tool, dest: str) -> str:
    option = option_of(tool, dest)
    return option.long if option is not None else dest.upper()


def _of_everyone(request: Request, tool: Tool) -> Request:
    """`redis is killed now and then`: by whom is asked, not what redis does."""
    told = request.complaint
    if told is None or not told.system_wide or tool.name not in told.tools:
        return request
    return replace(request, values=tuple(value for value in request.values if value.kind != "comm"))


def _with_pid(request: Request, tool: Tool) -> Request:
    """`the jvm 5566` is a PID, for a tool that has no ports that it could be."""
    roles = {role.role for role in tool.knowledge.roles}
    programs = {value.start + len(value.text) for value in request.values if value.kind == "comm"}
    if "pid" not in roles or any(role.endswith("port") for role in roles) or not programs:
        return request
    folded = words.fold(request.asked)
    pids = [v for v in request.values if v.kind == "number" and _large(v) and len(folded[: v.start].rstrip(" (#")) in programs]
    return replace(request, values=tuple(replace(v, kind="pid") if v in pids else v for v in request.values))


def _with_ports(request: Request, tool: Tool) -> Request:
    """`bind() on 1812 or 1813`, `opened to 5432`: ports, for a tool that has some. One number by itself (`4711`) may be a process."""
    numbers = [v for v in request.values if v.kind == "number" and v.text.isdigit() and 0 < int(v.text) <= _LAST_PORT]
    if not numbers or not any(role.role.endswith("port") for role in tool.knowledge.roles):
        return request
    folded = words.fold(request.asked)
    gaps = {one: folded[one.start + len(one.text) : other.start].strip() for one, other in pairwise(numbers)}
    listed = {v for one, other in pairwise(numbers) if gaps[one] in JOINERS for v in (one, other)}
    ports = [v for v in numbers if v in listed or re.search(_AT_A_PORT, folded[: v.start]) or re.match(_A_PORT_ZH, folded[v.start + len(v.text) :])]
    return replace(request, values=tuple(replace(v, kind="port") if v in ports else v for v in request.values))


_LAST_PORT = 65535
_AT_A_PORT = r"(?:\b(?:on|to|at|bind\(\)) |[到在连])$"
_A_PORT_ZH = r" ?[上口]"


# The units of a number that tables have, and those of what is printed again and again.
_OF_ROWS = ("line", "lines", "row", "rows", "行")
_OF_OUTPUTS = (*_OF_ROWS, "time", "times", "round", "rounds", "次", "遍", "轮", "回", "份")


def _as_outputs(request: Request, tool: Tool) -> Request:
    """`ten lines` are rows for a tool that prints tables, outputs for one that prints a line each time; `30 times, then stop` are
    outputs for a tool that counts no events."""
    roles = {role.role for role in tool.knowledge.roles}
    kinds = {value.kind for value in request.values}
    folded = words.fold(request.asked)
    told = []
    for value in request.values:
        kind = value.kind
        behind = re.match(r" ?[a-z]+", folded[value.start + len(value.text) :])
        unit = value.text if value.text.endswith(_OF_OUTPUTS) or behind is None else behind.group().lstrip()
        if kind == "count" and "top_n" in roles - kinds and unit.endswith(_OF_ROWS):
            kind = "top_n"
        elif kind in ("top_n", "events_limit") and "count" in roles - kinds and kind not in roles and unit.endswith(_OF_OUTPUTS):
            kind = "count"
        told.append(replace(value, kind=kind))
    return replace(request, values=tuple(told))


def _of_children(request: Request, tool: Tool) -> Request:
    """`supervisord is 2200; its children's system calls`: the PID is the parent's, for a tool that can follow children."""
    pids = [value for value in request.values if value.kind == "pid"]
    follows = any(role.role == "ppid" for role in tool.knowledge.roles)
    if len(pids) != 1 or not follows or not re.search(_CHILDREN, words.fold(request.said)):
        return request
    return replace(request, values=tuple(replace(v, kind="ppid") if v in pids else v for v in request.values))


_CHILDREN = (
    r"\b(?:its|their|whose) (?:\w+ )?(?:children|child|forks|descendants)\b|\b(?:child(?:ren)?(?: process(?:es)?)? of)\b"
    "|(?:它|其|他)[^，。,]{0,8}子进程"
)


# Values that a tool should have an argument for, when a request has them.
_MATTERS = frozenset(
    "pid ppid tid comm uid user cpu disk interface port local_port remote_port errno syscall signal netns threshold threshold_max "
    "function probe frequency percentiles sample_one_in address subnet cgroup_path".split()
)


def _take(draft: Draft, tool: Tool, role: ArgRole, request: Request, tables: Mapping[str, Any]) -> None:
    kind = tables["takes"][role.role]
    others = {tables["takes"].get(other.role) for other in tool.knowledge.roles}
    alone = [candidate for candidate in _ALONE.get(kind, ()) if candidate not in others]
    for candidate in (kind, *_ALSO.get(kind, ()), *alone):
        values = [v for v in request.values if v.kind == candidate and v not in draft.used and _plausible(v, request)]
        if values:
            taken = values if role.multiple else values[:1]
            texts = [text for value in taken if (text := text_of(draft, role, tool, value)) is not None]
            texts = [one for text in texts for one in _each_port(text)] if role.multiple and candidate.endswith("port") else texts
            if texts:
                repeats = getattr(option_of(tool, role.dest), "action", "") == "append" or takes_many(tool, role.dest)
                draft.chosen[role.dest] = texts if repeats else [",".join(texts)]
                draft.used.extend(taken)
            return


_MOST_PORTS = 32


def _each_port(text: str) -> list[str]:
    """`3306-3308` for a tool that takes a list and no ranges."""
    first, _, last = text.partition("-")
    ports = range(int(first), int(last) + 1) if first.isdigit() and last.isdigit() else ()
    return [str(port) for port in ports] if 0 < len(ports) <= _MOST_PORTS else [text]


def _plausible(value: Value, request: Request) -> bool:
    """A bare number is a PID only when it is as large as those of ordinary processes are, and no amount: `by 4711`, not `they take 300`."""
    if value.kind != "number":
        return True
    folded = words.fold(request.asked)
    is_status = value.value in _HTTP_ERRORS and re.search(_HTTP, folded) is not None
    return _large(value) and not is_status and not re.search(_AMOUNT, folded[: value.start].rstrip(" :=#(["))


_HTTP_ERRORS = frozenset((400, 401, 403, 404, 408, 413, 429, 499, 500, 501, 502, 503, 504))
_HTTP = r"\b(?:https?|nginx|apache2?|httpd|haproxy|envoy|web|url|uri|api|site)\b|网关|页面|站点|接口|网站"


def _large(value: Value) -> bool:
    return isinstance(value.value, int) and value.value >= _SMALLEST_PID and value.text.isascii()  # nobody writes a PID as 三千


# A number behind one of these is what somebody saw.
_AMOUNT = (
    r"(?:\b(?:takes?|took|taking|needs?|needed|with|returns?|returned|returning|gives?|costs?|reach(?:es|ed)?|about|around|roughly|nearly|almost|some|http"
    r"|windows|ubuntu|debian|centos|rhel|fedora|answers?|answered|status|code|codes|error|errors|version|than|every|after|until|only|hits?|has|have|had|gets?|at)|要|大概|大约|约|将近|差不多|返回|报|才|了|一直|老是|始终|稳定|接近|满|到)$"
)


_TYPED = (*TIMES, "pid", "tid", "threshold", "top_n")


def _as_typed(draft: Draft, tool: Tool, request: Request, roles: Mapping[str, ArgRole]) -> None:
    """`vfsstat 1 5`: plain numbers right behind the tool's name are its arguments, as they would be on its own command line."""
    folded = words.fold(request.asked)
    named = re.search(rf"(?a)\b{re.escape(tool.name)}(?:-bpfcc|\.bt)?\b", folded) if tool.name in folded else None
    at = named.end() if named is not None else len(folded)
    numbers = [v for v in request.values if v.start >= at and v.kind in ("number", "observed")]
    for positional, value in zip(tool.spec.positionals, numbers, strict=False):
        role = roles.get(positional.dest)
        if role is None or role.role not in _TYPED or folded[at : value.start].strip():
            return
        draft.chosen[role.dest] = [str(value.value)]
        draft.used.append(value)
        at = value.start + len(value.text)


def _beside_own_words(draft: Draft, tool: Tool, tables: Mapping[str, Any], request: Request, said: Container[str]) -> None:
    """A number that nothing else explains belongs to the option whose own word stands beside it: `3 locks`, `vcpu 0`; of two, to the one that
    other words speak of, too."""
    folded = words.fold(request.asked)
    for value in request.values:
        if value.kind not in ("number", "observed"):
            continue
        left = words.stems(folded[: value.start])[-3:]
        right = words.stems(folded[value.start + len(value.text) :])[:3]
        beside = {" ".join(part) for n in (1, 2, 3) for part in (left[-n:], right[:n])}
        for role in sorted(tool.knowledge.roles, key=lambda role: role.dest not in said):
            own = {" ".join(words.stems(words.fold(phrase))) for phrase in (role.role, *role.words)}
            is_number = role.role in tables["takes"] and role.role not in ("probe", "function", "text_filter")
            if is_number and role.dest not in draft.chosen and own.intersection(beside):
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


def _threads_and_names(draft: Draft, tool: Tool, request: Request, roles: Sequence[ArgRole], programs: Mapping[str, str]) -> None:
    """A process named in the request: by the tool's own name filter, else by the PIDs that have the name now, for the first role that takes some."""
    names = [v for v in request.values if v.kind == "comm" and v not in draft.used]
    pid = next((role for role in roles if role.role == "pid" and role.dest not in draft.chosen), None)
    if not names or pid is None:
        return
    name = str(names[0].value)
    found = processes.pids_of(name) or processes.pids_of(programs.get(name, name))  # redis, redis-server
    if not found:
        draft.unresolved.append(str(names[0].value))
        return
    draft.used.append(names[0])
    if pid.multiple:
        draft.chosen[pid.dest] = [str(p) for p in found] if takes_many(tool, pid.dest) else [",".join(map(str, found))]
    else:
        draft.chosen[pid.dest] = [str(found[0])]
    if len(found) > 1:
        followed = "all of them are traced" if pid.multiple else f"PID {found[0]}, the oldest, is traced"
        draft.warnings.append(f"{len(found)} processes are named {names[0].value}: {followed}")


def _required(draft: Draft, tool: Tool, roles: Mapping[str, ArgRole]) -> list[str]:
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


def _take_runtime(draft: Draft, tool: Tool, role: ArgRole) -> bool:
    """`javagc` without a PID means the Java process, where there is just one way to mean it."""
    language = tool.spec.prefix[1] if len(tool.spec.prefix) > 1 else None
    found = processes.pids_of_runtime(language) if language else ()
    if not found:
        return False
    draft.chosen[role.dest] = [str(found[0])]
    if len(found) > 1:
        draft.warnings.append(f"{len(found)} {language} processes run here: PID {found[0]}, the oldest, is traced")
    return True
