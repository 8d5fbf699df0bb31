"""The fuzzy search: which tools are about what a text is about. Tables are made with the index; a search only adds up numbers.

Three views of a tool are added, each 0..1: `cover`, how much of the request (weighted by how rare each word is) the tool's texts hold;
`phrase`, the likeness to the nearest of the requests that its knowledge file says it answers; `concept`, the agreement of the request's
concepts with the tool's heart.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from math import log, sqrt

from manpages_index import lexicon, numbered, served, worded, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from manpages_index.model import Knowledge, Tool
    from manpages_index.packed import Column

_REFUSED_BY = ("first", "handled", "sure")  # the phrases of declined.toml that are looked up by kind of refusal
COVER, PHRASE, CONCEPT = 0.34, 0.40, 0.26
_SATURATION = 1.2  # as k1 of BM25: how fast more mentions stop adding
_FIELDS = (("phrases", 1.0), ("about", 1.5), ("symptoms", 0.8), ("summary", 1.0), ("roles", 0.25), ("description", 0.15))


def tables(tools: Iterable[Tool], extra: Iterable[Path] = ()) -> dict[str, Any]:
    """All that a search and the understanding of a request need, as JSON data."""
    from manpages_index import knowledge

    concepts, roles = knowledge.load_lexicon(extra)
    by_name: dict[str, list[Tool]] = {}
    for tool in tools:
        by_name.setdefault(tool.name, []).append(tool)
    declined = knowledge.load_table("declined", extra)
    concepts |= {f"!{kind}": {"words": [*entry.get("signs", ()), *entry.get("sure", ())]} for kind, entry in declined.items()}
    concepts |= {"": {"words": [word for entry in declined.values() for word in entry.get("harmless", ())]}}  # phrases that mean nothing
    phrases = lexicon.compile_phrases(lexicon.phrases_of(concepts))
    experts = {name: own[0].knowledge for name, own in by_name.items()}
    experts |= {f"!{kind}": _refusal(kind, entry) for kind, entry in declined.items()}
    names = sorted(experts)
    documents = [_document(experts[name], by_name.get(name, []), phrases) for name in names]
    requests = [(n, text, symptom) for n, name in enumerate(names) for text, symptom in _requests(experts[name])]
    idf = _idf(documents)
    model = knowledge.load_table("worded", extra)
    return {
        "names": [name for name in names if not name.startswith("!")],
        "documents": names,
        **{key: _refused_by(key, declined) for key in _REFUSED_BY},
        **{key: [word for entry in declined.values() for word in entry.get(key, ())] for key in ("nouns_too", "unless")},
        "defaults": {name: entry["default"] for name, entry in roles.items() if "default" in entry},
        "implies": knowledge.load_table("implied", extra),
        "declined": {f"!{kind}": [e["why"], e["why_zh"]] for kind, e in declined.items()},
        "lexicon": phrases,
        "kinds": {name: entry.get("kind", "object") for name, entry in concepts.items()},
        "idf": {feature: round(value, 2) for feature, value in idf.items()},
        "postings": _postings(documents, idf),
        "requests": " ".join(str(n) for n, *_ in requests),
        "symptoms": " ".join(str(symptom) for *_, symptom in requests),
        "likeness": _likeness([text for _, text, _ in requests], phrases, idf),
        "odds": _odds(experts, declined),
        "worded": worded.column(model, names),
        "learned": " ".join(str(n) for n, name in enumerate(names) if name in model.get("classes", "").split()),
        "concepts": {name: _concepts(experts[name]) for name in names},
        "roles": {name: {t.flavour: _roles(t) for t in own} for name, own in by_name.items()},
        "needs_function": [name for name, own in by_name.items() if _needs_function(own[0])],
        "triggers": _triggers(roles),
        **_complaints(extra),
        "takes": {name: entry["takes"] for name, entry in roles.items() if "takes" in entry},
        "ambiguous": _ambiguous(names, documents),
        "programs": knowledge.load_programs(extra),
        "probes": knowledge.load_table("probes", extra),
        "orders": knowledge.load_table("orders", extra),
        **_functions(knowledge.load_table("syscalls", extra)),
        "cues": {quantity: _cues(kinds) for quantity, kinds in knowledge.load_table("cues", extra).items()},
        "spelling": " ".join(sorted(_spelling(by_name, [*concepts.values(), *knowledge.load_complaints(extra)[0].values()]))),
    }


def features(text: str, phrases: Mapping[str, str]) -> dict[str, float]:
    """What a folded text is compared by, with weights: its concepts, the stems of its English words, its pairs of Chinese characters."""
    found = {f"@{name}": 1.0 for name in lexicon.match(phrases, text)}
    for stem in words.stems(text):
        if stem not in _STOP_STEMS and not stem[0].isdigit() and len(stem) > 1:
            found[stem] = 0.6
    for token in words.tokens(text):
        if words.is_chinese(token):
            found.update((pair, 0.5) for pair in words.bigrams(token))
    return found


def weighted(names: Iterable[str]) -> dict[str, float]:
    """Features by name alone, with the weights that `features` gives them; marked ones count for less."""
    found: dict[str, float] = {}
    for marked in names:
        name = marked.removeprefix(WEAK)
        weight = 1.0 if name.startswith("@") else 0.6 if name.isascii() else 0.5
        found.setdefault(name, weight if name == marked else weight * _WEAKLY)
    return found


WEAK = "~"  # before a feature that only may say what is meant
_WEAKLY = 0.45


_STOP_STEMS = words.STOP | {words.stem(word) for word in words.STOP}


def search(tables: Mapping[str, Any], wanted: Mapping[str, float], kinds: Iterable[str] = ()) -> list[tuple[str, float, dict[str, float], int]]:
    """(name, score 0..1, {view: part}, symptom) of every tool with something in common with the features wanted, best first. `symptom` counts
    the tool's own from 1: that which is worded most alike; 0 where another text of the tool is, or none is much alike. `kinds` are those of the
    request's values. A fourth view isn't in the score: `worded`, how likely a tool is what a request so worded asks for; one that hasn't been
    learned is judged by its phrases."""
    idf: Column = tables["idf"]
    known = {feature: weight * idf.get(feature, 0.0) for feature, weight in wanted.items()}
    total = sum(weight if feature in idf else _UNKNOWN * wanted[feature] for feature, weight in known.items()) or 1.0
    cover = _summed(tables["postings"], known, total)
    likeness = _nearest(tables, known)
    named = {feature[1:]: idf.get(feature, 1.0) for feature in wanted if feature.startswith("@")}
    strength = max((_SAYS.get(tables["kinds"].get(name, ""), 1.0) for name in named), default=0.0)
    unasked = _OTHER if any(tables["kinds"].get(name) == "subject" for name in named) else _UNASKED
    alike = {number: COVER * part + PHRASE * likeness.get(number, _UNLIKE)[0] for number, part in cover.items()}
    likely, learned = worded.likely(tables["worded"], worded.features(wanted, kinds)), _set(tables["learned"])
    scored = []
    for number in sorted(alike, key=alike.__getitem__, reverse=True)[:_CONSIDERED]:
        name, own = tables["documents"][number], tables["concepts"][tables["documents"][number]]
        concept = strength * _agreement(own, named)
        score = alike[number] + CONCEPT * concept - unasked * _unasked(own, tables["kinds"], named)
        phrase, nearest = likeness.get(number, _UNLIKE)
        symptom = _numbers(tables["symptoms"])[nearest] if phrase >= _ALIKE else 0
        views = {"cover": cover[number], "phrase": phrase, "concept": concept, "worded": likely.get(number, 0.0) if number in learned else phrase}
        scored.append((name, max(0.0, score), views, symptom))
    return sorted(scored, key=lambda item: (-item[1], item[0]))


def _summed(postings: Column, known: Mapping[str, float], total: float) -> dict[int, float]:
    """Each document's share of the features' weight."""
    found: dict[int, float] = defaultdict(float)
    for feature, weight in known.items():
        share = weight / total / 100
        for number, part in numbered.pairs(postings.text(feature)):
            found[number] += share * part
    return found


_CONSIDERED = 60  # what is worded less alike than so many others isn't what is meant, whatever its concepts
_A_WORD = 3  # a tool's name that this many other tools' texts use is a word of the language
_UNASKED, _OTHER = 0.1, 0.25  # what a tool for one subject loses where none is spoken of, and where another is
_UNKNOWN = 3.0  # the weight of a word that no tool knows: what is asked is partly about something else


_UNLIKE = (0.0, 0)  # (likeness, number) of the nearest of no requests
_ALIKE = 0.5  # from this likeness on, a symptom is what was said
# How much concepts of a kind can say by themselves: `by process` fits a hundred tools.
_SAYS = {"scope": 0.3, "measure": 0.7}


def _nearest(tables: Mapping[str, Any], known: Mapping[str, float]) -> dict[int, tuple[float, int]]:
    """For each tool the cosine likeness of the nearest of its requests, and that one's number."""
    norm = sqrt(sum(weight * weight for weight in known.values())) or 1.0
    owners = _numbers(tables["requests"])
    best, which = [0.0] * len(tables["documents"]), [0] * len(tables["documents"])
    for number, likely in _summed(tables["likeness"], known, norm).items():
        owner = owners[number]
        if likely > best[owner]:
            best[owner], which[owner] = likely, number
    return {owner: (likely, which[owner]) for owner, likely in enumerate(best) if likely}


