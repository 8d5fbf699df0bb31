"""Lines about the output rather than of it: banners, times between intervals, losses, counters in words."""

from __future__ import annotations

import re

from bccpilot.model import Record
from bccpilot.output.columns import snake, units
from bccpilot.output.context import Context, note

_LOST = re.compile(r"\s*(?:Possibly lost|Lost|WARNING:)\s+(\d{1,20}) (?:samples|events|stack traces)", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"\[?(?:(\d\d/\d\d/\d\d) )?(\d\d:\d\d:\d\d(?:\.\d+)?)\]?:?(?: (loadavg: .*|Top \d+ stacks.*))?\s*", re.ASCII)
_DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ (\d\d:\d\d:\d\d) \d{4}\s*", re.ASCII)
_RULE = re.compile(r"\s*[-=]{4,}\s*|\[?\.{2,}\]?")
_BANNER = (
    "Tracing", "Display ", "Attach", "Detach", "Sampling", "Counting", "Timing", "Finding", "Filtering", "Considering",
    "Output ", "Ctrl", "Hit Ctrl", "Histogram of", "open kprobes", "open uprobes", "Potential Deadlock",
    "<screen clears>", "Resetting", "Checking", "Needed to", "Done.", "Warning", "WARNING", "ERROR", "Error",
    "HINT", "Failed", "Cannot", "cannot", "Could not", "could not", "Unable", "Current kernel", "Traceback",
    "Exception", "There's no", "Is --binary", "Make sure",
)  # fmt: skip
_BANNER_UNIT = re.compile(r"\((us|ms|ns)\)")
_PAIR = re.compile(
    r"(?P<name>[A-Za-z%][\w %/.-]{0,60}?)(?:\s*[:=](?: @:)?\s*|,\s+|\s+)(?P<value>-?\d{1,20}(?:\.\d+)?)"
    r"(?P<unit>%| ?[num]?secs?\b| ?[kKM]?[bB]ytes\b)?(?:,\s*|\s+|$)",
    re.ASCII,
)
_NAMED = re.compile(r"(\S(?:.*?\S)?)\s{2,}(-?\d{1,20}(?:\.\d+)?)%?\s*", re.ASCII)


def lost(text: str, context: Context) -> list[Record] | None:
    """Events or stacks that the tool could not take."""
    found = _LOST.match(text) if "ost " in text or "stack traces" in text else None
    return [Record("lost", {"count": int(found[1])}, context.interval or None, None, text)] if found else None


def times(text: str, context: Context) -> list[Record] | None:
    """A time on a line of its own, with or without load averages; a date; a rule of dashes: each begins an interval."""
    dated = _DATE.fullmatch(text)
    found = _TIME.fullmatch(text)
    if found is None and dated is None:
        return None
    context.mark()
    context.broke = True
    fields: dict[str, object] = {"time": dated[1] if dated else found[2] if found else ""}
    if found and found[1]:
        fields["date"] = found[1]
    if found and found[3] and found[3].startswith("loadavg: "):
        fields["loadavg"] = found[3][len("loadavg: ") :].strip()
    return [note(text, context.interval, **fields)]


def rules(text: str, context: Context) -> list[Record] | None:
    """A rule or an ellipsis between parts of the output; where no times are printed, a rule of dashes begins an
    interval."""
    if not _RULE.fullmatch(text):
        return None
    context.broke = True
    if text[:4] == "----" and (context.ruled or not context.timed):
        context.mark()
        context.ruled = True
    return [note(text, context.interval or None)]


def banners(text: str, context: Context) -> list[Record] | None:
    """What the tool says about itself; `(us)` in it is the unit of the stacks that follow."""
    if not text.startswith(_BANNER) and "Ctrl-C" not in text and "Ctrl+C" not in text:
        return None
    context.broke = True
    unit = _BANNER_UNIT.search(text)
    if unit and text.startswith("Tracing"):
        context.unit = unit[1]
    return [note(text, context.interval or None)]


def counters(text: str, context: Context) -> list[Record] | None:
    """`avg = 5 usecs, total: 15 usecs, count: 3`, `runqocc, CPU 0  32.32%`, `10.0.0.0/8   1177`: names with numbers,
    the whole line."""
    if text[:1].isspace() or len(text) > 500 or text[-1:] == ":":
        return None
    stamp, _, rest = text.partition(" ") if _TIME.fullmatch(text[:9].rstrip()) else ("", "", text)
    fields: dict[str, object] = {"time": stamp.rstrip(":")} if stamp else {}
    named = _NAMED.fullmatch(rest)
    if named and not re.search(r"\d%|\d {2,}", named[1]):
        fields |= {"name": named[1].rstrip(":= "), "value": _number(named[2])}
    else:
        pairs = _pairs(rest)
        if not pairs:
            return None
        fields |= pairs
    return [Record("value", fields, context.interval or None, None, text)]


def timed_text(text: str, context: Context) -> list[Record] | None:
    """A time and then anything: an event of a tool that prints no header."""
    stamp, _, rest = text.partition(" ")
    if not rest or not _TIME.fullmatch(stamp):
        return None
    return [Record("event", {"time": stamp.strip("[]:"), "text": rest.strip()}, None, None, text)]


def _pairs(text: str) -> dict[str, object]:
    """All `name number unit` of a line, or nothing where anything else stands between them."""
    fields: dict[str, object] = {}
    at = 0
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            return {}
        name = snake(found["name"])
        fields[name] = _number(found["value"])
        unit = units().get((found["unit"] or "").strip().lower())
        if unit:
            fields.setdefault("unit", unit)
        at = found.end()
    return fields


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)
