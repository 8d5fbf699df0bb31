"""Orders in a request (`restart nginx`, `把它杀掉`, `somaxconn 调到 65535`): to do something to the system, where a tracing tool only watches it.

An order stands at the head of a clause, in the verb's bare form (`updates of mysql` is none); in Chinese also behind its object (把 X 删掉).
"""

from __future__ import annotations

import re

from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_CLAUSES = r"[;!?。，；！？、\n]+|[,.:]+(?:\s|$)|\band then\b|\bthen\b|\bso that\b"
# What may stand before an order without being part of it.
_POLITE = (
    *("please", "pls", "plz", "kindly", "just", "hey", "hi", "hello", "ok", "okay", "now", "first", "also", "and", "quickly", "bitte", "help me", "help us", "help"),
    *("can you", "could you", "would you", "will you", "can u", "could u", "can someone", "could someone", "can we", "is it possible to", "be so kind as to"),
    *("be so kind to", "do me a favour and", "do me a favor and", "go ahead and", "i want you to", "i want to", "i need you to", "i need to", "i would like to"),
    *("i'd like to", "i would like you to", "i'd like you to", "we want to", "we need to", "we have to", "you should", "you must", "we should", "time to", "let's", "lets"),
    *("how do i", "how do we", "how do you", "how can i", "how can we", "how to", "how would i", "how should i", "what is the command to", "tell me how to", "show me how to"),
    *("帮我们", "帮我", "请问", "请", "麻烦你", "麻烦", "帮忙", "给我", "想要", "我想", "我要", "我需要", "需要", "想", "要", "顺便", "然后", "接着", "并且", "同时", "最后"),
    *("直接", "赶紧", "马上", "立即", "立刻", "可以", "能不能", "能否", "可不可以", "怎么样", "怎么", "如何", "怎样", "你", "再", "先", "去", "并", "快"),
)
# A word behind which the verb's own form is a noun: `drop rate`, `kill signals`, `format of`.
_NOUN = frozenset(
    "of by per is are was were calls call events event latency latencies rate rates size sizes time times count counts errors error failures requests"
    " operations ops queries query syscalls syscall signals signal i/o io device devices distribution histogram histograms stats queue layer when while".split()
)
# The objects of verbs that are nouns as often (block, drop, load): a word that no noun has behind it.
_OBJECT = frozenset(
    "the a an my our your this that these those all every each any it its them him her me everything whatever whichever whoever anything his their"
    " user users up down off on out back some both port ports package packages traffic packets from to into new old another more".split()
)
# What belongs to the output or to the trace itself may be set and changed.
_OUTPUT = frozenset(
    "output timestamp column header row line stack result list interval screen unit report histogram summary trac trace tracing sampl filter buffer"
    " display print view show look see measure watch monitor count find check record sort order group".split()
) | {words.stem(word) for word in ("timestamps", "timestamp", "sample", "sampling", "trace", "measure", "table", "duration", "format")}
_OUTPUT_ZH = ("单位", "间隔", "输出", "结果", "时间戳", "刷新", "采样", "直方图", "打印", "显示", "调用栈", "堆栈", "统计", "排序", "列出", "追踪", "跟踪")
# With one of these a Chinese clause asks or tells, and orders nothing.
_TELLING = ("谁", "哪", "什么", "为何", "为啥", "啥", "多少", "多久", "多长", "是否", "是不是", "时候", "之后", "以后", "期间", "过程", "原因", "耗时", "延迟", "次数")
_TELLING_MORE = ("没用", "就好", "还是", "也不", "总是", "老是", "一直", "不停", "不断", "频繁", "事件", "系统调用", "失败", "被")
_SOFT_ENDINGS = "掉了一下吧啊呢哈吗么好嘛"
_TO = ("到", "成", "为", "至")
_ALONE = frozenset("一个上下份首封篇段点几两掉了成张条句")  # what follows a single character that is a verb of its own


