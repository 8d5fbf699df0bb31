"""The machine and its kernel: the facts that decide which tool can run here. Read once, without root where that is possible."""

from __future__ import annotations

import os

from bccpilot.host import facts, programs
from bccpilot.host.symbols import Symbols
from bccpilot.host.types import Types
from manpages_index.frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SYSCALL_PREFIXES = {"x86_64": "__x64_sys_", "aarch64": "__arm64_sys_", "s390x": "__s390x_sys_", "riscv64": "__riscv_sys_"}

# Functions that are in /proc/kallsyms and yet out of reach, because their source calls them inline. Only root's list tells in general.
INLINE_SINCE = {"blk_account_io_start": (5, 16, 0), "blk_account_io_done": (5, 16, 0)}


@frozen
class Headers:
    """Where bcc looks for the kernel's headers. `path` is None where it will find none; `release` is that of the headers found, which
    isn't the kernel's own where they were borrowed."""

    path: str | None = None
    release: str | None = None
    looked: tuple[str, ...] = ()


@frozen
class Host:
    """This machine. None means that it couldn't be found out, mostly without root.

    `version` is the kernel's (6, 1, 0); `config` its CONFIG_ options as far as they matter here; `tracefs` where it is mounted,
    `tracefs_open` whether this process may read it; `lockdown` none | integrity | confidentiality; `memlock` the limit in bytes (-1: none);
    `ftrace_open` whether root may hook functions; `kprobe_blacklist` whether debugfs has the file that bcc reads before it looks functions
    up; `capabilities` the numbers of those that this process has; `container` what it runs in.

    `symbols` are the kernel's functions, `traceable` those of them that probes can be attached to; they, `types`, `processes` and
    `libraries` are read when first asked for.
    """

    release: str = ""
    version: tuple[int, int, int] = (0, 0, 0)
    machine: str = "x86_64"
    vendor: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    kprobes: bool | None = None
    uprobes: bool | None = None
    perf_events: bool | None = None
    hardware_counters: bool | None = None
    ftrace_open: bool | None = None
    kprobe_blacklist: bool | None = None
    btf: bool = False
    tracefs: str | None = None
    tracefs_open: bool = False
    debugfs: str | None = None
    headers: Headers = Headers()
    lockdown: str | None = None
    perf_event_paranoid: int | None = None
    unprivileged_bpf_disabled: int | None = None
    kptr_restrict: int | None = None
    memlock: int | None = None
    root: bool = False
    capabilities: frozenset[int] = frozenset()
    sudo: str | None = None
    container: str | None = None
    bcc: str | None = None
    libbpf: str | None = None
    bpftrace: str | None = None
    types: Types = field(default_factory=Types)
    symbols: Symbols = field(default_factory=Symbols)
    traceable: Symbols = field(default_factory=Symbols)
    processes: programs.Processes = field(default_factory=programs.Processes)
    libraries: programs.Libraries = field(default_factory=programs.Libraries)

    @property
    def fentry(self) -> bool | None:
        """Can BPF programs be attached at a function's entry and exit (kfunc, fentry, fexit)? None: not known without root."""
        if self.machine != "x86_64" or not self.btf:
            return False
        if self.config.get("CONFIG_FUNCTION_TRACER") == "n" or self.symbols.has("bpf_trampoline_link_prog") is False:
            return False
        return self.ftrace_open if self.ftrace_open is not None or self.root else True

    def function(self, name: str) -> str:
        """A function's name in this kernel: `syscall:open` is __x64_sys_open here."""
        if not name.startswith("syscall:"):
            return name
        return SYSCALL_PREFIXES.get(self.machine, "sys_") + name.removeprefix("syscall:")

    def has_function(self, pattern: str) -> bool | None:
        """Does the kernel have the function, or with `re:` one that matches? None where its list can't be read."""
        if pattern.startswith("re:"):
            found = self.symbols.matching(pattern.removeprefix("re:"))
            return None if found is None else bool(found)
        return self.symbols.has(self.function(pattern))

    def can_attach(self, pattern: str) -> bool | None:
        """Can a kprobe or fentry program be attached to the function, or to one that matches `re:`? None where that isn't known."""
        if self.has_function(pattern) is not True or pattern.startswith("re:"):
            return self.has_function(pattern)
        name = self.function(pattern)
        if self.config.get("CONFIG_KPROBE_EVENTS_ON_NOTRACE") == "y":
            return True
        if (listed := self.traceable.has(name)) is not None:
            return listed
        return not (name in INLINE_SINCE and self.version >= INLINE_SINCE[name])

    def reachable(self, expression: str) -> list[str] | None:
        """The functions that a regular expression matches and that probes can be attached to. None where that isn't known."""
        everywhere = self.config.get("CONFIG_KPROBE_EVENTS_ON_NOTRACE") == "y"
        return (self.symbols if everywhere else self.traceable).matching(expression)

    def has_tracepoint(self, name: str) -> bool | None:
        """`name` is `category:event`, a raw tracepoint's event without the category, or a pattern with `re:`."""
        category, _, event = name.rpartition(":")
        if category == "syscalls":
            return self._has_syscall_tracepoint(event)
        if self.tracefs_open and category and not category.startswith("re"):
            return os.path.exists(f"{self.tracefs}/events/{category}/{event}")
        if name.startswith("re:"):
            return self._matches_tracepoint(name.removeprefix("re:"))
        return self.symbols.has(f"__traceiter_{event}")

    def _has_syscall_tracepoint(self, event: str) -> bool | None:
        if self.tracefs_open:
            return os.path.exists(f"{self.tracefs}/events/syscalls/{event}")
        if self.config.get("CONFIG_FTRACE_SYSCALLS") == "n":
            return False
        return self.symbols.has(self.function("syscall:" + event.removeprefix("sys_enter_").removeprefix("sys_exit_")))

    def _matches_tracepoint(self, pattern: str) -> bool | None:
        """A pattern over `category:event`; without tracefs it is taken to match."""
        import re

        if not self.tracefs_open:
            return None
        expression = re.compile(pattern.replace("\\:", ":"))
        events = f"{self.tracefs}/events"
        categories = (name for name in os.listdir(events) if os.path.isdir(f"{events}/{name}"))
        return any(expression.match(f"{category}:{event}") for category in categories for event in os.listdir(f"{events}/{category}"))


