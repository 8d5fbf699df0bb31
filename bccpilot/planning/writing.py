"""What was chosen -> the argument list."""

from __future__ import annotations

from bccpilot.planning import units
from bccpilot.planning.draft import FOREVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from manpages_index.model import Option, Positional, Tool


def written(chosen: Mapping[str, list[str]], tool: Tool) -> tuple[str, ...]:
    """The argument list: options in the tool's order, then positionals, then the options that would swallow positionals."""
    options = [o for o in tool.spec.options if o.dest in chosen and _is_first(o, tool)]
    greedy = [o for o in options if o.nargs in ("*", "+", "?")]
    plain = [word for option in options if option not in greedy for word in _option_words(option, chosen[option.dest])]
    return (*plain, *_positionals(chosen, tool), *(word for option in greedy for word in _option_words(option, chosen[option.dest])))


def _option_words(option: Option, values: list[str]) -> list[str]:
    flag = min(option.flags, key=len)
    if option.action == "count" and values:
        return [flag + flag[-1] * (int(values[0]) - 1)]  # -vv
    if not values or option.nargs in ("*", "+"):
        return [flag, *values]
    return [word for value in values for word in ((flag, value) if not value.startswith("-") else (f"{flag}{value}",))]


def _positionals(chosen: Mapping[str, list[str]], tool: Tool) -> list[str]:
    """The positionals up to the last one that is given; a gap before it takes its default."""
    given = [number for number, positional in enumerate(tool.spec.positionals) if positional.dest in chosen]
    last = given[-1] + 1 if given else 0
    words: list[str] = []
    for positional in tool.spec.positionals[:last]:
        if positional.dest not in chosen and positional.nargs not in ("?", "*"):
            return words  # what it insists on is never made up
        words += chosen.get(positional.dest) or _default(positional)
    return words


def _is_first(option: Option, tool: Tool) -> bool:
    return next(o for o in tool.spec.options if o.dest == option.dest) is option


def _default(positional: Positional) -> list[str]:
    default = positional.default
    if isinstance(default, int | float) and not isinstance(default, bool) and 0 < default < FOREVER:
        return [str(units.plain(float(default)))]
    return ["1"]
