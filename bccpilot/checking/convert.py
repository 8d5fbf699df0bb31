"""An argument's text -> its value, as the `ArgType` of the tool's own source says, or the tool's own refusal."""

from __future__ import annotations

import operator
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from manpages_index.model import ArgType, Limit

STRTOL = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
LONG = 1 << 63
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "not in": lambda value, allowed: value not in allowed,
    "not file": lambda value, _: not os.path.isfile(value),
    "missing": lambda value, _: not os.path.exists(value),
    "longer": lambda value, most: len(value.encode("utf-8", "surrogateescape")) > most,
}  # fmt: skip


def strtol(text: str) -> int:
    """C's strtol() in base 10: the digits in front; raises ValueError where there are none, Refusal beyond 64 bits."""
    found = STRTOL.match(text)
    if found is None:
        raise ValueError(text)
    number = int(found[1])
    if not -LONG <= number < LONG:
        raise Refusal(f"{text}: Numerical result out of range")
    return number


NUMBER: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "strtol": strtol}


class Refusal(Exception):
    """Why the tool's parser refuses, in its own words, and the argument at fault as it was written (empty where the caller knows it)."""

    def __init__(self, message: str, argument: str = "") -> None:
        super().__init__(message)
        self.message, self.argument = message, argument


def convert(kind: ArgType, text: str) -> Any:
    """The JSON value that the tool's type makes of `text`.

    Raises Refusal with the tool's message, and ValueError where the tool leaves the message to argparse ("invalid int value: 'x'").
    """
    match kind.kind:
        case "int" | "float" | "strtol":
            return _number(kind, kind.kind, text)
        case "list":
            return _items(kind, text)
        case "fields":
            return _fields(kind, text)
        case "errno":
            return _errno(kind, text)
        case "uid":
            return _uid(kind, text)
    return _checked(kind, text)


def _number(kind: ArgType, name: str, text: str) -> Any:
    try:
        value = NUMBER[name](text)
    except ValueError:
        if name == "strtol" and kind.error is None:
            return _checked(kind, 0)
        raise _refused(kind, text) from None
    return _checked(kind, value)


def _items(kind: ArgType, text: str) -> list[Any]:
    items = (text.strip() if kind.strip else text).split(kind.separator, kind.maxsplit)[: kind.keep]
    items = [item for item in items if item or not kind.skip_empty]
    if kind.item not in NUMBER:
        return items
    values = [_number(kind, kind.item, item) for item in items]
    return items if kind.as_text else values


def _fields(kind: ArgType, text: str) -> list[str]:
    parts = text.split(kind.separator, kind.maxsplit)
    if len(parts) != kind.count:
        raise _refused(kind, text)
    for limit in kind.limits:
        _check(limit, parts[limit.field or 0])
    return parts


def _errno(kind: ArgType, text: str) -> int:
    """A number or a name such as EPERM. The tools would take any attribute of Python's errno module; only numbers make sense."""
    import errno

    number: Any
    try:
        number = int(text)
    except ValueError:
        number = getattr(errno, text, None)
    if not isinstance(number, int):
        raise _refused(kind, text)
    return abs(int(_checked(kind, number)))


def _uid(kind: ArgType, text: str) -> int:
    import pwd

    try:
        return int(text)
    except ValueError:
        pass
    try:
        return pwd.getpwnam(text).pw_uid
    except KeyError:
        raise _refused(kind, text) from None


def _checked(kind: ArgType, value: Any) -> Any:
    for limit in kind.limits:
        _check(limit, value)
    return value


def _check(limit: Limit, value: Any) -> None:
    if COMPARE[limit.op](value, limit.value):
        raise Refusal(_fill(limit.error, value))


def _refused(kind: ArgType, text: str) -> Exception:
    return ValueError(text) if kind.error is None else Refusal(_fill(kind.error, text))


def _fill(message: str, value: Any) -> str:
    try:
        return message % (value,)
    except TypeError:
        return message % ()
