"""A bpftrace tool (*.bt) -> its ArgSpec, summary and usage, from its text; bpftrace isn't run.

A program reads `$1`, `$2` ... (0 or "" where they aren't given) and `$#`; `str($1)` is a text, plain `$1` a number.
"""

from __future__ import annotations

import re

from manpages_index.model import ArgSpec, ArgType, Positional

COMMENT = re.compile(r"/\*(?P<block>.*?)\*/|//(?P<line>[^\n]*)", re.S)
CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"', re.S)
PARAMETER = re.compile(r"(?P<text>str\(\s*)?\$(?P<number>[1-9][0-9]*)")
USAGE = re.compile(r"^\s*\*?\s*USAGE:\s*(?P<usage>.+?)\s*$", re.M | re.I)
TITLE = re.compile(r"^\s*\*?\s*(?P<name>[\w.-]+?)(?:\.bt)?(?:\s+-\s+|\s{2,}|\t\s*|\s+)(?P<summary>\S.*?)\.?\s*$")


def read_bt(path: str) -> ArgSpec:
    """The parameters that the program reads, as optional positionals. Raises OSError where it can't be read."""
    source = _source(path)
    usage = USAGE.search(source)
    names = re.findall(r"[\w-]+", usage["usage"].partition(" ")[2]) if usage else []
    kinds = _parameters(source)
    positionals = tuple(_positional(names, number, kinds.get(number, "int")) for number in range(1, max(kinds, default=0) + 1))
    return ArgSpec("bpftrace", positionals=positionals, ignores_arguments=not positionals, usage=usage["usage"] if usage else "")


def _positional(names: list[str], number: int, kind: str) -> Positional:
    name = names[number - 1] if number <= len(names) else f"arg{number}"
    return Positional(name, ArgType(kind), nargs="?", default=0 if kind == "int" else "")


def read_bt_summary(path: str) -> str:
    """The sentence that the program's first comment begins with, without the name and the final stop; empty where there is none."""
    comment = COMMENT.search(_source(path))
    if comment is None:
        return ""
    lines = (comment["block"] or comment["line"] or "").strip().splitlines()
    title = TITLE.match(lines[0]) if lines else None
    return title["summary"] if title else ""


def _parameters(source: str) -> dict[int, str]:
    """The numbers of the parameters in the code, not in comments or strings, and what each is: int or str."""
    kinds: dict[int, str] = {}
    for found in PARAMETER.finditer(CODE.sub(" ", source)):
        number = int(found["number"])
        kinds[number] = "str" if found["text"] or kinds.get(number) == "str" else "int"
    return kinds


def _source(path: str) -> str:
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")