@functools.cache
def _numbers(packed: str) -> tuple[int, ...]:
    return tuple(map(int, packed.split()))


@functools.cache
def _set(packed: str) -> frozenset[int]:
    return frozenset(_numbers(packed))


def _agreement(own: str, named: Mapping[str, float]) -> float:
    """-1..1: the request's concepts (with their weights) that are at the tool's heart, less those that it is never for."""
    heart, also, never = _parted(own)
    agreed = 0.0
    for name, weight in named.items():
        if name in heart:
            agreed += weight
        elif name in also:
            agreed += 0.5 * weight
        elif name in never or name[0] == "!":
            agreed -= 0.6 * weight
    met = len(named.keys() & heart) / len(heart) if heart else 0.0
    return 0.75 * agreed / (sum(named.values()) or 1.0) + 0.25 * met


def _unasked(own: str, kinds: Mapping[str, str], named: Mapping[str, float]) -> bool:
    """Whether a tool is for one subject only (XFS, Perl) that the request doesn't speak of."""
    only = [name for name in _parted(own)[0] if kinds.get(name) == "subject"]
    return bool(only) and not any(name in named for name in only)


@functools.cache
def _parted(own: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(part.split()) for part in own.split("|"))


def _document(known: Knowledge, tools: list[Tool], phrases: Mapping[str, str]) -> dict[str, float]:
    """How much each feature belongs to a tool: mentions, weighted by where they stand, saturating."""
    texts = _texts(known, tools)
    counts: dict[str, float] = {}
    for field, weight in _FIELDS:
        for text in texts[field]:
            for feature, own in features(words.fold(text), phrases).items():
                counts[feature] = counts.get(feature, 0.0) + weight * (own if field == "roles" else 1.0)
    for name in known.concepts:
        counts[f"@{name}"] = counts.get(f"@{name}", 0.0) + 4.0
    for name in known.also:
        counts[f"@{name}"] = counts.get(f"@{name}", 0.0) + 1.0
    return {feature: n / (n + _SATURATION) for feature, n in counts.items()}


