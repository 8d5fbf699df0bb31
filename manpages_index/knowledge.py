"""The knowledge files: what only an expert knows of a tool, one TOML file a tool (see knowledge/README.md).

`python -m manpages_index.knowledge [FILE ...]` checks files against the schema, the lexicon and, where the tool is installed, its
arguments.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from manpages_index import lexicon
from manpages_index.model import ArgRole, Column, Cost, Knowledge, OutputShape, Rule, StandIn, Symptom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

DIRECTORY = Path(__file__).parent / "knowledge"
LEXICON = Path(__file__).parent / "lexicon"
COSTS = Path(__file__).parent / "costs.toml"
FLAVOURS = ("bcc", "libbpf", "bpftrace")
RISKS = ("safe", "costly", "sensitive", "dangerous")
ENDS = ("interrupt", "itself", "either")

_TOP_KEYS = {
    *("about", "about_zh", "concepts", "also", "never", "phrases", "phrases_zh", "symptom", "unlike", "equals", "instead", "ends", "like"),
    *("costs", "summary_at_end", "needs_terminal", "ready", "overhead", "risk", "risk_why", "secrets", *FLAVOURS),
}
_BEHAVIOUR_KEYS = {"ends", "summary_at_end", "needs_terminal", "ready", "overhead", "risk", "risk_why", "secrets"}
_FLAVOUR_KEYS = {"roles", "rules", "output", *_BEHAVIOUR_KEYS}
_ROLE_KEYS = {"role", "unit", "words", "words_zh", "value", "values", "risk", "why", "multiple", "whole", "with_concepts", "unless"}
_SYNTAXES = ("probe", "pattern", "function", "call", "tracepoint", "specifier", "word")
_ROLE_KEYS |= {"syntax", "implied", "gives_up"}
_RULE_KEYS = {"given", "without", "check", "why"}
_OUTPUT_KEYS = {"shape", "columns", "when", "unit", "unit_given", "key", "top"}
_COLUMN_KEYS = {"header", "name", "type", "unit", "given"}
_STAND_IN_KEYS = {"shows", "probes"}
_SYMPTOM_KEYS = {"words", "words_zh", "why", "why_zh"}
_OTHER_TABLES = ("programs", "probes", "declined", "orders", "cues", "implied", "syscalls", "complaints", "worded")  # files that don't hold concepts
_CONCEPT_KINDS = ("object", "subject", "event", "measure", "scope")


def directories(extra: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The directories of knowledge files, the packaged one first; later ones override file by file."""
    return (DIRECTORY, *extra)


def load_files(extra: Iterable[Path] = ()) -> dict[str, dict[str, Any]]:
    """Every knowledge file by tool name, as data, with `like` resolved. Raises `ValueError` naming the file that isn't TOML."""
    raw: dict[str, dict[str, Any]] = {}
    for directory in directories(extra):
        for path in sorted(directory.glob("*.toml")):
            raw[path.stem] = _read(path)
    costs = _read(COSTS)["cost"]
    return {name: _inherit(name, raw) | {"costs": [cost for cost in costs if name in cost["tools"]]} for name in raw}


def load_lexicon(extra: Iterable[Path] = ()) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """(concepts, roles) of all lexicon files. A concept named in two files has the words of both."""
    concepts: dict[str, dict[str, Any]] = {}
    roles: dict[str, dict[str, Any]] = {}
    for directory in (LEXICON, *(path / "lexicon" for path in extra)):
        for path in sorted(directory.glob("*.toml")):
            if path.stem in _OTHER_TABLES:
                continue
            target = roles if path.stem == "roles" else concepts
            for name, entry in _read(path).items():
                _merge_words(target.setdefault(name, {}), entry)
    forms = roles.pop("forms")
    for entry in roles.values():
        _merge_words(entry, {f"words{language}": _in_forms(entry, forms, f"each{language}") for language in ("", "_zh")})
    return concepts, roles


