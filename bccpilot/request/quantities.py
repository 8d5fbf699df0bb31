"""Numbers and what they measure, as people write them: `250us`, `half a minute`, `ten times`, `两分钟`, `16 KB`, `99 Hz`, `1%`.

Only what is said here is found; what a quantity is *for* (a duration, a threshold ...) is decided by its neighbours, in values.py.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from manpages_index.frozen import frozen

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-zµ%]+|\S")

_WORDS: dict[str, int] = {
    word: number
    for number, word in (
        *enumerate("zero one two three four five six seven eight nine ten eleven twelve".split()),
        *enumerate("thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 13),
        *((10 * tens, word) for tens, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)),
        *((100, "hundred"), (1000, "thousand"), (10**6, "million"), (12, "dozen")),
    )
}
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TENS = {"十": 10, "百": 100, "千": 1000, "万": 10000}

# unit -> (kind, factor into seconds, bytes, hertz, ...)
UNITS: dict[str, tuple[str, float]] = {}
for _kind, _factor, _names in (
    ("time", 1e-9, "ns nsec nsecs nanosecond nanoseconds nanos 纳秒"),
    ("time", 1e-6, "us µs usec usecs microsec microsecs microsecond microseconds micros 微秒"),
    ("time", 1e-3, "ms msec msecs millisecond milliseconds millis millisec millisecs 毫秒"),
    ("time", 1, "s sec secs second seconds secnds secons seconsd secounds sceonds secods 秒 秒钟"),
    ("time", 60, "m min mins minute minutes minut minuts minues mintues mintes 分钟 分"),
    ("time", 900, "刻钟"),
    ("time", 3600, "h hr hrs hour hours 小时 个小时 钟头"),
    ("size", 1, "b byte bytes 字节"),
    ("size", 1024, "k kb kib kilobyte kilobytes"),
    ("size", 1024**2, "mb mib megabyte megabytes meg megs 兆"),
    ("size", 1024**3, "g gb gib gigabyte gigabytes"),
    ("frequency", 1, "hz hertz 赫兹 赫"),
    ("frequency", 1000, "khz kilohertz 千赫"),
    ("percent", 0.01, "% percent pct"),
    ("times", 1, "times time x × 次 遍 回 轮 rounds round iterations iteration passes"),
    ("times", 1, "lines line reports report outputs output samples sample summaries histograms updates snapshots prints refreshes tables 行 份"),
    ("events", 1, "events event calls call occurrences hits messages failures 个事件 条"),
    ("ordinal", 1, "th st nd rd"),
    ("pages", 1, "pages page 页"),
):
    for _name in _names.split():
        UNITS[_name] = (_kind, _factor)

_ARTICLE_UNITS = {name for name, (kind, _) in UNITS.items() if kind == "time" and not name.isascii()} | set(
    "second minute hour millisecond microsecond sec min dozen".split()
)
_AND_A_HALF = ["and", "a", "half"]
_AND_A_QUARTER = ["and", "a", "quarter"]
_PARTS = {"half": 0.5, "quarter": 0.25, "quater": 0.25, "qarter": 0.25, "quarer": 0.25, "fifth": 0.2, "tenth": 0.1, "hundredth": 0.01}
_OFTEN = {"twice": 2, "thrice": 3}
_ABOUT = ("多", "来", "几")  # 200 多兆
_MINUTE_S = 60
_NO_MINUTES = frozenset("位比数配析布区别支类成割页片组发派散")  # 分配 is no minute
PER = "per"  # the unit of `per second`: a rate more than an interval that was asked for
EVERY = "every"  # the unit of `twice a minute`, where that is how often to report
_SINGLE_UNITS = frozenset(("second", "minute", "hour", "sec", "min", "秒", "分", "小"))


@frozen
class Token:
    text: str
    start: int
    end: int


@frozen
class Quantity:
    """A number with its unit's kind: time (s), size (bytes), frequency (Hz), percent (0..1), times, events, pages or number."""

    value: float
    kind: str
    start: int
    end: int
    unit: str = ""


def tokens(text: str) -> list[Token]:
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def find(text: str) -> list[Quantity]:
    """All quantities of a folded text, left to right."""
    items = tokens(text)
    found: list[Quantity] = []
    at = 0
    while at < len(items):
        number = _each(items, at) or _number(items, at)
        if number is None or _inside_word(text, items[at]):
            at += 1
            continue
        value, used = number
        if [t.text for t in items[at + used : at + used + 2]] == ["分", "之"]:  # 三分之一
            at += used + 2 + (_number(items, at + used + 2) or (0, 0))[1] if at + used + 2 < len(items) else used + 2
            continue
        if [t.text for t in items[at + used : at + used + 2]] == ["进", "制"]:  # 十六进制
            at += used + 2
            continue
        kind, factor, unit, more = _unit(items, at + used) if items[at].text not in _OFTEN else ("times", 1.0, "times", 0)
        if kind == "time":
            further, extra = _rest(items, at + used + more, unit)
            value, more = value + further, more + extra
        if (used == 0 and items[at - 1].text in ("per", "每")) or _is_per(items, at, kind):
            unit = PER
        last = items[at + used + more - 1]
        if _is_real(items, at, used, kind, text):
            found.append(Quantity(round(value * factor, 12), kind, items[at].start, last.end, unit))
        at += max(1, used + more)
    return found


