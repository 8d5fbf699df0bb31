"""Orders in a request (`restart nginx`, `把它杀掉`, `somaxconn 调到 65535`): to do something to the system, where a tracing tool only watches it.

An order stands at the head of a clause, in the verb's bare form (`updates of mysql` is none); in Chinese also behind its object (把 X 删掉).
"""

from __future__ import annotations

import re
from itertools import islice

from bccpilot.request.quantities import UNITS
from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_AT_MOST = 12  # clauses: an order further on is hardly what is asked
CHANGE = "!change"  # the kind of refusal whose requests are orders
_CLAUSES = r"[;!?。、\n]+|,(?!\d)|[.:]+(?:\s|$)|\band then\b|\bthen\b|\bso that\b"
# What may stand before an order without being part of it.
_POLITE = (
    "please", "pls", "plz", "kindly", "just", "hey", "hi", "hello", "ok", "okay", "now", "first", "also", "and", "quickly", "bitte",
    "help me", "help us", "help", "can you", "could you", "would you", "will you", "would you mind", "do you mind", "can u", "could u",
    "can someone", "could someone", "can somebody", "could somebody",
    "can anyone", "could anyone", "somebody please", "someone please",
    "can we", "is it possible to", "be so kind as to", "be so kind to", "do me a favour and",
    "do me a favor and", "go ahead and", "i want you to", "i want to", "i need you to", "i need to", "i would like to", "i'd like to",
    "i would like you to", "i'd like you to", "we want to", "we need to", "we have to", "you should", "you must", "we should", "let's",
    "lets", "how do i", "how do we", "how do you", "how can i", "how can we", "how to", "how would i", "how should i",
    "what is the command to", "tell me how to", "show me how to", "帮我们", "帮我", "请问", "请", "麻烦你", "麻烦", "帮忙", "给我", "想要",
    "我想", "我要", "我需要", "需要", "想", "要", "顺便", "然后", "接着", "并且", "同时", "最后", "直接", "赶紧", "马上", "立即", "立刻",
    "可以", "能不能", "能否", "可不可以", "怎么样", "怎么", "如何", "怎样", "你", "再", "先", "去", "并", "快",
)
# A word behind which the verb's own form is a noun: `drop rate`, `kill signals`, `format of`.
_NOUN = frozenset(
    "of by per is are was were calls call events event latency latencies rate rates size sizes time times count counts errors error failures requests"
    " operations ops queries query syscalls syscall signals signal i/o io device devices distribution histogram histograms stats queue layer when"
    " while".split()
)
# The objects of verbs that are nouns as often (block, drop, load): a word that no noun has behind it.
_OBJECT = frozenset(
    "the a an my our your this that these those all every each any it its them him her me everything whatever whichever whoever anything his their"
    " user users up down off on out back some both port ports package packages traffic packets from to into new old another more pid pids".split()
)
# What belongs to the output or to the trace itself may be set and changed.
_OUTPUT = frozenset(
    words.stem(word)
    for word in (
        "output timestamp timestamps column header row line stack result list interval screen unit report histogram summary trace"
        " tracing sample sampling filter buffer display print view show look see measure watch monitor count find check record sort"
        " order group table duration graphs flame flamegraph threshold picture overview breakdown distribution latency profile chart"
    ).split()
)
_OUTPUT_ZH = (
    "单位", "间隔", "输出", "结果", "时间戳", "刷新", "采样", "直方图", "阈值", "门槛", "打印", "显示", "调用栈", "堆栈", "统计", "排序",
    "列出", "追踪", "跟踪",
)
# With one of these a clause asks or tells, and orders nothing.
_TELLING_EN = frozenset(
    "hangs hang takes took fails slow stuck crashes dies keeps is are was were does did doesn't gets got freezes stalls never why whom makes"
    " causes eats uses needs crawls blocks done finished helps".split()
)
_RELATIVE = frozenset("which that whichever whatever who whoever what as until".split())
_TELLING = (
    "谁", "哪", "什么", "为何", "为啥", "啥", "多少", "多久", "多长", "是否", "是不是", "时候", "之后", "以后", "期间", "过程", "原因",
    "耗时", "延迟", "次数",
)
_TELLING_MORE = (
    "就", "还是", "总是", "老是", "一直", "不", "没", "频繁", "事件", "系统调用", "失败", "报错", "超时", "被", "慢", "卡", "很", "太",
    "越", "完",
)
_WATCHING = (
    "看看", "看下", "看一下", "抓", "查一下", "查下", "查看", "排查", "盯", "监控", "分析", "找出", "找到", "记录下", "记录一下", "记下来",
    "测", "画",
)
# `创建文件最多的进程` is a thing, not an order.
_WATCHED = (
    "进程", "程序", "线程", "命令", "用户", "操作", "请求", "次数", "名字", "地方", "计数", "数量", "个数",
)
_SOFT_ENDINGS = "掉了一下吧啊呢哈吗么好嘛出去来起进上行不"
_TO = ("到", "成", "为", "至")
_ALONE = frozenset("一个上下份首封篇段点几两掉了成张条句")  # what follows a single character that is a verb of its own