def _texts(known: Knowledge, tools: list[Tool]) -> dict[str, list[str]]:
    return {
        "phrases": [*known.phrases, *known.phrases_zh],
        "about": [known.about, known.about_zh],
        "symptoms": [text for s in known.symptoms for text in (*s.words, *s.words_zh)],
        "summary": [tool.summary for tool in tools],
        "roles": [text for tool in tools for role in tool.knowledge.roles for text in (*role.words, *role.words_zh)],
        "description": [tool.description[:600] for tool in tools[:1]],
    }


def _requests(known: Knowledge) -> Iterator[tuple[str, int]]:
    """(text, number of the symptom) of what a tool answers; the number is 0 where it is none of its symptoms, which are counted from 1."""
    yield from ((text, 0) for text in (*known.phrases, *known.phrases_zh, known.about, known.about_zh) if text)
    for number, symptom in enumerate(known.symptoms, start=1):
        yield from ((text, number) for text in (*symptom.words, *symptom.words_zh))


def _idf(documents: list[dict[str, float]]) -> dict[str, float]:
    count: dict[str, int] = {}
    for document in documents:
        for feature in document:
            count[feature] = count.get(feature, 0) + 1
    return {feature: log(1 + (len(documents) - n + 0.5) / (n + 0.5)) for feature, n in count.items()}


def _postings(documents: list[dict[str, float]], idf: Mapping[str, float]) -> dict[str, str]:
    postings: dict[str, list[tuple[int, float]]] = {feature: [] for feature in idf}
    for number, document in enumerate(documents):
        for feature, part in document.items():
            postings[feature].append((number, part))
    return {feature: numbered.pack(pairs) for feature, pairs in postings.items()}


def _likeness(requests: list[str], phrases: Mapping[str, str], idf: Mapping[str, float]) -> dict[str, str]:
    postings: dict[str, list[tuple[int, float]]] = {}
    for number, text in enumerate(requests):
        weighted = {f: own * idf[f] for f, own in features(words.fold(text), phrases).items() if f in idf}
        norm = sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        for feature, weight in weighted.items():
            postings.setdefault(feature, []).append((number, weight / norm))
    return {feature: numbered.pack(pairs) for feature, pairs in postings.items()}


