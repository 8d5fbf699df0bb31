"""Names that a request gives beside the word for what they name: `class com/acme/Cart`, `the sub load_config`, `命令行参数里带 wget`."""

from __future__ import annotations

import re

from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.model import Request
    from bccpilot.planning.draft import Draft
    from manpages_index.model import ArgRole, Tool

_TEXT_ROLES = frozenset(("text_filter", "function"))
_NAME = r"[\"'“‘`]([^\"'“”‘’`]+)[\"'”’`]|((?a:(?:-{0,2}|/)[a-z_$][\w$]*(?:(?:/|\.|::|-)[\w$]+)*))"
# Small words that may stand between the two.
_AFTER = (
    rf"(?i)(?:[\s:：=,]|\b(?:named|called|names?|is|are|the|contain(?:s|ing)?|includ(?:es|ing)|with|have|has|like|matching|mention(?:s|ing)?|prefix"
    rf"|start(?:s|ing)?|begin(?:s|ning)?|of|in|that|which|whose)\b|[里中以带有含是为叫名包括到])*(?:{_NAME})(?![\w/])"
)
_BEFORE = (
    rf"(?i)(?:{_NAME})(?:\s|\b(?:in|on|within|inside|among|as|its|their|the|his|an|a|one|of|part|somewhere)\b|打头|开头|开始|这个|那个|前缀|为|的)*\Z"
)
# Between the two, these say that what follows is the beginning of a name; such a one, or a name put after 叫, may be any word.
_BEGINNING = r"(?i)\b(?:start|begin)\w* with\b|\bprefix\b|\bnamed\b|\bnames? (?:is|are)\b|打头|开头|开始|前缀|叫|名为"
_REACH = 60


def take(draft: Draft, tool: Tool, request: Request) -> None:
    """Fill options for names that stand beside one of the option's own words; a name between two of them belongs to the one before it."""
    folded = words.fold(request.asked)
    found = []
    for role in tool.knowledge.roles:
        if role.role not in _TEXT_ROLES or draft.chosen.get(role.dest, [role.value]) != [role.value] or role.values:
            continue
        beside = _beside(role, tool, request, folded)
        if beside is not None:
            found.append((beside, role.dest))
    taken: set[int] = set()
    for (_, start, text), dest in sorted(found):
        if start not in taken:
            taken.add(start)
            draft.chosen[dest] = [text]
            draft.used += [v for v in request.values if v not in draft.used and v.start < start + len(text) and start < v.start + len(v.text)]


def _beside(role: ArgRole, tool: Tool, request: Request, folded: str) -> tuple[bool, int, str] | None:
    """The name beside the longest of the role's own words that has one: whether it stands before the word, rather than behind it, and where."""
    asked = request.asked if len(request.asked) == len(folded) else folded
    present = sorted({word for word in map(words.fold, (*role.words, *role.words_zh)) if word in folded}, key=len, reverse=True)
    for word in present:
        for match in re.finditer(_whole(word), folded):
            behind = re.match(_AFTER, asked[match.end() : match.end() + _REACH])
            if (found := _name(behind, match.end(), request, tool, _any_word(role, word, behind))) is not None:
                return False, found[1], found[0]
            start = max(0, match.start() - _REACH)
            before = re.search(_BEFORE, asked[start : match.start()])
            begins = before is not None and re.search(_BEGINNING, before.group()) is not None
            if (found := _name(before, start, request, tool, begins)) is not None:
                return True, found[1], found[0]
    return None


# What stands behind `label` and isn't the label.
_OF_A_LINE = frozenset("column columns field fields line lines text output row rows".split())
_ORDINARY = frozenset("entry exit call calls return returns read write in out on off start end begin stop enter leave open close".split())
_NEAR = 4


def _any_word(role: ArgRole, word: str, behind: re.Match[str] | None) -> bool:
    """Whether what stands behind one of the role's words is a name, whatever it is: `methods starting with load`, `class Invoice`, `label prod`."""
    if behind is None:
        return False
    name = behind.group(behind.lastindex or 1)
    around = f"{word}{behind.group().removesuffix(name)} {behind.string[behind.end() : behind.end() + _NEAR]}"
    if re.search(_BEGINNING, around):
        return True
    ordinary = name.lower() in words.STOP or name.lower() in (*_OF_A_LINE, *role.words)
    return not ordinary and (name[0].isupper() or role.syntax == "word")


def _whole(word: str) -> str:
    return rf"(?a)\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


def _name(match: re.Match[str] | None, offset: int, request: Request, tool: Tool, any_word: bool = False) -> tuple[str, int] | None:
    """A text in quotes, a known name, or a word that can't be an ordinary one (`PaymentJob`, `load_config`, `--daemon`)."""
    if match is None:
        return None
    group = match.lastindex or 1
    text, start = match.group(group), offset + match.start(group)
    language = text.lower() in tool.spec.prefix  # `the java methods` are those of a process
    known = not language and any(v.start == start and v.text == words.fold(text) for v in request.values if v.kind in ("comm", "syscall"))
    return (text, start) if group == 1 or known or _is_odd(text) or (any_word and not language) else None


def _is_odd(text: str) -> bool:
    """Whether a text can't be an ordinary word, nor a pair of them (`entry/exit`)."""
    if all(part in _ORDINARY for part in text.lower().split("/")):
        return False
    is_word = text[1:].islower() or text.isupper() or len(text) == 1
    return text.startswith("-") or not is_word or bool(set("_/.$:0123456789").intersection(text))
