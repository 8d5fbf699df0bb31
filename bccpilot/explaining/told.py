"""The facts of a run as sentences: the most important first, a line each, and not too many."""

from __future__ import annotations

from bccpilot.explaining.numbers import human, percent
from bccpilot.explaining.sentences import Words, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bccpilot.model import Finding, Findings

    Spark = Callable[[list[float]], str]

COUNTED, SUMMED, COURSES, HISTOGRAMS = 3, 3, 6, 4  # lines of a kind at most
SPREAD_OUT = 0.02  # of all, for the heaviest name to be worth a line where there are many
_DULL = frozenset(("ppid", "uid", "tid", "pid", "ip_version", "text"))  # keys whose names say little to a reader
_MEANS = frozenset(("avg", "average", "mean", "min", "hit"))  # of which the greatest says little beside a maximum
_ELSEWHERE = frozenset(("events", "stacks", "allocations", "allocated", "unfreed", "frees", "outstanding"))  # said by sentences of their own


def facts(words: Words, findings: Findings, spark: Spark | None = None) -> Iterator[str]:
    """One line for each fact, or for a few that belong together."""
    known = Known(findings)
    yield from _allocations(words, known)
    yield from _outstanding(words, known)
    yield from _histograms(words, known)
    yield from _events(words, known)
    yield from _tables(words, known, spark)
    yield from _stacks(words, known)
    yield from _values(words, known, spark)


class Known:
    """The facts, by kind and subject."""

    def __init__(self, findings: Findings) -> None:
        self.all = findings.facts

    def of(self, kind: str, subject: str = "") -> list[Finding]:
        """All of a kind; with `subject` only those about it."""
        return [fact for fact in self.all if fact.kind == kind and (not subject or fact.subject == subject)]

    def one(self, kind: str, subject: str) -> Finding | None:
        return next(iter(self.of(kind, subject)), None)

    def value(self, kind: str, subject: str) -> float | int | str:
        fact = self.one(kind, subject)
        return 0 if fact is None or fact.value is None else fact.value

    def quantile(self, subject: str, share: float) -> Finding | None:
        return next((fact for fact in self.of("quantile", subject) if ("share", share) in fact.rows), None)

    def by(self, measure: str) -> list[tuple[str, Finding]]:
        """(key, fact) of all tops of a measure."""
        start = f"{measure} by "
        return [(fact.subject.removeprefix(start), fact) for fact in self.of("top") if fact.subject.startswith(start)]


def _allocations(words: Words, known: Known) -> Iterator[str]:
    """memleak -t."""
    made, size, frees = (known.one("total", subject) for subject in ("allocations", "allocated", "frees"))
    if made is None or size is None or frees is None:
        return
    rate = human(known.value("rate", "allocations"))
    yield words.say("allocations", n=human(made.value or 0), rate=rate, size=_shown(size), frees=human(frees.value or 0))
    unfreed, left = known.one("total", "unfreed"), known.one("top", "unfreed by comm")
    if unfreed is not None and left is not None:
        count = dict(unfreed.rows)["allocations"]
        yield words.say("unfreed", size=_shown(unfreed), n=human(count), items=words.items(left))
    elif made.value:
        yield words.say("unfreed_none")
    for measure in ("allocated", "allocations"):
        fact = known.one("top", f"{measure} by comm")
        if fact is not None and len(fact.rows) > 1:
            name = "bytes" if measure == "allocated" else measure
            yield words.say("top_of", measure=words.field(name), key=words.field("comm"), items=words.items(fact))
    sizes, median, tail = known.one("top", "allocations by size"), known.quantile("size", 0.5), known.quantile("size", 0.99)
    if sizes is not None and median is not None and tail is not None:
        often = [words.say("of_size", size=human(int(name), "B"), n=human(n)) for name, n in sizes.rows[:-1]]
        yield words.say("sizes", median=_shown(median), p99=_shown(tail), items=words.list(often))


def _outstanding(words: Words, known: Known) -> Iterator[str]:
    """memleak's reports."""
    held = known.one("total", "outstanding")
    if held is None:
        return
    counts = dict(held.rows)
    yield words.say("outstanding", size=_shown(held), n=human(counts["allocations"]), stacks=human(counts["stacks"]))
    growth = known.one("top", "growth by function")
    if growth is not None:
        yield words.say("growth", items=words.items(growth)) if growth.value else words.say("no_growth")
    course = known.one("change", "outstanding")
    if course is not None:
        yield _course(words, course, None)
    holders = known.one("top", "outstanding by function")
    if holders is not None:
        yield words.say("holders", items=words.items(holders))
    yield from _path(words, known)


