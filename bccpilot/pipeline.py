"""Where the stages meet, and nowhere else: text -> Request -> Plan -> Command -> Run -> Records -> Findings -> text."""

from __future__ import annotations

import functools

from bccpilot import config
from bccpilot.checking.check import check
from bccpilot.checking.policy import asked_for
from bccpilot.errors import HostCannot, ToolFailed, UsageError
from bccpilot.model import Command, Plan, Run
from bccpilot.planning import local
from bccpilot.planning.wanted import Wanted
from bccpilot.request.understand import understand
from manpages_index import store
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bccpilot.config import Settings
    from bccpilot.host import Host
    from manpages_index.model import Tool
    from manpages_index.store import Index


def open_index(path: str | None = None) -> Index:
    """The index of what is installed. Raises HostCannot where nothing is, UsageError where the user's own knowledge files are wrong."""
    own = config.own_knowledge()
    try:
        index = store.load(path, own, _announce)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if not own:
            raise
        told = str(error) if type(error) is ValueError else repr(error)
        next = f"mend it, or move {own[0]} away; manpages_index/knowledge/README.md says what such files hold"
        raise UsageError("your own knowledge files can't be used", told, next) from error
    if not index.names():
        raise HostCannot(
            "no tracing tools are installed",
            "neither bcc's tools, nor libbpf-tools, nor bpftrace's were found in their usual places",
            "install them: sudo apt-get install bpfcc-tools libbpf-tools bpftrace",
        )
    return index


def _announce() -> None:
    from bccpilot.reporting.screen import passing

    passing("reading the installed tools and their manuals; this happens once, and again when they change")


def plan(
    text: str, index: Index, wanted: Wanted, look_ahead: bool = True, failed: Mapping[tuple[str, str], str] | None = None
) -> tuple[Plan, Command | None]:
    """A request planned and checked; `look_ahead` asks this kernel what it can run, `failed` holds the tools
    (name, flavour) that were tried and why they failed. Raises UsageError for an empty request and for a tool that isn't installed."""
    if not text.strip():
        raise UsageError("the request is empty", next='say what to trace: bccpilot "which files is nginx opening"')
    if wanted.tool is not None:
        wanted = replace(wanted, tool=resolve(wanted.tool, index))
    request = understand(text, index.search)
    planned = local.plan(request, index, wanted, functools.partial(_refuses, look_ahead, failed or {}))
    if planned.tool is None or planned.flavour is None:
        return planned, None
    planned = within_reach(planned, index) if look_ahead else planned
    return planned, check(planned, tool_of(planned, index), _unasked(), asked_for(request, wanted.tool))


@functools.cache
def _unasked() -> tuple[str, ...]:
    return config.load().unasked


def _refuses(look_ahead: bool, failed: Mapping[tuple[str, str], str], tool: Tool, args: tuple[str, ...]) -> str | None:
    return failed.get((tool.name, tool.flavour)) or (cannot_run(tool, args) if look_ahead else None)


def cannot_run(tool: Tool, args: tuple[str, ...]) -> str | None:
    """Why this host can't run a tool with these arguments; None where it can, or where that can't be known."""
    from bccpilot.checking import spec
    from bccpilot.checking.preflight import can_run

    parsed = spec.parse(tool.spec, args, tool.command)
    verdict = can_run(tool, _host(), parsed.values)
    return None if verdict.ok else verdict.why


def within_reach(planned: Plan, index: Index) -> Plan:
    """The plan with a pattern that leaves out what no probe reaches on this host, where its tool would give up at that."""
    tool = tool_of(planned, index)
    if not any(role.gives_up for role in tool.knowledge.roles):
        return planned
    from bccpilot.checking.reach import narrowed

    found = narrowed(tool, planned.args, _host())
    return planned if found is None else replace(planned, args=found.args, warnings=(*planned.warnings, found.why))


@functools.cache
def _host() -> Host:
    from bccpilot.host import read_host

    return read_host()


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


def host_facts() -> dict[str, object]:
    """What a run's directory keeps of the machine: the facts that are plain values."""
    facts = {name: list(value) if isinstance(value, tuple | frozenset) else value for name, value in vars(_host()).items()}
    return {name: value for name, value in facts.items() if isinstance(value, str | int | float | list | type(None))}


def verify(path: str, tool: Tool) -> None:
    """Right before the start: the file is root's alone and is the one that was indexed, and so is what a wrapper calls. Raises Rejected."""
    from bccpilot.running.trusted import verify as trusted

    trusted(path, size=tool.size, mtime_ns=tool.mtime_ns, sha256=tool.sha256)
    if tool.spec.target is not None:
        trusted(tool.spec.target)


def failure(tool: Tool, result: Run, errors: list[str], lines: list[str]) -> ToolFailed | None:
    """The error of a run that failed, with its cause and what to do; None for one that traced. `errors` and `lines` are what it printed."""
    from bccpilot.running.diagnosis import diagnose

    started = result.ready_s is not None
    found = diagnose(errors, lines, result.status, _host(), started, result.ended)
    if found is None and result.ended != "failed":
        return None
    if found is None:
        return ToolFailed(f"{tool.command} did not begin to trace", "", f"bccpilot replay {result.id} shows what it printed")
    return ToolFailed(f"{tool.command} failed: {found.cause}", found.evidence, found.remedy)
