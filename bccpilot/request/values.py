"""The values in a request: PIDs, names, durations, intervals, thresholds, ports, addresses, paths, devices, functions, each with its kind.

Things with a form of their own (addresses, paths, probes, devices ...) are taken first; what remains are numbers, whose neighbours say what
they are (cues.py). Kinds are role names, so that the planner can hand a value straight to the option of that role.
"""

from __future__ import annotations

import re

from bccpilot.model import Value
from bccpilot.request import cues
from bccpilot.request.quantities import Quantity, find

# One pass for everything that has a form; names as they are used as kinds.
_FORMS = re.compile(
    r"""
    (?P<quoted>"[^"]*"|“[^”]*”|(?<![A-Za-z0-9])'[^']*'(?![A-Za-z0-9]))
  | (?P<address>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.]*\w)|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?:/\d{1,3})?(?![\w:]))
  | (?P<probe>(?<![\w/.:])(?:[ptru]:)?(?:[\w./+-]*:){1,2}[A-Za-z_*][\w*?.]*(?:\(\))?)
  | (?P<path>(?<![\w/.])(?:~|\.{1,2})?/[\w.@+*/-]*[\w*/])
  | (?P<errno>\bE(?:[A-Z]{3,}|2BIG|XDEV|IO|DOM|BADF)\d*\b)
  | (?P<signal>\bSIG[A-Z]+\d*)
  | (?P<flag>\b(?:O|CAP|MS|AF|TCP)_[A-Z_]+\b)
  | (?P<disk>\b(?:nvme\d+n\d+(?:p\d+)?|[shv]d[a-z]{1,2}\d*|xvd[a-z]\d*|dm-\d+|md\d+|mmcblk\d+|loop\d+|sr\d+)(?![\w-]))
  | (?P<interface>\b(?:eth|ens|enp|eno|enx|wlan|wlp|bond|br|veth|tun|tap|virbr|docker|cni|vlan|ib)\d[\w.]*|\bbr-\w+)
  | (?P<percentiles>\bp\d{2,4}(?:\.\d+)?(?:(?:\s*(?:,|/|、|and|和|与)\s*|\s+)p\d{2,4}(?:\.\d+)?)*\b)
  | (?P<function>\b[A-Za-z][A-Za-z0-9]*(?:_+[A-Za-z0-9]+)+_?\*?(?:\(\))?|\b[A-Za-z]\w*_(?:\*|(?=\s|$))|\b[A-Za-z]\w+\(\)|(?<![\w_])_+[A-Za-z]\w*)
  | (?P<port>(?<=[\s:,，])(?<=:)\d{2,5}\b)
    """,
    re.VERBOSE,
)
_JOINERS = ("and", "or", ",", "、", "和", "或", "&", "/", "与", "跟", "，", "，和")
_GLUE = " :=#-,，(（"
_LEFT = 5  # what stands before a number says more than what stands behind it, by about this many letters


def values(text: str, folded: str) -> tuple[Value, ...]:
    """All values of a request, left to right. `folded` is the text as words.fold() gives it, of the same length."""
    found: list[Value] = []
    rest = list(folded)
    for match in _FORMS.finditer(text):
        kind = match.lastgroup or ""
        value = _formed(kind, match.group())
        if value is None:
            continue
        found.append(Value(kind, value, match.group(), match.start()))
        rest[match.start() : match.end()] = " " * (match.end() - match.start())
    found.extend(_numbers("".join(rest), folded))
    return tuple(sorted(found, key=lambda v: v.start))


def _numbers(text: str, folded: str) -> list[Value]:
    quantities = find(text)
    kinds = [classify(text, quantity) for quantity in quantities]
    pairs = [(i, i + 1) for i in range(len(quantities) - 1) if _joined(text, quantities[i], quantities[i + 1])]
    # A list shares its kind, said before it (`ports 6379 and 6380`) or behind it (`6379 和 6380 端口`).
    for one, next_one in pairs:
        kinds[next_one] = kinds[one] if kinds[next_one] == "number" else kinds[next_one]
    for one, next_one in reversed(pairs):
        kinds[one] = kinds[next_one] if kinds[one] == "number" else kinds[one]
    return [
        Value(kind, _plain(q.value), folded[q.start : q.end], q.start) for kind, q in zip(kinds, quantities, strict=True)
    ]


def _formed(kind: str, text: str) -> str | None:
    if kind == "quoted":
        return text[1:-1] or None
    if kind == "percentiles":
        return ",".join(re.findall(r"\d+(?:\.\d+)?", text))
    if kind == "function":
        return text.removesuffix("()")
    return text


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _joined(text: str, one: Quantity, other: Quantity) -> bool:
    return one.kind == other.kind == "number" and text[one.end : other.start].strip() in _JOINERS


def classify(text: str, quantity: Quantity) -> str:
    """What a quantity is for, by its neighbours, else by its unit."""
    left, right = text[max(0, quantity.start - 40) : quantity.start].rstrip(_GLUE), text[quantity.end : quantity.end + 40]
    right = right.lstrip(" -")
    if quantity.kind == "time":
        return _best(cues.TIMES, left, right) or ("duration" if quantity.value >= 1 else "threshold")
    if quantity.kind == "size":
        return _best(cues.SIZES, left, right) or "size_min"
    if quantity.kind == "percent":
        return "probability"
    if quantity.kind == "frequency":
        return "frequency"
    fitting = _best(cues.NUMBERS, left, right)
    if quantity.kind == "times":
        return fitting if fitting in ("top_n", "events_limit", "sample_one_in") else "count"
    if quantity.kind == "events":
        return fitting if fitting in ("sample_one_in", "top_n") else "events_limit"
    return fitting or "number"


def _best(table: dict[str, tuple[str, str]], left: str, right: str) -> str | None:
    """The kind with the longest cue that ends right before or begins right behind."""
    best, longest = None, 0
    for kind, (lefts, rights) in table.items():
        for cue in lefts.split("|"):
            if cue and len(cue) + _LEFT > longest and left.endswith(cue) and _bounded(left, -len(cue) - 1, cue):
                best, longest = kind, len(cue) + _LEFT
        for cue in rights.split("|"):
            if cue and len(cue) > longest and right.startswith(cue) and _bounded(right, len(cue), cue):
                best, longest = kind, len(cue)
    return best


def _bounded(text: str, at: int, cue: str) -> bool:
    """An English cue is a whole word."""
    if not cue.isascii() or not cue[0].isalnum():
        return True
    neighbour = text[at] if -len(text) <= at < len(text) else " "
    return not (neighbour.isascii() and (neighbour.isalnum() or neighbour == "_"))
