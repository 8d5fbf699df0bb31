"""Argument lists for a spec: valid, nearly valid and garbage, in every way of writing that a parser knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from manpages_index.model import ArgSpec, ArgType, Option

if TYPE_CHECKING:
    from collections.abc import Iterable

TRICKY = [
    "", " ", "-", "--", "---", "-1", "-5", "-0.5", "- 5", "0", "1", "2", "5", "10", "007", "1_000", "１２", "٣", "+3", " 7 ", "1.5", "1e3", "nan", "-inf", "0x10",
    "99999999999999999999", "1,2", "1,2,3,4,5,6,7", "1,x", ",", "a,b", "-1,2", "abc", "vfs_read", "p:c:malloc", "x=y", "a b", "-a b", "--x y", "日本", "é", "\udc80",
    "'", '"', "$(id)", ";", "|", "a\nb", "\x1b[0m", "root", "nobody", "no-such-user", "EPERM", "ENOENT", "eperm", "E", "-EPERM", "openssl:/etc/passwd", "gnutls:/", "nss:", "x:y",
    "/etc/passwd", "java", "mysql", "postgres", "all", "kmalloc", "@f", "-h", "--help", "--ebpf", "%s", "%(prog)s", "{}",
]  # fmt: skip
TEXT = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8))
NUMBER = st.one_of(st.integers(1, 70000), st.integers(0, 300)).map(str)
FLOAT = st.floats(0, 1e6, allow_nan=False).map(lambda x: f"{x:g}")
WORD = st.sampled_from(
    [
        "bash",
        "vfs_read",
        "p:c:malloc",
        "a b",
        "x=y",
        "root",
        "ENOENT",
        "5",
        "日本",
        "/etc/passwd",
        "@f",
        "1,2",
        "c:malloc",
        "r::f():int:$retval",
    ]
)
SPECIAL = {
    "errno": st.sampled_from(["EPERM", "ENOENT", "5", "-5"]),
    "uid": st.sampled_from(["root", "nobody", "1000"]),
    "fields": st.just("openssl:/etc/passwd"),
}

_made: dict[str, list[list[str]]] = {}


def argument_lists(spec: ArgSpec) -> st.SearchStrategy[list[str]]:
    """Half of them valid or nearly so (what is required and fitting options, sometimes a strange piece more), the others anything."""
    tame = st.one_of(_option(spec, False), _option(spec, False), _bundle(spec))
    wild = st.one_of(_option(spec, True), _option(spec, True), _positional(spec), st.lists(TEXT, min_size=1, max_size=1), _bundle(spec))
    options = st.lists(tame, max_size=4).map(_flat)
    valid = st.tuples(options, _operands(spec), st.lists(tame, max_size=1).map(_flat)).map(_flat)
    nearly = st.tuples(options, wild, _operands(spec)).map(_flat)
    return st.one_of(valid, valid, nearly, st.lists(wild, max_size=6).map(_flat))


def generated(spec: ArgSpec, count: int) -> list[list[str]]:
    """`count` argument lists for a spec, the same ones each time; wrappers of one tool share theirs."""
    key = repr((count, spec.options, spec.positionals))
    if key not in _made:
        _made[key] = _generate(spec, count)
    return _made[key]


def _generate(spec: ArgSpec, count: int) -> list[list[str]]:
    found: list[list[str]] = []

    @seed(20261123)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(argument_lists(spec))
    def collect(args: list[str]) -> None:
        found.append(args)

    collect()
    return found


def _flat(pieces: Iterable[list[str]]) -> list[str]:
    return [word for piece in pieces for word in piece]


def value(kind: ArgType, choices: tuple[str, ...] = (), wild: bool = True) -> st.SearchStrategy[str]:
    """A text for a value that fits, or (`wild`) anything."""
    if wild:
        return st.one_of(TEXT, value(kind, choices, False))
    if choices:
        return st.sampled_from(choices)
    if kind.kind == "list":
        return st.lists(NUMBER, min_size=1, max_size=7).map(kind.separator.join)
    return {"int": NUMBER, "strtol": NUMBER, "float": st.one_of(FLOAT, NUMBER), **SPECIAL}.get(kind.kind, WORD)


@st.composite
def _option(draw: st.DrawFn, spec: ArgSpec, wild: bool) -> list[str]:
    usual = [option for option in spec.options if wild or option.action not in ("help", "version")]
    if not usual:
        return []
    option = draw(st.sampled_from(usual))
    flag = _spelled(draw, option, wild)
    if not option.takes_value:
        return [flag + draw(st.sampled_from(["", "", "=", "=1", "5", "x"]))] if wild else [flag]
    text = draw(value(option.type, option.choices, wild))
    ways = [[flag, text], [f"{flag}={text}"], [flag + text] if not flag.startswith("--") else [flag, text]]
    if wild or option.nargs:
        several = draw(st.lists(value(option.type, option.choices, wild), max_size=3))
        ways += [[flag], [flag, text, *several], [flag + text]]
    return draw(st.sampled_from(ways))


def _spelled(draw: st.DrawFn, option: Option, wild: bool) -> str:
    flag = draw(st.sampled_from(option.flags))
    if flag.startswith("--") and draw(st.booleans()):
        return flag[: draw(st.integers(3 if wild else min(5, len(flag)), len(flag)))]
    return flag + draw(st.sampled_from(["", "", "", "x", "="])) if wild else flag


@st.composite
def _bundle(draw: st.DrawFn, spec: ArgSpec) -> list[str]:
    """-TU, -Tp5, -Tp=5"""
    flags = [f[1:] for o in spec.options for f in o.flags if len(f) == 2 and not o.takes_value and o.action not in ("help", "version")]
    valued = [f[1:] for o in spec.options for f in o.flags if len(f) == 2 and o.takes_value]
    letters = "".join(draw(st.lists(st.sampled_from(flags or valued or ["x"]), min_size=1, max_size=3)))
    last = draw(st.sampled_from(["", "", *valued]))
    return ["-" + letters + last + (draw(st.sampled_from(["5", "=5", "x", ""])) if last else "")]


@st.composite
def _positional(draw: st.DrawFn, spec: ArgSpec) -> list[str]:
    if not spec.positionals:
        return [draw(TEXT)]
    positional = draw(st.sampled_from(spec.positionals))
    text = draw(value(positional.type, positional.choices))
    return draw(st.sampled_from([[text], [text], ["--", text], [text, text], [text, "x"]]))


@st.composite
def _operands(draw: st.DrawFn, spec: ArgSpec) -> list[str]:
    """Fitting values for the positionals, as many as are wanted, and the required options."""
    words: list[str] = []
    for positional in spec.positionals:
        if positional.nargs in ("?", "*") and draw(st.booleans()):
            break
        words += draw(
            st.lists(value(positional.type, positional.choices, False), min_size=1, max_size=3 if positional.nargs in ("*", "+") else 1)
        )
    if words and draw(st.integers(0, 9)) == 0:
        words = ["--", *words]
    needed = [[option.long, draw(value(option.type, option.choices, False))] for option in spec.options if option.required]
    return [*_flat(needed), *words]
