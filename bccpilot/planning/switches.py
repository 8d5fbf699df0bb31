"""The switches that the words of a request turn on: the roles' own words (lexicon/roles.toml) and those of the tool's knowledge file."""

from __future__ import annotations

import re

from bccpilot.model import Request
from bccpilot.planning.draft import Draft, option_of
from bccpilot.request.understand import wanted_part
from manpages_index import lexicon, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from manpages_index.model import ArgRole, Tool

# A switch that a kind of value means: an error number means failed calls, and makes the switch superfluous where the tool takes the number itself.
_COVERED = {"failed": "errno"}


def said_of(request: Request, tool: Tool) -> dict[str, str]:
    """{dest or dest=value: the words} of the tool's own words that the request has, in a request about what they are for."""
    programs = (str(value.value) for value in request.values if value.kind == "comm")
    matched = lexicon.match(tool.knowledge.own_words, " | ".join((wanted_part(request.said), *programs)))
    about = request.concepts.keys()
    fitting = {r.dest for r in tool.knowledge.roles if fits(r, about)}
    return {key: phrase for key, phrase in matched.items() if key.partition("=")[0] in fitting}


def fits(role: ArgRole, about: Iterable[str]) -> bool:
    named = set(about)
    return (not role.with_concepts or not named.isdisjoint(role.with_concepts)) and named.isdisjoint(role.unless)


def turn_on_switches(draft: Draft, tool: Tool, tables: Mapping[str, Any], request: Request, said: Mapping[str, str]) -> None:
    """Turn on what the words ask for; of options that exclude each other, the one said first."""
    kinds = {value.kind for value in request.values}
    covered = {switch: _has(tool, kind) for switch, kind in _COVERED.items() if kind in kinds}
    for role in tool.knowledge.roles:
        choice = _sorted_by(role, request) or [value for value in role.values if f"{role.dest}={value}" in said]
        if choice:
            draft.chosen[role.dest] = choice if role.multiple else choice[:1]
            phrases = " ".join(said.get(f"{role.dest}={value}", "") for value in choice).split()
            draft.used += [v for v in request.values if v.kind == "comm" and words.stem(str(v.value)) in phrases]
        elif role.dest in said or covered.get(role.role) is False or (role.role in request.switches and role.role not in tables["takes"]):
            if not covered.get(role.role):
                _turn_on(draft, tool, role, said=tables["takes"].get(role.role) in kinds)
        elif role.role in request.switches and role.role in tables["defaults"] and not any(v.kind == role.role for v in request.values):
            draft.chosen[role.dest] = [tables["defaults"][role.role]]
    _show_what_has_the_unit(draft, tool)
    for group in tool.spec.exclusive:
        for dest in [d for d in group if d in draft.chosen][1:]:
            del draft.chosen[dest]


def _has(tool: Tool, role: str) -> bool:
    return any(own.role == role for own in tool.knowledge.roles)


# Where a request says what to sort by.
_SORTED = (
    r"\b(?:sort|order|rank)\w*\b[^,.;]{0,60}|\bby [^,.;]{0,40}|[^,.;]{0,40}\b(?:on top|at the top|first)(?=[,.;]|$)"
    r"|\b(?:the|with) most [^,.;]{0,40}|[^,.;]{0,30}\bmore [^,.;]{0,30}"
    r"|按[^，。；,]{0,20}|[^，。；,]{0,20}(?:排序|排名|排行|从[高大多]到[低小少])"
)


def _sorted_by(role: ArgRole, request: Request) -> list[str]:
    """The sort key that `values` describes by words in any order, as `total+wait`, with the most of them in what is sorted by."""
    described = [(value, phrase.split("+")) for value, phrases in role.values.items() for phrase in phrases if "+" in phrase]
    if not described:
        return []
    clauses = [(clause, words.stems(clause)) for clause in re.findall(_SORTED, words.fold(request.asked))]
    met = [(len(parts), value) for value, parts in described for clause, stems in clauses if all(_is_in(clause, stems, part) for part in parts)]
    return [max(met, key=lambda one: one[0])[1]] if met else []


def _is_in(clause: str, stems: list[str], word: str) -> bool:
    return words.stem(word) in stems if word.isascii() else word in clause


_UNITS = frozenset(("in_milliseconds", "in_microseconds", "in_nanoseconds"))


def _show_what_has_the_unit(draft: Draft, tool: Tool) -> None:
    """Who asks for milliseconds of a tool that shows times only when told to wants the times."""
    if any(role.role in _UNITS and role.dest in draft.chosen for role in tool.knowledge.roles):
        for role in tool.knowledge.roles:
            if role.role == "latency":
                _turn_on(draft, tool, role)


def _turn_on(draft: Draft, tool: Tool, role: ArgRole, said: bool = False) -> None:
    """Give an option that words ask for; where its value was `said`, too, it is filled in later."""
    option = option_of(tool, role.dest)
    if option is not None and not option.takes_value:
        draft.chosen[role.dest] = []
    elif said:
        return
    elif role.value is not None:
        draft.chosen[role.dest] = [role.value]
    elif option is not None and option.nargs == "?":
        draft.chosen[role.dest] = []


def drop_pointless(draft: Draft, tool: Tool) -> None:
    """A switch that words turned on and that the tool refuses without another argument (`all threads` of no process) is let go."""
    for rule in tool.knowledge.rules:
        broken = rule.check is None and len(rule.given) == 1 and rule.without and draft.chosen.keys().isdisjoint(rule.without)
        if broken and draft.chosen.get(rule.given[0]) == []:
            del draft.chosen[rule.given[0]]
