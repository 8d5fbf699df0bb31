"""Which tool a request is worded like: a linear model (softmax regression) over what the search compares by.

It has been trained on all that is known to be asked for: the knowledge files' phrases, declined.toml, the requests of bench/requests that don't
measure, bench/wordings.jsonl. `python -m bench.learn` trains it; its weights are lexicon/worded.toml, in hundredths. A tool that it hasn't learned
(one of the user's own) is judged by its phrases alone.
"""

from __future__ import annotations

from collections import defaultdict
from math import exp

from manpages_index import numbered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from manpages_index.packed import Column

DECLINED = "!"  # the class of what no tool serves
_ALWAYS = "#"  # a feature that every request has
_KIND = 0.6  # the weight of having a value of some kind, `#pid`


def features(weighted: Mapping[str, float], kinds: Iterable[str]) -> dict[str, float]:
    """What the model looks at: the search's features, the kinds of a request's values, and what every request has."""
    return {**weighted, **{f"{_ALWAYS}{kind}": _KIND for kind in kinds}, _ALWAYS: 1.0}


def column(learned: Mapping[str, Any], documents: Sequence[str]) -> dict[str, str]:
    """The index's column {feature: packed (class, weight)}, the classes being numbered as the documents are; the last is what is declined."""
    places = {name: number for number, name in enumerate((*documents, DECLINED))}
    numbers = [places.get(name) for name in learned.get("classes", "").split()]
    packed: dict[str, str] = {}
    for feature, text in learned.get("weights", {}).items():
        pairs = (pair.split(":") for pair in text.split())
        own = [(number, int(weight) / 100) for place, weight in pairs if (number := numbers[int(place)]) is not None]
        packed[feature] = numbered.pack(own)
    return packed


def likely(weights: Column, wanted: Mapping[str, float]) -> dict[int, float]:
    """How likely each class is, 0..1; empty where nothing has been learned."""
    summed: dict[int, float] = defaultdict(float)
    for feature, amount in {**wanted, _ALWAYS: 1.0}.items():
        share = amount / 100
        for number, weight in numbered.pairs(weights.text(feature)):
            summed[number] += share * weight
    greatest = max(summed.values(), default=0.0)
    powers = {number: exp(total - greatest) for number, total in summed.items()}
    whole = sum(powers.values())
    return {number: power / whole for number, power in powers.items()}
