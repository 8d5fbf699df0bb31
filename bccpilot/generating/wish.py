"""Request -> Wish: which event, which measure of which of its values, by which keys, under which filters.

What a request says and this can't do is a reason to say no, never something to leave out quietly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bccpilot.generating.program import Wish
from bccpilot.generating.vocabulary import named, read
from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.generating.vocabulary import Table
    from bccpilot.host import Host
    from bccpilot.model import Request, Value

_RANGE = re.compile(r"(?:from |between |从 ?)(\d+)(?: ?(?:to|and|-|到|至) ?)(\d+)")
_STEP = re.compile(r"(?:steps? of|step|buckets? of|步长为?|每格|间隔) ?(\d+)")
_CALL = re.compile(
    r"(?<![\w:/.])(sys_(?:enter_|exit_)?)?([a-z][a-z0-9_]{2,})(\(2?\))?( (?:sys(?:tem )?)?calls?\b)?( ?(?:系统)?调用)?", re.ASCII
)
_PROGRAM = re.compile(r"(?:process(?:es)?|program|command|comm|named|called|进程|程序|名为|名叫)[\s\"'“]*$")
_MOST_PATH = 64  # bytes that str() reads where BPFTRACE_STRLEN isn't set
_NUMERIC = frozenset(("sum", "avg", "max", "min", "hist", "lhist", "stats"))
_LESS = re.compile(r"(?:less than|smaller than|below|under|faster than|shorter than|at most|小于|少于|低于|不到|短于|快于)[^a-z0-9]*$")


class NotUnderstood(Exception):
    """The composer has no program for a request; the message says why."""


@dataclass(frozen=True)
class _Heard:
    """The words of a request that each table knows."""

    request: Request
    text: str
    measures: dict[str, str]
    aspects: dict[str, str]
    values: dict[str, str]
    keys: dict[str, str]


def wish(request: Request, host: Host) -> Wish:
    """Raises NotUnderstood."""
    if request.declined is not None:
        raise NotUnderstood("that is nothing that a tracing program does")
    act = next((name for name in read("policy")["refused"] if f"{name}(" in request.text), None)
    if act is not None:
        raise NotUnderstood(f"{act}() is asked for, and no generated program may do that")
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", words.fold(request.asked or request.text))
    name, event, met = _event(request, text, host)
    # In Chinese the words between have no spaces: what named the event isn't to name a key or a measure too.
    said = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", request.said or text)
    rest = said.replace(met, " ", 1) if met and words.is_chinese(met) else said
    rate = {name: words for name, words in named("measures", "measure", text).items() if name == "rate"}
    heard = _Heard(
        request, text, _measures(rest, met) | rate, named("measures", "aspect", said), named("measures", "value", said),
        named("measures", "key", said),
    )  # fmt: skip
    measure, value = _measure(event, heard)
    keys = _key_fields(event, heard, measure)
    interval = next((float(v.value) for v in request.values if v.kind == "interval"), 1.0 if "rate" in heard.measures else None)
    return Wish(
        request=request.text,
        name=name,
        event=event,
        measure=measure,
        value=value,
        keys=keys,
        filters=_filters(event, heard, met),
        stacks=_stacks(heard) if measure == "stack" or "stack" in heard.measures else (),
        interval_s=interval,
        top=next((int(v.value) for v in request.values if v.kind == "top_n"), None),
        step=_step(text) if measure == "lhist" else None,
        frequency=next((int(v.value) for v in request.values if v.kind == "frequency"), None),
        duration_s=next((float(v.value) for v in request.values if v.kind == "duration"), None),
    )


def _measures(text: str, met: str) -> dict[str, str]:
    """The measures that words name; words that already name the event (`file stats`) name none, but for bytes."""
    own = set(met.split())
    return {name: words for name, words in named("measures", "measure", text).items() if name == "sum" or not own.issuperset(words.split())}


# the event


def _event(request: Request, text: str, host: Host) -> tuple[str, dict[str, object], str]:
    """(name, entry, the words that met it): an attach point that is named, else the event of the longest words, else a system call."""
    point = next((str(v.value) for v in request.values if v.kind == "probe"), None)
    if point is not None:
        return point, _of_point(point, host), ""
    met = named("events", "", text)
    syscall = _syscall(text, met, host)
    if syscall is not None:
        return syscall, _of_syscall(syscall), ""
    if met:
        events = read("events")
        name = max(met, key=lambda each: (not events[each].get("sampled"), len(met[each].encode())))
        return name, dict(events[name]), met[name]
    function = next((str(v.value) for v in request.values if v.kind == "function"), None)
    if function is not None:
        return function, {"at": [[f"kprobe:{function}"]], "until": [[f"kretprobe:{function}"]], "results": {"ret": "retval"},
                          "shows": ["comm", "pid"], "measure": "count", "why": "the kernel's function of that name"}, ""  # fmt: skip
    raise NotUnderstood("the composer knows no event for these words; name a tracepoint (bccpilot probes WORDS finds some)")


def _syscall(text: str, met: dict[str, str], host: Host) -> str | None:
    """A system call that is named as one (`getrandom calls`, `sys_enter_getrandom`, `getrandom()`) and isn't an event of the table."""
    for found in _CALL.finditer(text):
        prefix, name, *signs = found.groups()
        sure = bool(prefix or any(signs))
        new = not any(words.stem(name) in each.split() for each in met.values()) and name not in words.STOP and name not in _NO_SYSCALLS
        if new and (sure or not met) and host.has_tracepoint(f"syscalls:sys_enter_{name}"):
            return name
    return None