def find(folded: str, programs: frozenset[str], tables: Mapping[str, Any]) -> dict[str, str]:
    """{kind of refusal: the words} of the first order in a folded request; empty where it orders nothing."""
    for number, clause in enumerate(islice(_clauses(folded), _AT_MOST)):
        begin = _without_politeness(clause)
        found = _chinese(clause, begin, tables) if words.is_chinese(clause) else {}
        may_be_bent = "you mind " in clause  # `would you mind restarting it`
        found = found or _english(begin, programs, tables, number == 0, may_be_bent)
        if found:
            return found
    return {}


def _clauses(folded: str) -> Iterator[str]:
    return (part for part in (piece.strip(" ,.\"'“”()") for piece in re.split(_CLAUSES, folded)) if part)


def _without_politeness(clause: str) -> str:
    begin = clause
    while (polite := max((word for word in _POLITE if _leads(begin, word)), key=len, default=None)) is not None:
        begin = begin.removeprefix(polite).lstrip(" ,，")
    return begin


def _leads(text: str, word: str) -> bool:
    return text.startswith(word) and not (word.isascii() and text[len(word) : len(word) + 1].isalnum())


def _english(begin: str, programs: frozenset[str], tables: Mapping[str, Any], first: bool, may_be_bent: bool) -> dict[str, str]:
    raw = begin.split()
    if not raw or not raw[0].isascii() or "(" in raw[0] or not (may_be_bent or _is_bare(raw[0].strip("\"'"))):
        return {}
    stems = [_PROGRAM if word.strip("\"'") in programs else (words.stems(word) or [word])[0] for word in raw[:7]]
    table: Mapping[str, str] = tables["first"]
    length = next((n for n in (4, 3, 2, 1) if n <= len(stems) and " ".join(stems[:n]) in table), 0)
    key = " ".join(stems[:length])
    if raw[0] == "make" and not _BECOMES.isdisjoint(raw):
        return {CHANGE: "make"}
    if not key or _tells(raw, length) or (CHANGE in table[key] and _OUTPUT.intersection(stems[length : _end(raw, length)])):
        return {}
    needs_object = not first or (length == 1 and raw[0] in tables["nouns_too"])
    following = (*raw, "")[length]
    is_object = following in _OBJECT or stems[length : length + 1] == [_PROGRAM] or _is_name(following, tables)
    return dict.fromkeys(table[key].split(), key) if is_object or not needs_object else {}


# `make the buffer pool bigger`: what becomes of it.
_BECOMES = frozenset(
    "bigger smaller larger faster slower higher lower longer shorter stronger persistent permanent writable executable public".split()
)


def _tells(raw: list[str], length: int) -> bool:
    """Whether what begins like an order tells something: `docker pull hangs`, `drop rate`, `update every 5 seconds`."""
    following, further = (*raw[length : length + 2], "", "")[:2]
    is_interval = following in ("every", "each") and (further[:1].isdigit() or further in UNITS)
    is_noun = length == 1 and following in _NOUN
    return is_interval or is_noun or not (_TELLING_EN.isdisjoint(raw) or _RELATIVE.intersection(raw))


_PROGRAM = "_program"


def _end(raw: list[str], start: int) -> int:
    """Where the object of a verb ends: at `and`, or four words on."""
    return next((n for n in range(start, min(start + 4, len(raw))) if raw[n] == "and"), start + 4)


