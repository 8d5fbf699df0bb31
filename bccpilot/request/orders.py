"""Orders in a request (`restart nginx`, `把它杀掉`, `somaxconn 调到 65535`): to do something to the system, where a tracing tool only watches it.

An order stands at the head of a clause, in the verb's bare form (`updates of mysql` is none), or behind a condition (`if it dies restart it`,
一挂就把它拉起来); in Chinese also behind its object (把 X 删掉). A question for a state (`how much ram is left`) is found the same way.
"""

from __future__ import annotations

import re
from itertools import islice, takewhile

from bccpilot.request import states
from bccpilot.request.quantities import UNITS
from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Words = Mapping[str, Sequence[str]]  # lexicon/orders.toml

_AT_MOST = 12  # clauses: an order further on is hardly what is asked
CHANGE = "!change"  # the kind of refusal whose requests are orders
_CLAUSES = r"[;!?。\n]+|,(?!\d)|[.:]+(?:\s|$)|\band then\b|(?<!-)\bthen\b(?!-)|\bso that\b"
_SOFT_ENDINGS = "掉了一下吧啊呢哈吗么好嘛出去来起进上行不"
_TO = ("到", "成", "为", "至", "进")
_ALONE = frozenset("一个上下份首封篇段点几两掉了成张条句它他")  # what follows a single character that is a verb of its own


def find(folded: str, programs: frozenset[str], tables: Mapping[str, Any]) -> dict[str, str]:
    """{kind of refusal: the words} of the first order in a folded request; empty where it orders nothing."""
    known: Words = tables["orders"]
    watched = False
    for number, clause in enumerate(islice(_clauses(folded), _AT_MOST)):
        begin = _without_politeness(clause, known["polite"])
        found = _chinese(clause, begin, tables) or _conditional_zh(clause, tables) if words.is_chinese(clause) else {}
        may_be_bent = "you mind " in clause  # `would you mind restarting it`
        if words.is_chinese(clause) and any(word in clause for word in known["telling_zh"]):
            continue  # `systemctl start 之后要等很久`
        found = found or _english(begin, programs, tables, number == 0, may_be_bent) or _conditional(begin.split(), programs, tables)
        found = found or _wished(clause, tables)
        if found and not (watched and _shapes(begin, known)):  # `show its opens. put the thread on the line`
            return found
        watched = watched or _any(known["showing"], clause.split()[:4]) or clause.startswith(tuple(known["showing_zh"]))
    return states.find(folded, known)


def _shapes(begin: str, known: Words) -> bool:
    """Whether what begins like an order may be one about the output: `add the time`, 加上时间."""
    return _any(known["shaping"], begin.split()[:1]) or begin.startswith(tuple(known["shaping_zh"]))


def _clauses(folded: str) -> Iterator[str]:
    return (part for part in (piece.strip(" ,.\"'“”()") for piece in re.split(_CLAUSES, folded)) if part)


def _without_politeness(clause: str, polite_words: Sequence[str]) -> str:
    begin = clause
    while (polite := max((word for word in polite_words if _leads(begin, word)), key=len, default=None)) is not None:
        begin = begin.removeprefix(polite).lstrip(" ,，")
    return begin


def _any(wanted: Sequence[str], found: Iterable[str]) -> bool:
    return any(word in wanted for word in found)


def _leads(text: str, word: str) -> bool:
    return text.startswith(word) and not (word.isascii() and text[len(word) : len(word) + 1].isalnum())


def _english(begin: str, programs: frozenset[str], tables: Mapping[str, Any], first: bool, may_be_bent: bool) -> dict[str, str]:
    table: Mapping[str, str] = tables["first"]
    raw = begin.split()
    if raw and re.search(r"[-/]", raw[0]):  # `rate-limit`, but not `rename-heavy`, `read/write`
        raw = raw[0].split("-") + raw[1:] if " ".join(words.stems(raw[0])) in table else []
    if not raw or not raw[0].isascii() or "(" in raw[0] or not (may_be_bent or _is_bare(raw[0].strip("\"'"))):
        return {}
    stems = [_PROGRAM if n and word.strip("\"'") in programs else (words.stems(word) or [word])[0] for n, word in enumerate(raw[:7])]
    root = _root(stems[0], table)
    stems, is_derived = [root, *stems[1:]], root != stems[0]
    length = next((n for n in (4, 3, 2, 1) if n <= len(stems) and " ".join(stems[:n]) in table), 0)
    key = " ".join(stems[:length])
    known: Words = tables["orders"]
    if raw[0] == "make" and _any(known["becomes"], raw):
        return {CHANGE: "make"}
    is_of_output = length < _WHOLE and _any(known["output"], stems[length : _end(raw, length)])
    if not key or _tells(raw, length, known) or (CHANGE in table[key] and is_of_output):
        return {}
    needs_object = not first or is_derived or (length == 1 and raw[0] in tables["nouns_too"])
    following = (*raw, "")[length]
    is_object = _any(known["object"], (following, *stems[1:length])) or stems[length : length + 1] == [_PROGRAM] or _is_name(following, tables)
    return dict.fromkeys(table[key].split(), key) if is_object or not needs_object else {}