def find(folded: str, programs: frozenset[str], tables: Mapping[str, Any]) -> dict[str, str]:
    """{kind of refusal: the words} of the first order in a folded request; empty where it orders nothing."""
    for number, clause in enumerate(_clauses(folded)):
        begin, asked_how = _without_politeness(clause)
        found = _chinese(clause, begin, tables) if words.is_chinese(clause) else {}
        found = found or _english(begin, programs, tables, number == 0)
        if found:
            return found
    return {}


def _clauses(folded: str) -> Iterator[str]:
    return (part for part in (piece.strip(" ,.\"'“”()") for piece in re.split(_CLAUSES, folded)) if part)


def _without_politeness(clause: str) -> tuple[str, bool]:
    begin = clause
    while (polite := next((word for word in _POLITE if _leads(begin, word)), None)) is not None:
        begin = begin.removeprefix(polite).lstrip(" ,，")
    return begin, begin != clause


def _leads(text: str, word: str) -> bool:
    return text.startswith(word) and not (word.isascii() and text[len(word) : len(word) + 1].isalnum())


def _english(begin: str, programs: frozenset[str], tables: Mapping[str, Any], first: bool) -> dict[str, str]:
    raw = begin.split()[:6]
    if not raw or not raw[0][0].isascii() or "(" in raw[0] or not _is_bare(raw[0].strip("\"'")):
        return {}
    stems = [_PROGRAM if word.strip("\"'") in programs else stem for word in raw for stem in words.stems(word)[:1] or [word]]
    table: Mapping[str, str] = tables["first"]
    key, length = next(((key, n) for n in (4, 3, 2, 1) if (key := " ".join(stems[:n])) in table), ("", 0))
    following = raw[length] if length < len(raw) else ""
    if not key or following in _NOUN or _OUTPUT.intersection(stems[length : length + 3]):
        return {}
    is_named = stems[length : length + 1] == [_PROGRAM] or bool(re.match(r"[/\d-]", following))
    is_noun_too = length == 1 and key in tables["nouns_too"].split()
    if (is_noun_too or not first) and following not in _OBJECT and not is_named:
        return {}
    return dict.fromkeys(table[key].split(), key)


_PROGRAM = "_program"


def _is_bare(word: str) -> bool:
    """Whether a word can be an imperative: not `writes`, `edited`, `blocking`."""
    return words.stem(word) == word or not word.endswith(("s", "ed", "ing")) or word.endswith("eed")


def _chinese(clause: str, begin: str, tables: Mapping[str, Any]) -> dict[str, str]:
    whole, rest = "".join(clause.split()), "".join(begin.split())
    if any(word in rest for word in (*_TELLING, *_TELLING_MORE, *_OUTPUT_ZH)) or rest.endswith(("时", "后", "的")):
        return {}
    table: Mapping[str, str] = tables["first"]
    for length in (5, 4, 3, 2, 1):
        key = rest[:length]
        if key in table and words.is_chinese(key) and (length > 1 or rest[1:2] in _ALONE):
            return dict.fromkeys(table[key].split(), key)
    return _handled(whole, rest, tables["handled"])


def _handled(whole: str, rest: str, handled: Mapping[str, str]) -> dict[str, str]:
    """`把 X 删掉`, `X 帮我清一下`, `X 调到 16`: the verb behind its object."""
    is_asked = rest.startswith(("把", "将", "给")) or whole != rest or any(word in whole for word in ("帮我", "帮忙", "给我", "麻烦"))
    for verb, kinds in handled.items():
        at = rest.rfind(verb)
        tail = rest[at + len(verb) :]
        changes = verb.endswith(_TO) and bool(tail) and (is_asked or bool(re.match(r"[-\d.a-z/]+", tail)))
        if at > 0 and (changes or (is_asked and not tail.strip(_SOFT_ENDINGS))):
            return dict.fromkeys(kinds.split(), verb)
    return {}