def _histograms(words: Words, known: Known) -> Iterator[str]:
    found = known.of("histogram")
    for measure, sentence in (("values by key", "by_key"), ("p99 by key", "slowest_key")):
        fact = known.one("top", measure)
        if fact is not None and len(found) > HISTOGRAMS:
            yield words.say(sentence, noun=words.noun("values"), items=words.items(fact))
    for fact in found[:HISTOGRAMS]:
        yield _histogram(words, known, fact, len(found) > 1)
    for fact in found[:HISTOGRAMS]:
        modes = [mode for mode in known.of("mode") if mode.subject == fact.subject]
        if modes:
            items = words.list(_mode(words, mode) for mode in modes)
            yield words.say("modes_key" if len(found) > 1 else "modes", key=words.key(fact.subject), n=len(modes), items=items)


def _histogram(words: Words, known: Known, fact: Finding, many: bool) -> str:
    bounds = [next(q for q in known.of("quantile") if q.subject == fact.subject and ("share", s) in q.rows) for s in (0.5, 0.99, 1.0)]
    median, tail, most = bounds
    rows = dict(most.rows)
    greatest = words.range(rows["low"], rows["high"], most.unit)
    sentence = "histogram_key" if many or fact.subject else "histogram"
    shown = {"median": _shown(median), "p99": _shown(tail), "most": greatest}
    return words.say(sentence, key=short(fact.subject), n=human(fact.value or 0), noun=words.noun("values"), **shown)


def _mode(words: Words, mode: Finding) -> str:
    rows = dict(mode.rows)
    share = rows["share"] if isinstance(rows["share"], float | int) else 0
    return words.say("mode", share=percent(share, 1), range=words.range(rows["low"], rows["high"], mode.unit))


def _stacks(words: Words, known: Known) -> Iterator[str]:
    total = known.one("total", "stacks")
    if total is None:
        return
    yield words.say("stacks", n=_shown(total), noun=words.noun("stacks"), stacks=human(dict(total.rows)["stacks"]))
    for key, sentence in (("function", "functions"), ("caller", "callers"), ("comm", "top")):
        fact = known.one("top", f"stacks by {key}")
        if fact is not None:
            yield words.say(sentence, key=words.field(key), items=words.items(fact))
    yield from _path(words, known)


def _path(words: Words, known: Known) -> Iterator[str]:
    fact = known.one("stack", "stacks")
    if fact is not None and isinstance(fact.value, int) and fact.value > 1:
        (path, weight), whole = fact.rows[0], dict(fact.rows)["total"]
        if isinstance(weight, int | float) and isinstance(whole, int | float):
            yield words.say("path", share=percent(weight, whole), path=words.path(path))


def _events(words: Words, known: Known) -> Iterator[str]:
    total = known.one("total", "events")
    if total is None:
        return
    rate, noun = known.one("rate", "events"), words.noun("events")
    if known.one("top", "events by text") is not None and words.noun("events") == words.noun_of_none("events"):
        rate, noun = None, words.noun("lines")  # a list of what there is, not of what happened
    yield words.say("events_rate" if rate else "events", n=human(total.value or 0), noun=noun, rate=human(rate.value or 0) if rate else "")
    for fact in known.of("errors"):
        yield words.say("errors", n=human(fact.value or 0), share=human(dict(fact.rows)["share"], "%"), items=words.items(fact))
    for key, fact in known.by("failures"):
        if key != "comm" and key not in _DULL and _telling(fact):
            yield words.say("failures", items=words.items(fact))
    tops = [(key, fact) for key, fact in known.by("events") if key not in _DULL and _telling(fact)]
    for key, fact in tops[:COUNTED]:
        yield words.say("top", key=words.field(key), items=words.items(fact))
    for fact in known.of("max"):
        yield _numbers(words, known, fact)
    yield from _sums(words, known)