_WHOLE = 3  # words of a phrase that says what is ordered as well (`add an index`)


def _root(stem: str, table: Mapping[str, str]) -> str:
    """The verb that a verb is made of: `redo`, `unmount`."""
    root = re.sub("^(?:re|un|de|dis|auto|hot)", "", stem)
    return root if stem not in table and len(root) > 1 and root in table else stem


def _tells(raw: list[str], length: int, known: Words) -> bool:
    """Whether what begins like an order tells something: `docker pull hangs`, `drop rate`, `update every 5 seconds`."""
    following, further, third = (*raw[length : length + 3], "", "", "")[:3]
    is_interval = following in ("every", "each") and (further[:1].isdigit() or further in UNITS)
    behind = third if following in ("and", "or") else following  # `rename and unlink calls`
    is_noun = length == 1 and behind in known["noun"]
    # `kill what is slow` orders, `ssh to it takes long until ...` and `restart it when it is slow` don't tell by what follows.
    main = takewhile(lambda word: word not in (*known["relative"], *known["condition"]), raw)
    return is_interval or is_noun or _any(known["telling"], main)


def _wished(clause: str, tables: Mapping[str, Any]) -> dict[str, str]:
    """The order in a sentence that says how something is to be: `nginx needs to be restarted`, `i want these files gone`, `the pool should
    have 50 children`."""
    known: Words = tables["orders"]
    stems = words.stems(clause)
    if _any(known["asking"], clause.split()) or _any(known["output"], stems):
        return {}
    if (said := re.search(_SO, clause)) is not None:
        return {CHANGE: said[said.lastindex or 0]}
    told = re.search(_TO_BE, clause)
    word = "" if told is None else told[told.lastindex or 0]
    done = words.stem(word)
    listed = CHANGE in tables["first"].get(done, "") and not _any(known["shaping"], (word, done)) and (done != word or told is None or not told[4])
    return {CHANGE: done} if listed or word in known["gone"] else {}


# What is to become of something, as a participle or a noun: `needs to be restarted`, `needs a restart`, `i want it restarted`.
_TO_BE = (
    r"\b(?:needs?|has|have|ought|got|must|should|shall|supposed|wants?|like)(?: to)?(?: be| get)(?: \w+ly)? (\w+)"
    r"|\bneeds? (?:a|an|another|some) (?:quick |good )?(\w+)$|^(?:could|can) (?:\S+ ){1,4}be (\w+)"
    r"|^(?:i want|i need|i'd like|i would like|we want|we need|we'd like|get|have|want) .* (\w+)$"
)
# What says it all: `should have 50 children`, `get the heap up to 8g`, `give bob sudo`, `have the container come up again`, `a new user, please`.
_SO = (
    r"\b((?:should|must|has to|have to|ought to|shall|needs? to) (?:only |never |not |always )?"
    r"(?:have|use|get|listen|run|start|accept|allow|keep|take|hold|answer|bind|serve|be limited)) (?:\S+ ){0,3}\d"
    r"|\b(get|put|push) (?:\S+ ){1,5}(?:up to|down to|over to|onto|below|back up|back online|going again|up and running|to life|to work|off the)\b"
    r"|^(?:can you |could you |please )?(give) (?:\S+ ){1,2}(?:sudo|root|admin|ssh|shell|permissions?|access|privileges|rights)\b"
    r"|^(have|let|make) (?!me |us |it clear|it run |this run |it go on )(?:\S+ ){1,3}"
    r"(?:come|go|use|run|start|stop|listen|accept|keep|be|ignore|restart|wait)\b"
    r"|\b((?:can|must|should|has to|have to|may|ought to) (?:go|come back|come up|go away|disappear|stay up|survive|belong to))"
    r"(?: (?:now|again|please|by \w+)|$)"
    r"|^(?!who|what|which)(?:\S+ ){1,4}(needs) (?:more(?! than)|another|extra|less|fewer|a bigger|a larger)\b"
    r"|^(?:please |pls )?((?:switch|turn) (?:\S+ ){1,4}o(?:ff|n))\b"
    r"|^((?:a|one|another) (?:new|more|bigger|larger|further|additional)) "
)


