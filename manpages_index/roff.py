"""A man page in roff -> its parts. Only the handful of macros that the pages of bcc and bpftrace use; a macro that isn't known is skipped,
its text kept."""

from __future__ import annotations

import gzip
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from manpages_index.model import Example

_ESCAPES = (
    (r"\-", "-"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\&", ""), (r"\e", "\\"), (r"\ ", " "), (r"\|", ""), (r"\'", "'"),
    (r"\(co", "(c)"),
)  # fmt: skip
_FONT = re.compile(r"\\f(?:\[\w*\]|\(\w\w|\w)|\\s[+-]?\d+")
_ITEM_MACROS = {"TP", "IP", "PP", "P", "LP"}
_TEXT_MACROS = {"B", "I", "BR", "BI", "IR", "RB", "RI", "IB", "SM"}


@dataclass(frozen=True)
class Text:
    """A line of a page. `bold` when it stood in a .B macro, `starts` when a new paragraph or item begins with it."""

    text: str
    bold: bool = False
    starts: bool = False


@dataclass(frozen=True)
class ManPage:
    """A page's parts: `name` and `summary` from NAME, all sections by their titles as lines."""

    name: str = ""
    summary: str = ""
    sections: dict[str, tuple[Text, ...]] = field(default_factory=dict)

    def text(self, section: str) -> str:
        """A section as plain paragraphs, one a line; empty when the page has none of that title."""
        paragraphs: list[str] = []
        for line in self.sections.get(section, ()):
            if line.starts or not paragraphs:
                paragraphs.append(line.text)
            else:
                paragraphs[-1] = f"{paragraphs[-1]} {line.text}".strip()
        return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def read(path: str | Path) -> ManPage:
    """The page in `path` (.gz or not). Raises OSError when it can't be read."""
    data = Path(path).read_bytes()
    return parse(gzip.decompress(data) if str(path).endswith(".gz") else data)


def parse(data: bytes) -> ManPage:
    """The parts of a page given as bytes."""
    sections: dict[str, list[Text]] = {}
    current: list[Text] = []
    starts = False
    for line in data.decode("utf-8", "replace").splitlines():
        macro, rest = _split_macro(line)
        if macro in ("SH", "SS"):
            current = sections.setdefault(plain(rest).strip('"').upper(), [])
            starts = True
        elif macro in _ITEM_MACROS or (not macro and not rest.strip()):
            starts = True
        elif (not macro or macro in _TEXT_MACROS) and plain(rest):
            current.append(Text(plain(rest), macro == "B", starts))
            starts = False
    name, _, summary = " ".join(line.text for line in sections.get("NAME", ())).partition(" - ")
    return ManPage(name.strip(), summary.strip(), {title: tuple(lines) for title, lines in sections.items()})


def plain(text: str) -> str:
    """Text without roff's escapes and font changes."""
    text = _FONT.sub("", text)
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text.strip()


def _split_macro(line: str) -> tuple[str, str]:
    if line.startswith((".\\", "'\\", '."')):
        return "comment", ""
    if not line.startswith("."):
        return "", line
    macro, _, rest = line[1:].lstrip().partition(" ")
    return macro, rest


def examples(page: ManPage, names: frozenset[str]) -> tuple[Example, ...]:
    """The commands of EXAMPLES, each with the sentence before it. `names` are the tool's names (memleak, memleak-bpfcc)."""
    found: list[Example] = []
    sentence: list[str] = []
    for line in page.sections.get("EXAMPLES", ()):
        args = command_arguments(line.text, names)
        if args is not None:
            found.append(Example(" ".join(sentence).rstrip(": "), args, "man"))
            sentence = []
            continue
        if line.starts:
            sentence = []
        if line.text not in "#$":
            sentence.append(line.text)
    return tuple(found)


def command_arguments(text: str, names: frozenset[str]) -> tuple[str, ...] | None:
    """The arguments of a command line as documents show it (`# ./memleak -t   # comment`), None when it is not a command of `names`."""
    try:
        words = shlex.split(text.lstrip("#$ "), comments=True)
    except ValueError:
        return None
    words = words[1:] if words[:1] == ["sudo"] else words
    if not words or words[0].rsplit("/", 1)[-1] not in names:
        return None
    return tuple(words[1:])
