"""Arguments -> what the tool's own parser makes of them, without starting the tool: values, or its refusal.

Four ways of parsing, as the tools have them: argparse (bcc), argp's getopt_long (libbpf-tools), the shell's getopts, and positions in
sys.argv or `$1` (tools without a parser, bpftrace). Each gives the values and a list of what was given; from that list the canonical
arguments are written: full option names, values apart, positionals last. Parsing them again gives the same values.
"""

from __future__ import annotations

from bccpilot.checking.convert import Refusal
from manpages_index.frozen import field, frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from bccpilot.checking.argparsing import Parser
    from manpages_index.model import ArgSpec, Option, Positional

    Given = tuple[Option | Positional, list[str]]

MANY = ("?", "*", "+")
SWITCHES = ("store_true", "store_false")
CACHED = 256
_parsers: dict[int, tuple[ArgSpec, Parser]] = {}


@frozen
class Parsed:
    """The verdict of the tool's parser.

    `values` are JSON values by dest, defaults included; `args` the canonical arguments (without a wrapper's prefix); `given` the dests that
    were named; `ignored` what the tool reads over. Where `ok` is false, `error` is the tool's message and `argument` the one at fault.
    """

    ok: bool
    values: dict[str, object] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    error: str = ""
    argument: str = ""
    given: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def parse(spec: ArgSpec, args: Sequence[str], prog: str = "") -> Parsed:
    """What the tool with this spec would make of `args`. Never raises and starts nothing."""
    try:
        _passable(args)
        values, given, ignored = _read(spec, (*spec.prefix, *args), prog)
        own = _without_prefix(spec, given)
        canonical = write(own, spec.parser)
        # Written otherwise, it must mean the same: compared as text, since not-a-number equals nothing.
        if canonical != tuple(args) and repr(_read(spec, (*spec.prefix, *canonical), prog)[0]) != repr(values):
            raise Refusal("these arguments can't be written in one clear way", " ".join(args))
    except Refusal as refusal:
        return Parsed(False, error=refusal.message, argument=refusal.argument)
    dests = dict.fromkeys(source.dest for source, texts in own if texts or not _positional(source))
    return Parsed(True, values, canonical, given=tuple(dests), ignored=tuple(ignored))


def write(given: Sequence[Given], parser: str = "argparse") -> tuple[str, ...]:
    """What was given, in canonical form: options by their full names in the order given, then the positionals."""
    options = _once([(source, texts) for source, texts in given if not _positional(source)])
    operands = [text for source, texts in given if _positional(source) for text in texts]
    written = [word for source, texts in options for word in _write_option(source, texts, parser)]  # type: ignore[arg-type]
    greedy = bool(options) and options[-1][0].nargs in MANY
    if operands and (greedy or any(text.startswith("-") for text in operands)):
        written.append("--")
    return (*written, *operands)


def _once(options: list[Given]) -> list[Given]:
    """Each switch once: of several that set the same dest, the last one counts."""
    last = {source.dest: place for place, (source, _) in enumerate(options) if _switch(source)}
    return [given for place, given in enumerate(options) if not _switch(given[0]) or last[given[0].dest] == place]


def _switch(source: Option | Positional) -> bool:
    return getattr(source, "action", "") in SWITCHES


def _write_option(option: Option, texts: list[str], parser: str) -> list[str]:
    """An optional value is tied to its option (`--name=x`, argp's `-nx`), and for argparse a value that looks like an option itself."""
    if len(texts) != 1 or (option.nargs != "?" and (parser != "argparse" or not texts[0].startswith("-"))):
        return [option.long, *texts]
    tie = "=" if parser == "argparse" or option.long.startswith("--") else ""
    return [option.long + tie + texts[0]]


def _positional(source: Option | Positional) -> bool:
    return not hasattr(source, "flags")


def _without_prefix(spec: ArgSpec, given: list[Given]) -> list[Given]:
    """A wrapper's prefix holds options only, and comes first."""
    return given[sum(word.startswith("-") for word in spec.prefix) :]


def _read(spec: ArgSpec, args: Sequence[str], prog: str) -> tuple[dict[str, Any], list[Given], list[str]]:
    if spec.parser == "argparse":
        values, given = _argparse(spec, prog).read(args)
        return values, given, []
    from bccpilot.checking import getopting

    readers = {"argp": getopting.read_argp, "getopt": getopting.read_getopts, "bpftrace": getopting.read_bpftrace}
    return readers.get(spec.parser, getopting.read_positions)(spec, args)


def _argparse(spec: ArgSpec, prog: str) -> Parser:
    """The parser of this spec, built once."""
    found = _parsers.get(id(spec))
    if found is not None:
        return found[1]
    from bccpilot.checking.argparsing import Parser

    if len(_parsers) >= CACHED:
        _parsers.clear()
    _parsers[id(spec)] = (spec, Parser(spec, prog))
    return _parsers[id(spec)][1]


def _passable(args: Sequence[str]) -> None:
    """Whether execve can pass these at all."""
    for arg in args:
        if "\0" in arg:
            raise Refusal("an argument can't hold a NUL byte", arg)
        try:
            arg.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise Refusal("an argument can't hold half of a character", arg) from None
