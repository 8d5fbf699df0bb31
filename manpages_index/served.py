"""Whether a text asks for what no tool serves, by the words it is put in.

Naive Bayes over the words of a text and the pairs of its neighbours, small words and its two ends with them: `how do i`, `since last`, 帮我 say
more here than what a text is about. Learned with the index, from what the knowledge files and declined.toml say people ask for.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log, sqrt

from manpages_index import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from manpages_index.packed import Column

_PSEUDO_COUNT = 0.1
_SAYS_NOTHING = 0.2  # weights nearer to 0 than this are left out
_MARK = "?"  # before each key of the column, whose rows other columns share
_LATIN = r"/[a-z0-9_./*-]+|[0-9][0-9./]*|[a-z_][a-z_']*"
_ANY = rf"{_LATIN}|[\u3400-\u9fff]"  # takes a millisecond to compile: only for texts that need it


def features(folded: str) -> frozenset[str]:
    """The stems of a folded text, its single Chinese characters, and the pairs of neighbours among them, ^ and $ being its ends."""
    stems = [_kind(token) or words.stem(token) for token in re.findall(_LATIN if folded.isascii() else _ANY, folded)]
    pairs = (f"{one} {other}" for one, other in zip(["^", *stems], [*stems, "$"], strict=True))
    return frozenset((*stems, *pairs)) if stems else frozenset()


def _kind(token: str) -> str:
    """What a path, an address or a number is told by; empty for a word."""
    if token[0].isdigit():
        return "_address" if token.count(".") >= _DOTS else "_number"
    return "_path" if token[0] == "/" else ""


_DOTS = 3  # in an address


def learn(served: Iterable[str], refused: Iterable[str]) -> dict[str, float]:
    """The column: how much more likely each feature is in what is refused than in what is served, as a logarithm."""
    (of_served, n_served), (of_refused, n_refused) = _counts(served), _counts(refused)
    often = {
        feature: (of_refused[feature] + _PSEUDO_COUNT, of_served[feature] + _PSEUDO_COUNT)
        for feature in of_served.keys() | of_refused.keys()
    }
    rarer = log((n_served + 1) / (n_refused + 1))
    weights = {feature: log(refused_n / served_n) + rarer for feature, (refused_n, served_n) in often.items()}
    return {_MARK + feature: round(weight, 1) for feature, weight in weights.items() if abs(weight) > _SAYS_NOTHING}


def _counts(texts: Iterable[str]) -> tuple[Counter[str], int]:
    """How many of the texts have each feature, and how many texts there are."""
    each = [features(words.fold(text)) for text in texts]
    return Counter(feature for own in each for feature in own), len(each)


def against(odds: Column, folded: str) -> float:
    """What the wording of a folded text says against its being served: above 0 where it's rather like what is refused."""
    met = features(folded)
    return sum(odds.get(_MARK + feature, 0.0) for feature in met) / sqrt(len(met)) if met else 0.0