def _conditional(raw: list[str], programs: frozenset[str], tables: Mapping[str, Any]) -> dict[str, str]:
    """The order behind a condition without a comma: `if redis dies again bring it back up`."""
    known: Words = tables["orders"]
    if not raw or raw[0] not in known["condition"]:
        return {}
    verb = next((n for n, word in enumerate(raw) if word in known["finite"]), len(raw))
    starts = (n for n in range(verb + 1, len(raw)) if raw[n - 1] not in known["bound"])
    return next((found for n in starts if (found := _english(" ".join(raw[n:]), programs, tables, False, False))), {})


def _conditional_zh(clause: str, tables: Mapping[str, Any]) -> dict[str, str]:
    """`一超过 2G 就自动重启它`: what follows 就 is an order where an adverb, 把 or a pronoun shows that it's to be done."""
    whole = "".join(clause.split())
    tail = re.search(r"就([^就]*)$", whole)
    told = whole.startswith(("一旦", "如果", "只要", "要是"))
    if tail is None or not (told or re.match("自动|直接|立刻|立即|马上|给我|帮我|把|将", tail[1]) or tail[1].endswith(("它", "他", "谁"))):
        return {}
    done = re.sub(r"^(?:自动|直接|立刻|立即|马上|给我|帮我|去)*", "", tail[1]).replace("谁", "它")
    return _chinese(done, done, tables)


_PROGRAM = "_program"


def _end(raw: list[str], start: int) -> int:
    """Where the object of a verb ends: at `and`, or four words on."""
    return next((n for n in range(start, min(start + 4, len(raw))) if raw[n] == "and"), start + 4)


def _is_name(word: str, tables: Mapping[str, Any]) -> bool:
    """Whether a word is a path, a number, has a number (eth0), or is one that no tool's texts hold."""
    if not word or re.search(r"^[/-]|\d", word):
        return bool(word)
    return word.isascii() and word not in words.STOP and words.stem(word) not in tables["idf"]


def _is_bare(word: str) -> bool:
    """Whether a word can be an imperative: not `writes`, `edited`, `blocking`."""
    return words.stem(word) == word or not word.endswith(("s", "ed", "ing")) or word.endswith("eed")


def _chinese(clause: str, begin: str, tables: Mapping[str, Any]) -> dict[str, str]:
    whole, rest = "".join(clause.split()), re.sub("(?:行|好|可|能)不(?:行|好|可以|能)$", "", "".join(begin.split()))
    known: Words = tables["orders"]
    if any(word in rest for word in (*known["telling_zh"], *known["output_zh"], *known["watching_zh"])) or rest.endswith(("时", "后", "的")):
        return {}
    table: Mapping[str, str] = tables["first"]
    heads = (rest[:n] for n in range(min(5, len(rest)), 0, -1) if n > 1 or rest[1:2] in _ALONE or rest[1:2].isdigit())
    found = next((head for head in heads if head in table and words.is_chinese(head)), "")
    is_thing = rest.endswith(tuple(known["watched_zh"])) and not found.startswith(("杀", "干", "踢"))
    has_subject = "把" in rest[1:] and not rest.startswith("把")  # `备份把缓存冲了`
    if found and not is_thing and not has_subject and not any(word in rest[len(found) :] for word in known["telling_more_zh"]):
        return dict.fromkeys(table[found].split(), found)
    if (done := re.search(_AWAY, whole) or re.search(_BA, rest) or re.search(_MUST_ZH, rest)) is not None:
        return {CHANGE: done[done.lastindex or 1]}
    given = re.match(_GIVEN, rest)
    return {CHANGE: given.group(1)} if given else _handled(whole, rest, tables["handled"])


