"""Findings as pictures that fit the window: histograms as bars, heat maps of histograms over intervals, trees of stacks, sparklines.

Blocks where the screen can show them, plain ASCII elsewhere. Everything is a list of lines or one line; nothing here prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import sqrt

from bccpilot.explaining.fields import from_telling
from bccpilot.explaining.numbers import human, percent
from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from bccpilot.model import Finding, Findings

MOST_PICTURES = 3  # of a kind
TREE_LINES = 24
SMALLEST = 0.02  # of all, for a branch of a tree to be drawn
_UNIT = re.compile(r"(?:%|[mµn]?s|[KMG]iB|B)(?![\w/])")
_MARKS = frozenset("，。；：、）？！")  # never at the beginning of a line
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
_SHADES = (" ·░▒▓█", " .:+*#")


@dataclass(frozen=True)
class Style:
    """`width` in columns; `blocks`: the screen can show block characters."""

    width: int = 80
    blocks: bool = False


def style_of(stream: TextIO) -> Style:
    """Of a terminal, its width and abilities; of anything else, 80 columns of ASCII."""
    if not stream.isatty():
        return Style()
    from shutil import get_terminal_size

    encoding = (stream.encoding or "").lower().replace("-", "")
    return Style(max(40, get_terminal_size().columns), encoding == "utf8")


def pictures(findings: Findings, style: Style, without: frozenset[str] = frozenset()) -> list[str]:
    """All pictures of a run, an empty line before each. `without`: kinds of facts that are on the screen already (histogram, heat,
    stack). A histogram with a heat map isn't drawn twice."""
    drawers: dict[str, Callable[[Finding, Style], list[str]]] = {"heat": heat, "histogram": histogram, "stack": tree}
    lines: list[str] = []
    warm: set[str] = set()
    for kind, draw in drawers.items():
        facts = [fact for fact in findings.facts if fact.kind == kind and kind not in without]
        for fact in facts[:MOST_PICTURES]:
            picture = draw(fact, style) if kind != "histogram" or fact.subject not in warm else []
            lines += ["", *picture] if picture else []
            if kind == "heat" and picture:
                warm.add(fact.subject)
    return lines


def histogram(fact: Finding, style: Style) -> list[str]:
    """A bar for each bucket, the longest as wide as the window allows."""
    rows = [(bounds(name, fact.unit), count) for name, count in fact.rows if isinstance(count, int | float)]
    most = max((count for _, count in rows), default=0)
    if most <= 0:
        return []
    label = max(width_of(name) for name, _ in rows)
    number = max(len(human(count)) for _, count in rows)
    room = max(8, style.width - label - number - 5)
    lines = [f"{' ' * (label - width_of(name))}{name} {human(count):>{number}} |{bar(count / most, room, style)}" for name, count in rows]
    return [*_title(fact), *(line.rstrip() for line in lines)]


