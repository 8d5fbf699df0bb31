"""Functions, tracepoints and library calls of a request, in the probe syntax of the tool that takes them.

funccount and stackcount take a pattern, funclatency and funcslower a function, trace a probe, argdist a specifier; where a request names
a thing (context switches) and no function, the probe comes from lexicon/probes.toml.
"""

from __future__ import annotations

import os
import re

from bccpilot.model import Request, Value
from bccpilot.planning.switches import fits
from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from manpages_index.model import ArgRole, Tool

_KINDS = ("probe", "function", "syscall")


def take(chosen: dict[str, list[str]], used: list[Value], tool: Tool, request: Request, tables: Mapping[str, Any]) -> None:
    """Fill the arguments whose role is `probe` or `function`."""
    for role in tool.knowledge.roles:
        if role.role not in ("probe", "function") or role.dest in chosen:
            continue
        values = [v for v in request.values if v.kind in _KINDS and v not in used]
        texts = _families(request, role) or _categories(request, role, tables) or [_written(_probe(v, role), role, request, tables) for v in values]
        if not texts and _insists(tool, role):
            texts = [_written(probe, role, request, tables) for probe in _implied(request, role, tables)]
        if not texts or not fits(role, request.concepts):
            continue
        chosen[role.dest] = list(dict.fromkeys(texts)) if role.multiple else texts[:1]
        used.extend(values if role.multiple else values[:1])
        used.extend(v for v in request.values if v.kind == "field" and v not in used)


def _probe(value: Value, role: ArgRole) -> str:
    """A function or tracepoint as it was said; of a system call the tracepoint, where the tool takes some, else the kernel's function for it, as
    none is named `mmap`."""
    if value.kind != "syscall" or role.syntax == "call":
        return str(value.value)
    if role.syntax != "function":
        return f"t:syscalls:sys_enter_{value.value}"
    return f"{_SYSCALLS.get(os.uname().machine, 'sys_')}{value.value}"


_SYSCALLS = {"x86_64": "__x64_sys_", "aarch64": "__arm64_sys_", "riscv64": "__riscv_sys_", "s390x": "__s390x_sys_"}
_BEGINNING = (
    *("beginning with", "begin with", "begins with", "starting with", "starts with", "start with", "that start with", "prefixed with", "prefix"),
    *("开头", "打头", "为前缀"),
)
_FAMILY = r"(?a)(?:\b(?:begin|start)\w* with|\bprefix(?:ed with)?) [\"'“]?([a-z_]\w*)|([a-z_]\w*)[\"'”]? ?(?:开头|打头|为前缀)"


def _families(request: Request, role: ArgRole) -> list[str]:
    """`functions beginning with "vfs_"`, as a wildcard, or as a regular expression where those are asked for."""
    folded = request.asked.lower()
    if not any(cue in folded for cue in _BEGINNING):
        return []
    named = [str(v.value) for v in request.values if v.kind in ("quoted", "function")]
    said = ["".join(match.groups("")) for match in re.finditer(_FAMILY, folded)]
    names = [name for name in said if role.role == "probe" or name in named] or named
    regular = "regular expression" in folded or "regex" in folded or "正则" in folded
    return [f"^{name.rstrip('*')}.*" if regular else f"{name.rstrip('*')}*" for name in names[:1]]


def _categories(request: Request, role: ArgRole, tables: Mapping[str, Any]) -> list[str]:
    """`all net tracepoints`, `tracepoints of the block category`, `the scheduler's tracepoints`, for the tools that list or count them."""
    if role.syntax not in ("tracepoint", "pattern") or any(value.kind in ("probe", "function") for value in request.values):
        return []
    folded = words.fold(request.asked)
    said = [word for word in words.tokens(folded) if word != "the"] if any(word in folded for word in _CALLED) else []
    beside = zip(["", *said], said, [*said[1:], ""], strict=False)
    found = [one for before, one, behind in beside if one in _TRACEPOINTS and (before in _GROUP_OF or behind.startswith(_GROUP))]
    if re.search(_MANY, folded):
        found += [category for called, category in tables["probes"]["categories"].items() if called in folded]
    return [f"{one}:*" if role.syntax == "tracepoint" else f"t:{one}:*" for one in dict.fromkeys(found)]


_MANY = r"\btrace ?points\b|(?:哪些|什么|所有|全部).*(?:tracepoint|跟踪点|追踪点)"
_CALLED = ("tracepoint", "trace point", "跟踪点", "追踪点")
_GROUP_OF = frozenset(("category", "subsystem", "group", "of", "in", "for", "under", "within", "from", "类别", "子系统", "分类", "category:"))
_GROUP = (
    *("tracepoint", "trace", "event", "categor", "subsystem", "group"),
    *("类", "分类", "子系统", "跟踪点", "追踪点", "相关", "有关", "的", "下", "组", "这", "系"),
)


def _implied(request: Request, role: ArgRole, tables: Mapping[str, Any]) -> list[str]:
    """The probe of the rarest concept that has one."""
    probes: Mapping[str, str] = tables["probes"]
    have = [c for c in request.concepts if c in probes and (role.syntax != "tracepoint" or probes[c].startswith("t:"))]
    rarest = max(have, key=lambda concept: tables["idf"].get(f"@{concept}", 0.0), default=None)
    return [probes[rarest]] if rarest is not None else []