def _in_forms(entry: Mapping[str, Any], forms: Mapping[str, Any], key: str) -> list[str]:
    """All ways to say that an output is split by the things that a role has under `key`."""
    return [form.replace("_", thing) for thing in entry.get(key, ()) for form in forms[key]]


def load_programs(extra: Iterable[Path] = ()) -> dict[str, str]:
    """{how a program is said: the process name} of lexicon/programs.toml."""
    said: dict[str, str] = {}
    for directory in (LEXICON, *(path / "lexicon" for path in extra)):
        path = directory / "programs.toml"
        for name, others in (_read(path) if path.exists() else {}).items():
            said.update(dict.fromkeys((name, *others), name))
    return said


def load_table(stem: str, extra: Iterable[Path] = ()) -> dict[str, Any]:
    """One of the lexicon's other files (probes, declined) as it is, the user's over ours."""
    table: dict[str, Any] = {}
    for directory in (LEXICON, *(path / "lexicon" for path in extra)):
        path = directory / f"{stem}.toml"
        table.update(_read(path) if path.exists() else {})
    return table


def load_complaints(extra: Iterable[Path] = ()) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """(signs, cases) of lexicon/complaints.toml. A sign named in two files has the words of both; the user's cases come before
    ours. Raises `ValueError` naming the file of a case that lacks something."""
    signs: dict[str, dict[str, Any]] = {}
    cases: list[dict[str, Any]] = []
    for directory in (LEXICON, *(path / "lexicon" for path in extra)):
        path = directory / "complaints.toml"
        known = _read(path) if path.exists() else {}
        for name, sign in known.get("sign", {}).items():
            _merge_words(signs.setdefault(name, {}), sign)
        cases = [*(_case(path, case) for case in known.get("complaint", ())), *cases]
    return signs, cases


def _case(path: Path, case: dict[str, Any]) -> dict[str, Any]:
    if not (case.get("signs") and case.get("tools") and case.get("why")):
        raise ValueError(f"{path}: a complaint needs `signs`, `tools` and `why`, and this has only {', '.join(case) or 'nothing'}")
    return {"unless": [], "why_zh": case["why"], **case}


def knowledge_of(data: Mapping[str, Any], flavour: str) -> Knowledge:
    """The Knowledge of one flavour of a tool, from its file's data."""
    own = data.get(flavour, {})
    said = {key: data[key] for key in _BEHAVIOUR_KEYS if key in data} | {key: own[key] for key in _BEHAVIOUR_KEYS if key in own}
    roles = tuple(_role(dest, entry) for dest, entry in own.get("roles", {}).items())
    return Knowledge(
        about=data.get("about", ""),
        about_zh=data.get("about_zh", ""),
        concepts=tuple(data.get("concepts", ())),
        also=tuple(data.get("also", ())),
        never=tuple(data.get("never", ())),
        phrases=tuple(data.get("phrases", ())),
        phrases_zh=tuple(data.get("phrases_zh", ())),
        symptoms=tuple(_symptom(entry) for entry in data.get("symptom", ())),
        unlike=dict(data.get("unlike", {})),
        equals=dict(data.get("equals", {})),
        instead=tuple(_stand_in(name, entry) for name, entry in data.get("instead", {}).items()),
        roles=roles,
        own_words=lexicon.compile_phrases(_own_words(roles)),
        rules=tuple(_rule(entry) for entry in own.get("rules", ())),
        costs=tuple(_cost(entry) for entry in data.get("costs", ()) if flavour in entry.get("flavours", FLAVOURS)),
        outputs=tuple(_output(entry) for entry in own.get("output", ())),
        **said,
    )


def _own_words(roles: Iterable[ArgRole]) -> Iterator[tuple[str, list[str]]]:
    for role in roles:
        yield role.dest, [*role.words, *role.words_zh]
        for value, said in role.values.items():
            yield f"{role.dest}={value}", list(said)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error


