"""Interval, count and duration: which of them a request says, and how this tool takes them."""

from __future__ import annotations

from math import ceil

from bccpilot.model import Request, Value
from bccpilot.planning import units
from bccpilot.planning.draft import FOREVER, Draft, forbidden, option_of, positional_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from manpages_index.model import ArgRole, Tool

TIMES = ("interval", "count", "duration")


def set_times(draft: Draft, tool: Tool, request: Request, roles: Mapping[str, ArgRole]) -> None:
    """Interval, count and duration together: a time limit goes into the tool's own argument where there is one, else into duration_s."""
    have = {role.role: role for role in roles.values() if role.role in TIMES and role.dest not in draft.chosen}
    said: dict[str, Value] = {}
    for value in request.values:
        if value.kind in TIMES and value not in draft.used:
            said.setdefault(value.kind, value)
    per = next((value for value in request.values if value.kind == "per"), None)
    interval, count, duration = said.get("interval") or per, said.get("count"), said.get("duration")
    in_steps = {"interval", "count"} <= have.keys() and not count and not forbidden(draft, tool, have["count"].dest)
    if duration and "duration" not in have and in_steps:
        interval, count = _as_intervals(tool, have["interval"], interval, duration)
        draft.used.append(duration)
        duration = None
    if interval and {"interval", "duration"} <= have.keys() and _exclude_each_other(tool, have["interval"], have["duration"]):
        del have["duration"]  # the interval is what the tool must know; the run can be ended without it
    if duration and "duration" in have:
        _set_time(draft, tool, have["duration"], duration)
    elif duration:
        draft.duration_s = float(duration.value)
        draft.used.append(duration)
    if interval and interval is not per and not {"interval"} & have.keys() and "duration" in have and not duration:
        _set_time(draft, tool, have["duration"], Value("duration", interval.value, interval.text, interval.start))
    if interval and "interval" in have:
        _set_time(draft, tool, have["interval"], interval)
    if count and interval and "count" not in have and "duration" in have and not duration:
        _set_time(draft, tool, have["duration"], Value("duration", units.plain(float(count.value) * float(interval.value))))
    if count and "count" in have:
        _set_time(draft, tool, have["count"], _as_seconds(count, interval) if have["count"].unit == "s" else count)


def _exclude_each_other(tool: Tool, one: ArgRole, other: ArgRole) -> bool:
    return any({one.dest, other.dest} <= set(group) for group in tool.spec.exclusive)


def _as_seconds(count: Value, interval: Value | None) -> Value:
    """A count for a tool whose "count" is the seconds in all."""
    step = float(interval.value) if interval is not None else 1.0
    return Value("count", units.plain(float(count.value) * step))


def _as_intervals(tool: Tool, role: ArgRole, interval: Value | None, duration: Value) -> tuple[Value, Value]:
    """A duration for a tool that only knows interval and count: as one interval where it prints one result, else in its own steps."""
    total = float(duration.value)
    if interval is None:
        argument = option_of(tool, role.dest) or positional_of(tool, role.dest)
        default = argument.default if argument is not None else None
        one_result = not isinstance(default, int | float) or default > FOREVER or tool.knowledge.summary_at_end
        step = total if one_result else max(1.0, float(default))  # type: ignore[arg-type]
    else:
        step = float(interval.value)
    step = min(step, total) or 1.0
    return Value("interval", units.plain(step)), Value("count", max(1, ceil(total / step - 1e-9)))


def _set_time(draft: Draft, tool: Tool, role: ArgRole, value: Value) -> None:
    text = text_of(draft, role, tool, value)
    if text is not None:
        draft.chosen[role.dest] = [text]
        draft.used.append(value)