def _insists(tool: Tool, role: ArgRole) -> bool:
    """Whether the tool can do nothing without this argument: what a request only implies is no filter that it asks for."""
    positional = next((p for p in tool.spec.positionals if p.dest == role.dest), None)
    return role.implied or (positional is not None and positional.nargs not in ("?", "*"))


def _written(name: str, role: ArgRole, request: Request, tables: Mapping[str, Any]) -> str:
    """A function, tracepoint or library call as this argument wants it."""
    name = _with_type(name, request, tables)
    if role.role == "function" or role.syntax == "function":
        return name.removeprefix("p::").removeprefix("t:")
    if role.syntax == "specifier":
        field = next((str(v.value) for v in request.values if v.kind == "field"), None)
        return _of_argument(name, request, tables) or _specifier(name, request, field)
    if role.syntax == "call":
        return f"{name}()"
    return name.removeprefix("t:") if role.syntax == "tracepoint" else name


def _with_type(name: str, request: Request, tables: Mapping[str, Any]) -> str:
    """`sched:sched_switch` is a tracepoint and says so; `malloc` is the C library's; `vfs_` is a family."""
    if name.endswith("_"):
        return f"{name}*"
    if re.match(_SYSCALL_EVENT, name):
        return f"t:syscalls:{name}"
    folded = request.asked.lower()
    parts = name.split(":")
    if len(parts) == 1 and ("tracepoint" in folded or "跟踪点" in folded):
        category = next((c for c in sorted(_TRACEPOINTS) if f"_{c}_" in f"_{name}_"), None)
        return f"t:{category}:{name}" if category else name
    if len(parts) == 1 and (name in tables["libc"].split() or "libc" in folded):
        return f"c:{name}"
    if len(parts) == 2 and parts[0].isidentifier() and (parts[1].startswith(f"{parts[0]}_") or parts[0] in _TRACEPOINTS):
        return f"t:{name}"
    return name


_SYSCALL_EVENT = r"sys_(?:enter|exit)_[a-z0-9_]+$"
_EVENTS = ("/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events")


def _type_of(field: str, tracepoint: str) -> str:
    """The C type of a tracepoint's field, from the kernel where it may be read; else one that holds every number."""
    _, category, event = tracepoint.split(":")
    for events in _EVENTS:
        try:
            with open(f"{events}/{category}/{event}/format", encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        declared = (line.strip().removeprefix("field:").partition(";")[0].rpartition(" ") for line in lines)
        found = next(((kind.strip(), name) for kind, _, name in declared if name.partition("[")[0].lstrip("*") == field), None)
        if found is not None:
            return "char*" if "char" in found[0] and ("[" in found[1] or "[" in found[0] or "*" in found[1]) else found[0]
    return "char*" if field.endswith(("comm", "name")) else "u64"


# The kernel's categories of tracepoints.
_TRACEPOINTS = frozenset(
    "alarmtimer asoc block bpf_trace btrfs cgroup compaction cpuhp devlink dma_fence drm error_report exceptions ext4 fib fib6"
    " filelock filemap ftrace gpio huge_memory hwmon hyperv i2c initcall intel_iommu io_uring iomap iommu irq irq_matrix irq_vectors"
    " jbd2 kmem kvm libata mce mdio migrate mmap mmc module mptcp msr napi neigh net netfs netlink nfs nfs4 nfsd nmi nvme oom"
    " page_isolation page_pool pagemap percpu power printk pwm qdisc random ras raw_syscalls rcu regmap regulator resctrl rpm rseq"
    " rtc sched scsi sctp signal skb smbus sock spi sunrpc swiotlb syscalls task tcp thermal timer tls udp vfio vmscan vsyscall"
    " watchdog wbt workqueue writeback x86_fpu xdp xen xfs xhci".split()
)


def _of_argument(name: str, request: Request, tables: Mapping[str, Any]) -> str | None:
    """`what sizes does it hand to write()`: the argument that says how much, of a function whose signature is known (lexicon/probes.toml)."""
    function = name.rpartition(":")[2].removesuffix("()")
    known = re.search(rf"(?m)^\w*:{re.escape(function)}\(.*$", tables["probes"]["signatures"])
    folded = words.fold(request.asked)
    if known is None or _returned(folded) or not any(word in folded for word in _HOW_MUCH):
        return None
    return f"p:{known.group()}"


_HOW_MUCH = ("size", "large", "big", "how much", "how many bytes", "asked for", "asks for", "length", "大小", "多大", "长度", "尺寸", "多少字节")


def _returned(folded: str) -> bool:
    return "return" in folded or "返回" in folded


def _specifier(name: str, request: Request, field: str | None = None) -> str:
    """argdist's `p::f():type:expr`; a returned value is asked for with words that say so."""
    if field is not None and name.startswith("t:") and "(" not in name:
        return f"{name}():{_type_of(field, name)}:args->{field}"
    if name.startswith("t:") or name.count(":") > 1:
        return name if "(" in name else f"{name}()"
    library, _, function = name.rpartition(":")
    return f"{'r' if _returned(words.fold(request.asked)) else 'p'}:{library}:{function}()"