def _each(items: list[Token], at: int) -> tuple[float, int] | None:
    """`every second`, `per minute`, `每秒`: one of the unit, with no number said."""
    before = items[at - 1].text if at else ""
    is_unit = items[at].text in _SINGLE_UNITS and before in ("every", "each", "per", "next", "coming", "每", "隔")
    if items[at].text in _SINGLE_UNITS and [t.text for t in items[max(0, at - 2) : at]] == ["every", "other"]:
        return 2, 0
    return (1, 0) if is_unit and _unit(items, at)[-1] else None  # 间隔分布 holds no minute


def _is_per(items: list[Token], at: int, kind: str) -> bool:
    """`lookups a second`: how often, where `it takes a second` is how long."""
    before = items[at - 1].text if at else ""
    return kind == "time" and items[at].text in ("a", "an") and before.endswith("s") and len(before) > _PLURAL and before not in _LASTING


_PLURAL = 3  # letters: `is`, `was`, `ms`
_LASTING = frozenset(
    "takes lasts needs waits hangs stalls lags costs runs spends loses adds blocks sleeps pauses freezes times lines stops dies"
    " gets gives goes less misses exceeds thus this always across samples reports outputs updates rows prints shows".split()
)


def _inside_word(text: str, token: Token) -> bool:
    """A digit in `nvme0n1`, `10.0.0.1`, `vfs_read2` or `kill(2)` is no quantity."""
    if re.match(r"(?a)\w\(\d[a-z]?\)", text[max(0, token.start - 2) : token.end + 2]):
        return True
    if _is_glued(text, token):
        return False
    before = text[token.start - 1] if token.start else " "
    further = text[token.start - 2] if token.start > 1 else " "
    joined = before in "._-/:" and further.isalnum() and not (before in "-/" and further.isdigit())
    return token.text[0].isdigit() and (joined or before == "_" or (before.isascii() and before.isalpha()))


# What people write right before its number, without a space.
_GLUED = frozenset("cpu core pid ppid tid uid port top x ×".split())
_MACHINES = frozenset(("x86", "x64"))


def _is_glued(text: str, token: Token) -> bool:
    """`cpu2`, `x3`, `pid4711`: a number for all that."""
    left = re.search(r"(?a)[\w.:/-]*×?\Z", text[: token.start])
    word = left.group() if left is not None else ""
    ends = re.match(r"(?a)\.?\d|[a-z_]\w*[\d_]", text[token.end :]) is None
    return ends and f"{word}{token.text}" not in _MACHINES and (word in _GLUED or re.fullmatch(r"\d+x", word) is not None)


def _number(items: list[Token], at: int) -> tuple[float, int] | None:
    """(value, tokens used) of the number that begins at a token."""
    text = items[at].text
    following = [t.text for t in items[at + 1 : at + 5]]
    if text[0].isdigit():
        if following[:1] == ["dozen"]:
            return float(text) * _WORDS["dozen"], 2
        return (float(text) + 0.5, 4) if following[:3] == _AND_A_HALF else (float(text), 1)
    if text in _OFTEN:
        return (_OFTEN[text], 1) if following[:1] not in (["as"], ["the"], ["more"]) else None
    if text in _PARTS:
        skip = _skip(following, "-", "of", "a", "an")
        return (_PARTS[text], 1 + skip) if following[skip : skip + 1] and following[skip] in _ARTICLE_UNITS else None
    if text in ("a", "one", "two", "three") and following and following[0].removesuffix("s") in _PARTS and following[1:2] in (["of"], ["an"], ["a"]):
        return round(_PARTS[following[0].removesuffix("s")] * _WORDS.get(text, 1), 12), 2 + _skip(following[1:], "of", "a", "an")
    if text == "a" and following[:1] == ["quarter"]:
        return 0.25, 2
    if text in ("a", "an") and following[:1] == ["couple"]:
        return 2, 2 + _skip(following[1:], "of")
    if text in ("a", "an") and following and following[0] in _ARTICLE_UNITS:
        return (12, 2) if following[0] == "dozen" else (1, 1)
    if text in _WORDS:
        return _english(items, at)
    if text in _DIGITS or text in _TENS or text == "半":
        return _chinese(items, at)
    return None