def _telling(fact: Finding) -> bool:
    """Whether counting by this key says anything: not when each name came once or is rare, or where the first has nothing to see."""
    (name, most), whole = fact.rows[0], fact.rows[-1][1]
    if len(fact.rows) < 2 or not name.strip() or not isinstance(most, int | float) or not isinstance(whole, int | float):
        return False
    few = isinstance(fact.value, int) and fact.value < len(fact.rows)  # then all are listed
    return whole == most or few or (most > 1 and most >= SPREAD_OUT * whole)


def _numbers(words: Words, known: Known, fact: Finding) -> str:
    """Quantiles, greatest and total of one numeric field of events."""
    measure, most = words.field(fact.subject), _shown(fact)
    owner = words.list(short(str(name)) for key, name in fact.rows if key not in _DULL and str(name).strip())
    most += words.say("owner", owner=owner) if owner else ""
    median, tail, total = known.quantile(fact.subject, 0.5), known.quantile(fact.subject, 0.99), known.one("total", fact.subject)
    if median is None or tail is None:
        return words.say("greatest", measure=measure, most=most)
    sentence = "numbers" if total is None else "numbers_total"
    return words.say(sentence, measure=measure, median=_shown(median), p99=_shown(tail), most=most, total=_shown(total) if total else "")


def _sums(words: Words, known: Known) -> Iterator[str]:
    """Numbers by key: what has a unit first, for that is what costs; two keys where there is only one number."""
    summed = [fact for fact in known.of("total") if known.by(fact.subject) and fact.subject not in _ELSEWHERE]
    summed.sort(key=lambda total: total.unit is None)
    keys = 2 if len(summed) == 1 else 1
    lines = [line for total in summed for line in _by_key(words, known, total, keys)]
    yield from lines[:SUMMED]


def _by_key(words: Words, known: Known, total: Finding, most: int) -> Iterator[str]:
    """One number by its first keys that say something; of a table with the sum, which events have said already."""
    events = known.one("total", "events") is not None
    tops = [(key, fact) for key, fact in known.by(total.subject) if key not in _DULL and _telling(fact)]
    tops = [(key, fact) for place, (key, fact) in enumerate(tops) if fact.value != 1 or (place == 0 and not events)]
    for place, (key, fact) in enumerate(tops[:most]):
        sentence = "top_of" if events or place else "total_top"
        yield words.say(sentence, measure=words.field(total.subject), key=words.field(key), items=words.items(fact), total=_shown(total))


def _tables(words: Words, known: Known, spark: Spark | None) -> Iterator[str]:
    if known.one("total", "events") is not None or known.one("total", "allocations") is not None:
        return
    yield from _sums(words, known)
    histograms = {fact.subject for fact in known.of("histogram")}
    for fact in known.of("total"):
        by_key = any(_telling(top) for _, top in known.by(fact.subject))
        if fact.subject not in histograms | {"stacks", "outstanding"} and not by_key and not known.one("change", fact.subject):
            yield words.say("total", measure=words.field(fact.subject), total=_shown(fact))
    for fact in known.of("max"):
        if fact.subject.partition("_")[0] not in _MEANS:
            yield _numbers(words, known, fact)
    for fact in [fact for fact in known.of("change") if fact.subject != "outstanding"][:COURSES]:
        yield _course(words, fact, spark)


def _course(words: Words, fact: Finding, spark: Spark | None) -> str:
    rows = dict(fact.rows)
    shown = {name: human(value, fact.unit) for name, value in rows.items()}
    sentence = "change" if fact.value == 2 else "change_many"
    numbers = {name: shown[name] for name in ("first", "last", "least", "most", "mean")}
    said = words.say(sentence, measure=words.field(fact.subject), n=human(fact.value or 0), **numbers)
    points = [float(value) for name, value in fact.rows if name.isdigit()]
    return f"{said}  {spark(points)}" if spark is not None and len(points) > 2 else said


def _values(words: Words, known: Known, spark: Spark | None) -> Iterator[str]:
    values = known.of("value")
    if values:
        yield words.parts(words.say("value", measure=words.field(fact.subject), value=_shown(fact)) for fact in values)
    for fact in known.of("top"):
        measure, _, key = fact.subject.partition(" by ")
        if key == "name":
            yield words.say("top_of", measure=words.field(measure), key=words.field(key), items=words.items(fact))


def _shown(fact: Finding) -> str:
    return human(fact.value if fact.value is not None else 0, fact.unit)