_NO_SYSCALLS = frozenset(("system", "stat", "time", "times", "open", "read", "write", "close"))


def _of_syscall(name: str) -> dict[str, object]:
    return {
        "at": [[f"tracepoint:syscalls:sys_enter_{name}"]], "until": [[f"tracepoint:syscalls:sys_exit_{name}"]], "results": {"ret": "args->ret"},
        "shows": ["comm", "pid"], "measure": "count", "why": f"{name}(2)",
    }  # fmt: skip


def _of_point(point: str, host: Host) -> dict[str, object]:
    """An event for an attach point that the request names, with the tracepoint's own fields."""
    from bccpilot.generating import hooks

    short = {"p": "kprobe", "r": "kretprobe"}
    first, _, rest = point.partition(":")
    if first in short:
        point = f"{short[first]}:{rest.lstrip(':')}"
    elif point.count(":") == 1 and first not in ("kprobe", "kretprobe", "kfunc", "kretfunc", "rawtracepoint", "software", "hardware"):
        point = f"tracepoint:{point}"
    provider, *place = hooks.parts(point)
    found = hooks.fields(host.tracefs or "", place[0], place[1]) if provider == "tracepoint" and len(place) == 2 else None
    builtin = read("measures")["builtin"]  # a tracepoint's own comm or pid may be somebody else's
    fields = {
        name: f"str(args->{name})" if "char" in kind and ("*" in kind or "__data_loc" in kind) else f"args->{name}"
        for name, kind in (found or {}).items()
        if name not in builtin
    }
    shows = ["comm", "pid", *list(fields)[:4]]
    return {"at": [[point]], "fields": fields, "shows": shows, "measure": "count", "why": "the attach point that was named"}


# measure and value


def _measure(event: Table, heard: _Heard) -> tuple[str, str | None]:
    """What is made of which value. A measure that needs a value and has none becomes a count."""
    asked = [name for name in ("lhist", "hist", "stats", "avg", "max", "min", "stack", "print", "sum", "count") if name in heard.measures]
    value = _value(event, heard)
    measure: str = asked[0] if asked else "count" if "rate" in heard.measures else ""
    if not measure and value == "latency":
        measure = "print" if _is_limited(heard) else "hist"
    if not measure and any(v.kind.startswith("threshold") for v in heard.request.values):
        measure = "print"  # the slow ones are few, and each is of interest
    if not measure and event.get("measure") == "print" and _others(event, heard):
        measure = "count"
    measure = measure or str(event.get("measure", "count"))
    if measure in _NUMERIC and value is None:
        value = event.get("value")
        if value is None and measure in ("sum",):
            return "count", None
        if value is None:
            raise NotUnderstood(f"{measure} needs a value, such as a size or how long something took, and this event has none that was named")
    if measure == "count" and not asked and "size" in heard.values and value == "size" and not _is_limited(heard):
        measure = "print" if event.get("measure") == "print" else "sum"
    return measure, value if measure in _NUMERIC else None


