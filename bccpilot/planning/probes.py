"""Functions, tracepoints and library calls of a request, in the probe syntax of the tool that takes them.

funccount and stackcount take a pattern, funclatency and funcslower a function, trace a probe, argdist a specifier; where a request names
a thing (context switches) and no function, the probe comes from lexicon/probes.toml.
"""

from __future__ import annotations

from bccpilot.model import Request, Value

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
        texts = [_written(str(v.value), tool, role, request) for v in values]
        if not texts:
            texts = [_written(probe, tool, role, request) for probe in _implied(request, tool, tables)]
        if not texts or not _asks_for(role, tool, request):
            continue
        chosen[role.dest] = texts if role.multiple else texts[:1]
        used.extend(values if role.multiple else values[:1])


def _implied(request: Request, tool: Tool, tables: Mapping[str, Any]) -> list[str]:
    """The probe of the rarest concept that has one."""
    probes: Mapping[str, str] = tables["probes"]
    have = [c for c in request.concepts if c in probes and (tool.name != "tplist" or probes[c].startswith("t:"))]
    rarest = max(have, key=lambda concept: tables["idf"].get(f"@{concept}", 0.0), default=None)
    return [probes[rarest]] if rarest is not None else []


def _asks_for(role: ArgRole, tool: Tool, request: Request) -> bool:
    """Of argdist's two specifiers a histogram's is taken for histograms, else the count's."""
    if tool.name != "argdist":
        return True
    wants_histogram = "histogram" in request.concepts
    return (role.dest == "histspecifier") == wants_histogram


def _written(name: str, tool: Tool, role: ArgRole, request: Request) -> str:
    """A function, tracepoint or library call as this tool writes it."""
    name = _with_type(name)
    if role.role == "function" or tool.name in ("funclatency", "funcslower"):
        return name.removeprefix("p::").removeprefix("t:")
    if tool.name == "argdist":
        return _specifier(name, request)
    if tool.name == "inject":
        return f"{name}()"
    if tool.name == "tplist":
        return name.removeprefix("t:")
    return name


def _with_type(name: str) -> str:
    """`sched:sched_switch` is a tracepoint and says so; `c:malloc` and `/lib/x.so:f` are libraries; `vfs_` is a family."""
    if name.endswith("_"):
        return f"{name}*"
    parts = name.split(":")
    if len(parts) == 2 and parts[0].isidentifier() and (parts[1].startswith(f"{parts[0]}_") or parts[0] in _TRACEPOINTS):
        return f"t:{name}"
    return name


# Tracepoint categories whose events don't begin with the category's name.
_TRACEPOINTS = frozenset(
    "syscalls sched block irq exceptions kmem skb net raw_syscalls vmscan writeback timer power jbd2 ext4 signal task random".split()
)


def _specifier(name: str, request: Request) -> str:
    """argdist's `p::f():type:expr`; a returned value is asked for with words that say so."""
    if name.startswith("t:") or name.count(":") > 1:
        return name if "(" in name else f"{name}()"
    returned = any(word in request.asked.lower() for word in ("return", "返回"))
    library, _, function = name.rpartition(":")
    return f"{'r' if returned else 'p'}:{library}:{function}()"
