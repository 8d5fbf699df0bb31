"""Examples by search: the installed bpftrace tools, and the one-liners of oneliners.toml. The best of them go to a model, and with -v to the
screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import sqrt

from bccpilot.generating.vocabulary import read
from manpages_index import search, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from manpages_index.store import Index

MOST_BYTES = 6000  # a longer tool is no example any more


@dataclass(frozen=True)
class Example:
    """A program with what it shows. `source`: a tool's path, or one-liner. `score` 0..1."""

    about: str
    text: str
    source: str
    score: float = 0.0


def nearest(request: str, index: Index, most: int = 3) -> tuple[Example, ...]:
    """The examples that are most like a request, best first; none where nothing is like it."""
    wanted = _features(request, index)
    found = [Example(e.about, e.text, e.source, score) for e, features in _all(index) if (score := _likeness(wanted, features)) > 0.05]
    best = sorted(found, key=lambda example: (-example.score, len(example.text)))[:most]
    return tuple(Example(e.about, e.text or _source(e.source), e.source, e.score) for e in best)


def _features(text: str, index: Index) -> dict[str, float]:
    """As tools are compared: concepts, stems, pairs of characters, the rare ones more."""
    idf: Mapping[str, float] = index.search["idf"]
    found = search.features(words.fold(text), index.search["lexicon"])
    return {feature: weight * idf.get(feature, 1.0) for feature, weight in found.items()}


def _all(index: Index) -> Iterator[tuple[Example, dict[str, float]]]:
    for entry in read("oneliners")["example"]:
        features = _features(entry["about"], index) | _features(entry["about_zh"], index)
        yield Example(entry["about"], entry["text"], "one-liner"), features
    for tool in index.tools:
        if tool.flavour == "bpftrace" and tool.size <= MOST_BYTES:
            about = tool.knowledge.about or tool.summary
            features = _features(f"{about} {tool.summary}", index) | _features(tool.knowledge.about_zh, index)
            yield Example(about, "", tool.path), features


def _likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The cosine of two sets of features; how much more the other one says counts by half."""
    dot = sum(weight * other[feature] for feature, weight in one.items() if feature in other)
    norm = sqrt(sum(w * w for w in one.values()) or 1.0) * sqrt(sum(w * w for w in other.values()) or 1.0)
    return dot / norm


def _source(path: str) -> str:
    """A tool's text without its comments: they are licences and history."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(MOST_BYTES)
    except OSError:
        return ""
    return re.sub(r"/\*.*?\*/|\A#![^\n]*", "", text, flags=re.DOTALL).strip()