def _others(event: Table, heard: _Heard) -> bool:
    """Are the events to be told apart by more than what is printed of each anyway?"""
    return bool(set(heard.keys) & {*_available(event), *read("measures")["builtin"]} - set(event.get("shows", ())))


def _is_limited(heard: _Heard) -> bool:
    return any(v.kind in ("size_min", "size_max", "threshold", "threshold_max") for v in heard.request.values)


def _value(event: Table, heard: _Heard) -> str | None:
    """The value that the words name and the event has."""
    have = _available(event)
    asked = [name for name in heard.values if name in have]
    if "latency" in asked and _is_limited(heard) and set(asked) - {"latency"} and not {"took", "latency"} & set(heard.text.split()):
        asked.remove("latency")  # `reads slower than 10 ms`: latency limits, it isn't what is measured
    if asked:
        return asked[0]
    return next((name for name in have if name != "latency" and re.search(rf"\b{re.escape(name)}s?\b", heard.text)), None)


def _available(event: Table) -> list[str]:
    """The names of the values that an event has."""
    names = [*event.get("fields", {}), *event.get("results", {})]
    return [*names, "latency"] if event.get("until") else names


# keys, stacks


def _key_fields(event: Table, heard: _Heard, measure: str) -> tuple[str, ...]:
    have = [*_available(event), *read("measures")["builtin"]]
    have = [key for key in have if key != "latency"]
    unknown = [key for key in heard.keys if key not in have]
    if unknown and not set(heard.keys) - set(unknown):
        weak = [key for key in unknown if not heard.keys[key].startswith("by ")]
        if not weak:
            raise NotUnderstood(f"this event can't be told apart {heard.keys[unknown[0]]}: it doesn't know that")
    keys = [key for key in read("measures")["key"] if key in heard.keys and key in have]
    own: dict[str, str] = event.get("own", {})
    if keys or measure in ("print", "stack"):
        return tuple(own.get(key, key) for key in keys)
    if any(v.kind == "top_n" for v in heard.request.values):  # the top of what? Of the event's own key, else of the processes
        return (str(event.get("key", own.get("comm", "comm"))),)
    return (str(event["key"]),) if "key" in event and not _is_whole(heard) else ()


def _is_whole(heard: _Heard) -> bool:
    """A number for the whole machine is asked for."""
    return "rate" in heard.measures or "total" in heard.text or "总" in heard.text


def _stacks(heard: _Heard) -> tuple[str, ...]:
    user, kernel = "user" in heard.aspects, "kernel" in heard.aspects
    return ("ustack",) if user and not kernel else ("kstack",) if kernel and not user else ("kstack", "ustack")