def _inherit(name: str, raw: Mapping[str, dict[str, Any]], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    data = raw[name]
    parent = data.get("like")
    if parent is None or parent not in raw or parent in seen:
        return data
    merged = dict(_inherit(parent, raw, (*seen, name)))
    for key, value in data.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both_tables else value
    return merged


def _merge_words(into: dict[str, Any], entry: Mapping[str, Any]) -> None:
    for key, value in entry.items():
        into[key] = [*into.get(key, ()), *value] if isinstance(value, list) else value


def _stand_in(tool: str, entry: str | Mapping[str, Any]) -> StandIn:
    return StandIn(tool, entry) if isinstance(entry, str) else StandIn(tool, entry["shows"], tuple(entry.get("probes", ())))


def _symptom(entry: Mapping[str, Any]) -> Symptom:
    return Symptom(tuple(entry.get("words", ())), tuple(entry.get("words_zh", ())), entry.get("why", ""), entry.get("why_zh", ""))


def _role(dest: str, entry: Mapping[str, Any]) -> ArgRole:
    value = entry.get("value")
    return ArgRole(
        dest=dest,
        role=entry.get("role", "never"),
        unit=entry.get("unit"),
        words=tuple(entry.get("words", ())),
        words_zh=tuple(entry.get("words_zh", ())),
        value=None if value is None else str(value),
        values={key: tuple(words) for key, words in entry.get("values", {}).items()},
        risk=entry.get("risk", "safe"),
        why=entry.get("why", ""),
        multiple=entry.get("multiple", False),
        whole=entry.get("whole", False),
        with_concepts=tuple(entry.get("with_concepts", ())),
        unless=tuple(entry.get("unless", ())),
        syntax=entry.get("syntax", "probe"),
        implied=entry.get("implied", False),
        gives_up=entry.get("gives_up"),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(tuple(entry.get("given", ())), entry.get("why", ""), tuple(entry.get("without", ())), entry.get("check"))


def _cost(entry: Mapping[str, Any]) -> Cost:
    """An entry of costs.toml; an entry with a key that Cost hasn't is a mistake, and fails."""
    said: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    del said["tools"]
    said.pop("flavours", None)
    return Cost(**said)


def _output(entry: Mapping[str, Any]) -> OutputShape:
    columns = (
        Column(c["header"], c["name"], c.get("type", "str"), c.get("unit"), tuple(c.get("given", ())))
        for c in entry.get("columns", ())
    )
    return OutputShape(
        shape=entry["shape"],
        columns=tuple(columns),
        when=tuple(entry.get("when", ())),
        unit=entry.get("unit"),
        unit_given=dict(entry.get("unit_given", {})),
        key=entry.get("key"),
        top=tuple(entry.get("top", ())),
    )


# Checking


def problems_of_file(
    data: Mapping[str, Any],
    concepts: Iterable[str],
    roles: Iterable[str],
    dests: Mapping[str, set[str]],
) -> Iterator[str]:
    """What is wrong with one file's data. `dests` holds the arguments of each installed flavour of the tool."""
    yield from (f"unknown key {key!r}" for key in data.keys() - _TOP_KEYS)
    if "like" not in data:
        yield from (f"{key!r} is missing" for key in ("about", "concepts", "phrases", "phrases_zh") if not data.get(key))
    yield from _unknown("concept", [*data.get("concepts", ()), *data.get("also", ()), *data.get("never", ())], concepts)
    if data.get("ends", "either") not in ENDS:
        yield f"ends = {data['ends']!r} is none of {ENDS}"
    if data.get("risk", "safe") not in RISKS:
        yield f"risk = {data['risk']!r} is none of {RISKS}"
    for entry in data.get("symptom", ()):
        yield from (f"symptom: unknown key {key!r}" for key in entry.keys() - _SYMPTOM_KEYS)
    for name, entry in data.get("instead", {}).items():
        if isinstance(entry, dict) and not {"shows"} <= entry.keys() <= _STAND_IN_KEYS:
            yield f"instead.{name}: it has {', '.join(entry)}; `shows` and perhaps `probes` are meant"
    for flavour in FLAVOURS:
        own = data.get(flavour)
        if own is not None:
            yield from (f"{flavour}: {why}" for why in _problems_of_flavour(own, set(roles), dests.get(flavour), set(concepts)))
        elif dests.get(flavour):
            yield f"{flavour}: installed with arguments, but not described"


def _problems_of_flavour(
    own: Mapping[str, Any], roles: set[str], dests: set[str] | None, concepts: set[str]
) -> Iterator[str]:
    yield from (f"unknown key {key!r}" for key in own.keys() - _FLAVOUR_KEYS)
    for dest, entry in own.get("roles", {}).items():
        yield from (f"roles.{dest}: unknown key {key!r}" for key in entry.keys() - _ROLE_KEYS)
        yield from _unknown(f"roles.{dest}: role", [entry.get("role", "")], roles)
        if entry.get("syntax", "probe") not in _SYNTAXES:
            yield f"roles.{dest}: syntax {entry['syntax']!r}"
        if entry.get("risk", "safe") not in RISKS:
            yield f"roles.{dest}: risk {entry['risk']!r}"
        yield from _unknown(f"roles.{dest}: concept", [*entry.get("with_concepts", ()), *entry.get("unless", ())], concepts)
    if dests is not None:
        yield from (f"roles.{dest}: the tool has no such argument" for dest in own.get("roles", {}).keys() - dests)
        yield from (f"argument {dest!r} has no role" for dest in dests - own.get("roles", {}).keys())
    for entry in own.get("rules", ()):
        yield from (f"rules: unknown key {key!r}" for key in entry.keys() - _RULE_KEYS)
        yield from () if entry.get("why") or entry.get("check") else ("rules: neither why nor check",)
        known = dests if dests is not None else own.get("roles", {}).keys()
        yield from _unknown("rules: argument", [*entry.get("given", ()), *entry.get("without", ())], known)
    for entry in own.get("output", ()):
        yield from (f"output: unknown key {key!r}" for key in entry.keys() - _OUTPUT_KEYS)
        for column in entry.get("columns", ()):
            yield from (f"output column: unknown key {key!r}" for key in column.keys() - _COLUMN_KEYS)
            yield from () if re.fullmatch(r"[a-z][a-z0-9_]*", column.get("name", "")) else (f"output column {column}: name",)


def _unknown(what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    allowed = set(known)
    yield from (f"{what} {name!r} is not known" for name in names if name not in allowed)


def problems_of_lexicon(concepts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the lexicon: a kind that isn't one, an entry without words."""
    for name, entry in concepts.items():
        if entry.get("kind") not in _CONCEPT_KINDS:
            yield f"lexicon: {name}: kind {entry.get('kind')!r} is none of {_CONCEPT_KINDS}"
        if not entry.get("words") and not entry.get("words_zh"):
            yield f"lexicon: {name}: no words"


def main(arguments: list[str]) -> int:
    """Check the files named, or all of them; print each problem; 1 if there was one."""
    from manpages_index import discover

    files = load_files()
    concepts, roles = load_lexicon()
    dests: dict[str, dict[str, set[str]]] = {}
    for tool in discover.tools():
        shown = {o.dest for o in tool.spec.options if o.action not in ("help", "version") and not o.hidden}
        dests.setdefault(tool.name, {})[tool.flavour] = shown | {p.dest for p in tool.spec.positionals}
    wanted = {Path(argument).stem for argument in arguments} or files.keys()
    found = list(problems_of_lexicon(concepts)) if not arguments else []
    for name in sorted(wanted & files.keys()):
        found += [f"{name}: {why}" for why in problems_of_file(files[name], concepts, roles, dests.get(name, {}))]
    print("\n".join(found) if found else f"{len(wanted)} files are right")
    return 1 if found else 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
