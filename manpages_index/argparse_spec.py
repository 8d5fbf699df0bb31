"""A bcc tool's source, read as an AST and never run -> its ArgSpec.

The calls that build the tool's parser are followed in the order of the source: `ArgumentParser(...)`, groups, `add_argument` under whatever
name it goes. Shell wrappers (`$lib/ucalls -l java "$@"`) are followed to the tool that they call. A Python tool that never touches
`sys.argv` ignores its arguments; the few that read it themselves are described in arguments.toml.
"""

from __future__ import annotations

import ast
import os
import re
import warnings

from manpages_index.argparse_eval import Scope, Unknown
from manpages_index.argparse_types import type_of
from manpages_index.frozen import replace
from manpages_index.model import ArgSpec, ArgType, Limit, Option, Positional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WRAPPER = re.compile(r'^\$lib/(?P<target>\S+)\s+(?P<prefix>.*?)\s*"\$@"\s*$', re.M)
PASSING = ("default", "help", "description", "epilog", "usage", "formatter_class", "metavar", "prog", "version")
HELP = Option(("-h", "--help"), "help", action="help", help="show this help message and exit")


def read_spec(path: str) -> ArgSpec:
    """The arguments of the bcc tool at `path`. Raises OSError where it can't be read and ValueError where it is no bcc tool's source."""
    source = _source(path)
    name = os.path.basename(path).removesuffix("-bpfcc")
    first, _, _ = source.partition("\n")
    if "python" in first:
        return _read_python(name, source)
    if first.startswith("#!"):
        return _read_shell(name, path, source)
    raise ValueError(f"{path} is neither a Python nor a shell script")


def _source(path: str) -> str:
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")


def _read_python(name: str, source: str) -> ArgSpec:
    tree = _tree(name, source)
    try:
        reader = Reader(tree)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if reader.found:
        return reader.spec()
    return _own_way(name) or _without_parser(name, tree)


def _tree(name: str, source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in strings are no affair of ours
        try:
            return ast.parse(source)
        except SyntaxError as error:
            raise ValueError(f"{name}: line {error.lineno}: {error.msg}") from error


def _own_way(name: str) -> ArgSpec | None:
    entry = documented(name)
    return spec_of(entry) if entry else None


def _without_parser(name: str, tree: ast.Module) -> ArgSpec:
    if any("argv" in (getattr(node, "id", ""), getattr(node, "attr", "")) for node in ast.walk(tree)):
        raise ValueError(f"{name} reads sys.argv in its own way")
    return ArgSpec(parser="none", ignores_arguments=True)


def _read_shell(name: str, path: str, source: str) -> ArgSpec:
    wrapper = WRAPPER.search(source)
    if wrapper is None:
        found = _own_way(name)
        if found is None:
            raise ValueError(f"{name} is a shell script that calls no tool")
        return found
    directory = os.path.dirname(path)
    places = (f"{directory}/{wrapper['target']}", f"{directory}/lib/{wrapper['target']}")  # Debian's, bcc's own
    target = next((place for place in places if os.path.exists(place)), None)
    if target is None:
        raise ValueError(f"{name} calls {wrapper['target']}, which isn't there")
    return replace(read_spec(target), prefix=tuple(wrapper["prefix"].split()), target=target)


def documented(name: str, table: str = "") -> dict[str, Any] | None:
    """What arguments.toml says of a tool, None where it says nothing; `table` is libbpf for libbpf-tools. Named kinds are filled in."""
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "arguments.toml"), "rb") as file:
        known = tomllib.load(file)
    found: dict[str, Any] | None = (known.get(table, {}) if table else known).get(name)
    if found is None:
        return None
    sources = [*found.get("options", ()), *found.get("positionals", ())]
    for source in sources:
        source["type"] = arg_type(source.get("type", {}), known["kinds"])
    return found | {"types": {dest: arg_type(kind, known["kinds"]) for dest, kind in found.get("types", {}).items()}}


def arg_type(entry: str | dict[str, Any], kinds: dict[str, Any]) -> ArgType:
    """A type as arguments.toml writes it: a table, or the name of one of its kinds."""
    table = kinds[entry] if isinstance(entry, str) else entry
    return ArgType(**{**table, "limits": tuple(Limit(**limit) for limit in table.get("limits", ()))})


def spec_of(entry: dict[str, Any]) -> ArgSpec:
    """A whole spec that arguments.toml gives, for a tool whose own parser can't be read."""
    options = tuple(Option(**{**option, "flags": tuple(option["flags"])}) for option in entry.get("options", ()))
    return ArgSpec(entry["parser"], options, positionals_of(entry), usage=entry.get("usage", ""))


def positionals_of(entry: dict[str, Any]) -> tuple[Positional, ...]:
    return tuple(Positional(**positional) for positional in entry.get("positionals", ()))


