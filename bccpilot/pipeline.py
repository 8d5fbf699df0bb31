"""Where the stages meet, and nowhere else: text -> Request -> Plan -> Command -> Run -> Records -> Findings -> text."""

from __future__ import annotations

from dataclasses import replace

from bccpilot import config
from bccpilot.checking.check import check
from bccpilot.errors import HostCannot, UsageError
from bccpilot.model import Command, Plan
from bccpilot.planning import local
from bccpilot.request.understand import understand
from manpages_index import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.config import Settings
    from manpages_index.model import Tool
    from manpages_index.store import Index


def open_index(path: str | None = None) -> Index:
    """The index of what is installed. Raises HostCannot where nothing is."""
    index = store.load(path, config.own_knowledge())
    if not index.names():
        raise HostCannot(
            "no tracing tools are installed",
            "neither bcc's tools, nor libbpf-tools, nor bpftrace's were found in their usual places",
            "install them: sudo apt-get install bpfcc-tools libbpf-tools bpftrace",
        )
    return index


def plan(text: str, index: Index, wanted: local.Wanted) -> tuple[Plan, Command | None]:
    """A request planned and checked. Raises UsageError for an empty request and for a tool that isn't installed."""
    if not text.strip():
        raise UsageError("the request is empty", next='say what to trace: bccpilot "which files is nginx opening"')
    if wanted.tool is not None:
        wanted = replace(wanted, tool=resolve(wanted.tool, index))
    request = understand(text, index.search)
    planned = local.plan(request, index, wanted)
    if planned.tool is None or planned.flavour is None:
        return planned, None
    return planned, check(planned, index.tool(planned.tool, planned.flavour), ())


def resolve(name: str, index: Index) -> str:
    """A tool's base name from how a person writes it (memleak, memleak-bpfcc, biolatency.bt). Raises UsageError with what is near."""
    base = name.rsplit("/", 1)[-1].removesuffix("-bpfcc").removesuffix(".bt").removesuffix(".py")
    if base in index.names():
        return base
    from rapidfuzz import process

    scored = process.extract(base, index.names(), limit=3, score_cutoff=60)
    near = [name for name, score, _ in scored if score >= scored[0][1] - _ALIKE]
    hint = f"did you mean {' or '.join(near)}?" if near else "bccpilot tools lists them"
    raise UsageError(f"there is no tool {name!r} here", "", hint)


_ALIKE = 8  # names so much less like the one that was typed aren't offered beside the best


def tool_of(planned: Plan, index: Index) -> Tool:
    assert planned.tool is not None
    assert planned.flavour is not None
    return index.tool(planned.tool, planned.flavour)


def duration(command: Command, tool: Tool, settings: Settings) -> float | None:
    """How long it may trace, in seconds: what was said, None where the tool ends by itself, else the settings' default."""
    if command.duration_s is not None or _ends_itself(command, tool):
        return command.duration_s
    return settings.duration_s


def _ends_itself(command: Command, tool: Tool) -> bool:
    """Whether its own duration, or interval and count, is among the arguments."""
    if tool.knowledge.ends == "itself":
        return True
    roles = {role.role for role in tool.knowledge.roles if role.dest in command.given}
    return not roles.isdisjoint(_LIMITS)


_LIMITS = frozenset(("duration", "count", "events_limit"))


def stored(planned: Plan, command: Command) -> dict[str, object]:
    """What a run's directory keeps of the plan."""
    from bccpilot.reporting.plan import as_dict

    return as_dict(planned, command) | {"argv": list(command.argv), "values": command.values}


def verify(path: str, tool: Tool) -> None:
    """Right before the start: the file is root's alone and is the one that was indexed. Raises Rejected."""
    from bccpilot.running.trusted import verify as trusted

    trusted(path, size=tool.size, mtime_ns=tool.mtime_ns, sha256=tool.sha256)
