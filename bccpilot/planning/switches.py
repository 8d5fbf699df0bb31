"""The switches that the words of a request turn on: the roles' own words (lexicon/roles.toml) and those of the tool's knowledge file."""

from __future__ import annotations

from bccpilot.model import Request
from bccpilot.planning.draft import Draft, option_of
from manpages_index import lexicon, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from manpages_index.model import ArgRole, Tool

# A switch that a value of the request makes superfluous: an error number means failed calls.
_COVERED = {"failed": ("errno",)}


def said_of(request: Request, tool: Tool) -> dict[str, str]:
    """{dest or dest=value: the words} of the tool's own words that the request has, in a request about what they are for."""
    programs = (str(value.value) for value in request.values if value.kind == "comm")
    matched = lexicon.match(_table(tool), " | ".join((request.said, *programs)))
    about = request.concepts.keys()
    fitting = {r.dest for r in tool.knowledge.roles if _fits(r, about)}
    return {key: phrase for key, phrase in matched.items() if key.partition("=")[0] in fitting}


_tables: dict[int, tuple[Tool, dict[str, str]]] = {}


def _table(tool: Tool) -> dict[str, str]:
    """A tool's own words as they are looked up, made once."""
    kept = _tables.get(id(tool))
    if kept is None or kept[0] is not tool:
        kept = _tables[id(tool)] = (tool, lexicon.compile_phrases(_own_words(tool.knowledge.roles)))
    return kept[1]


def _fits(role: ArgRole, about: Iterable[str]) -> bool:
    named = set(about)
    return (not role.with_concepts or not named.isdisjoint(role.with_concepts)) and named.isdisjoint(role.unless)


def turn_on_switches(draft: Draft, tool: Tool, tables: Mapping[str, Any], request: Request, said: Mapping[str, str]) -> None:
    """Turn on what the words ask for; of options that exclude each other, the one said first."""
    by_role = lexicon.match(tables["triggers"], request.said)
    kinds = {value.kind for value in request.values}
    for role in tool.knowledge.roles:
        choice = [value for value in role.values if f"{role.dest}={value}" in said]
        if choice:
            draft.chosen[role.dest] = choice if role.multiple else choice[:1]
            phrases = " ".join(said[f"{role.dest}={value}"] for value in choice).split()
            draft.used += [v for v in request.values if v.kind == "comm" and words.stem(str(v.value)) in phrases]
        elif role.dest in said or (role.role in by_role and role.role not in tables["takes"]):
            if not kinds.intersection(_COVERED.get(role.role, ())):
                _turn_on(draft, tool, role)
        elif role.role in by_role and role.role in tables["defaults"] and not any(v.kind == role.role for v in request.values):
            draft.chosen[role.dest] = [tables["defaults"][role.role]]
    for group in tool.spec.exclusive:
        for dest in [d for d in group if d in draft.chosen][1:]:
            del draft.chosen[dest]


def _own_words(roles: Iterable[ArgRole]) -> Iterable[tuple[str, list[str]]]:
    for role in roles:
        yield role.dest, [*role.words, *role.words_zh]
        for value, said in role.values.items():
            yield f"{role.dest}={value}", list(said)


def _turn_on(draft: Draft, tool: Tool, role: ArgRole) -> None:
    option = option_of(tool, role.dest)
    if option is not None and not option.takes_value:
        draft.chosen[role.dest] = []
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
