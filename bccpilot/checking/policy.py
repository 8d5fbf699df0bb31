"""What may run, and what must be asked first: the risk of a tool and of each option that was given, from the knowledge files."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from manpages_index.model import Tool

# safe runs at once; costly and sensitive ask, and --yes answers; dangerous runs only when it was asked for in so many words, and then asks.
LEVELS = ("safe", "costly", "sensitive", "dangerous")


def risk(tool: Tool, given: Iterable[str], unasked: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """(risk, reasons) of a tool with these options. `unasked` entries (`tool` or `tool dest`) are what the user's settings allow at once;
    they never lower `dangerous`."""
    found: list[tuple[str, str]] = []
    if tool.knowledge.risk != "safe" and (tool.name not in unasked or tool.knowledge.risk == "dangerous"):
        found.append((tool.knowledge.risk, f"{tool.name}: {tool.knowledge.risk_why}"))
    named = frozenset(given)
    for role in tool.knowledge.roles:
        if role.dest in named and role.risk != "safe" and (role.risk == "dangerous" or f"{tool.name} {role.dest}" not in unasked):
            found.append((role.risk, f"--{role.dest.replace('_', '-')}: {role.why}"))
    worst = max((level for level, _ in found), key=LEVELS.index, default="safe")
    return worst, tuple(why for _, why in found)
