"""What a quantity in a request is for: a limit, a time to trace, a PID. Its neighbours say (lexicon/cues.toml), else its unit."""

from __future__ import annotations

import re

from bccpilot.request.quantities import EVERY, PER, Quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    # kind of value -> (what stands before it, what stands behind it), each separated by `|`
    Cues = Mapping[str, tuple[str, str]]

GLUE = " :=#-(（"  # between a quantity and what stands before it
_LEFT = 5  # what stands before a number says more than what stands behind it, by about this many letters
_TRACED = r"\b(?:trac|run|record|watch|sampl|collect|captur|monitor|look|listen|profil)[a-z]*(?: [a-z]+)? for (?:about )?$"
_A_RATE = r" ?(?!(?:for|in|over|within|every|once|during)\b)[a-z]+(?: ?/ ?s(?:ec)?\b| (?:per|a|an) (?:second|minute|hour|day)\b)"  # `3000 writes/s`
_HTTP_STATUS = r"[45][0-5]\ds"  # `sporadic 502s`
_OR_MORE = tuple(f" {joiner} {more}" for joiner in ("or", "and") for more in ("more", "longer", "above", "over", "up", "bigger", "larger"))
_OR_MORE += (" upwards", "以上", " 以上", "及以上", "或以上")
_IDS = ("pid", "ppid", "tid", "uid", "cpu")  # `when pid 7788 hits it`
# `every 50th call or so takes five seconds` tells what somebody saw, `every 50th allocation` what is wanted.
_HAPPENS = r"(?: [a-z]+){0,4}? (?:takes?|took|fails?|failed|hangs?|is|are|gets?|dies|times|stalls?|needs?|returns?|errors|breaks?|comes?|goes)\b"
# Cues of these kinds say nothing but what the number is for: they belong to the value.
_SWALLOWED = frozenset(("interval", "duration", "count", "pid", "ppid", "tid", "uid", "cpu"))


def classify(text: str, quantity: Quantity, cues: Mapping[str, Cues]) -> tuple[str, int, int]:
    """(what a quantity is for, characters of its cue before it, and behind it): by its neighbours, else by its unit."""
    left, right = text[max(0, quantity.start - 40) : quantity.start], text[quantity.end : quantity.end + 40]
    if quantity.unit == EVERY:
        return "interval", 0, 0
    table = cues.get(_TABLES.get(quantity.kind, ""), {})
    if quantity.kind == "time" and text[quantity.start : quantity.end].startswith(("a ", "an ")) and left.rstrip().endswith(_SO_OFTEN):
        return "observed", 0, 0
    kind, before, behind = best(table, left.rstrip(GLUE), right.lstrip(" -")) if quantity.unit != PER else ("per", 0, 0)
    if quantity.kind == "number" and re.match(_A_RATE, right):
        return "observed", 0, 0
    kind = _by_count(kind, quantity, bool(before), left, right)
    if kind == "threshold" and quantity.value >= _LONG and before == len("over") and left.rstrip(GLUE).endswith("over"):
        kind = "duration"  # `over 30 s` is for how long, `over 30 ms` from when on
    if not kind and re.fullmatch(_HTTP_STATUS, text[quantity.start : quantity.end]):
        return "http_status", 0, 0
    kind = _by_text(kind or _by_unit(quantity), quantity, text, left, right)
    if kind not in _SWALLOWED:
        return kind, 0, 0
    if left.rstrip(GLUE).endswith("only"):
        before = 0  # `kernel stacks only, 20 s`
    before += len(left) - len(left.rstrip(GLUE)) if before else 0
    behind += len(right) - len(right.lstrip(" -")) if behind else 0
    return kind, before, behind


def _by_count(kind: str, quantity: Quantity, is_cued_before: bool, left: str, right: str) -> str:
    """What a number of something is: a count of outputs or of events, rows, or one in so many."""
    if quantity.unit in ("call", "calls") and re.search(_WHEN, left) and re.match(_IT, right):
        return "pid"  # `when 7070 calls it`
    if kind == "top_n" and quantity.unit in ("times", "time", "次"):
        kind = "events_limit"  # `the first 10 times`, not rows
    if quantity.kind == "times" and kind not in ("top_n", "events_limit", "sample_one_in"):
        return "count"
    if quantity.kind == "ordinal" and (kind != "sample_one_in" or re.match(_HAPPENS, right)):
        return "ordinal"
    if quantity.kind == "events" and not (is_cued_before and kind in _IDS) and kind not in ("sample_one_in", "top_n"):
        return "events_limit"
    if kind or quantity.kind != "number":
        return kind
    asked = re.search(_ASKED, left) and re.match(_SUPERLATIVE, right)
    return "top_n" if asked or re.match(_OF_THE_MOST, right) else ""


def _is_least(right: str) -> bool:
    """Whether what stands behind says that it's the least: `or more`, 以上, and `from 15 ms up`."""
    return right.startswith(_OR_MORE) or re.match(r" up(?=[,.;]|$)", right) is not None


