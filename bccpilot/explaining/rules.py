"""Rules of the field: which facts are notable. The rules are data (rules.toml); this is only how they are looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bccpilot.explaining.numbers import base, human

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bccpilot.model import Finding, Findings


@dataclass(frozen=True)
class Rule:
    """One rule; rules.toml says what each field means."""

    name: str
    kind: str
    level: str
    tools: tuple[str, ...] = ()
    subject: str = ".*"
    where: dict[str, float] = field(default_factory=dict)
    row: str | None = None
    percent: bool = False
    of: tuple[str, ...] = ()
    per_s: bool = False
    of_key: bool = False
    min: float | None = None
    max: float | None = None
    events: int = 0
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notable:
    """A rule that holds. `value` is the number that it was about, for reading; `fact` where it comes from; `row` the row's name."""

    rule: str
    level: str
    value: str
    fact: Finding
    row: str = ""


@cache
def rules() -> tuple[Rule, ...]:
    """rules.toml, in its order."""
    import tomllib

    data = tomllib.loads(Path(__file__).with_name("rules.toml").read_text())
    return tuple(_rule(**rule) for rule in data["rule"])


def _rule(**fields: Any) -> Rule:
    typed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return Rule(**typed)


def notable(findings: Findings) -> list[Notable]:
    """The rules that hold, warnings first; of those that say the same only the best."""
    held = [said for rule in rules() if (said := _held(rule, findings)) is not None]
    names = {said.rule for said in held}
    better = {rule.name for rule in rules() if names.intersection(rule.unless)}
    order = ("warning", "note", "good")
    return sorted((said for said in held if said.rule not in better), key=lambda said: order.index(said.level))


def _held(rule: Rule, findings: Findings) -> Notable | None:
    """The first fact for which the rule holds."""
    if rule.tools and findings.tool not in rule.tools:
        return None
    events = next((f.value for f in findings.facts if f.kind == "total" and f.subject == "events"), 0)
    if isinstance(events, int) and events < rule.events:
        return None
    for fact in findings.facts:
        if re.fullmatch(rule.kind, fact.kind) and re.fullmatch(rule.subject, fact.subject) and _fits(rule, fact):
            for row, number, shown in _tested(rule, fact, findings):
                if (rule.min is None or number >= rule.min) and (rule.max is None or number <= rule.max):
                    return Notable(rule.name, rule.level, shown, fact, row)
    return None


def _fits(rule: Rule, fact: Finding) -> bool:
    rows = dict(fact.rows)
    return all(rows.get(name) == value for name, value in rule.where.items())


def _tested(rule: Rule, fact: Finding, findings: Findings) -> Iterator[tuple[str, float, str]]:
    """(row, number to compare, the same for reading) of each number that the rule looks at, greatest first."""
    if rule.row is not None:
        rows = [(name, n) for name, n in fact.rows if re.fullmatch(rule.row, name) and isinstance(n, int | float)]
        if not rows and fact.kind == "value" and isinstance(fact.value, int | float):
            rows = [("", fact.value)]
        whole = dict(fact.rows).get("total", 0)
        for name, number in sorted(rows, key=lambda item: -float(item[1])):
            share = _percentage(number, whole)
            yield (name, share, human(share, "%")) if rule.percent else (name, base(number, fact.unit), human(number, fact.unit))
        return
    value = dict(fact.rows).get("low", fact.value) if rule.min is not None else fact.value  # a bucket counts when all of it does
    if isinstance(value, int | float):
        yield "", *_number(rule, fact, value, findings)


def _number(rule: Rule, fact: Finding, value: float | int, findings: Findings) -> tuple[float, str]:
    if rule.percent:
        whole = sum(f.value for f in findings.facts if f.kind == "total" and f.subject in rule.of and isinstance(f.value, int | float))
        share = _percentage(value, whole)
        return share, human(share, "%")
    if rule.of_key:
        limit = re.search(r"\d+", fact.subject)
        share = _percentage(value, int(limit[0]) if limit else 0)
        return share, human(share, "%")
    if fact.kind == "rate":  # the sentence says "a second"
        return value, human(value)
    if rule.per_s:
        each = base(value, fact.unit) / findings.traced_s if findings.traced_s else 0.0
        return each, human(100 * each / 1e6, "%")
    return base(value, fact.unit), human(value, fact.unit)


def _percentage(part: object, whole: object) -> float:
    """Rounded to a tenth; 0 where there is no whole."""
    return round(100 * part / whole, 1) if isinstance(part, int | float) and isinstance(whole, int | float) and whole else 0.0
