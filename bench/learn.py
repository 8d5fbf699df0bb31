"""Learns which tool is asked for in which words: trains the model of manpages_index/worded.py and writes its weights.

usage: python -m bench.learn            (in an environment that has scikit-learn, too: pip install scikit-learn)

It learns from all that is known to be asked for: the phrases and symptoms of the knowledge files, declined.toml, bench/wordings.jsonl and those
sets of bench/requests that don't measure. A request's values are taken out first, as when one is planned, so run it with the lexicon as it is to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bccpilot.request.understand import understand
from bench.score import PROGRAMS, SETS, load, running
from manpages_index import knowledge, search, store, worded

HELD_OUT = ("development", "second", "tenth", "eighteenth", "nineteenth", "twentieth")  # what measures
WORDINGS = Path(__file__).with_name("wordings.jsonl")
WEIGHTS = knowledge.LEXICON / "worded.toml"
_INVERSE_REGULARISATION = 3.0
_LEAST = 0.1  # weights nearer to 0 are left out
_HEAD = "# How much each feature of a request speaks for each tool, in hundredths. Made by `python -m bench.learn`, not by hand.\n"


def held_out() -> list[str]:
    """The files of the sets that nothing is learned from."""
    return [path for path in SETS if Path(path).stem in HELD_OUT]


def examples() -> Iterator[tuple[str, str]]:
    """(what is asked, the tool that answers it; `!` where none does)."""
    for name, known in knowledge.load_files().items():
        asked = [*known.get("phrases", ()), *known.get("phrases_zh", ())]
        told = [text for symptom in known.get("symptom", ()) for key in ("words", "words_zh") for text in symptom.get(key, ())]
        yield from ((text, name) for text in (*asked, *told))
    for refused in knowledge.load_table("declined").values():
        yield from ((text, worded.DECLINED) for text in refused.get("words", ()))
    for request in load([str(WORDINGS), *(path for path in SETS if path not in held_out())]):
        yield request["query"], (*request["tools"], worded.DECLINED)[0]


def features(text: str, tables: Mapping[str, Any]) -> dict[str, float]:
    request = understand(text, tables)
    return worded.features(search.weighted(request.features), {value.kind for value in request.values})


def train(known: list[tuple[dict[str, float], str]]) -> tuple[list[str], dict[str, dict[int, int]]]:
    """The classes, and for each feature the weights by class in hundredths."""
    from sklearn.feature_extraction import DictVectorizer  # type: ignore[import-not-found]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found]

    vectors = DictVectorizer()
    # `#` stands for the intercept, which isn't to be kept small.
    matrix = vectors.fit_transform([{name: amount for name, amount in own.items() if name != "#"} for own, _ in known])
    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=400).fit(matrix, [tool for _, tool in known])
    rows = zip(("#", *vectors.feature_names_), (model.intercept_, *model.coef_.T), strict=True)
    weights = {name: {n: round(100 * weight) for n, weight in enumerate(row) if abs(weight) >= _LEAST} for name, row in rows}
    return list(model.classes_), {name: own for name, own in sorted(weights.items()) if own}


def as_toml(classes: list[str], weights: Mapping[str, Mapping[int, int]]) -> str:
    lines = (f"{json.dumps(name, ensure_ascii=False)} = \"{' '.join(f'{n}:{w}' for n, w in own.items())}\"\n" for name, own in weights.items())
    return f'{_HEAD}classes = "{" ".join(classes)}"\n\n[weights]\n{"".join(lines)}'


def main() -> None:
    tables = store.load().search
    with running(PROGRAMS):
        known = [(features(text, tables), tool) for text, tool in examples()]
    WEIGHTS.write_text(as_toml(*train(known)), encoding="utf-8")
    print(f"{len(known)} requests learned; {WEIGHTS.name} has {WEIGHTS.stat().st_size >> 10} KB")


if __name__ == "__main__":
    main()