# `连同子进程全给我 kill -9 掉`
_AWAY = (
    r"给我?[^，。；]{0,12}(?<!丢)(掉)[了吧呗]?$|(?:全部|统统|一律|通通|全都)(?:给我)?((?:干|杀|停|删|清|关|踢|kill)掉)[了吧呗]?$"
    r"|(?:把|将|给我).*(kill ?(?:-\w+)? ?掉?)[了吧呗]?$"
)
# 把 X 踢下去: a verb of one character with what comes of it, at the end
_BA = r"(?:^(?:把|将).|帮我|给我).*?([踢弄搞干整扔丢删关停杀搬挪清卸换改调拆封禁砍降升装修绑锁][一-鿿]{0,2})$"
# 只许监听本地, 要让办公室能访问, 数据库搬到快一点的盘上
_MUST_ZH = (
    r"((?:要|得|必须|应该|只许|只准|只能|只|不许|不准|别|不要|不能)(?:让|监听|允许|占|绑)"
    r"|[搬挪退拷]到|回滚到|(?:彻底|永久|统统|一律)给?[关停删清杀禁封卸])"
)
# `给 mysql 分配更多内存`
_GIVEN = r"给(?!我|出).*?(分配|分|加|多给|配|开|装|换|降|升|打|喂|塞|拨|划)(?:[更点些个一两三四五六七八九十几多]|\d)"


def _handled(whole: str, rest: str, handled: Mapping[str, str]) -> dict[str, str]:
    """`把 X 删掉`, `X 帮我清一下`, `X 调到 16`: the verb behind its object. 直接内存回收 asks for nothing: 直接 is part of its name."""
    is_polite = whole.removeprefix("直接") != rest or any(word in whole for word in ("帮我", "帮忙", "给我", "麻烦"))
    is_asked = is_polite or rest.startswith(("把", "将", "给"))
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
# What somebody does to the system, or reads, is there to be seen when it's asked who does it.
OBSERVED = (CHANGE, "!state", "!files")


def asks_who(folded: str) -> bool:
    """Whether a request is for whoever does something."""
    hints = ("who", "which", "what", "谁", "哪", "什么", "啥")
    return any(word in folded for word in hints) and bool(re.search(_ACTORS, folded))


def harmless(folded: str, signs: Mapping[str, str], tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of refusal whose signs say nothing here: who does something is asked (`which process changes the crontab`), what
    is past goes on, or a program is named."""
    known: Words = tables["orders"]
    asks, stems = asks_who(folded), words.stems(folded)
    lasts = _any(known["lasts"], stems) or any(word in folded for word in known["lasts_zh"])
    return tuple(
        kind
        for kind, met in signs.items()
        if (asks and kind in OBSERVED)
        or (kind == "!past" and (lasts or _is_beginning(stems, met, known)))
        or (kind == "!elsewhere" and _is_peer(stems, met, known))
        or (met.endswith(".log") and _any(known["on_files"], stems))
        or (met in known["reaching"] and (asks or _any(known["slow"], folded.split())))
        or (met in known["runs_here"] and not _any(known["drawn"], stems) and not any(word in folded for word in known["drawn_zh"]))
        or (met in tables["sure"] and _any(known["program"], _behind(stems, met)))
    )


def _is_peer(stems: list[str], phrase: str, known: Words) -> bool:
    """Whether another system is what this one talks with: `retransmits to the db in the other datacenter`."""
    if not _any(known["talking"], stems):
        return False
    return _any(known["towards"], _before(stems, phrase))


def _is_beginning(stems: list[str], phrase: str, known: Mapping[str, Any]) -> bool:
    """Whether a past time is only when something began that goes on: `after yesterday's upgrade writes are slow`."""
    return _any(("sinc", "after"), _before(stems, phrase)) and not _any([words.stem(word) for word in known["past"]["tensed"]], stems)


def _before(stems: list[str], phrase: str) -> list[str]:
    """The four words before a phrase, and its first."""
    parts = phrase.split()
    at = next((n for n in range(len(stems)) if stems[n : n + len(parts)] == parts), 0)
    return stems[max(0, at - 4) : at + 1]


def _behind(stems: list[str], phrase: str) -> list[str]:
    """The word right behind a phrase."""
    parts = phrase.split()
    return next((stems[n + len(parts) :][:1] for n in range(len(stems)) if stems[n : n + len(parts)] == parts), [])
