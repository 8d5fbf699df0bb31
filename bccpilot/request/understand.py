"""text -> Request: the language, the concepts, the values, the tools named; typos mended against the index's own words."""

from __future__ import annotations

import re

from bccpilot.model import Request, Value
from bccpilot.request import complaints, injected, names, orders
from bccpilot.request.values import values as find_values
from manpages_index import lexicon, search, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any

_NAMED = re.compile(r"[a-z][a-z0-9_]*")
# A word shorter than this has too many neighbours to be mended, and a likeness below this is another word; one this short must only lack a letter.
_SHORTEST_TYPO, _LIKENESS, _SHORT = 4, 84, 88


def understand(text: str, tables: Mapping[str, Any]) -> Request:
    """What a request says, with the index's search tables as the language that is known. Never raises."""
    whole, (text, hung_on) = text, injected.cut(text)
    folded = words.fold(text)
    values = find_values(text if len(folded) == len(text) else folded, folded, tables["cues"])
    corrections = _corrections(folded, values, tables)
    for wrong, right in corrections.items():
        folded = re.sub(rf"\b{re.escape(wrong)}\b", right, folded) if wrong.isascii() else folded.replace(wrong, right)
    programs = names.find(folded, values, tables)
    values = (*(v for v in values if not _names_program(v, programs)), *programs)
    said = names.without_machines(_without(folded, values))
    programs_said = frozenset(value.text for value in values if value.kind == "comm")
    concepts = lexicon.match(tables["lexicon"], said)
    ordered = {} if concepts.keys() & set(tables["unless"]) else orders.find(folded, programs_said, tables)
    signs = {} if ordered else {name: met for name, met in concepts.items() if name.startswith("!")}
    denied = orders.harmless(folded, signs, tables) if signs else ()
    concepts = {name: met for name, met in concepts.items() if name not in denied} | ordered
    chinese = words.is_chinese(text)
    return Request(
        text=whole,
        asked=text,
        said=said,
        language="zh" if chinese else "en",
        concepts=concepts,
        values=tuple(sorted(values, key=lambda v: v.start)),
        words=tuple(words.stems(folded)),
        features=(*_features(said, denied, tables), *_of_values(values, tables), *(f"@{name}" for name in ordered)),
        named=_named(folded, tables),
        corrections=corrections,
        ignored=hung_on.strip(),
        order=next(iter(ordered.values()), None),
        declined="!attack" if injected.substitutes(text) else None,
        complaint=None if ordered else complaints.find(said, values, chinese, tables),
        switches=tuple(lexicon.match(tables["triggers"], wanted_part(said))),
    )


_RATHER = ("rather than", "instead of", "而不是", "而非", "别给", "别用", "不按", "不要时间")
_UNWANTED = r"\b(?:rather than|instead of)\b[^,.;]*|(?:而不是|而非|别给|别用|不按)[^，。；,)）]*|不要时间(?!戳)"


def wanted_part(said: str) -> str:
    """What is said less what isn't wanted: `a histogram` rather than an average."""
    return re.sub(_UNWANTED, " ", said) if any(word in said for word in _RATHER) else said


def _features(said: str, denied: Container[str], tables: Mapping[str, Any]) -> list[str]:
    return [name for name in search.features(said, tables["lexicon"]) if name[1:] not in denied]


def _names_program(value: Value, programs: tuple[Value, ...]) -> bool:
    """Whether a quoted text is the name of a program that was found in it."""
    return value.kind == "quoted" and any(value.start <= p.start < value.start + len(value.text) for p in programs)


# Kinds of values whose words also say what the request is about.
_TELLING = frozenset(("function", "quoted", "flag", "percentiles", "signal", "per"))


def _without(folded: str, values: tuple[Value, ...]) -> str:
    """The folded text with its values blanked: a path or a PID doesn't say which tool is meant."""
    rest = folded
    for value in values:
        text = words.fold(value.text)
        if text and value.kind not in _TELLING:
            rest = rest.replace(text, " ", 1)
    return rest


def _of_values(values: tuple[Value, ...], tables: Mapping[str, Any]) -> list[str]:
    """The features that values bring, marked as weak: `java` may mean the JVM's own tools, or only whose files are meant."""
    said = " ".join(words.fold(v.text) for v in values if v.kind == "comm")
    programs = [name for name in search.features(said, tables["lexicon"]) if name in tables["idf"]]
    implied = [f"@{concept}" for value in values for concept in tables["implies"].get(value.kind, ())]
    parts = ", ".join(re.sub(r"[/.]", " ", words.fold(str(v.value))) for v in values if v.kind in ("path", "terminal"))  # /dev/pts/4 is a terminal
    implied += [f"@{concept}" for concept in lexicon.match(tables["lexicon"], parts) if not concept.startswith("!")]
    if sum(v.kind == "path" for v in values) > 1:  # `/data1 or /data2`: compared
        implied = [name for name in implied if name != "@file"] + ["@directory"]
    return [f"{search.WEAK}{name}" for name in dict.fromkeys((*programs, *implied))]


def _named(folded: str, tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Tools named outright, in the order of naming. A name that is a word too (trace) counts only with its suffix or in quotes."""
    known = set(tables["names"])
    ambiguous = set(tables["ambiguous"])
    found: list[str] = []
    for match in _NAMED.finditer(folded):
        name = match.group()
        if name not in known or name in found:
            continue
        before, after = folded[: match.start()][-1:], folded[match.end() :]
        may_be_meant = name not in ambiguous and not re.search(_AN_EXAMPLE, folded[: match.start()])
        sure = after.startswith(("-bpfcc", ".bt", " tool", "工具")) or (before in "`'\"" and before != "") or may_be_meant
        if sure and before not in ("/", ":", "_", "."):
            found.append(name)
    return tuple(found)


# `a histogram for each set of flags (sync, meta, readahead)`, `比如 Sync-Write、ReadAhead`: one of a list of other things.
_AN_EXAMPLE = r"(?:比如|例如|诸如|such as|e\.g\.)[^。.;；]*$|[(（][^)）]*[,，、/] ?$"


def _corrections(folded: str, values: tuple[Value, ...], tables: Mapping[str, Any]) -> dict[str, str]:
    """Typos: words that neither the index nor the machine knows, with the known word that they are nearest to."""
    taken = " ".join(words.fold(v.text) for v in values)
    unknown = [w for w in _english(folded) if _is_typo(w, tables) and w not in taken and not names.is_running(w)]
    if not unknown:
        return {}
    from rapidfuzz import fuzz, process

    vocabulary = [word for word in tables["spelling"].split() if len(word) >= _SHORTEST_TYPO - 1]
    found: dict[str, str] = {}
    for word in unknown:
        best = process.extractOne(word, vocabulary, scorer=fuzz.ratio, score_cutoff=_LIKENESS if len(word) > _SHORTEST_TYPO else _SHORT)
        if best and best[0][0] == word[0]:
            found[word] = best[0]
    return found


def _english(folded: str) -> list[str]:
    return [word for word in re.findall(r"(?<![\w./:-])[a-z]+(?![\w./:'’-])", folded) if len(word) >= _SHORTEST_TYPO]


def _is_typo(word: str, tables: Mapping[str, Any]) -> bool:
    stem = words.stem(word)
    if word in tables["programs"] or word in words.STOP or stem in tables["idf"] or word in tables["names"]:
        return False
    return f" {word} " not in f" {tables['spelling']} "
