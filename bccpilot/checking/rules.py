"""What a tool refuses or misreads after its parser has accepted it: the rules of the knowledge files."""

from __future__ import annotations

import re

from bccpilot.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bccpilot.checking.spec import Parsed
    from manpages_index.model import Rule, Tool


def problems(tool: Tool, parsed: Parsed) -> tuple[Problem, ...]:
    """Every rule of the tool that the parsed arguments break."""
    return tuple(problem for rule in tool.knowledge.rules if (problem := _broken(rule, parsed)) is not None)


def _broken(rule: Rule, parsed: Parsed) -> Problem | None:
    given = frozenset(parsed.given)
    if not given.issuperset(rule.given) or given.intersection(rule.without):
        return None
    if rule.check is None:
        return Problem("tool", rule.given[0] if rule.given else "", rule.why)
    name, _, other = rule.check.partition(":")
    check = CHECKS.get(name)
    if check is None:
        return None
    for dest in rule.given:
        why = check(parsed.values.get(dest), parsed.values.get(other))
        if why is not None:
            return Problem("tool", str(parsed.values.get(dest)), f"{dest}: {rule.why or why}")
    return None


def _texts(value: object) -> tuple[str, ...]:
    """A value as the texts that it holds: lists item by item, comma lists apart."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(part for item in items if item is not None for part in str(item).split(","))


def _matching(pattern: str, what: str) -> Callable[[object, object], str | None]:
    def check(value: object, _: object) -> str | None:
        wrong = [text for text in _texts(value) if not re.fullmatch(pattern, text.strip())]
        return f"{wrong[0]!r} is not {what}" if wrong else None

    return check


def _greater(value: object, other: object) -> str | None:
    if isinstance(value, int | float) and isinstance(other, int | float) and value < other:
        return f"{value} is less than {other}"
    return None


def _power_of_two(value: object, _: object) -> str | None:
    if isinstance(value, int) and (value <= 0 or value & (value - 1)):
        return f"{value} is not a power of two"
    return None


def _port(value: object, _: object) -> str | None:
    wrong = [text for text in _texts(value) if not text.strip().isdigit() or not 0 < int(text) < 65536]
    return f"{wrong[0]!r} is not a port (1 to 65535)" if wrong else None


def _ports(value: object, _: object) -> str | None:
    text = str(value)
    low, _, high = text.partition("-")
    if low.isdigit() and (not high or high.isdigit()) and int(low) <= int(high or low) < 65536:
        return None
    return f"{text!r} is neither a port nor a range such as 1000-2000"


def _networks(value: object, _: object) -> str | None:
    import ipaddress

    for text in _texts(value):
        try:
            ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            return f"{text!r} is not a network such as 10.0.0.0/8"
    return None


# The checks that a knowledge file can name.
CHECKS: dict[str, Callable[[object, object], str | None]] = {
    "integer": _matching(r"[+-]?\d+", "a whole number"),
    "numeric": _matching(r"[+-]?\d+(?:\.\d*)?", "a number"),
    "greater_than": _greater,
    "power_of_two": _power_of_two,
    "port": _port,
    "port_or_range": _ports,
    "cidr_list": _networks,
    "signal_number": _matching(r"\d{1,2}", "the number of a signal"),
    "uid_number": _matching(r"\d+", "the number of a user"),
    "absolute_path": _matching(r"/.*", "an absolute path"),
    "open_flag": _matching(r"O_[A-Z_]+", "a flag of open() such as O_WRONLY"),
}