def _skip(following: list[str], *expected: str) -> int:
    used = 0
    for word in following:
        if word not in expected:
            break
        used += 1
    return used


def _english(items: list[Token], at: int) -> tuple[float, int]:
    value, used = float(_WORDS[items[at].text]), 1
    while at + used < len(items):
        text = items[at + used].text
        joined = 1 if text == "-" and at + used + 1 < len(items) and items[at + used + 1].text in _WORDS else 0
        word = items[at + used + joined].text
        if word in ("hundred", "thousand", "million"):
            value *= _WORDS[word]
        elif word in _WORDS and 0 < _WORDS[word] < 10 <= value:
            value += _WORDS[word]
        else:
            break
        used += 1 + joined
    if [t.text for t in items[at + used : at + used + 3]] == _AND_A_HALF:
        return value + 0.5, used + 3
    return value, used


def _chinese(items: list[Token], at: int) -> tuple[float, int]:
    total, current, used, half = 0.0, 0.0, 0, 0.0
    for token, following in zip_longest(items[at:], items[at + 1 :]):
        if token.text in _DIGITS and following is not None and current == _DIGITS[token.text] - 1 and following.text in _TENS and used == 1:
            current = float(_DIGITS[token.text])  # 七八百: seven or eight of them
        elif token.text in _DIGITS:
            current = current * 10 + _DIGITS[token.text] if current and not total else float(_DIGITS[token.text])
        elif token.text in _TENS:
            times = _TENS[token.text]
            total = (total + current) * times if times == _TENS["万"] and total else total + (current or 1) * times  # 三千万
            current = 0
        elif token.text == "半" and not used:
            half = 0.5
        else:
            break
        used += 1
    if [t.text for t in items[at + used : at + used + 2]] == ["个", "半"]:
        return total + current + 0.5, used + 2
    return total + current + half, used


def _unit(items: list[Token], at: int) -> tuple[str, float, str, int]:
    """(kind, factor, unit's name, tokens used) of the unit at a place; a plain number where there is none."""
    gap = _skip([t.text for t in items[at : at + 2]], "-", "+", *_ABOUT, "个")
    rest = [t.text for t in items[at + gap : at + gap + 3]]
    for length in (3, 2, 1):
        name = "".join(rest[:length])
        if name == "分" and rest[1:2] and rest[1] in _NO_MINUTES:
            continue
        if len(rest) >= length and name in UNITS and (length == 1 or not name.isascii()):
            return (*UNITS[name], name, length + gap)
    return "number", 1.0, "", 0


def _rest(items: list[Token], at: int, unit: str) -> tuple[float, int]:
    """What follows a length of time and belongs to it, in the same unit, and the tokens used: `a minute` and a half, `2 min` 30 s, 一分半."""
    following = [t.text for t in items[at : at + 3]]
    if following in (_AND_A_HALF, _AND_A_QUARTER):
        return (0.5 if following == _AND_A_HALF else 0.25), 3
    if following[:1] == ["半"]:
        return 0.5, 1 + (following[1:2] == ["钟"])
    start = at + (following[:1] == ["and"])
    number = _number(items, start) if start < len(items) and UNITS[unit][1] >= _MINUTE_S else None
    if number is None:
        return 0.0, 0
    kind, factor, smaller, more = _unit(items, start + number[1])
    if kind != "time" or not 1 <= factor < UNITS[unit][1] or number[0] * factor >= UNITS[unit][1]:
        return 0.0, 0
    further, extra = _rest(items, start + number[1] + more, smaller)
    return (number[0] + further) * factor / UNITS[unit][1], start - at + number[1] + more + extra


_SO_MANY = ("first ", "top ", "only ", "just ", "exactly ")
_APIECE = r" (?:line|row|report|output|update|table|histogram|summary|round|picture|snapshot) (?:every|per|for (?:each|every)|each|a|an|at|in)\b"


def _is_real(items: list[Token], at: int, used: int, kind: str, text: str) -> bool:
    """Words such as `one` or 一 count only with a unit that follows; digits always."""
    first = items[at].text
    if first == "one" and kind == "times" and re.match(_APIECE, text[items[at].end :]):
        return False  # `one line every 5 s`
    if first[0].isdigit():
        last = items[at + max(used, 1) - 1]
        follow = text[last.end : last.end + 1]
        return kind != "number" or not (follow and follow.isascii() and (follow.isalpha() or follow == "_"))
    if first in ("a", "an") and used > 1:
        return True  # a dozen
    if first == "two" and text[: items[at].start].endswith(_SO_MANY):
        return True
    if first in ("一", "one", "a", "an", "two", "两", "二"):
        return kind not in ("number", "events") and not (kind == "times" and first in ("a", "an", "一"))
    if first == "zero" and kind == "number":
        return False
    return kind != "number" or used > 1 or first in _WORDS or first in _TENS or first in _DIGITS
