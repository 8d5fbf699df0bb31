"""The outputs inside bcc's and bpftrace's example files, cut out: what stands between a command and the prose about it.

A command is a line after a prompt (`# `, `$ `) or the tool's own path. Its output ends at the next command, at the
usage message, or where a paragraph of English begins. What counts as English is decided here, by function words,
without any knowledge of the parsers.
"""

from __future__ import annotations

import re
from pathlib import Path

FILES = sorted(Path("/usr/share/doc/bpfcc-tools/examples/doc").glob("*_example.txt"))
BPFTRACE_FILES = sorted(Path("/usr/share/doc/bpftrace/examples").glob("*_example.txt"))

_WORDS = frozenset(
    ["the", "a", "an", "of", "is", "are", "was", "were", "to", "in", "and", "or", "for", "with", "that", "this", "it", "as", "by", "be", "on", "you", "can", "we", "from", "not", "at", "which", "if", "there", "here", "also", "but", "has", "have", "will", "how", "these", "when", "while", "its", "their", "into", "just", "now", "then", "some", "only", "one", "while", "being", "so", "such", "does", "do", "did", "each", "all", "what", "i", "my", "your", "they"]
)  # fmt: skip
_PROMPT = re.compile(r"\s*(?:\(\w+\) ~ |[\w@.-]+:\S*)?[#$%] ?(?=[\w./~])(.*)")
_PATH = re.compile(r"\s?(\./[\w.-]+(?:\s.*)?)")
_OPENING = re.compile(r"(?:For|The|Use|Matching|Full|That|Note|Let's|Here|apps|Now|As|In|This|It|With|Also|To)\b.*[a-z:)]")
_LEFT_OUT = re.compile(r"\s*(?:\[?\(?\.\.+.*|\[--\]|#|<screen clears>)")


def english(line: str) -> bool:
    if line[:1] in (" ", "\t", "|") or "   " in line.strip() or "\t" in line:
        return False
    words = re.findall(r"[A-Za-z']+", line)
    common = sum(word.lower() in _WORDS for word in words)
    few = len(words) >= 2 and _OPENING.match(line) is not None
    return few or (len(words) >= 4 and common >= max(2, len(words) // 7) and not re.match(r"Tracing|Attach|Sampling|[\d(@{]", line))


def outputs(path: Path) -> list[tuple[str, list[str]]]:
    """(command, its output's lines) for each command in the file that runs the file's own tool."""
    tool = path.name.removesuffix("_example.txt")
    names = (
        tool,
        re.sub(r"^(?:java|node|perl|php|python|ruby|tcl|c)(?=calls|flow|gc|objnew|stat|threads)", "u", tool),
        "cat exitlog",
    )
    found: list[tuple[str, list[str]]] = []
    taking = usage = quoted = remark = False
    lines = path.read_text(errors="surrogateescape").splitlines()
    for at, line in enumerate(lines):
        if line.startswith("EXAMPLES"):
            break
        remark = remark and bool(line.strip())
        prompted = _PROMPT.fullmatch(line) if not line.startswith("        ") else None
        command = prompted or (None if usage else _PATH.fullmatch(line))
        if quoted:
            quoted = line.count("'") % 2 == 0
        elif command:
            taking, usage = _runs(command[1], names), usage and not prompted
            quoted = taking and command[1].count("'") % 2 == 1
            if taking:
                found.append((command[1], []))
        elif re.match(r"USAGE|usage:|Usage|```|Full usage", line):
            taking, usage = False, True
        elif remark or (line.startswith("Note: ") and taking and not found[-1][1]):
            remark = True  # between the command and its output
        elif _opens_prose(lines, at):
            taking = False
        elif taking and (line.strip() or found[-1][1]) and not _LEFT_OUT.fullmatch(line):
            found[-1][1].append(line)
    return [(command, lines) for command, lines in found if any(line.strip() for line in lines)]


def _runs(command: str, names: tuple[str, ...]) -> bool:
    """Whether a command runs one of these tools and prints to the screen."""
    if re.search(r"\s(?:-h|--help)\b|^man |> ", command) or english(command) or not re.match(r"[\w./~$]", command):
        return False
    return any(re.search(rf"(?:^|[\s/;]){name}", command) for name in names)


def _opens_prose(lines: list[str], at: int) -> bool:
    """Whether a paragraph of English begins at this line."""
    if not (at == 0 or not lines[at - 1].strip() or lines[at - 1].startswith(("[...]", "[..]"))):
        return False
    paragraph = list(lines[at : at + 4])
    if "" in paragraph:
        paragraph = paragraph[: paragraph.index("")]
    return bool(paragraph) and (english(" ".join(paragraph)) or (english(paragraph[0])))
