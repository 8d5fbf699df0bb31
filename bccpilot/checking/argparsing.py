"""The tool's own argparse parser, built again from its ArgSpec: exact because it is the same parser. Imported only when it is needed."""

from __future__ import annotations

import argparse

from bccpilot.checking.convert import Refusal, convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

    from manpages_index.model import ArgSpec, ArgType, Option, Positional

Given = tuple["Option | Positional", list[str]]
EXITS = {"help": "prints the help and ends: nothing is traced", "version": "prints the version and ends: nothing is traced"}


_FORMATTER = argparse.HelpFormatter("", width=80)


class Parser(argparse.ArgumentParser):
    """Argparse's parser that keeps what was given, in order, and raises Refusal where it would print and exit."""

    def __init__(self, spec: ArgSpec, prog: str) -> None:
        super().__init__(prog, usage="", add_help=False, exit_on_error=False)
        self.given: list[Given] = []
        self.sources: dict[argparse.Action, Option | Positional] = {}
        groups = [self.add_mutually_exclusive_group(required=required) for required in spec.exclusive_required]
        for option in spec.options:
            owner = next((group for group, dests in zip(groups, spec.exclusive, strict=True) if option.dest in dests), self)
            self.sources[owner.add_argument(*option.flags, **_option(option))] = option
        for positional in spec.positionals:
            self.sources[self.add_argument(positional.dest, **_valued(positional))] = positional

    def _get_formatter(self) -> argparse.HelpFormatter:
        # argparse makes one for each argument, only to see whether its nargs and metavar fit, and asks the terminal for its width.
        return _FORMATTER

    def read(self, args: Sequence[str]) -> tuple[dict[str, Any], list[Given]]:
        """The values by dest, and what was given in order; raises Refusal."""
        self.given = []
        try:
            found, extra = self.parse_known_args(list(args))
        except argparse.ArgumentError as error:
            raise Refusal(str(error), self.fault(error.argument_name)) from None
        except Refusal as error:
            raise Refusal(error.message, error.argument or next((a for a in args if a and a in error.message), "")) from None
        except (ValueError, TypeError, argparse.ArgumentTypeError):
            raise Refusal("the tool's parser fails on these arguments", self.fault()) from None
        if extra:
            raise Refusal(f"unrecognized arguments: {' '.join(extra)}", extra[0])
        return {dest: value for dest, value in vars(found).items() if dest not in EXITS}, self.given

    def fault(self, name: str | None = None) -> str:
        """The argument that the parser gave up on: an option's full name (`name` is argparse's: -p/--pid), or a positional's text."""
        if name and name.startswith("-"):
            return max(name.split("/"), key=len)
        if not self.given:
            return ""
        source, texts = self.given[-1]
        return getattr(source, "long", None) or next(iter(texts), source.dest)

    def error(self, message: str) -> NoReturn:
        raise Refusal(message)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        texts = list(arg_strings)
        if "--" in texts and not action.option_strings:
            texts.remove("--")  # the one that ends the options; argparse drops it, too
        self.given.append((self.sources[action], texts))
        return super()._get_values(action, arg_strings)


class Exit(argparse.Action):
    """-h and --version: the tool would print and end."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: str | None = None) -> None:
        raise Refusal(f"{option_string} {EXITS[str(self.metavar)]}", option_string or "")


def _option(option: Option) -> dict[str, Any]:
    common: dict[str, Any] = {"dest": option.dest, "required": option.required}
    if option.action in EXITS:
        return {"dest": option.dest, "nargs": 0, "action": Exit, "metavar": option.action, "default": argparse.SUPPRESS}
    if option.takes_value:
        return common | _valued(option) | {"action": option.action, "const": option.const}
    common |= {"action": option.action, "default": option.default}
    return common | ({"const": option.const} if option.action.endswith("_const") else {})


def _valued(source: Option | Positional) -> dict[str, Any]:
    kind = converter(source.type)
    nargs: Any = int(source.nargs) if source.nargs and source.nargs.isdigit() else source.nargs
    choices = [kind(choice) if source.type.kind in ("int", "float") else choice for choice in source.choices] or None
    return {"type": kind, "nargs": nargs, "choices": choices, "default": source.default, "metavar": source.metavar}


def converter(kind: ArgType) -> Callable[[str], Any]:
    """A `type=` function that does what the tool's own does."""

    def typed(text: str) -> Any:
        try:
            return convert(kind, text)
        except Refusal as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    typed.__name__ = kind.name or kind.kind
    return typed
