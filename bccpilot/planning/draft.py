"""What is being chosen for a tool while its arguments are filled in, and how a value is written for an argument."""

from __future__ import annotations

from bccpilot.model import Value
from bccpilot.planning import processes, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import ArgRole, Option, Positional, Tool

# An interval of more seconds than this is how tools say "until Ctrl-C".
FOREVER = 10**6


class Draft:
    """What is being chosen, by dest; the only mutable thing here, local to `fill`."""

    def __init__(self) -> None:
        self.chosen: dict[str, list[str]] = {}
        self.used: list[Value] = []
        self.warnings: list[str] = []
        self.unresolved: list[str] = []
        self.duration_s: float | None = None


def option_of(tool: Tool, dest: str) -> Option | None:
    return next((o for o in tool.spec.options if o.dest == dest), None)


def positional_of(tool: Tool, dest: str) -> Positional | None:
    return next((p for p in tool.spec.positionals if p.dest == dest), None)


def takes_many(tool: Tool, dest: str) -> bool:
    argument = option_of(tool, dest) or positional_of(tool, dest)
    return argument is not None and argument.nargs in ("*", "+")


def text_of(draft: Draft, role: ArgRole, tool: Tool, value: Value) -> str | None:
    """A value as this option wants it: converted to its unit, a user's name to the number. None where it can't be."""
    if value.kind == "user":
        uid = processes.uid_of(str(value.value))
        if uid is None:
            draft.warnings.append(f"no user named {value.value} on this host")
            return None
        return str(uid)
    if value.kind == "signal":
        return _signal(str(value.value))
    if isinstance(value.value, str):
        return value.value
    return units.convert(value, role, _is_whole(tool, role), draft.warnings)


def _signal(name: str) -> str:
    """The number of a signal, which is what the tools want."""
    import signal

    number = getattr(signal, name, None)
    return str(int(number)) if isinstance(number, int) else name


def _is_whole(tool: Tool, role: ArgRole) -> bool:
    argument = option_of(tool, role.dest) or positional_of(tool, role.dest)
    return role.whole or (argument is not None and argument.type.kind not in ("float", "str"))


def forbidden(draft: Draft, tool: Tool, dest: str) -> bool:
    """Whether one more option would break a rule of the tool's."""
    given = {*draft.chosen, dest}
    return any(
        rule.check is None and dest in rule.given and given.issuperset(rule.given) and given.isdisjoint(rule.without) for rule in tool.knowledge.rules
    )
