"""Functions, tracepoints and library calls of a request, in the probe syntax of the tool that takes them.

funccount and stackcount take a pattern, funclatency and funcslower a function, trace a probe, argdist a specifier; where a request names
a thing (context switches) and no function, the probe comes from lexicon/probes.toml.
"""

from __future__ import annotations

from itertools import pairwise

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
        texts = _families(request, tool) or _categories(request, tool) or [_written(str(v.value), tool, role, request) for v in values]
        if not texts and _insists(tool, role):
            texts = [_written(probe, tool, role, request) for probe in _implied(request, tool, tables)]
        if not texts or not _asks_for(role, tool, request):
            continue
        chosen[role.dest] = texts if role.multiple else texts[:1]
        used.extend(values if role.multiple else values[:1])


_BEGINNING = ("beginning with", "begin with", "starting with", "start with", "that start with", "prefixed with", "prefix", "开头")


def _families(request: Request, tool: Tool) -> list[str]:
    """`functions beginning with "vfs_"`, as a wildcard, or as a regular expression where those are asked for."""
    folded = request.asked.lower()
    if not any(cue in folded for cue in _BEGINNING):
        return []
    names = [str(v.value) for v in request.values if v.kind in ("quoted", "function")]
    regular = "regular expression" in folded or "regex" in folded or "正则" in folded
    return [f"^{name.rstrip('*')}.*" if regular else f"{name.rstrip('*')}*" for name in names[:1]]


def _categories(request: Request, tool: Tool) -> list[str]:
    """`all net tracepoints`, for the tool that lists them."""
    words = request.asked.lower().split()
    before = [one for one, other in pairwise(words) if other.startswith("tracepoint") and one in _TRACEPOINTS]
    return [f"{category}:*" for category in before] if tool.name == "tplist" else []


def _implied(request: Request, tool: Tool, tables: Mapping[str, Any]) -> list[str]:
    """The probe of the rarest concept that has one."""
    probes: Mapping[str, str] = tables["probes"]
    have = [c for c in request.concepts if c in probes and (tool.name != "tplist" or probes[c].startswith("t:"))]
    rarest = max(have, key=lambda concept: tables["idf"].get(f"@{concept}", 0.0), default=None)
    return [probes[rarest]] if rarest is not None else []


def _insists(tool: Tool, role: ArgRole) -> bool:
    """Whether the tool can do nothing without this argument: what a request only implies is no filter that it asks for."""
    positional = next((p for p in tool.spec.positionals if p.dest == role.dest), None)
    return tool.name in ("argdist", "tplist") or (positional is not None and positional.nargs not in ("?", "*"))


def _asks_for(role: ArgRole, tool: Tool, request: Request) -> bool:
    """Of argdist's two specifiers a histogram's is taken for histograms, else the count's."""
    if tool.name != "argdist":
        return True
    wants_histogram = "histogram" in request.concepts
    return (role.dest == "histspecifier") == wants_histogram


def _written(name: str, tool: Tool, role: ArgRole, request: Request) -> str:
    """A function, tracepoint or library call as this tool writes it."""
    name = _with_type(name, request)
    if role.role == "function" or tool.name in ("funclatency", "funcslower"):
        return name.removeprefix("p::").removeprefix("t:")
    if tool.name == "argdist":
        return _specifier(name, request)
    if tool.name == "inject":
        return f"{name}()"
    if tool.name == "tplist":
        return name.removeprefix("t:")
    return name


def _with_type(name: str, request: Request) -> str:
    """`sched:sched_switch` is a tracepoint and says so; `malloc` is the C library's; `vfs_` is a family."""
    if name.endswith("_"):
        return f"{name}*"
    folded = request.asked.lower()
    parts = name.split(":")
    if len(parts) == 1 and "tracepoint" in folded or "跟踪点" in folded:
        category = next((c for c in sorted(_TRACEPOINTS) if f"_{c}_" in f"_{name}_"), None)
        return f"t:{category}:{name}" if category else name
    if len(parts) == 1 and (name in _LIBC or "libc" in folded):
        return f"c:{name}"
    if len(parts) == 2 and parts[0].isidentifier() and (parts[1].startswith(f"{parts[0]}_") or parts[0] in _TRACEPOINTS):
        return f"t:{name}"
    return name


# Functions of the C library that no kernel has a function of the same name for.
_LIBC = frozenset(
    "malloc free calloc realloc getaddrinfo gethostbyname pthread_create pthread_mutex_lock pthread_mutex_unlock fopen fclose strlen strcmp"
    " memcpy printf gets puts getenv sleep usleep nanosleep readline fork".split()
)
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