class Reader(ast.NodeVisitor):
    """Follows the calls that build a parser, in the order of the source."""

    def __init__(self, tree: ast.Module) -> None:
        self.scope = Scope(tree)
        self.found = False
        self.owners: dict[str, int | None] = {}  # a parser's or group's name -> the number of its exclusive group
        self.aliases: dict[str, int | None] = {}  # a name for somebody's add_argument
        self.options: list[Option] = []
        self.positionals: list[Positional] = []
        self.groups: list[list[str]] = []
        self.required: list[bool] = []
        self.visit(tree)

    def spec(self) -> ArgSpec:
        return ArgSpec(
            "argparse",
            tuple(self.options),
            tuple(self.positionals),
            exclusive=tuple(tuple(group) for group in self.groups),
            exclusive_required=tuple(self.required),
        )

    def visit_Assign(self, node: ast.Assign) -> None:
        target = ast.unparse(node.targets[0])
        match node.value:
            case ast.Call(func=ast.Attribute(attr="ArgumentParser") | ast.Name(id="ArgumentParser")):
                self.start(target, node.value)
            case ast.Call(func=ast.Attribute(value=owner, attr="add_mutually_exclusive_group")) if ast.unparse(owner) in self.owners:
                self.owners[target] = len(self.groups)
                self.groups.append([])
                self.required.append(bool(self.constants(node.value).get("required", False)))
            case ast.Call(func=ast.Attribute(value=owner, attr="add_argument_group")) if ast.unparse(owner) in self.owners:
                self.owners[target] = self.owners[ast.unparse(owner)]
            case ast.Attribute(value=owner, attr="add_argument") if ast.unparse(owner) in self.owners:
                self.aliases[target] = self.owners[ast.unparse(owner)]
            case _:
                self.generic_visit(node)

    def start(self, target: str, call: ast.Call) -> None:
        self.found = True
        self.owners[target] = None
        if self.constants(call).get("add_help", True):
            self.options.append(HELP)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Attribute(value=owner, attr="add_argument") if ast.unparse(owner) in self.owners:
                self.add(node, self.owners[ast.unparse(owner)])
            case ast.Name(id=alias) if alias in self.aliases:
                self.add(node, self.aliases[alias])
            case _:
                self.generic_visit(node)

    def constants(self, call: ast.Call) -> dict[str, Any]:
        """The keyword arguments that are constants. A default that isn't one (os.cpu_count()) is left out; nothing else may be."""
        found: dict[str, Any] = {}
        for keyword in call.keywords:
            try:
                if keyword.arg != "type":
                    found[keyword.arg or "**"] = self.scope.evaluate(keyword.value)
            except Unknown:
                if keyword.arg not in PASSING:
                    raise ValueError(f"line {call.lineno}: what {keyword.arg or '**'} is can't be read from the source") from None
        return found

    def flags(self, call: ast.Call) -> tuple[str, ...]:
        try:
            return tuple(str(self.scope.evaluate(argument)) for argument in call.args)
        except Unknown as error:
            raise ValueError(f"line {call.lineno}: the name {error} can't be read from the source") from None

    def add(self, call: ast.Call, group: int | None) -> None:
        given = self.constants(call)
        flags = self.flags(call)
        types = [type_of(keyword.value, self.scope) for keyword in call.keywords if keyword.arg == "type"]
        common: dict[str, Any] = {
            "type": types[0] if types else ArgType(),
            "nargs": None if given.get("nargs") is None else str(given["nargs"]),
            "choices": tuple(str(choice) for choice in given.get("choices", ())),
            "default": given.get("default"),
            "metavar": given.get("metavar"),
            "help": " ".join(str(given.get("help") or "").split()),
        }
        if not flags or not flags[0].startswith("-"):
            self.positionals.append(Positional(given.get("dest") or flags[0], **common))
            return
        hidden = any(k.arg == "help" and ast.unparse(k.value).endswith("SUPPRESS") for k in call.keywords)
        option = _option(flags, given, common, hidden)
        self.options.append(option)
        if group is not None:
            self.groups[group].append(option.dest)


def _option(flags: tuple[str, ...], given: dict[str, Any], common: dict[str, Any], hidden: bool) -> Option:
    action = given.get("action", "store")
    implied = {"store_true": (False, True), "store_false": (True, False)}.get(action)
    if implied:
        common["default"] = given.get("default", implied[0])
    return Option(
        flags,
        given.get("dest") or _dest(flags),
        action,
        const=implied[1] if implied else given.get("const"),
        required=bool(given.get("required", False)),
        hidden=hidden,
        **common,
    )


def _dest(flags: tuple[str, ...]) -> str:
    """argparse's own rule: the first long flag, else the first one."""
    long = [flag for flag in flags if flag.startswith("--")]
    return (long or list(flags))[0].lstrip("-").replace("-", "_")
