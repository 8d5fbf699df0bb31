"""The lexicon at work: which concepts a text names. Built from lexicon/*.toml, kept in the index as two flat tables."""

from __future__ import annotations

from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LONGEST_ENGLISH = 8  # words
LONGEST_CHINESE = 10  # characters, Latin ones between them included


def compile_phrases(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """(id, phrases) pairs -> {normalised phrase: ids, space-separated}. English phrases are stems joined by spaces, Chinese as they are."""
    table: dict[str, list[str]] = {}
    for name, phrases in entries:
        for phrase in phrases:
            for key in keys_of(phrase):
                names = table.setdefault(key, [])
                if name not in names:
                    names.append(name)
    return {key: " ".join(names) for key, names in table.items()}


def keys_of(phrase: str) -> tuple[str, ...]:
    """How a phrase is looked up: its stems in a row, or the Chinese text without spaces."""
    folded = words.fold(phrase)
    if words.is_chinese(folded):
        return ("".join(folded.split()),)
    return (" ".join(words.stems(folded)),) if words.stems(folded) else ()


def phrases_of(concepts: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, list[str]]]:
    for name, entry in concepts.items():
        yield name, [*entry.get("words", ()), *entry.get("words_zh", ())]


def match(table: Mapping[str, str], text: str) -> dict[str, str]:
    """{id: the words that met it}, longest phrases first, none across a comma, each word used once; `text` is folded."""
    found: dict[str, str] = {}
    for clause in words.clauses(text):
        _scan(table, words.stems(clause), LONGEST_ENGLISH, found)
        if words.is_chinese(clause):
            _scan(table, "".join(clause.split()), LONGEST_CHINESE, found)
    return found


def _scan(table: Mapping[str, str], items: list[str] | str, longest: int, found: dict[str, str]) -> None:
    at = 0
    while at < len(items):
        for length in range(min(longest, len(items) - at), 0, -1):
            part = items[at : at + length]
            key = part if isinstance(part, str) else " ".join(part)
            if key in table and (key is not part or words.is_chinese(key)):
                for name in table[key].split():
                    found.setdefault(name, key)
                at += length
                break
        else:
            at += 1