def _is_name(word: str, tables: Mapping[str, Any]) -> bool:
    """Whether a word is a path, a number, or one that no tool's texts hold."""
    if not word or re.match(r"[/\d-]", word):
        return bool(word)
    return word.isascii() and word not in words.STOP and words.stem(word) not in tables["idf"]


def _is_bare(word: str) -> bool:
    """Whether a word can be an imperative: not `writes`, `edited`, `blocking`."""
    return words.stem(word) == word or not word.endswith(("s", "ed", "ing")) or word.endswith("eed")


def _chinese(clause: str, begin: str, tables: Mapping[str, Any]) -> dict[str, str]:
    whole, rest = "".join(clause.split()), re.sub("(?:行|好|可|能)不(?:行|好|可以|能)$", "", "".join(begin.split()))
    if any(word in rest for word in (*_TELLING, *_OUTPUT_ZH, *_WATCHING)) or rest.endswith(("时", "后", "的")):
        return {}
    table: Mapping[str, str] = tables["first"]
    found = next((rest[:n] for n in (5, 4, 3, 2, 1) if rest[:n] in table and words.is_chinese(rest[:n]) and (n > 1 or rest[1:2] in _ALONE)), "")
    is_thing = rest.endswith(_WATCHED) and not found.startswith(("杀", "干", "踢"))
    has_subject = "把" in rest[1:] and not rest.startswith("把")  # `备份把缓存冲了`
    if found and not is_thing and not has_subject and not any(word in rest for word in _TELLING_MORE):
        return dict.fromkeys(table[found].split(), found)
    if re.search(_AWAY, whole):
        return {CHANGE: "掉"}
    given = re.match(_GIVEN, rest)
    return {CHANGE: given.group(1)} if given else _handled(whole, rest, tables["handled"])


# `连同子进程全给我 kill -9 掉`
_AWAY = r"给我?[^，。；]{0,12}(?<!丢)掉[了吧呗]?$"
# `给 mysql 分配更多内存`
_GIVEN = r"给(?!我|出).*?(分配|加|多给|配|开|装|换|降|升|打)(?:[更点些个一两几多]|\d)"


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


_ACTORS = (
    r"\b(?:who|(?:which|what) (?:process|program|command|app|application|task|thread|job|daemon|container|pod|user|script|tool)(?:e?s)?)\b"
    r"(?! (?:is|are|was|were|am|has|have|had|can|could)\b)"
    r"|谁(?!登录|的)|(?:哪个|哪些|什么|啥)(?:进程|程序|命令|线程|容器|脚本|服务|用户)"
)
# Behind the name of something unseen these make it a program: `the slack bot`, `the gpu driver`.
_PROGRAMS = frozenset(
    "agent binary bot client container daemon driver exporter fil job modul plugin pod process program server servic task worker".split()
)
# What somebody does to the system, or reads, is there to be seen when it's asked who does it.
OBSERVED = (CHANGE, "!state", "!files")


def asks_who(folded: str) -> bool:
    """Whether a request is for whoever does something."""
    hints = ("who", "which", "what", "谁", "哪", "什么", "啥")
    return any(word in folded for word in hints) and bool(re.search(_ACTORS, folded))


# What began in the past and still is so can be traced: `updated yesterday and now it fails`.
_LASTS = frozenset(words.stem(word) for word in ("now", "still", "currently", "keeps", "nowadays", "ever"))
_LASTS_ZH = ("现在", "目前", "一直", "还在", "仍", "至今", "到今天", "老是", "总是")


def harmless(folded: str, signs: Mapping[str, str], tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of refusal whose signs say nothing here: who does something is asked (`which process changes the crontab`), what
    is past goes on, or a program is named."""
    asks = asks_who(folded)
    stems = words.stems(folded)
    lasts = not _LASTS.isdisjoint(stems) or any(word in folded for word in _LASTS_ZH)
    return tuple(
        kind
        for kind, met in signs.items()
        if (asks and kind in OBSERVED)
        or (lasts and kind == "!past")
        or (met in tables["sure"] and _PROGRAMS.intersection(_behind(stems, met)))
    )


def _behind(stems: list[str], phrase: str) -> list[str]:
    """The word right behind a phrase."""
    parts = phrase.split()
    return next((stems[n + len(parts) :][:1] for n in range(len(stems)) if stems[n : n + len(parts)] == parts), [])