def read_host() -> Host:
    """This machine's facts. Takes a few milliseconds; the kernel's list of functions is read only when it is asked for."""
    system = os.uname()
    release = system.release
    config = facts.config(release)
    tracefs, debugfs = facts.mounted("tracefs"), facts.mounted("debugfs")
    capabilities = facts.capabilities()
    root = os.geteuid() == 0
    return Host(
        release=release,
        version=facts.version(release),
        machine=system.machine,
        vendor=facts.vendor(),
        config=config,
        kprobes=facts.probes("kprobe", config, "CONFIG_KPROBES"),
        uprobes=facts.probes("uprobe", config, "CONFIG_UPROBE_EVENTS"),
        perf_events=os.path.exists("/proc/sys/kernel/perf_event_paranoid"),
        hardware_counters=facts.hardware_counters(),
        ftrace_open=facts.ftrace_open(tracefs) if root else None,
        kprobe_blacklist=os.path.exists("/sys/kernel/debug/kprobes/blacklist") if root else None,
        btf=os.path.exists("/sys/kernel/btf/vmlinux"),
        tracefs=tracefs,
        tracefs_open=tracefs is not None and os.access(f"{tracefs}/events/sched", os.X_OK),
        debugfs=debugfs,
        headers=Headers(*facts.headers(release)),
        lockdown=facts.lockdown(),
        perf_event_paranoid=facts.sysctl("kernel/perf_event_paranoid"),
        unprivileged_bpf_disabled=facts.sysctl("kernel/unprivileged_bpf_disabled"),
        kptr_restrict=facts.sysctl("kernel/kptr_restrict"),
        memlock=facts.memlock(),
        root=root,
        capabilities=capabilities,
        sudo=facts.executable("sudo"),
        container=facts.container(),
        bcc=facts.bcc_version(),
        libbpf=facts.library_version("libbpf.so"),
        bpftrace=facts.executable("bpftrace"),
        types=Types("/sys/kernel/btf/vmlinux"),
        symbols=Symbols.of_kernel(),
        traceable=Symbols.traceable(),
        processes=programs.Processes("/proc"),
        libraries=programs.Libraries("/etc/ld.so.cache"),
    )
