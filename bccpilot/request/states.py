"""Questions for a state (`how much ram is left`, `is swap on`, `list the timers`) or for knowledge (`what should somaxconn be`). A tracing tool
is asked for what happens, in the same words: so the whole form of a short question has to fit (lexicon/orders.toml, `states`). A question for
the past (`who wrote the dump the other night`) has its tense and a time that is over (`past`)."""

from __future__ import annotations

import re

from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_LONGEST = 12  # words: what is longer asks for more than a state


def find(folded: str, tables: Mapping[str, Any]) -> dict[str, str]:
    """{kind of refusal: the form} where a folded request is nothing but such a question, or asks for what a text file holds."""
    inside = re.search(_STATUS, folded) if "4" in folded or "5" in folded else None
    inside = inside or (re.search(_IN_A_FILE, folded) if any(ending in folded for ending in _TEXTS) else None)
    if inside and not any(word in folded for word in _DONE_TO_FILES):
        return {"!files": inside.group()}
    if over := _past(folded, tables["past"]):
        return {"!past": over}
    how_large = re.search(_HOW_LARGE_ZH, folded) if words.is_chinese(folded) else None
    if how_large and not any(word in folded for word in _DONE_TO_FILES):
        return {"!state": how_large.group()}
    forms: Mapping[str, Mapping[str, Any]] = tables["states"]
    asked = re.sub(_PATH, "_path", re.sub(_AROUND, "", re.sub(r"[\s?!.]+$", "", folded)))
    if asked.count(" ") >= _LONGEST or re.search(r"[,;:]", asked):
        return {}
    return next(({form.get("kind", "!state"): name} for name, form in forms.items() if _fits(asked, form)), {})


# What stands around a question without being part of it.
_AROUND = (
    "^(?:(?:please|hey|can you|could you|i want to know|i need to know|check|tell me|show me|let me know|find out) (?:if |whether )?)+"
    "| (?:right now|now|currently|here|again|please|(?:on|in|of) (?:this|the|my|our) (?:machine|box|host|server|system|vm))+$"
)
_PATH = r"(?<!\S)/[\w./-]+"  # in the forms `_path`
_HOW_LARGE_ZH = (
    r"(?<!\S)/[\w./-]+ ?(?:目录|文件|分区|盘)?(?:现在|总共|一共)?(?:有|占)?(?:了)?多[大少](?:空间|地方|容量)?[了啊呢]?[?？]?$"
    r"|(?:大于|超过|大过) ?\d+ ?[kmgt]b? ?的大?文件"
)
_IN_A_FILE = (
    r"\b(?:in|from|out of) [\w./*-]+\.(?:log|csv|json|txt)\b"
    r"|\b[\w./-]+\.(?:log|csv|json|txt) ?(?:文件)?(?:里|中)(?! ?(?:\d|是|报|全|都|写|说|一直|出现|大量|老|总|有))"  # `error.log 里报 ...` tells
)
_STATUS = r"\b(?:how many|number of|count(?: of)?|all) [45]\d\ds\b|(?:多少|几)[个条次] ?[45]0\d\b"  # `how many 404s`: in a web server's log
_TEXTS = (".log", ".csv", ".json", ".txt")
_DONE_TO_FILES = ("read", "writ", "open", "delet", "读", "写", "删", "打开")


def _fits(asked: str, form: Mapping[str, Any]) -> bool:
    """Whether a question begins, ends and holds what a form says; what the form doesn't say may be anything."""
    padded = f" {asked} "
    return (
        any(padded.startswith(f" {words} ") for words in form["begins"])
        and (not form.get("holds") or any(f" {words} " in padded for words in form["holds"]))
        and (not form.get("ends") or any(padded.endswith(f" {words} ") for words in form["ends"]))
        and not any(f" {words} " in padded for words in form.get("unless", ()))
    )


def _past(folded: str, known: Mapping[str, Any]) -> str:
    """The time of which a question asks what happened then; empty where there's none, or where what began then goes on."""
    padded = f" {folded} "
    tensed = any(f" {word} " in padded for word in known["tensed"]) or re.search(_ENDED, folded) is not None
    when = (_time(_WHEN, folded, known["times"]) if tensed else None) or _time_zh(folded, known)
    if when is None or any(f" {word} " in padded for word in known["lasts"]) or any(word in folded for word in known["lasts_zh"]):
        return ""
    return "" if re.search(_FROM_THEN, folded[: when.start()]) or re.match(_SINCE_ZH, folded[when.end() :]) else when.group()


def _time_zh(folded: str, known: Mapping[str, Any]) -> re.Match[str] | None:
    return _time(_WHEN_ZH, folded, known["times_zh"]) if words.is_chinese(folded) else None


def _time(pattern: str, folded: str, named: Sequence[str]) -> re.Match[str] | None:
    return re.search(pattern.replace("NAMED", "|".join(map(re.escape, named))), folded)


_ENDED = r"^how (?:often|many times) ha(?:s|ve) |\b(?:who|what|that|it|and|(?:which|what) \w+(?: \w+)?) (?!need|feed|seed)[a-z]{2,}ed\b"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|tember|ober|ember)?\b"
_SPAN = r"(?:minute|hour|day|night|morning|evening|weekend|week|month|year)s?\b"
_WHEN = (
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} (?:the )?\d{{1,2}}\b|\d{{4}}-\d\d-\d\d"
    rf"|(?:at|around|about|before|between|until) (?:\d{{1,2}}:\d\d|\d{{1,2}} ?(?:am|pm|o'clock))"
    r"|during (?:the|our|my) (?:last|previous)\b|this (?:week|month|year|quarter)\b|on the \d{1,2}(?:st|nd|rd|th)\b"
    rf"|(?:few|couple of|several|some|two|three|four|five|six|\d+|an?) {_SPAN} (?:ago|back|earlier)"
    rf"|(?:over|in|during|within|of|throughout) the (?:last|past|previous) (?:\w+ ){{0,2}}{_SPAN}|(?:the )?(?:last|past|previous|other) {_SPAN}"
    rf"|(?:NAMED)\b)"
)
_FROM_THEN = r"\b(?:since|after|from|ever)\b(?: \S+){0,3} ?$"  # `slow since the upgrade of 12 june`
_DIGITS_ZH = "[0-9一二两三四五六七八九十]"
_WHEN_ZH = (
    rf"(?:{_DIGITS_ZH}+ ?月 ?{_DIGITS_ZH}+ ?[号日]|{_DIGITS_ZH}+ ?号(?:那天|凌晨|晚上|下午|上午)|前[一两几{_DIGITS_ZH[1:-1]}] ?[天晚]"
    r"|上次[^,。，]{0,8}(?:时候|时|那)|(?<!每)[一二三四五六七八九十]月份?的|(?:礼拜|星期|周)[一二三四五六日天](?=.*(?:过|了|谁.*的))|NAMED)"
)
_SINCE_ZH = r"(?:(?!那)[^,。，]){0,8}?(?:开始|之后|以后|以来|过后|后|起)"
