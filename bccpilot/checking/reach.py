"""Patterns that meet functions which no probe can be attached to, for a tool that gives up at the first of them.

bcc takes the functions that match from /proc/kallsyms, which has also those that are never instrumented: what a source calls inline, and
the compiler made a function of all the same. Its `attach_kprobe` passes over them; funccount attaches to each by itself, and ends there.
"""

from __future__ import annotations

import re

from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bccpilot.checking.probes import Probe
    from bccpilot.host import Host
    from manpages_index.model import Tool

_PASSED_OVER = re.compile(r"_kbl_addr_|__perf|perf_|.*\.cold(\.\d+)?$")  # bcc's get_kprobe_functions leaves these out by itself
_NAMED = 3  # so many functions are told by their names


@frozen
class Narrowed:
    """Arguments whose pattern is a regular expression without the functions `left_out`."""

    args: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def why(self) -> str:
        more = len(self.left_out) - _NAMED
        names = ", ".join(self.left_out[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"left out, since no kprobe can reach them and the tool gives up at what it can't attach to: {names}"


def narrowed(tool: Tool, args: Sequence[str], host: Host) -> Narrowed | None:
    """The same pattern without what can't be reached; None where that is nothing, or isn't known: only root's list tells."""
    from bccpilot.checking import rules, spec

    option = next((role.gives_up for role in tool.knowledge.roles if role.gives_up), None)
    if option is None:
        return None
    parsed = spec.parse(tool.spec, args, tool.command)
    for text, probe in rules.read_probes(tool, parsed)[0]:
        left_out = _out_of_reach(probe, host)
        if left_out:
            regular = text[: probe.at] + _without(probe.name, left_out)
            switch = () if option in parsed.given else (next(o.flags[0] for o in tool.spec.options if o.dest == option),)
            return Narrowed((*switch, *(regular if arg == text else arg for arg in args)), tuple(left_out))
    return None


def _out_of_reach(probe: Probe, host: Host) -> list[str]:
    """The kernel's functions that a pattern meets and no probe reaches, where it meets others, too."""
    from bccpilot.checking.probes import comparable

    if probe.kind != "p" or probe.library or not probe.pattern or not comparable(probe.name):
        return []
    met, reached = host.symbols.matching(probe.name), host.reachable(probe.name)
    return sorted(name for name in set(met) - set(reached) if not _PASSED_OVER.match(name)) if met and reached else []


def _without(expression: str, names: Sequence[str]) -> str:
    """The regular expression, but for these names. What all matches begin with stays in front: by that they are found quickly."""
    from bccpilot.host.symbols import prefix

    start = "" if "|" in expression else prefix(expression)
    rest = f"({expression})" if "|" in expression else expression.removeprefix("^").removeprefix(start)
    return f"^{start}(?!({'|'.join(re.escape(name.removeprefix(start)) for name in names)})$){rest}"
