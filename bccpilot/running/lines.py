"""Raw output into lines of text, and the losses that tools report among them.

Nothing is dropped: bytes that aren't UTF-8 become lone surrogates (surrogateescape) and turn into the same bytes again
when written so.
"""

from __future__ import annotations

import re

# How each flavour says that its buffers overflowed; the number is how many samples or events are gone. A whole line
# must match: a traced program may have a name or an argument that looks like one.
LOSSES = tuple(
    re.compile(pattern)
    for pattern in (
        r"Possibly lost (\d+) samples",  # bcc's perf buffer
        r"(?:WARNING: )?[Ll]ost (\d+) (?:events|samples)(?: on CPU #?\d+!?)?",  # libbpf-tools, bpftrace
        r"(?:WARNING: )?(\d+) stack traces (?:lost and )?could not be displayed\.?.*",  # profile, stackcount
        r"(?:WARNING: )?Missed (\d+) (?:events|samples).*",
        r"(?:warning: )?[Dd]ropped (\d+) (?:events|samples).*",
    )
)
HINTS = (
    "ost ",
    "issed ",
    "ropped ",
    "stack traces ",
)  # a chunk without any of these has no such line: most chunks cost one scan


def lost(lines: list[str]) -> int:
    """How many samples these lines say were lost."""
    return sum(_lost(line.strip()) for line in lines if any(hint in line for hint in HINTS))


def _lost(line: str) -> int:
    matches = (pattern.fullmatch(line) for pattern in LOSSES)
    return next((int(match[1]) for match in matches if match), 0)


class Splitter:
    """One stream's bytes into lines; `most` bytes without a newline make a line too."""

    def __init__(self, most: int) -> None:
        self._most, self._rest = most, b""

    @property
    def rest(self) -> str:
        """The line that isn't complete yet."""
        return self._rest.decode("utf-8", "surrogateescape")

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that `chunk` completes, without their newlines."""
        whole, newline, rest = (self._rest + chunk).rpartition(b"\n")
        lines = whole.decode("utf-8", "surrogateescape").split("\n") if newline else []
        if lines and max(map(len, lines)) > self._most:
            lines = [piece for line in lines for piece in self._pieces(line)]
        while len(rest) > self._most:
            lines.append(rest[: self._most].decode("utf-8", "surrogateescape"))
            rest = rest[self._most :]
        self._rest = rest
        return lines

    def _pieces(self, line: str) -> list[str]:
        return [line[i : i + self._most] for i in range(0, len(line), self._most)] or [""]

    def last(self) -> list[str]:
        """At the end: the line that never got its newline."""
        line, self._rest = self.rest, b""
        return [line] if line else []
