"""The parsers that aren't argparse: argp (libbpf-tools), the shell's getopts, and plain positions in sys.argv or `$1`.

Sources: getopt(3) and argp in the GNU C library's manual; getopts in the shell's.
"""

from __future__ import annotations

import re

from bccpilot.checking.convert import Refusal, convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from manpages_index.model import ArgSpec, Option, Positional

    Given = tuple[Option | Positional, list[str]]
    Read = tuple[dict[str, Any], list[Given], list[str]]


WHOLE = re.compile(r"\s*[+-]?[0-9]+(,[0-9]+)*")


def read_argp(spec: ArgSpec, args: Sequence[str]) -> Read:
    """getopt_long as argp uses it: options anywhere, `--` ends them, bundled short options, long ones by any unambiguous beginning."""
    given: list[Given] = []
    operands: list[str] = []
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            operands += rest
        elif arg.startswith("--"):
            given.append(_long(spec, arg, rest))
        elif arg.startswith("-") and arg != "-":
            given += _short(spec, arg, rest)
        else:
            operands.append(arg)
    placed, extra = _place(spec, operands)
    if extra:
        raise Refusal("too many arguments", extra[0])
    given += placed
    values = _values(spec, given)
    _together(spec, given)
    return values, given, _unread(given)


def read_getopts(spec: ArgSpec, args: Sequence[str]) -> Read:
    """The shell's getopts: short options only, and the first operand ends them. Operands aren't looked at."""
    given: list[Given] = []
    rest = list(args)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        arg = rest.pop(0)
        if arg == "--":
            break
        given += _short(spec, arg, iter(()))
    return _values(spec, given), given, rest


def read_positions(spec: ArgSpec, args: Sequence[str]) -> Read:
    """sys.argv, read by position. What is beyond is ignored by the tool."""
    if spec.ignores_arguments:
        return {}, [], list(args)
    placed, extra = _place(spec, list(args))
    return _values(spec, placed), placed, extra


def read_bpftrace(spec: ArgSpec, args: Sequence[str]) -> Read:
    """The `$1` ... of a bpftrace program. Anything like an option would go to bpftrace itself (`-c` starts a program), so it is refused."""
    for arg in args:
        if arg.startswith("-"):
            raise Refusal("bpftrace itself would take this as an option", arg)
    placed, extra = _place(spec, list(args))
    return _values(spec, placed), placed, extra


def _together(spec: ArgSpec, given: list[Given]) -> None:
    """What must be there, and what excludes each other."""
    dests = dict.fromkeys(source.dest for source, _ in given)
    for option in spec.options:
        if option.required and option.dest not in dests:
            raise Refusal(f"{option.long} must be given", option.long)
    for group in spec.exclusive:
        both = [dest for dest in dests if dest in group]
        if len(both) > 1:
            names = [option.long for option in spec.options if option.dest in both]
            raise Refusal(f"{' and '.join(names)} can't be used together", names[-1])


def _unread(given: list[Given]) -> list[str]:
    """Values that C's strtol() reads otherwise than they are written: 5x is 5, abc is 0."""
    numbers = [text for source, texts in given if "strtol" in (source.type.kind, source.type.item) for text in texts]
    return [text for text in numbers if not WHOLE.fullmatch(text)]


def _long(spec: ArgSpec, arg: str, rest: Iterator[str]) -> Given:
    name, equals, value = arg.partition("=")
    option = _find_long(spec, name)
    if not option.takes_value:
        if equals:
            raise Refusal(f"option '{option.long}' doesn't allow an argument", arg)
        return _flag(option, arg)
    if equals or option.nargs == "?":
        return option, [value] if equals else []
    return option, [_next(option, rest)]


def _find_long(spec: ArgSpec, name: str) -> Option:
    exact = [o for o in spec.options if name in o.flags]
    found = exact or [o for o in spec.options if any(flag.startswith(name) for flag in o.flags if flag.startswith("--"))]
    if not found:
        raise Refusal(f"unrecognized option '{name}'", name)
    if len(found) > 1:
        choices = ", ".join(o.long for o in found)
        raise Refusal(f"option '{name}' is ambiguous; possibilities: {choices}", name)
    return found[0]


def _short(spec: ArgSpec, arg: str, rest: Iterator[str]) -> list[Given]:
    found: list[Given] = []
    letters = arg[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        option = next((o for o in spec.options if "-" + letter in o.flags), None)
        if option is None:
            raise Refusal(f"invalid option -- '{letter}'", arg)
        if not option.takes_value:
            found.append(_flag(option, arg))
        elif letters or option.nargs == "?":
            return [*found, (option, [letters] if letters else [])]
        else:
            return [*found, (option, [_next(option, rest)])]
    return found


def _flag(option: Option, arg: str) -> Given:
    if option.action in ("help", "version"):
        raise Refusal(f"{option.long} prints and ends: nothing is traced", arg)
    return option, []


def _next(option: Option, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise Refusal(f"option '{option.long}' requires an argument", option.long)
    return value


def _place(spec: ArgSpec, operands: list[str]) -> tuple[list[Given], list[str]]:
    """The operands given to the positionals in order, and what is left over."""
    placed: list[Given] = []
    for positional in spec.positionals:
        taken = len(operands) if positional.nargs in ("*", "+") else 1
        texts, operands = operands[:taken], operands[taken:]
        if not texts and positional.nargs in (None, "+"):
            raise Refusal(f"the argument {positional.dest} is missing", positional.dest)
        if texts:
            placed.append((positional, texts))
    return placed, operands


def _values(spec: ArgSpec, given: list[Given]) -> dict[str, Any]:
    values: dict[str, Any] = {option.dest: option.default for option in spec.options if option.action not in ("help", "version")}
    values |= {positional.dest: positional.default for positional in spec.positionals}
    for source, texts in given:
        values[source.dest] = _value(source, texts, values[source.dest])
    return values


def _value(source: Option | Positional, texts: list[str], before: Any) -> Any:
    action = getattr(source, "action", "store")
    if action == "count":
        return (before or 0) + 1
    if action != "store" and action != "append":
        return getattr(source, "const", True)
    made = [_converted(source, text) for text in texts]
    if action == "append":
        return [*(before or []), *made]
    if source.nargs in ("*", "+"):
        return made
    return made[0] if made else getattr(source, "const", None)


def _converted(source: Option | Positional, text: str) -> Any:
    try:
        value = convert(source.type, text)
    except Refusal as refusal:
        raise Refusal(refusal.message, getattr(source, "long", text)) from None
    except ValueError:
        raise Refusal(f"invalid {source.type.name or source.type.kind} value: {text!r}", getattr(source, "long", text)) from None
    if source.choices and text not in source.choices:
        raise Refusal(f"invalid choice: {text!r} (choose from {', '.join(source.choices)})", getattr(source, "long", text))
    return value