def _concepts(known: Knowledge) -> str:
    return "|".join(" ".join(part) for part in (known.concepts, known.also, known.never))


def _complaints(extra: Iterable[Path]) -> dict[str, Any]:
    """complaints.toml: the words of signs, the kinds of values and the programs that are signs, and the cases."""
    from manpages_index import knowledge

    own, cases = knowledge.load_complaints(extra)
    by_value: dict[str, list[str]] = {}
    for name, sign in own.items():
        for kind in sign.get("values", ()):
            by_value.setdefault(kind, []).append(name)
    return {
        "signs": lexicon.compile_phrases(lexicon.phrases_of(own)),
        "sign_values": {kind: " ".join(names) for kind, names in by_value.items()},
        "sign_programs": lexicon.compile_phrases((name, sign.get("programs", ())) for name, sign in own.items()),
        "cases": [{**case, "signs": [one_of.split("|") for one_of in case["signs"]]} for case in cases],
        "first_signs": {name: " ".join(str(n) for n, case in enumerate(cases) if name in case["signs"][0].split("|")) for name in own},
    }


def _functions(table: Mapping[str, str]) -> dict[str, str]:
    """syscalls.toml: names of system calls, of functions of the C library, and what are such where the library is spoken of."""
    return {key: " ".join(table[own].split()) for key, own in (("syscalls", "names"), ("libc", "libc"), ("libc_too", "libc_too"))}


def _cues(kinds: Mapping[str, Mapping[str, list[str]]]) -> dict[str, list[str]]:
    return {kind: ["|".join(entry["before"]), "|".join(entry["behind"])] for kind, entry in kinds.items()}


def _refusal(kind: str, entry: Mapping[str, Any]) -> Knowledge:
    """A kind of request that is declined, as something that a request can be nearest to."""
    from manpages_index.model import Knowledge

    return Knowledge(concepts=(f"!{kind}",), phrases=tuple(entry["words"]), phrases_zh=tuple(entry["words_zh"]))


def _refused_by(key: str, declined: Mapping[str, Any]) -> dict[str, str]:
    """The phrases under a key of declined.toml, with the kinds of refusal; what is harmless stands there for none."""
    return lexicon.compile_phrases(
        (name, entry.get(what, ())) for kind, entry in declined.items() for name, what in ((f"!{kind}", key), ("", "harmless"))
    )


def _odds(experts: Mapping[str, Knowledge], declined: Mapping[str, Any]) -> dict[str, float]:
    """What the wording of a request says of its being served at all."""
    asked = [(name, text) for name, known in experts.items() for text, _ in _requests(known)]
    orders = (text.replace("_program", "nginx") for entry in declined.values() for key in ("sure", "first", "worded") for text in entry.get(key, ()))
    wanted = (text for name, text in asked if not name.startswith("!"))
    return served.learn(wanted, (*(text for name, text in asked if name.startswith("!")), *orders))


def _roles(tool: Tool) -> str:
    return " ".join(sorted({role.role for role in tool.knowledge.roles}))


def _needs_function(tool: Tool) -> bool:
    """Whether a tool can't do without a function or a probe; a PID can be found by a name, and a disk be asked for."""
    must = {p.dest for p in tool.spec.positionals if p.nargs not in ("?", "*") and p.default is None}
    return any(role.role == "probe" and role.dest in must for role in tool.knowledge.roles)


def _triggers(roles: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Phrases that turn a role's switch on, for all roles that have some."""
    return lexicon.compile_phrases((n, [*e.get("words", ()), *e.get("words_zh", ())]) for n, e in roles.items() if not e.get("quiet"))


def _spelling(by_name: Mapping[str, list[Tool]], entries: Iterable[Mapping[str, Any]]) -> set[str]:
    """Every English word as it is written in our own data: what a typo is mended to."""
    texts = [text for tools in by_name.values() for text, _ in _requests(tools[0].knowledge)]
    texts += [text for entry in entries for text in entry.get("words", ())]
    return {word for text in texts for word in words.tokens(words.fold(text)) if len(word) > 3 and word.isascii() and word.isalpha()}


def _ambiguous(names: list[str], documents: list[dict[str, float]]) -> list[str]:
    """Tool names that are words of the language too (trace, profile, inject): naming them isn't naming the tool."""
    stems = {name: words.stem(name) for name in names}
    return [
        name
        for number, name in enumerate(names)
        if name in words.STOP or sum(stems[name] in d for n, d in enumerate(documents) if n != number) >= _A_WORD
    ]
