"""memleak: stacks of outstanding allocations, single allocations (-a), and the tuples of its trace (-t)."""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.context import Context
from bccpilot.output.stack import LONGEST, frame
from bccpilot.output.values import unescape

_STACK = re.compile(r"\s+(\d{1,20}) bytes in (\d{1,20}) allocations from stack\s*", re.ASCII)
_SINGLE = re.compile(r"\s+addr = (?:0x)?([0-9a-f]{1,16}) size = (\d{1,20})\s*", re.ASCII)
_STACK_BELOW = re.compile(r"[ \t]{2,}\S.*")


class Allocations:
    """`N bytes in M allocations from stack` with the frames below; one record a stack, `frames` from the root."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._fields: dict[str, object] = {}

    @property
    def busy(self) -> bool:
        return bool(self._lines)

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if text[:1] not in (" ", "\t"):
            return None
        if "addr = " in text:
            single = _SINGLE.fullmatch(text)
            if single:
                fields: dict[str, object] = {"address": single[1], "bytes": int(single[2])}
                return [*self.flush(context), Record("row", fields, context.interval or None, None, text)]
        stack = _STACK.fullmatch(text) if "allocations from stack" in text else None
        if stack:
            ended = self.flush(context)
            self._fields = {"bytes": int(stack[1]), "allocations": int(stack[2])}
            self._lines = [text]
            return ended
        if not self._lines or not _STACK_BELOW.fullmatch(text):
            return None
        self._lines.append(text)
        return self.flush(context) if len(self._lines) >= LONGEST else []

    def flush(self, context: Context) -> list[Record]:
        if not self._lines:
            return []
        lines, self._lines = self._lines, []
        frames = [frame(line) for line in reversed(lines[1:])]
        fields = {"frames": frames, "value": self._fields["bytes"], "unit": "B", **self._fields}
        return [Record("stack", fields, context.interval or None, None, "\n".join(lines))]


def trace_tuple(text: str, context: Context) -> list[Record] | None:
    """One line of `memleak -t`: (comm, pid, cpu, trace flags, seconds, message) as Python prints a tuple. No regular
    expression: it is hot."""
    if text[:2] not in ("(b", "('", '("') or text[-2:] not in ("')", '")'):
        return None
    head, _, message = text[1:-2].partition(", b'alloc ") if ", b'alloc " in text else text[1:-2].partition(", b'free ")
    kind = "alloc " if ", b'alloc " in text else "free "
    parts = head.rsplit(", ", 4)
    if len(parts) != 5 or not message:
        return None
    comm, pid, cpu, flags, seconds = parts
    try:
        fields: dict[str, object] = {
            "comm": _inside(comm),
            "pid": int(pid),
            "cpu": int(cpu),
            "flags": _inside(flags),
            "time_s": float(seconds),
        }
    except ValueError:
        return None
    return [Record("event", fields | _message(kind + message), None, None, text)]


def _inside(text: str) -> str:
    """The text of a Python literal as printed: b'...' or '...'."""
    return unescape(text.removeprefix("b")[1:-1])


def _message(text: str) -> dict[str, object]:
    """`alloc exited, size = 64, result = ff14` -> call `alloc exited`, size 64, result ff14."""
    call, *pairs = text.split(", ")
    fields: dict[str, object] = {"call": call}
    for pair in pairs:
        name, _, value = pair.partition(" = ")
        fields[name] = int(value) if name == "size" and value.isdecimal() and len(value) < 20 else value
    return fields