def bar(share: float, room: int, style: Style) -> str:
    """`share` of `room` columns; what is there at all is never drawn as nothing."""
    if not style.blocks:
        return "#" * max(int(share * room + 0.5), share > 0)
    eighths = max(int(share * room * 8 + 0.5), share > 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def heat(fact: Finding, style: Style) -> list[str]:
    """A row for each bucket, a column for each interval, darker where there are more; the greatest bucket on top, as on a graph."""
    rows = [(bounds(name, fact.unit), [int(count) for count in str(counts).split()]) for name, counts in fact.rows]
    label = max((width_of(name) for name, _ in rows), default=0)
    columns = max((len(counts) for _, counts in rows), default=0)
    room = max(8, style.width - label - 4)
    each = -(-columns // room)  # rounded up
    merged = [(name, [sum(counts[at : at + each]) for at in range(0, columns, each)]) for name, counts in rows]
    most = max((count for _, counts in merged for count in counts), default=0)
    if most <= 0 or columns < 3:  # two are better read as numbers
        return []
    shaded = [(name, "".join(_shade(count / most, style) for count in counts)) for name, counts in reversed(merged)]
    lines = [f"{' ' * (label - width_of(name))}{name} |{shades}|" for name, shades in shaded]
    intervals = f"{each} intervals" if each > 1 else "1 interval"
    return [*_title(fact), *lines, f"{' ' * label} one column is {intervals}, darkest {human(most)}"]


def _shade(share: float, style: Style) -> str:
    shades = _SHADES[0 if style.blocks else 1]
    return shades[min(5, max(int(sqrt(share) * 5 + 0.5), 1))] if share > 0 else " "  # the root shows the small ones, too


def sparkline(values: list[float], style: Style, most: int = 40) -> str:
    """The course of a number in a few characters, from zero (or its least, where that is below) to its greatest."""
    if not style.blocks or not values:
        return ""
    each = -(-len(values) // most)
    means = [sum(part) / len(part) for part in (values[at : at + each] for at in range(0, len(values), each))]
    low, high = min(0.0, *means), max(means)
    span = high - low or 1.0
    return "".join(_LEVELS[min(7, int((value - low) / span * 8))] for value in means)


@dataclass
class Node:
    """A function of a stack, with the weight of all stacks that go through it."""

    name: str
    weight: float = 0
    children: dict[str, Node] = field(default_factory=dict)


def tree(fact: Finding, style: Style) -> list[str]:
    """Stacks as a tree from the root, with their share of all; chains without a fork on one line; small branches, and the leaves that are
    the same everywhere (the scheduler's, the allocator's), left out."""
    root = Node("")
    whole = fact.rows[-1][1] if fact.rows else 0
    total = whole if isinstance(whole, int | float) else 0
    for path, weight in fact.rows[:-1]:
        if isinstance(weight, int | float):
            _grow(root, from_telling(path.split(";"))[::-1], weight)
    if total <= 0 or not root.children:
        return []
    lines = list(_branches(root, total, "", style))
    cut_off = [f"... {len(lines) - TREE_LINES} more"] if len(lines) > TREE_LINES else []
    return [*(cut(line, style.width) for line in lines[:TREE_LINES]), *cut_off]


def _grow(root: Node, path: Sequence[str], weight: float) -> None:
    node = root
    for name in path:
        node = node.children.setdefault(name, Node(name))
        node.weight += weight


def _branches(node: Node, total: float, indent: str, style: Style) -> Iterator[str]:
    children = sorted((c for c in node.children.values() if c.weight >= SMALLEST * total), key=lambda c: (-c.weight, c.name))
    for child in children:
        last = child is children[-1]
        chain, end = _chain(child)
        joint, below = (("└ ", "  ") if last else ("├ ", "│ ")) if style.blocks else (("`-", "  ") if last else ("|-", "| "))
        share = f"{percent(child.weight, total):>5} "
        yield share + indent + joint + _fitted(chain, style.width - len(share) - len(indent) - len(joint))
        yield from _branches(end, total, indent + below, style)


def _chain(node: Node) -> tuple[list[str], Node]:
    """The names down to the next fork."""
    names = [node.name]
    while len(node.children) == 1:
        child = next(iter(node.children.values()))
        if child.weight < node.weight:
            break  # some stacks end here
        node = child
        names.append(node.name)
    return names, node


def _fitted(names: list[str], room: int) -> str:
    """`a > b > c`; where that is too long the middle is left out, for both ends say most."""
    shown = [escaped(name) or "''" for name in names]
    text = " > ".join(shown)
    while width_of(text) > room and len(shown) > 2:
        middle = len(shown) // 2
        del shown[middle]
        text = " > ".join([*shown[:middle], "...", *shown[middle:]])
    return text


def _title(fact: Finding) -> list[str]:
    return [escaped(fact.subject)] if fact.subject else []


def bounds(name: str, unit: str | None) -> str:
    """`16..31` with us: `16 µs - 31 µs`; an open side stays open."""
    low, separator, high = name.partition("..")
    return f"{_bound(low, unit)} - {_bound(high, unit)}" if separator else _bound(low, unit)


def _bound(end: str, unit: str | None) -> str:
    if not end.lstrip("-").replace(".", "", 1).isdecimal():
        return end
    return human(float(end) if "." in end else int(end), unit)


def width_of(text: str) -> int:
    """Columns of a text on a terminal: East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text: str, width: int) -> str:
    """At most `width` columns."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 3:
        text = text[:-1]
    return text + "..."


def wrapped(text: str, width: int) -> str:
    """Lines broken at spaces, or between East Asian characters, and indented below their beginning; words that don't fit stay whole."""
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> Iterator[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    current = ""
    for word in _words(line):
        if current.strip() and width_of(current + word.rstrip()) > width:
            yield current.rstrip()
            current = indent + word.lstrip()
        else:
            current += word
    yield current.rstrip()


def _words(line: str) -> Iterator[str]:
    """Pieces after which a line may be broken: words with the space behind them, single East Asian characters with the mark behind
    them. A number keeps its unit."""
    word = ""
    for at, letter in enumerate(line):
        word += letter
        if letter == " ":
            breaks = not _UNIT.match(line, at + 1)
        else:
            breaks = not letter.isascii() and width_of(letter) == 2 and line[at + 1 : at + 2] not in _MARKS
        if breaks:
            yield word
            word = ""
    if word:
        yield word