def _step(text: str) -> tuple[int, int, int]:
    limits, step = _RANGE.search(text), _STEP.search(text)
    low, high = (int(limits[1]), int(limits[2])) if limits else (0, 10_000)
    return low, high, int(step[1]) if step else max(1, (high - low) // 50)


# filters


def _filters(event: Table, heard: _Heard, met: str) -> tuple[tuple[str, str, str], ...]:
    found = [each for value in heard.request.values for each in _filter(event, heard, value, met)]
    have = _available(event)
    named_error = any(v.kind == "errno" for v in heard.request.values)
    if "failed" in heard.aspects and not named_error and "页" not in heard.text.partition("错误")[0][-1:]:
        if "ret" not in have:
            raise NotUnderstood("whether this event failed can't be seen")
        found.append(("ret", "<", "0"))
    if "succeeded" in heard.aspects and "ret" in have:
        found.append(("ret", ">=", "0"))
    return tuple(dict.fromkeys(found))


def _filter(event: Table, heard: _Heard, value: Value, met: str) -> list[tuple[str, str, str]]:
    """A value of the request as a condition. Raises NotUnderstood for one that isn't any, and that the composer can't heed."""
    have, text, kind = _available(event), str(value.value), value.kind
    if kind in ("pid", "tid", "uid", "cpu"):
        return [(kind, "==", str(number)) for number in re.findall(r"\d+", text)]
    if kind == "user":
        return [("uid", "==", str(_uid(text)))]
    named_program = kind == "quoted" and ("path" not in have or _PROGRAM.search(heard.text[: value.start]))
    if kind == "comm" or named_program:
        taken = kind == "comm" and (words.stem(text) in met.split() or text == met)
        return [] if taken else [("comm", "==", _quoted(_comm(text)))]
    if kind in ("path", "quoted"):
        return _path(text, have, heard)
    if kind in ("size_min", "size_max", "threshold", "threshold_max"):
        return _limit(value, have, heard)
    if kind in ("errno", "signal", "remote_port", "local_port", "port", "disk", "interface", "address", "subnet"):
        return _other(kind, text, have)
    if kind in _HEEDED or kind in ("number", "observed", "observed_time", "observed_size", "http_status") and _RANGE.search(heard.text):
        return []
    raise NotUnderstood(f"the composer can't heed {value.text!r} ({kind.replace('_', ' ')})")


# Values that other parts of a wish take up, or that say nothing more.
_HEEDED = frozenset(
    "output_file interval duration top_n frequency probe function syscall per count flag library events_limit".split()
)


def _uid(name: str) -> int:
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise NotUnderstood(f"there is no user {name!r} on this host") from None


def _comm(name: str) -> str:
    """The kernel keeps 15 bytes of a program's name."""
    return name.encode()[:15].decode(errors="ignore")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _path(text: str, have: list[str], heard: _Heard) -> list[tuple[str, str, str]]:
    if text.startswith("/sys/fs/cgroup") or "cgroup" in heard.text:
        place = text if text.startswith("/") else f"/sys/fs/cgroup/{text}"
        return [("cgroup", "==", f"cgroupid({_quoted(place)})")]
    if "path" not in have:
        raise NotUnderstood(f"this event doesn't tell files apart, so {text} can't be picked out")
    if len(text.encode()) >= _MOST_PATH:
        raise NotUnderstood(f"bpftrace reads only {_MOST_PATH - 1} bytes of a path, and {text} is longer")
    return [("path", "==", _quoted(text))]


def _limit(value: Value, have: list[str], heard: _Heard) -> list[tuple[str, str, str]]:
    """A limit of size in bytes or of time in seconds; times are compared in ns."""
    of_time = value.kind.startswith("threshold")
    name = "latency" if of_time else "size"
    if name not in have:
        raise NotUnderstood(f"this event has no {'duration' if of_time else 'size'}, so {value.text!r} can't be heeded")
    below = value.kind.endswith("max") or bool(_LESS.search(heard.text[: value.start]))
    number = round(float(value.value) * 1e9) if of_time else int(float(value.value))
    return [(name, "<" if below else ">", str(number))]


def _other(kind: str, text: str, have: list[str]) -> list[tuple[str, str, str]]:
    import errno
    import signal

    if kind == "errno" and "ret" in have:
        return [("ret", "==", str(-(getattr(errno, text, 0) or int(text))))]
    if kind == "signal" and "signal" in have:
        return [("signal", "==", str(int(getattr(signal, text, 0) or int(text))))]
    for field, kinds in (("dport", ("remote_port", "port")), ("sport", ("local_port",))):
        if kind in kinds and field in have:
            return [(field, "==", text)]
    if kind == "interface" and "interface" in have:
        return [("interface", "==", _quoted(text))]
    raise NotUnderstood(f"this event can't be limited to {text}")
