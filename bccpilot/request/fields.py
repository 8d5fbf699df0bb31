"""Fields of tracepoints in a request: `nr_sector in the block:block_rq_issue tracepoint`, `sched:sched_switch by prev_comm`."""

from __future__ import annotations

import re
from itertools import pairwise

from bccpilot.model import Value


def _is_tracepoint(value: Value) -> bool:
    name = str(value.value)
    return value.kind == "probe" and "::" not in name and not name.startswith(("c:", "p:", "r:", "u:", "/"))


# What stands between a tracepoint and its field.
_FIELD_OF = r"\s*(?:field|values?|argument)?s?\s*(?:\b(?:in|of|from|at|for|inside|on)\b|字段)?\s*(?:the|tracepoint|trace point|event|kernel|\s)*"
_FIELD_IN = r"(?:'s|这个|那个|该|里|中|tracepoint|trace point|跟踪点|追踪点|event|事件|的|field|字段|参数|按|按照|by|and|its|the|value|of|,|，|\s)*"
_FIELD = r"(?a)args->(\w+)|\b([a-z]\w*)[\"'”]? field\b|\bfield [\"'“]?([a-z]\w*)|([a-z]\w*) ?字段|字段 ?([a-z]\w*)"
_REACH = 60
_NO_FIELD = frozenset("which what the each all its one a this that every of in any new same other by".split())


def with_fields(values: tuple[Value, ...], folded: str) -> tuple[Value, ...]:
    """The values, with the names beside a tracepoint as its fields: `nr_sector in the block:block_rq_issue tracepoint`."""
    if not any(_is_tracepoint(value) for value in values):
        return values
    found = list(values)
    for number, (one, other) in enumerate(pairwise(found)):
        gap = folded[one.start + len(one.text) : other.start][:_REACH]
        if one.kind == "function" and _is_tracepoint(other) and re.fullmatch(_FIELD_OF, gap):
            found[number] = Value("field", one.value, one.text, one.start)
        elif _is_tracepoint(one) and other.kind == "function" and re.fullmatch(_FIELD_IN, gap):
            found[number + 1] = Value("field", other.value, other.text, other.start)
    if not any(value.kind == "field" for value in found):
        names = ((m.group(m.lastindex or 0), m.start(m.lastindex or 0)) for m in re.finditer(_FIELD, folded))
        found += [Value("field", name, name, start) for name, start in names if name not in _NO_FIELD]
    return tuple(sorted(found, key=lambda v: v.start))
