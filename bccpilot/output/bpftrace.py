"""bpftrace's maps: `@name[key]: value`, the heading of a hist(), stats, stacks as keys or values."""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.context import Context, note
from bccpilot.output.stack import LONGEST, frame
from bccpilot.output.values import automatic

_MAP = re.compile(r"(@\w*)(?:\[(.*)\])?: ?(.*)", re.ASCII)
_OPEN = re.compile(r"(@\w*)\[[^\]]*", re.ASCII)
_CLOSE = re.compile(r"(?:, )?([^\]]*)\]: ?(.*)")
_STATS = re.compile(r"count (\d{1,20}), average (-?\d{1,20}), total (-?\d{1,20})", re.ASCII)


class Maps:
    """One record a map entry: `value` with its key, or `stack` where the key is a stack; a histogram's heading becomes
    its key."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def busy(self) -> bool:
        return bool(self._lines)

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if self._lines:
            return self._inside(text, context)
        if text[:1] != "@" or text[:2] == "@ ":
            return None
        found = _MAP.fullmatch(text)
        if found is None:
            if _OPEN.fullmatch(text):
                self._lines = [text]
                return []
            return None
        name, key, value = found.groups()
        if not value.strip():
            context.label = text.rstrip().rstrip(":")
            return [note(text, context.interval or None)]
        return [Record("value", {"map": name, **_value(value)}, context.interval or None, key, text)]

    def _inside(self, text: str, context: Context) -> list[Record]:
        self._lines.append(text)
        close = _CLOSE.fullmatch(text) if "]:" in text else None
        if close is None:
            return self.flush(context) if len(self._lines) >= LONGEST else []
        lines, self._lines = self._lines, []
        name, _, first = lines[0].partition("[")
        frames = [frame(line) for line in reversed(lines[1:-1]) if line.strip()]
        key = ", ".join(part for part in (first.strip(" ,"), close[1]) if part) or None
        fields: dict[str, object] = {"map": name, "frames": frames}
        if close[2].strip():
            fields |= {"unit": "count", **_value(close[2])}
        else:
            context.label = name + "[" + ";".join([*frames, *([key] if key else [])]) + "]"
        return [Record("stack", fields, context.interval or None, key, "\n".join(lines))]

    def flush(self, context: Context) -> list[Record]:
        """A map that was never closed isn't one."""
        lines, self._lines = self._lines, []
        return [Record("unparsed", {"text": line}, None, None, line) for line in lines if line.strip()]


def _value(text: str) -> dict[str, object]:
    stats = _STATS.fullmatch(text)
    if stats:
        return {"count": int(stats[1]), "average": int(stats[2]), "total": int(stats[3])}
    return {"value": automatic(text)}
