"""Stacks: the frames below an event, stacks with a count or a time, one line of a folded stack.

A stack's fields: `frames`, always from the root (main, entry_SYSCALL ...) to the leaf, as folded stacks and flame
graphs have them; `kernel` and `user` besides, where a delimiter tells them apart; `comm`, `pid`, or `target` and
`waker`; `value` with its `unit` (count, us ...), None for a stack below an event, whose own fields come first then.
"""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.context import Context
from bccpilot.output.values import integer, plain

LONGEST = 1024  # lines held back at most

_FRAME = re.compile(
    r"\s+(?:--?|waker:|target:)(?:\s.*)?"  # a delimiter, a process
    r"|\s+(?:#\d+ +)?(?:(?:0x)?[0-9a-f]+\s+)?(?:b['\"])?\S+(?: \[[^\]]*\])?['\"]?\s*"  # a word, its address, its module
    r"|\s*.*(?:::|\+0x|\(|\[unknown\]|\[Missed).*"
)
_HEX = frozenset("0123456789abcdef")


class Stacks:
    """Collects indented lines until a number, a blank line or any other line ends the stack."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._event: dict[str, object] | None = None
        self._label: str | None = None

    @property
    def busy(self) -> bool:
        return bool(self._lines)

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if text[:1] not in (" ", "\t") and text[:2] != "@ ":
            return None
        if not self._lines:
            self._event, self._label = context.event, context.label
        self._lines.append(text)
        value = integer(text.strip())
        if value is not None:
            return self._end(value, context)
        return self.flush(context) if len(self._lines) >= LONGEST else []

    def flush(self, context: Context) -> list[Record]:
        """The stack that no number ended: that of the event above, or else lines that only looked like one."""
        if not self._lines:
            return []
        if all(map(_FRAME.fullmatch, self._lines)) or (self._event is not None and len(self._lines) > 1):
            return self._end(None, context)
        lines, self._lines = self._lines, []
        return [Record("unparsed", {"text": line}, None, None, line) for line in lines]

    def _end(self, value: int | None, context: Context) -> list[Record]:
        lines, self._lines = self._lines, []
        fields = dict(self._event or {}) if value is None else {}
        fields |= stack_fields(lines if value is None else lines[:-1])
        if value is not None:
            fields |= {"value": value, "unit": context.unit or "count"}
        return [Record("stack", fields, context.interval or None, self._label, "\n".join(lines))]


def stack_fields(lines: list[str]) -> dict[str, object]:
    """Frames and the processes named among them."""
    fields: dict[str, object] = {}
    parts: list[list[str]] = [[]]
    for line in lines:
        text = line.strip()
        if text[:1] == "-" and not text.replace(" ", "").strip("-"):
            parts.append([])
        elif text[:2] == "- ":
            fields |= _process(text[1:].strip(), "(", ")")
        elif text[:7] in ("target:", "waker: "):
            fields |= _party(text.partition(":")[0], text.partition(":")[2].strip())
        elif text[-1:] == "]" and text[text.rfind("[") + 1 : -1].isdigit():
            fields |= _process(text, "[", "]")
        else:
            parts[-1].append(frame(text))
    return fields | _frames(parts, fields)


def _process(text: str, opening: str, closing: str) -> dict[str, object]:
    """`comm (pid)` or `comm [pid]`; a name alone where a tool prints no PID."""
    comm, _, pid = text.removesuffix(closing).rpartition(opening)
    number = integer(pid)
    return {"comm": text} if number is None else {"comm": comm.strip(), "pid": number}


def _party(role: str, text: str) -> dict[str, object]:
    """`waker: swapper/1 0`: a name and, in offwaketime, its PID."""
    name, _, pid = text.rpartition(" ")
    number = integer(pid)
    return {role: text} if number is None or not name else {role: name, f"{role}_pid": number}


def _frames(parts: list[list[str]], fields: dict[str, object]) -> dict[str, object]:
    """Root first. bcc prints the leaf first; wakers' stacks it prints from the root."""
    if "waker" in fields and "target" in fields:
        if len(parts) == 1:
            return {"frames": parts[0]}
        return {"waker_frames": parts[0], "frames": parts[-1][::-1]}
    frames = [name for part in parts for name in part][::-1]
    if len(parts) == 1:
        return {"frames": frames}
    return {"frames": frames, "kernel": parts[0][::-1], "user": parts[-1][::-1]}


def frame(line: str) -> str:
    """The function of one frame, without its address and b'...'; offset and module stay."""
    text = plain(line.strip()).removeprefix("@ ")
    head, _, rest = text.replace("\t", " ", 1).partition(" ")
    address = head.removeprefix("0x")
    return rest.lstrip() if rest and 6 <= len(address) <= 16 and _HEX.issuperset(address) else text


def folded(text: str, context: Context) -> list[Record] | None:
    """`comm;frame;frame 12`: one stack a line, root first. `-` stands between the user's and the kernel's part, `--`
    before the waker's stack and the waker (offwaketime, which prints that stack from its leaf)."""
    path, _, value = text.rpartition(" ")
    count = integer(value)
    if count is None:
        return None
    comm, *frames = path.split(";")
    fields: dict[str, object] = {"comm": comm}
    if "--" in frames:
        at = frames.index("--")
        waking = frames[at + 1 :]
        fields = {"target": comm, "waker": waking[-1] if waking else "", "waker_frames": waking[-2::-1]}
        frames = frames[:at]
    fields["frames"] = [name for name in frames if name != "-"]
    if "-" in frames:
        fields |= {"user": frames[: frames.index("-")], "kernel": frames[frames.index("-") + 1 :]}
    fields |= {"value": count, "unit": context.unit or "count"}
    return [Record("stack", fields, context.interval or None, None, text)]
