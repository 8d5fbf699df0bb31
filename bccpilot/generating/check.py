"""The check before root: a program's text -> its tree, and what speaks against running it.

The policy looks at the syntax tree, never at the text, and allows by name: a function that policy.toml doesn't list is refused, also one
that a later bpftrace will have. What may run afterwards is `Checked.text`, printed from the tree that was checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bccpilot.generating import hooks
from bccpilot.generating.parse import SyntaxProblem, parse
from bccpilot.generating.syntax import Node
from bccpilot.generating.vocabulary import read
from bccpilot.generating.write import write
from bccpilot.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.generating.vocabulary import Table
    from bccpilot.host import Host

_LEVELS = ("safe", "costly", "sensitive")


@dataclass(frozen=True)
class Checked:
    """`text` is what may run: empty where the program has problems that no host mends. `problems` have stage `syntax` (with the place in
    `argument`), `policy` or `host`; `risk` is safe | costly | sensitive, with its reasons."""

    tree: Node | None
    text: str = ""
    problems: tuple[Problem, ...] = ()
    risk: str = "safe"
    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


def check(text: str, host: Host | None = None) -> Checked:
    """Parse, judge, and, where a host is given, see whether the probes and fields exist there. Never raises for what a text holds."""
    try:
        tree = parse(text)
    except SyntaxProblem as problem:
        return Checked(None, "", (Problem("syntax", f"line {problem.at[0]}, column {problem.at[1]}", problem.why),))
    except RecursionError:
        return Checked(None, "", (Problem("syntax", "", "nested too deeply"),))
    refused = tuple(dict.fromkeys(_refused(tree)))
    absent = tuple(dict.fromkeys(_absent(tree, host))) if host is not None and not refused else ()
    risk, reasons = _risk(tree)
    return Checked(tree, "" if refused else write(tree), (*refused, *absent), risk, reasons)


def _problem(node: Node, what: str, why: str) -> Problem:
    return Problem("policy", f"{what} (line {node.at[0]}, column {node.at[1]})", why)


# what is refused


def _refused(tree: Node) -> Iterator[Problem]:
    policy = read("policy")
    yield from _of_names(tree, policy)
    yield from _of_limits(tree, policy["limits"])
    for call in tree.all("call"):
        if call.text == "cat":
            yield from _cat(call, policy["cat"])
        elif call.text in ("printf", "strftime", "time"):
            yield from _format(call)
    for point in tree.all("point"):
        yield from _of_point(point, policy)
    yield from _of_structs(tree)


def _of_names(tree: Node, policy: Table) -> Iterator[Problem]:
    for node in tree.all("call", "name", "positional", "point"):
        if node.kind == "point":
            provider = hooks.parts(node.text)[0]
            if provider in policy["refused"]:
                yield _problem(node, provider, policy["refused"][provider])
            elif provider not in hooks.PROVIDERS:
                yield _problem(node, provider, "no kind of probe that is known here")
        elif node.kind == "positional":
            yield _problem(node, node.text, "a generated program takes no arguments")
        elif node.text in policy["refused"]:
            yield _problem(node, f"{node.text}()", f"{policy['refused'][node.text]}; no generated program may do that")
        elif node.text not in policy["calls" if node.kind == "call" else "names"] and not (node.kind == "name" and node.text in policy["calls"]):
            kind = "function" if node.kind == "call" else "name"
            yield _problem(node, node.text, f"no {kind} that is known to only look at values")


def _of_limits(tree: Node, most: Table) -> Iterator[Problem]:
    probes, points = tree.all("probe"), tree.all("point")
    maps = {node.text for node in tree.all("map")}
    statements = sum(len(block.children) for block in tree.all("block"))
    counts = (("probes", len(probes)), ("points", len(points)), ("maps", len(maps)), ("statements", statements))
    for name, count in counts:
        if count > most[name]:
            yield _problem(tree, name, f"{count} {name}, more than {most[name]}")
    for node in tree.all("map", "unroll", "string", "call"):
        yield from _of_size(node, most)
    for node in tree.all("while"):
        if not node.all("postfix", "assign", "jump"):
            yield _problem(node, "while", "a loop that nothing in it ends")


def _of_size(node: Node, most: Table) -> Iterator[Problem]:
    if node.kind == "map" and len(node.children) > most["keys"]:
        yield _problem(node, node.text, f"a key of {len(node.children)} parts, more than {most['keys']}")
    if node.kind == "unroll" and _number(node.children[0]) not in range(1, most["unroll"] + 1):
        yield _problem(node, "unroll", f"repeated other than 1 to {most['unroll']} times")
    if node.kind == "string" and len(node.text.encode()) > most["strings"]:
        yield _problem(node, "a text", f"longer than {most['strings']} bytes")
    if node.kind == "call" and len(node.children) > most["printf"]:
        yield _problem(node, node.text, f"more than {most['printf']} arguments")


def _number(node: Node) -> int | None:
    """A plain number; None for anything that has to be computed."""
    if node.kind != "number":
        return None
    digits = re.sub(r"[uUlL]+$", "", node.text).replace("_", "")
    return int(digits, 16) if digits[:2] in ("0x", "0X") else int(float(digits)) if "e" in digits else int(digits)


def _cat(call: Node, allowed: Table) -> Iterator[Problem]:
    """Only a literal path, all of it plain, among those that are listed."""
    path = call.children[0].text if len(call.children) == 1 and call.children[0].kind == "string" else None
    if path is None or not re.fullmatch(r"[\w./:-]+", path, re.ASCII) or "/." in path or "//" in path:
        yield _problem(call, "cat()", "it may show only a file whose path is written out")
    elif path not in allowed["files"] and not path.startswith(tuple(allowed["trees"])):
        yield _problem(call, "cat()", f"{path} is none of the files of /proc and /sys that may be shown")


def _format(call: Node) -> Iterator[Problem]:
    if call.children and call.children[0].kind != "string":
        yield _problem(call, f"{call.text}()", "its format must be written out")


def _of_point(point: Node, policy: Table) -> Iterator[Problem]:
    provider, *rest = hooks.parts(point.text)
    if any(hooks.is_pattern(part) for part in rest) and provider in ("profile", "interval", "software", "hardware"):
        yield _problem(point, point.text, "no pattern is possible here")
    yield from _rate(point, provider, rest, policy["limits"])
    for entry in policy["forbidden"]:
        if _meets(point.text, entry["points"]):
            yield _problem(point, point.text, entry["why"])
    for entry in policy["wide"]:
        if provider in entry["kinds"] and _is_wide(provider, rest, entry["letters"]):
            yield _problem(point, point.text, entry["why"])


def _rate(point: Node, provider: str, rest: list[str], most: Table) -> Iterator[Problem]:
    if provider not in ("profile", "interval"):
        if provider in ("software", "hardware") and len(rest) == 2 and not rest[1].isdigit():
            yield _problem(point, point.text, "its count is no number")
        return
    per_us = {"hz": None, "s": 1_000_000, "ms": 1000, "us": 1}
    if len(rest) != 2 or rest[0] not in per_us or not rest[1].isdigit() or int(rest[1]) == 0:
        yield _problem(point, point.text, f"a {provider} is written {provider}:hz:99 or {provider}:ms:10")
        return
    unit = per_us[rest[0]]
    period_us = 1_000_000 / int(rest[1]) if unit is None else int(rest[1]) * unit
    least = 1_000_000 / most["hertz"] if provider == "profile" else most["interval_us"]
    if period_us < least:
        yield _problem(point, point.text, f"more often than every {least:g} µs")


def _is_wide(provider: str, rest: list[str], letters: int) -> bool:
    """Is so little of the name written out that it could be anything?"""
    if provider == "tracepoint":
        return len(rest) != 2 or hooks.is_pattern(rest[0])
    if provider in ("uprobe", "uretprobe", "usdt") and hooks.is_pattern(rest[0]):
        return True
    name = rest[-1] if rest else ""
    return hooks.is_pattern(name) and len(re.split(r"[*?\[]", name)[0]) < letters


def _of_structs(tree: Node) -> Iterator[Problem]:
    for struct in tree.all("struct"):
        if "(" in struct.text and re.search(r"\b(?:asm|__asm__|__attribute__|_Pragma|typeof|__builtin\w*)\b", struct.text):
            yield _problem(struct, "a declaration", "it holds more than fields")


def _meets(point: str, patterns: list[str]) -> bool:
    """Is the attach point one of these, or does its own pattern reach one of them?"""
    from fnmatch import fnmatchcase

    own = ":".join(hooks.parts(point))
    if any(fnmatchcase(own, pattern) for pattern in patterns):
        return True
    if not hooks.is_pattern(own):
        return False
    return any(fnmatchcase(_plain(pattern), own) for pattern in patterns)


def _plain(pattern: str) -> str:
    """A pattern as one of the texts that it stands for."""
    return re.sub(r"\[(.)\]", r"\1", pattern.replace("k*probe", "kprobe").replace("u*probe", "uprobe")).replace("*", "")


# what is asked about


def _risk(tree: Node) -> tuple[str, tuple[str, ...]]:
    policy = read("policy")
    found = [each for probe in tree.all("probe") for each in _of_probe(probe, policy)]
    level = max((level for level, _ in found), key=_LEVELS.index, default="safe")
    return level, tuple(dict.fromkeys(why for _, why in found))


def _of_probe(probe: Node, policy: Table) -> Iterator[tuple[str, str]]:
    calls = {call.text for call in probe.all("call")}
    for point in probe.children[0].children:
        if calls.intersection(policy["hot"]["prints"]) and _meets(point.text, policy["hot"]["points"]) and not _is_narrow(probe):
            yield "costly", f"{point.text}: {policy['hot']['why']}"
        for entry in policy["costly"]:
            if _meets(point.text, entry["points"]) and not _is_narrow(probe):
                yield "costly", f"{point.text}: {entry['why']}"
        for entry in policy["sensitive"]:
            if calls.intersection(entry["reads"]) and _meets(point.text, entry["points"]):
                yield "sensitive", f"{point.text}: {entry['why']}"


def _is_narrow(probe: Node) -> bool:
    """Does a condition pick one process, thread, program or cgroup out?"""
    predicate = [part for part in probe.children if part.kind == "predicate"]
    return any(
        node.text == "==" and {child.text for child in node.children}.intersection(("pid", "tid", "comm", "cgroup"))
        for node in _required(predicate[0].children[0] if predicate else None)
    )


def _required(node: Node | None) -> Iterator[Node]:
    """The conditions that must all hold: those joined by &&."""
    if node is None:
        return
    if node.kind == "binary" and node.text == "&&":
        for child in node.children:
            yield from _required(child)
    else:
        yield node


# what isn't here


def _absent(tree: Node, host: Host) -> Iterator[Problem]:
    for probe in tree.all("probe"):
        for point in probe.children[0].children:
            why = hooks.missing(point.text, host)
            if why is not None:
                yield Problem("host", point.text, why)
            elif host.tracefs_open:
                yield from _of_fields(probe, point, host)


def _of_fields(probe: Node, point: Node, host: Host) -> Iterator[Problem]:
    """Every field of args that a probe reads must be one of its tracepoint's."""
    provider, *rest = hooks.parts(point.text)
    known = hooks.fields(host.tracefs or "", *rest) if provider == "tracepoint" and len(rest) == 2 and not hooks.is_pattern(point.text) else None
    if known is None:
        return
    for node in probe.all("field"):
        name = node.text.lstrip("->.")
        if node.children[0].kind == "name" and node.children[0].text == "args" and name not in known:
            place = f"args->{name} (line {node.at[0]}, column {node.at[1]})"
            yield Problem("host", place, f"{point.text} has no field {name}; it has {', '.join(known)}")
