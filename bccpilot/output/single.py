"""Formats that one tool has alone: biolatpcts, criticalstat, deadlock, sslsniff's data, tplist, bare probes."""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.context import Context, note

_PERCENTILES = re.compile(r"(\S+)((?:\s+p?\d{1,3}(?:\.\d+)?){3,})\s*", re.ASCII)
_DURATIONS = re.compile(r"(\w+)((?:\s+(?:\d+(?:\.\d+)?(?:us|ms|s|m|h)|-))+)\s*", re.ASCII)
_SECTION = re.compile(r"TASK: (.*?) +\(pid +(\d{1,10}) tid +(\d{1,10})\) +Total Time: +([\d.]+) +us\s*", re.ASCII)
_EDGE = re.compile(r"Section (start|end): +(\S.*?) -> (\S.*?)\s*")
_LOCKS = re.compile(r"Mutex .* (?:acquired|created) here.*|Thread \d+ .*created by.*|.*and \d+ threads:|- Thread \d+.*|Cycle in lock.*")
_PROBE = re.compile(r"[a-z]\w*:[\w.]+(?: \[sema 0x[0-9a-f]+\])?|/\S+ [\w.]+:[\w.]+|[prtu]:[^\s(]+ [^\s(]+", re.ASCII)
_FIELD = re.compile(r"\s+(?:[a-z_][\w* ]*[ *]\w+(?:\[\d*\])?;|\d+ (?:location|argument)\(s\)|(?:location|argument) #\d+ .*)", re.ASCII)
_NUMBERED = re.compile(r" {3,}(\d{1,6})\t(\S.*)", re.ASCII)
_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7, "h": 3.6e9}


class Percentiles:
    """biolatpcts: a header with the device and the percentiles, then a row for each kind of I/O; values in
    microseconds."""

    def __init__(self) -> None:
        self._device, self._names = "", []  # type: tuple[str, list[str]]

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if text[:1].isspace() or len(text) > 500:
            return None
        rows = _DURATIONS.fullmatch(text) if self._names else None
        if rows and len(rows[2].split()) == len(self._names):
            values = {name: _us(value) for name, value in zip(self._names, rows[2].split(), strict=True)}
            return [Record("row", {"type": rows[1], **values}, context.interval or None, self._device, text)]
        header = _PERCENTILES.fullmatch(text)
        if header is None or header[1][:1].isdigit() or not re.search(r"(?<!\S)(?:p\d|[\d.]+$)", header[2]):
            return None
        self._device = header[1]
        self._names = ["p" + name.lstrip("p") + "_us" for name in header[2].split()]
        return [note(text, context.block(("percentiles", self._device)))]


def _us(text: str) -> float | None:
    unit = text.lstrip("0123456789.")
    return float(text[: -len(unit)]) * _US[unit] if unit in _US else None


class Sections:
    """criticalstat: the task with its time, then where the section began and ended; the stack comes below."""

    def __init__(self) -> None:
        self._task: dict[str, object] = {}

    def feed(self, text: str, context: Context) -> list[Record] | None:
        task = _SECTION.fullmatch(text) if text.startswith("TASK: ") else None
        if task:
            self._task = {"comm": task[1], "pid": int(task[2]), "tid": int(task[3]), "duration_us": float(task[4])}
            context.event = self._task
            return [Record("event", self._task, None, None, text)]
        edge = _EDGE.fullmatch(text) if text.startswith("Section ") else None
        if edge is None or not self._task:
            return None
        fields: dict[str, object] = {edge[1]: edge[3], f"{edge[1]}_caller": edge[2]}
        self._task = context.event = {**self._task, **fields}
        return [Record("note", {"text": text, **fields}, None, None, text)]


def locks(text: str, context: Context) -> list[Record] | None:
    """deadlock: the cycle, and the lines that name the stack below them."""
    if not _LOCKS.fullmatch(text):
        return None
    if text.startswith("Cycle in lock"):
        cycle = text.partition(": ")[2].split(" => ")
        return [Record("event", {"cycle": cycle, "mutexes": max(0, len(cycle) - 1)}, None, None, text)]
    context.label, context.event = text.rstrip(":"), None
    return [note(text)]


class Payloads:
    """sslsniff: what was sent or received, between two rules. `data` may be anything, so nothing in it is read as
    output."""

    _LONGEST = 256

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = False

    @property
    def busy(self) -> bool:
        return self._open

    def feed(self, text: str, context: Context) -> list[Record] | None:
        if not self._open:
            if text != "----- DATA -----" or context.event is None:
                return None
            self._open, self._lines = True, [text]
            return []
        self._lines.append(text)
        if text.startswith("----- END DATA"):
            self._open = False
            return self.flush(context)
        return self.flush(context) if len(self._lines) >= self._LONGEST else []

    def flush(self, context: Context) -> list[Record]:
        lines, self._lines = self._lines, []
        data = "\n".join(line for line in lines if not line.startswith("----- "))
        return [Record("note", {"text": data, "data": True}, None, None, "\n".join(lines))] if lines else []


def probes(text: str, context: Context) -> list[Record] | None:
    """tplist: a probe a line, its arguments below; reset-trace: the lines of a file with their numbers."""
    numbered = _NUMBERED.fullmatch(text)
    if numbered:
        return [Record("row", {"line": int(numbered[1]), "text": numbered[2]}, None, context.label, text)]
    if _PROBE.fullmatch(text):
        context.label = text
        return [Record("row", {"probe": text}, None, None, text)]
    if context.label and _FIELD.fullmatch(text):
        return [Record("row", {"argument": text.strip().rstrip(";")}, None, context.label, text)]
    return None
