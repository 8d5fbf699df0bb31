"""What this machine can trace, all in all: its capabilities, how many tools of each flavour can run, and why the others can't."""

from __future__ import annotations

from dataclasses import dataclass

from bccpilot.checking.preflight import can_run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bccpilot.checking.machine import Cause
    from bccpilot.host import Host
    from manpages_index.model import Tool

MAIN_JOB = "memleak"

# What kinds of causes mean, as headings.
HEADINGS = {
    "kprobes": "no kprobes",
    "fentry": "no fentry",
    "function": "functions that are missing or inlined",
    "tracepoint": "tracepoints that are missing",
    "uprobes": "no uprobes",
    "headers": "no kernel headers",
    "compile": "programs that don't compile on these headers",
    "btf": "no type information (BTF)",
    "hardware": "hardware",
    "config": "options that the kernel was built without",
    "process": "no process to observe",
    "library": "libraries that are missing",
    "file": "files that are missing",
    "lockdown": "kernel lockdown",
    "capability": "missing capabilities",
    "program": "programs that are missing",
}


@dataclass(frozen=True)
class Capability:
    """One ability of the machine. `state`: yes | no | partly | unknown."""

    name: str
    state: str
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Group:
    """Tools that can't run for one kind of cause: (flavour, name, cause in words) each, and what would mend it."""

    kind: str
    tools: tuple[tuple[str, str, str], ...]
    remedies: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        return HEADINGS.get(self.kind, self.kind)


@dataclass(frozen=True)
class Checkup:
    """The whole picture. `counts` are (can run, installed) by flavour; `ready`: the main job, finding memory leaks, can be done, else
    `why_not`."""

    release: str
    machine: str
    capabilities: tuple[Capability, ...]
    counts: dict[str, tuple[int, int]]
    groups: tuple[Group, ...]
    ready: bool
    why_not: str = ""

    @property
    def remedies(self) -> tuple[str, ...]:
        """Every command or step that would mend something, once."""
        found = [c.remedy for c in self.capabilities if c.state != "yes"] + [r for g in self.groups for r in g.remedies]
        return tuple(dict.fromkeys(r for r in found if r))


def examine(host: Host, tools: Iterable[Tool], privilege: Capability) -> Checkup:
    """`privilege` says whether and how the tools become root; finding that out starts sudo, which isn't done here."""
    verdicts = [(tool, can_run(tool, host)) for tool in tools]
    counts = {
        flavour: (sum(v.ok for t, v in verdicts if t.flavour == flavour), sum(t.flavour == flavour for t, _ in verdicts))
        for flavour in ("bcc", "libbpf", "bpftrace")
    }
    main = [verdict for tool, verdict in verdicts if tool.name == MAIN_JOB]
    why_not = _why_not(privilege, [v.why for v in main], any(v.ok for v in main))
    return Checkup(
        host.release,
        host.machine,
        (privilege, *_capabilities(host)),
        counts,
        _groups((tool, cause) for tool, verdict in verdicts for cause in verdict.causes[:1]),
        not why_not,
        why_not,
    )


def _why_not(privilege: Capability, reasons: list[str], possible: bool) -> str:
    if not reasons:
        return f"{MAIN_JOB} is not installed"
    if not possible:
        return reasons[0]
    return f"the tools can't become root: {privilege.detail}" if privilege.state == "no" else ""


def _groups(found: Iterable[tuple[Tool, Cause]]) -> tuple[Group, ...]:
    """By kind, the largest first."""
    kinds: dict[str, list[tuple[Tool, Cause]]] = {}
    for tool, cause in found:
        kinds.setdefault(cause.kind, []).append((tool, cause))
    groups = [
        Group(
            kind,
            tuple((tool.flavour, tool.name, cause.what) for tool, cause in members),
            tuple(dict.fromkeys(cause.remedy for _, cause in members if cause.remedy)),
        )
        for kind, members in kinds.items()
    ]
    return tuple(sorted(groups, key=lambda group: -len(group.tools)))


def _capabilities(host: Host) -> Iterator[Capability]:
    yield _yes_no("kprobes", host.kprobes, "any kernel function", "the kernel lacks them", "use a kernel with CONFIG_KPROBES")
    yield _yes_no("fentry", host.fentry, "functions' entries and exits, faster than kprobes", "the kernel refuses or lacks it")
    yield _tracepoints(host)
    yield _yes_no("uprobes", host.uprobes, "functions of programs and libraries", "the kernel lacks them")
    yield _yes_no("perf counters", host.hardware_counters, "cycles and cache misses", "none (a virtual machine?)")
    yield _headers(host)
    yield _yes_no("BTF", host.btf, "types for libbpf-tools and bpftrace", "the kernel lacks it", "use a kernel with CONFIG_DEBUG_INFO_BTF")
    yield _lockdown(host)
    yield _functions(host)
    for name, version in (("bcc", host.bcc), ("libbpf", host.libbpf), ("bpftrace", host.bpftrace)):
        package = {"bcc": "bpfcc-tools", "libbpf": "libbpf-tools"}.get(name, name)
        yield Capability(name, "yes" if version else "no", version or "not installed", f"sudo apt-get install {package}")
    if host.container:
        yield Capability("container", "partly", f"this is a {host.container} container: it shares the host's kernel")


def _yes_no(name: str, state: bool | None, yes: str, no: str, remedy: str = "") -> Capability:
    if state is None:
        return Capability(name, "unknown", "can't be seen without root")
    return Capability(name, "yes", yes) if state else Capability(name, "no", no, remedy)


def _tracepoints(host: Host) -> Capability:
    if host.tracefs is None:
        return Capability("tracepoints", "no", "tracefs is not mounted", "sudo mount -t tracefs none /sys/kernel/tracing")
    return Capability("tracepoints", "yes", f"{host.tracefs}{'' if host.tracefs_open else ' (for root only)'}")


def _headers(host: Host) -> Capability:
    headers = host.headers
    remedy = f"sudo apt-get install linux-headers-{host.release}"
    if headers.path is None:
        return Capability("headers", "no", f"not in {' or '.join(headers.looked)}", remedy)
    if headers.release and headers.release != host.release:
        detail = f"borrowed from {headers.release}: programs that read kernel structures may read them wrongly"
        return Capability("headers", "partly", detail, remedy)
    return Capability("headers", "yes", headers.path)


def _lockdown(host: Host) -> Capability:
    states = {None: ("yes", "off or not there"), "none": ("yes", "off"), "integrity": ("yes", "integrity: tracing is allowed")}
    state, detail = states.get(host.lockdown, ("no", f"{host.lockdown}: kprobes and kernel memory are closed"))
    return Capability("lockdown", state, detail, "boot without lockdown=confidentiality")


def _functions(host: Host) -> Capability:
    if host.symbols.has("vfs_read") is None:
        return Capability("function list", "unknown", "/proc/kallsyms can't be read: missing functions aren't foreseen")
    return Capability("function list", "yes", "/proc/kallsyms")
