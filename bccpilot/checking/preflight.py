"""Can a tool run on this machine, and if not, why? Judged from what the tool needs and the host's facts; nothing is started."""

from __future__ import annotations

import re

from bccpilot.checking import machine
from bccpilot.checking.machine import Cause
from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from bccpilot.host import Host
    from manpages_index.model import Attach, Needs, Tool

_NOTHING: Mapping[str, object] = {}


@frozen
class Preflight:
    """The verdict. `unknown` names what couldn't be judged (the kernel's function list can't be read, an argument decides)."""

    ok: bool
    causes: tuple[Cause, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """The causes in one sentence."""
        return "; ".join(cause.what for cause in self.causes)


def can_run(tool: Tool, host: Host, values: Mapping[str, object] = _NOTHING) -> Preflight:
    """Can `tool` start on `host` with these arguments? `values` are what its parser makes of them, by dest (`Command.values`); without any
    the tool is judged as it runs by default. Takes well under a millisecond once the kernel's function list is known."""
    needs, given = tool.needs, _given(tool, values)
    unknown: list[str] = []
    causes = [
        *machine.lacking(needs, host),
        *machine.uncompilable(tool, host),
        *_attachments(needs, host, given, unknown),
        *_named_by_arguments(tool, host, values, given),
        *_target(needs, host, values),
    ]
    return Preflight(not causes, _without_repeats(causes), tuple(dict.fromkeys(unknown)))


def _given(tool: Tool, values: Mapping[str, object]) -> frozenset[str]:
    """The options that differ from their defaults, as `dest` and as `dest=value`."""
    defaults = {option.dest: option.default for option in tool.spec.options}
    named = {dest for dest, value in values.items() if value != defaults.get(dest) and value not in (None, False, [])}
    named |= {dest for dest, value in values.items() if value is False and defaults.get(dest) is True}
    return frozenset(named | {f"{dest}={value}" for dest, value in values.items() if isinstance(value, str)})


def _without_repeats(causes: list[Cause]) -> tuple[Cause, ...]:
    """One cause of a kind where they say the same; functions that are missing are named together."""
    missing = [cause for cause in causes if cause.kind == "function"]
    if len(missing) > 1:
        first = causes.index(missing[0])
        names = ", ".join(dict.fromkeys(cause.what.split(" ", 1)[0] for cause in missing))
        causes = [c for c in causes if c.kind != "function"]
        causes.insert(first, Cause("function", f"{names}: {_GONE}", missing[0].remedy))
    return tuple(dict.fromkeys(causes))


# -- what it attaches to


def _attachments(needs: Needs, host: Host, given: Collection[str], unknown: list[str]) -> Iterator[Cause]:
    for attach in needs.attach:
        applies = _holds(attach.when, host, given)
        if applies is False or attach.optional:
            continue
        if not attach.names:
            continue  # an argument names it; what it names is checked with the arguments
        possible = _CHECKS.get(attach.kind, _unchecked)(attach, host)
        if isinstance(possible, Cause) and applies:
            yield possible
        elif possible is None or isinstance(possible, Cause):
            unknown.append(f"{attach.kind} {attach.names[0]}")
    yield from _lookups(needs, host, given)


def _named_by_arguments(tool: Tool, host: Host, values: Mapping[str, object], given: Collection[str]) -> Iterator[Cause]:
    """Probes that arguments name: each that is named must be possible; where none is named yet, one kind at least."""
    open_ended = [a for a in tool.needs.attach if not a.names and not a.optional and _holds(a.when, host, given) is not False]
    kinds = {a.kind for a in open_ended} & _KINDS.keys()
    if not kinds or any(a.names for a in tool.needs.attach):
        return
    named = [probe for probe in _specified(values) if probe.kind in kinds or probe.kind == "tracepoint"]
    answers = [_compared(probe, host) for probe in named] or [_KINDS[kind](host) for kind in sorted(kinds)]
    causes = [answer for answer in answers if isinstance(answer, Cause)]
    if named or len(causes) == len(answers):
        yield from dict.fromkeys(causes)


def _compared(probe: Attach, host: Host) -> Cause | bool | None:
    """None for a regular expression that is none, or that would take for ever: the checks of arguments speak of those."""
    from bccpilot.checking.probes import comparable

    try:
        return _CHECKS[probe.kind](probe, host) if all(map(comparable, probe.names)) else None
    except (re.error, RecursionError, OverflowError):
        return None


_LETTERS = {"p": "kprobe", "r": "kretprobe", "t": "tracepoint", "u": "usdt", "k": "kprobe"}
_SPECIFIED_BY = (
    "pattern", "function", "functions", "func", "probe", "probes", "specifier", "countspecifier", "histspecifier", "count", "histogram",
)  # fmt: skip


def _specified(values: Mapping[str, object]) -> Iterator[Attach]:
    """The probes in `vfs_read`, `c:malloc`, `t:sched:sched_switch`, `p::vfs_read`, `r:c:malloc():int`, `u:/usr/bin/app:probe`."""
    for value in (values[dest] for dest in _SPECIFIED_BY if dest in values):
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text:
                regular = bool(values.get("regexp"))
                yield _probe((text if regular else re.split(r"[\s(]", text, maxsplit=1)[0]).split(":"), regular)


def _probe(parts: list[str], regular: bool) -> Attach:
    from manpages_index.model import Attach

    kind = _LETTERS[parts.pop(0)] if len(parts) > 1 and parts[0] in _LETTERS else "kprobe"
    if kind in ("tracepoint", "usdt"):
        return Attach(kind, (_pattern(":".join(parts[:2]), regular),))
    library, name = parts[0] if len(parts) > 1 else "", parts[1] if len(parts) > 1 else parts[0]
    return Attach("uprobe", (f"{library}:{name}",)) if library else Attach(kind, (_pattern(name if regular else name.split("+")[0], regular),))


def _pattern(name: str, regular: bool) -> str:
    """A name with a shell's wildcards (`vfs_[rw]*`), or a regular expression, as Attach has it."""
    if regular:
        return f"re:{name}"
    if not re.search(r"[*?\[]", name):
        return name
    return "re:^" + re.sub(r"\\([*?\[\]])", lambda m: {"*": ".*", "?": "."}.get(m[1], m[1]), re.escape(name)) + "$"


def _lookups(needs: Needs, host: Host, given: Collection[str]) -> Iterator[Cause]:
    """bcc reads the list of forbidden functions before it looks one up, and stops where that file is missing."""
    if host.kprobe_blacklist is False and needs.compiles and host.kprobes is not False and _looks_up(needs, host, given):
        yield Cause("kprobes", "/sys/kernel/debug/kprobes/blacklist is missing, which bcc reads", "mount -t debugfs none /sys/kernel/debug")


def _looks_up(needs: Needs, host: Host, given: Collection[str]) -> bool:
    """It asks whatever the answer will be, so that the other conditions alone count."""
    return any(
        _holds(tuple(clause for clause in a.when if "function:" not in clause), host, given) is not False
        and (any("function:" in clause for clause in a.when) or any(name.startswith("re:") for name in a.names) and "probe" in a.kind)
        for a in needs.attach
    )


_GONE = "not in this kernel, or inlined there, so that a kprobe can't reach it"


def _kprobes(host: Host) -> Cause | None:
    if host.kprobes is False:
        return Cause("kprobes", "this kernel has no kprobes", "use a kernel with CONFIG_KPROBES")
    if host.lockdown == "confidentiality":
        return Cause("lockdown", "kernel lockdown (confidentiality) forbids kprobes", "boot without lockdown=confidentiality")
    return None


def _fentry(host: Host) -> Cause | None:
    if host.fentry is False:
        return Cause("fentry", "this kernel doesn't let programs be attached at a function's entry (fentry)")
    return None


def _uprobes(host: Host) -> Cause | None:
    return Cause("uprobes", "this kernel has no uprobes", "use a kernel with CONFIG_UPROBES") if host.uprobes is False else None


def _tracefs(host: Host) -> Cause | None:
    if host.tracefs is None and host.debugfs is None:
        return Cause("tracepoint", "tracefs is not mounted", "mount -t tracefs none /sys/kernel/tracing")
    return None


def _kprobe(attach: Attach, host: Host) -> Cause | bool | None:
    if cause := _kprobes(host):
        return cause
    found = _any(host.can_attach(name) for name in attach.names)
    return _missing(attach, host) if found is False else found


def _kfunc(attach: Attach, host: Host) -> Cause | bool | None:
    if cause := _fentry(host):
        return cause
    found = _any(_described(name, host) for name in attach.names)
    return Cause("function", f"{attach.names[0]} is {_GONE}", _module(attach.names[0])) if found is False else found


def _described(name: str, host: Host) -> bool | None:
    """The function is there and the type information knows it (modules have their own, which isn't looked into)."""
    attachable = host.can_attach(name)
    return attachable if attachable is False or _module(name) else host.types.has(host.function(name))


def _missing(attach: Attach, host: Host) -> Cause:
    name = host.function(attach.names[0].removeprefix("re:"))
    return Cause("function", f"{name} is {_GONE}", _module(name))


def _tracepoint(attach: Attach, host: Host) -> Cause | bool | None:
    if attach.kind == "tracepoint" and (cause := _tracefs(host)):
        return cause
    found = _any(host.has_tracepoint(name) for name in attach.names)
    if found is False:
        return Cause("tracepoint", f"the tracepoint {attach.names[0]} is not in this kernel", _module(attach.names[0].split(":")[-1]))
    return found


def _uprobe(attach: Attach, host: Host) -> Cause | bool | None:
    if cause := _uprobes(host):
        return cause
    found = _any(host.libraries.has(name.rpartition(":")[0]) if ":" in name else None for name in attach.names)
    if found is False:
        library = attach.names[0].rpartition(":")[0]
        return Cause("library", f"the library {library} is not installed here")
    return found


def _perf_event(attach: Attach, host: Host) -> Cause | bool | None:
    if attach.names[0].startswith("hardware:") and host.hardware_counters is False:
        return Cause("hardware", "this CPU's counters can't be used here (a virtual machine?)")
    return host.perf_events


def _usdt(attach: Attach, host: Host) -> Cause | bool | None:
    return _uprobes(host) or True


def _unchecked(attach: Attach, host: Host) -> Cause | bool | None:
    return None


_CHECKS = {
    "kprobe": _kprobe, "kretprobe": _kprobe, "kfunc": _kfunc, "tracepoint": _tracepoint, "raw_tracepoint": _tracepoint, "uprobe": _uprobe,
    "perf_event": _perf_event, "usdt": _usdt,
}  # fmt: skip
_KINDS = {
    "kprobe": _kprobes, "kretprobe": _kprobes, "kfunc": _fentry, "tracepoint": _tracefs, "uprobe": _uprobes, "usdt": _uprobes,
}  # fmt: skip

# Functions that live in modules: without the module there is nothing to attach to.
_MODULES = {
    "nfs_": "nfs", "nfs4_": "nfsv4", "xfs_": "xfs", "btrfs_": "btrfs", "zpl_": "zfs", "ext4_": "ext4", "md_flush": "md_mod", "kvm_": "kvm",
    "virtqueue_": "virtio_ring",
}  # fmt: skip


def _module(function: str) -> str:
    """`modprobe xfs` for a function of XFS, "" for one of the kernel itself."""
    module = next((name for prefix, name in _MODULES.items() if function.startswith(prefix)), None)
    return f"modprobe {module}" if module else ""


# -- what it is aimed at


def _target(needs: Needs, host: Host, values: Mapping[str, object]) -> Iterator[Cause]:
    pid = next((value for name in ("pid", "tgid") if isinstance(value := values.get(name), int) and value > 0), None)
    if needs.programs and pid is None and not host.processes.any_of(needs.programs):
        yield Cause("process", f"no {needs.programs[0]} process runs here")
    if pid is None:
        return
    name = host.processes.name_of(pid)
    probes = [name for a in needs.attach if a.kind == "usdt" and not a.when for name in a.names]
    held = {probe: host.processes.has_usdt(pid, probe.rpartition(":")[2]) for probe in probes}
    missing = [probe for probe, has in held.items() if has is False]
    # Runtimes share names of probes (gc__start): what has all of them can be traced, whatever it is.
    if needs.programs and name is not None and name not in needs.programs and not (held and all(held.values())):
        yield Cause("process", f"process {pid} is {name}, not {needs.programs[0]}")
    if missing:
        yield Cause("process", f"the program of process {pid} has no USDT probe {missing[0]}: it was built without them")
    for probe, read in needs.arguments.items():
        if held.get(probe) and (have := host.processes.usdt_arguments(pid, probe)) is not None and have < read:
            yield Cause("process", f"the USDT probe {probe} of process {pid} has {have} arguments and not {read}: it is another language's")
            return


# -- conditions


def _any(answers: Iterable[bool | None]) -> bool | None:
    """True if one is, False if all are, else None."""
    found = list(answers)
    return True if True in found else None if None in found else False


def _holds(when: tuple[str, ...], host: Host, given: Collection[str]) -> bool | None:
    """Do all clauses of `Attach.when` hold? None where that can't be said."""
    answers = [_any(_literal(text, host, given) for text in clause.split("|")) for clause in when]
    return False if False in answers else None if None in answers else True


def _literal(text: str, host: Host, given: Collection[str]) -> bool | None:
    if text.startswith("!"):
        answer = _literal(text[1:], host, given)
        return None if answer is None else not answer
    kind, _, name = text.partition(":")
    if kind == "option":
        return name in given
    ask = _LITERALS.get(kind)
    return ask(name, host) if ask else None


def _attachable(name: str, host: Host) -> bool | None:
    return False if _kprobes(host) else host.can_attach(name)


def _bcc_supports_kfunc(host: Host) -> bool | None:
    """What bcc and libbpf-tools ask: not whether a program will be let in, only whether the kernel knows how."""
    return host.machine == "x86_64" and host.btf and host.symbols.has("bpf_trampoline_link_prog")


_LITERALS: dict[str, Callable[[str, Host], bool | None]] = {
    "function": lambda name, host: host.has_function("re:" + name),
    "symbol": lambda name, host: host.has_function(name),
    "tracepoint": lambda name, host: host.has_tracepoint(name),
    "kfunc": lambda name, host: _bcc_supports_kfunc(host),
    "raw_tracepoint": lambda name, host: _any(map(host.has_function, ("bpf_get_raw_tracepoint", "bpf_find_raw_tracepoint"))),
    "kprobe": _attachable,
    "uprobe": lambda name, host: host.libraries.has(name.rpartition(":")[0]),
}