def _by_text(kind: str, quantity: Quantity, text: str, left: str, right: str) -> str:
    """What the words further off make of it."""
    is_least = "+" in text[quantity.start : quantity.end + 1] or _is_least(right)
    if kind == "duration" and (is_least or quantity.value < 1) and not re.search(_TRACED, left):
        return "threshold"  # `for 2+ minutes`, `blocked for 30 ms`
    if kind == "observed" and quantity.kind == "time" and _is_least(right):
        return "threshold"  # 卡了 2 秒以上
    if kind in ("observed", "string_size") and quantity.kind == "size" and is_least:
        kind = "size_min"  # `chunks of 4 kB and up`
    if kind == "size_min" and ((quantity.value >= _HUGE and not re.search(_ALLOCATED, text)) or re.match(_A_SECOND, right)):
        return "observed"  # `when it uses more than 2 GB`, `300 kB/s`
    if kind == "interval" and quantity.value < _SOONEST:
        return "observed"  # `answers in 0.2 ms`
    if kind == "probability" and not re.search(_CHANCE, text):
        return "percent"  # `one core at 100%`
    if kind in ("number", "pid") and (is_least or re.fullmatch(_MODE, text[quantity.start : quantity.end])):
        return "observed"  # `a load of 200+`, `a file that is 0644`
    return _OPPOSITE[kind] if kind in _OPPOSITE and (re.search(_LEFT_OUT, left) or re.match(_LEFT_OUT_BEHIND, right)) else kind


# `ignore blocks shorter than 5 ms`: what is left out is the other side of what is wanted.
_OPPOSITE = {"threshold": "threshold_max", "threshold_max": "threshold", "size_min": "size_max", "size_max": "size_min"}
_LEFT_OUT = (
    r"(?:\b(?:ignor(?:e|ing)|skip(?:ping)?|drop|hid(?:e|ing)|exclud(?:e|ing)|discard|omit|filter(?:ing)? out|leave out|leaving out|except)\b"
    r"[^,.;]{0,24}"
    r"|(?:忽略|过滤掉?|排除|不要|不看|跳过|去掉|剔除)[^，。；,]{0,12})$"
)
_SOONEST = 0.01  # seconds: nothing prints as often
_CHANCE = r"\b(?:fail|inject|error|chance|probab|random|likel|odds)|概率|失败|注入|几率|出错|随机"
_MODE = r"0[0-7]{3}"
_LEFT_OUT_BEHIND = (
    r"(?: [a-z]+){0,3}? (?:can be |may be |to be |should be |is |are |don't |doesn't |do not |does not )?"
    r"(?:interest|matter|count|ignored|skipped|dropped|left out|hidden|excluded|discarded|omitted|filtered out|noise|uninteresting|not interesting)\b"
    r"| ?(?:以下|以上|以内|及以下|及以上)?的?[^，。；,]{0,3}(?:忽略|过滤掉?|排除|不要|不用|不看|不管|不记|不显示|跳过|略过|去掉|剔除|扔掉|丢掉)"
)
_A_SECOND = r" ?(?:/ ?s(?:ec)?\b|ps\b|(?:per|a|each) second\b|每秒)"
_HUGE = 1024**3  # bytes: a process may be as large, what is asked for at once hardly ever is
_ALLOCATED = r"\b(?:allocations?|mallocs?|allocated|requests?|blocks?|chunks?|files?|single)\b|分配|申请|请求|单次|文件"
_WHEN = r"\b(?:when|whenever|if|while|once|after|that|which|process) $"
_IT = r" (?:it|that|this|them)\b"
_SO_OFTEN = ("twice", "thrice", "times")  # a minute
_LONG = 10
# `ten` classes with the most instances
_OF_THE_MOST = (
    r" ?(?:[a-z]+ ){1,2}(?:with|that|which|who|using|having|doing|by|in)\b(?: \w+){0,3}"
    r" (?:most|highest|largest|biggest|longest|worst|slowest|hardest)\b"
)
_ASKED = r"\b(?:which|what|show me|list) $"
_SUPERLATIVE = r" ?[a-z]+(?: [a-z]+){1,5} (?:the )?(?:most|least|hardest|longest)\b"  # `which 20 classes does it instantiate most often`
_TABLES = {"time": "times", "size": "sizes", "number": "numbers", "times": "numbers", "events": "numbers", "ordinal": "numbers"}


def _by_unit(quantity: Quantity) -> str:
    """A length of time of less than a second is a threshold: nobody traces for 300 ms."""
    if quantity.kind == "time":
        return "duration" if quantity.value >= 1 else "threshold"
    return {"size": "size_min", "percent": "probability", "frequency": "frequency"}.get(quantity.kind, "number")


def best(table: Cues, left: str, right: str) -> tuple[str, int, int]:
    """(kind, its cue's length on the left, and on the right) of the kind whose cues right before and right behind are the longest."""
    best, longest = ("", 0, 0), 0
    for kind, (lefts, rights) in table.items():
        before = max((len(cue) for cue in lefts.split("|") if cue and left.endswith(cue) and _bounded(left, -len(cue) - 1, cue)), default=0)
        behind = max((len(cue) for cue in rights.split("|") if cue and right.startswith(cue) and _bounded(right, len(cue), cue)), default=0)
        length = before + behind + (_LEFT if before else 0)
        if length > longest:
            best, longest = (kind, before, behind), length
    return best


def _bounded(text: str, at: int, cue: str) -> bool:
    """An English cue is a whole word."""
    if not cue.isascii() or not cue[0].isalnum():
        return True
    neighbour = text[at] if -len(text) <= at < len(text) else " "
    return not (neighbour.isascii() and (neighbour.isalnum() or neighbour == "_"))
