"""What a program prints -> records: its printf lines by their formats, which the program's tree tells, the rest as any tool's output."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bccpilot.generating.vocabulary import read
from bccpilot.model import Record
from manpages_index.model import Column, OutputShape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bccpilot.generating.syntax import Node
    from bccpilot.model import Line

_CONVERSION = re.compile(r"%(?:%|([-+ 0#]*)(\d*)(?:\.\d+)?(?:hh|h|ll|l|z|j)?([a-zA-Z]))")
_GREETING = re.compile(r"Attaching \d+ probes?\.\.\.")
_KEYS = ("comm", "path", "target", "daddr", "interface", "name", "operation", "child_comm", "new", "line")


@dataclass(frozen=True)
class Format:
    """One printf of a program. `pattern` matches its lines; `names` and `types` (int, hex, str, comm ...) belong to its groups, and are
    empty where it prints nothing but text."""

    pattern: re.Pattern[str]
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def formats(tree: Node) -> tuple[Format, ...]:
    """The formats of a program's printf calls that print whole lines, those with the most text in them first."""
    calls = [call for call in tree.all("call") if call.text == "printf" and call.children and _is_line(call)]
    headings = [tuple(argument.text.lower() for argument in call.children[1:]) for call in calls if _is_heading(call)]
    found = [_format(call, headings) for call in calls]
    return tuple(sorted(found, key=lambda each: (len(each.names), -len(each.pattern.pattern))))


def _is_line(call: Node) -> bool:
    """Whole lines, and no stacks, which have lines of their own."""
    text = call.children[0].text
    return text.endswith("\n") and "\n" not in text[:-1] and not _has_stack(call)


def _has_stack(call: Node) -> bool:
    return any(node.text in ("kstack", "ustack") for node in call.all("name", "call"))


def _is_heading(call: Node) -> bool:
    return len(call.children) > 1 and all(argument.kind == "string" for argument in call.children[1:])


def _format(call: Node, headings: list[tuple[str, ...]]) -> Format:
    text, arguments = call.children[0].text[:-1], call.children[1:]
    if not arguments or _is_heading(call):
        return Format(re.compile(_literal(text, tuple(argument.text for argument in arguments))))
    names = next((row for row in headings if len(row) == len(arguments)), None) or tuple(_name(node, n) for n, node in enumerate(arguments))
    pattern, types = _pattern(text)
    columns = read("measures")["column"]
    columns = {"comm": "comm"} | columns
    pairs = zip(names, types, strict=False)
    return Format(pattern, _unique(names), tuple(str(columns.get(name, kind)) if kind == "str" else kind for name, kind in pairs))


def _literal(text: str, arguments: tuple[str, ...]) -> str:
    """The pattern of a line of which every word is known: columns may be padded."""
    words = iter(arguments)
    pieces = _CONVERSION.sub(lambda found: "%" if found.group() == "%%" else next(words, ""), text).split()
    return r"\s*" + r"\s+".join(re.escape(piece) for piece in pieces) + r"\s*"


def _pattern(text: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A format as a regular expression, and what its groups are."""
    parts, types, at = [], [], 0
    for found in _CONVERSION.finditer(text):
        parts.append(re.escape(text[at : found.start()]))
        at = found.end()
        flags, width, letter = found.groups()
        if letter is None:
            parts.append("%")
            continue
        kind, group = _GROUPS.get(letter, ("str", "(.*?)"))
        padding = r"\s*" if width else ""
        parts.append(f"{group}{padding}" if "-" in flags else f"{padding}{group}")
        types.append(kind)
    return re.compile("".join((*parts, re.escape(text[at:])))), tuple(types)


_GROUPS = dict.fromkeys("diu", ("int", r"(-?\d+)")) | {
    "x": ("hex", "([0-9a-f]+)"), "X": ("hex", "([0-9A-F]+)"), "p": ("hex", "(0x[0-9a-f]+)"), "c": ("str", "(.)"),
}  # fmt: skip


def _name(node: Node, number: int) -> str:
    """What a printed value is called: after the field, builtin, variable or map that it comes from."""
    names = read("measures")["alias"]
    for inner in node.walk():
        if inner.kind == "field":
            field = inner.text.lstrip("->.")
            return str(names.get(field, field))
        if inner.kind in ("map", "variable") and len(inner.text) > 1:
            return inner.text[1:]
        if inner.kind == "name" and inner.text != "args":
            return inner.text
    return f"value{number + 1}"


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name if names.index(name) == n else f"{name}_{n + 1}" for n, name in enumerate(names))


def numbered(tree: Node) -> dict[str, int]:
    """{map: which part of its key is a system call's number}."""
    found = {}
    for probe in tree.all("probe"):
        if any(point.text.partition(":")[2].startswith("raw_syscalls:") for point in probe.children[0].children):
            for node in probe.all("map"):
                at = next((n for n, key in enumerate(node.children) if key.kind == "field" and key.text == "->id"), None)
                if at is not None:
                    found[node.text] = at
    return found


def with_names(found: Iterable[Record], places: dict[str, int]) -> Iterator[Record]:
    """System calls by their names instead of their numbers, where python3-bpfcc is there to tell them."""
    from dataclasses import replace

    names = _syscall_names() if places else {}
    for record in found:
        at = places.get(str(record.fields.get("map")))
        parts = record.key.split(", ") if record.key and at is not None and names else []
        if at is not None and at < len(parts) and parts[at].isdigit():
            parts[at] = names.get(int(parts[at]), parts[at])
            record = replace(record, key=", ".join(parts))
        yield record


def _syscall_names() -> dict[int, str]:
    try:
        from bcc.syscall import syscalls  # type: ignore[import-untyped]
    except (ImportError, OSError):
        return {}
    return {number: name.decode() for number, name in syscalls.items()}


def records(lines: Iterable[Line], tree: Node, unit: str | None = None) -> Iterator[Record]:
    """The records of a run of a program. `unit` is that of the histograms."""
    return with_names(_records(lines, formats(tree), unit), numbered(tree))


def _records(lines: Iterable[Line], known: tuple[Format, ...], unit: str | None) -> Iterator[Record]:
    from bccpilot.output.parse import Scanner

    scanner = Scanner(OutputShape("values", unit=unit), {})
    greeted = False
    for line in lines:
        greets = not greeted and line.stream == "out" and _GREETING.fullmatch(line.text) is not None
        greeted = greeted or greets
        record = _record(line.text, known) if line.stream == "out" and not greets else None
        if record is None:
            yield from scanner.feed(line.text, line.stream)
        else:
            yield record
    yield from scanner.close()


def _record(text: str, known: tuple[Format, ...]) -> Record | None:
    for form in known:
        found = form.pattern.fullmatch(text)
        if found is None:
            continue
        if not form.names:
            return Record("note", {"text": text.strip()}, None, None, text)
        values = zip(form.names, form.types, found.groups(), strict=True)
        return Record("event", {name: _value(kind, value) for name, kind, value in values}, None, None, text)
    return None


def _value(kind: str, text: str) -> int | str:
    return int(text) if kind == "int" else int(text, 16) if kind == "hex" else text


def shape(known: tuple[Format, ...], unit: str | None) -> OutputShape:
    """What the findings need: the columns with their types, and those that a summary makes sense by."""
    form = next((each for each in known if each.names), None)
    if form is None:
        return OutputShape("values", unit=unit)
    columns = tuple(Column(name.upper(), name, kind) for name, kind in zip(form.names, form.types, strict=True))
    return OutputShape("events", columns, unit=unit, top=tuple(name for name in form.names if name in _KEYS))
