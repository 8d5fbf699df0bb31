"""ArgSpec <-> JSON Schema: a tool's arguments as a function that a model can call, a call as arguments, and arguments as a call.

The names are the options' full names without dashes; a switch is a boolean, an option that repeats or takes a list an array. What would
run programs or break things is left out: a model never proposes that.
"""

from __future__ import annotations

from dataclasses import dataclass

from bccpilot.checking import spec
from manpages_index.model import Option, Positional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bccpilot.checking.spec import Given, Parsed
    from manpages_index.model import ArgSpec, ArgType, Tool

    Schema = dict[str, Any]

Argument = Option | Positional

_NUMBERS = {"int": "integer", "strtol": "integer", "float": "number"}
_EITHER = ("uid", "errno")  # a number or a name
_MOST_TIMES = 5  # how often a switch such as -v is repeated
_HUGE = 2**53  # beyond this JSON's numbers aren't exact: such limits are no help


class Unfit(Exception):
    """A call that the function's schema doesn't allow; its words go back to the model."""


@dataclass(frozen=True, eq=False)
class Parameter:
    """One argument as a function's parameter."""

    name: str
    source: Argument
    schema: Schema
    required: bool


def parameters(tool: Tool) -> tuple[Parameter, ...]:
    """All parameters of a tool, in its own order; dangerous and hidden options, and those that
    nobody needs or that only print and end, are left out."""
    withheld = {role.dest for role in tool.knowledge.roles if role.risk == "dangerous" or role.role == "never"}
    withheld |= {option.dest for option in tool.spec.options if option.hidden and not option.required}
    found: dict[str, Parameter] = {}
    every: tuple[Argument, ...] = (*tool.spec.options, *tool.spec.positionals)
    for source in every:
        if source.dest in withheld or getattr(source, "action", "") in ("help", "version"):
            continue
        name = source.long.lstrip("-") if isinstance(source, Option) else source.dest
        while name in found:
            name += "_"
        found[name] = Parameter(name, source, _schema(source), _required(source))
    return tuple(found.values())


def function(tool: Tool, help_length: int = 80, strict: bool = False, note: str = "") -> Schema:
    """The function of a tool. `help_length` is the most characters of each argument's description; `note` ends the function's own."""
    every = parameters(tool)
    properties = {p.name: _described(p, tool, help_length, strict) for p in every}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    schema["required"] = [p.name for p in every if strict or p.required]
    made: Schema = {"name": tool.name, "description": _about(tool, every, help_length, note), "parameters": schema}
    return made | ({"strict": True} if strict else {})


def arguments(tool: Tool, call: Mapping[str, object]) -> tuple[str, ...]:
    """The argument list of a call. Raises Unfit for what the schema doesn't allow; null means not given."""
    known = {p.name: p for p in parameters(tool)}
    unknown = [name for name in call if name not in known]
    if unknown:
        raise Unfit(f"{tool.name} has no parameter {unknown[0]!r}; it has {', '.join(known) or 'none at all'}")
    lacking = [p.name for p in known.values() if p.required and call.get(p.name) is None]
    if lacking:
        raise Unfit(f"{tool.name} needs {lacking[0]!r}")
    given: list[Given] = []
    for parameter in known.values():
        value = call.get(parameter.name)
        if value is not None:
            wrong = misfit(parameter.schema, value)
            if wrong:
                raise Unfit(f"{parameter.name}: {wrong}")
            given += [(parameter.source, texts) for texts in _texts(parameter.source, value)]
    return spec.write(_without_gaps(tool.spec, given), tool.spec.parser)


def call(tool: Tool, parsed: Parsed) -> dict[str, object]:
    """The call that means what arguments mean that the tool's parser accepted."""
    given = frozenset(parsed.given)
    found = {p: _as_json(p.source, parsed.values[p.source.dest]) for p in parameters(tool) if p.source.dest in given}
    # An option and a positional may share their dest (hardirqs: --count and COUNT); the value says which of them was given.
    return {p.name: value for p, value in found.items() if misfit(p.schema, value) is None}


def misfit(schema: Schema, value: object) -> str | None:
    """Why a value doesn't fit a schema of the kind that is made here; None where it fits."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(kind, value) for kind in kinds):
        return f"{value!r} is not of type {' or '.join(kinds)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is none of {', '.join(map(str, schema['enum']))}"
    if _is("number", value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return f"{value} is not within {schema.get('minimum', '-')} and {schema.get('maximum', '-')}"
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{len(value)} values are too few or too many"
        return next((wrong for item in value if (wrong := misfit(schema["items"], item))), None)
    return None


def _is(kind: str, value: object) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and value.is_integer()
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) != float("inf")
    if kind == "string" and isinstance(value, int | float):  # a PID where the tool's own parser takes any text
        return not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "array": list}[kind])


# -- the schema


def _required(source: Argument) -> bool:
    if isinstance(source, Option):
        return source.required
    return source.nargs not in ("?", "*")


def _schema(source: Argument) -> Schema:
    action = getattr(source, "action", "store")
    if action == "count":
        return {"type": "integer", "minimum": 0, "maximum": _MOST_TIMES}
    if action not in ("store", "append"):
        return {"type": "boolean"}
    one = _value(source.type, source.choices)
    if source.nargs == "?" and isinstance(source, Option):
        return {**one, "type": [one["type"], "boolean"]} if isinstance(one["type"], str) else {**one, "type": [*one["type"], "boolean"]}
    if source.nargs in ("*", "+"):
        return {"type": "array", "items": one, "minItems": 1}
    if source.nargs and source.nargs.isdigit():
        return {"type": "array", "items": one, "minItems": int(source.nargs), "maxItems": int(source.nargs)}
    return {"type": "array", "items": one, "minItems": 1} if action == "append" else one


def _value(kind: ArgType, choices: tuple[str, ...]) -> Schema:
    """One value. Choices of numbers are numbers."""
    if kind.kind == "list":
        return {"type": "array", "items": {"type": _NUMBERS.get(kind.item or "", "string")}, "minItems": 1}
    schema: Schema = {"type": _NUMBERS.get(kind.kind, "string")}
    if kind.kind in _EITHER:
        schema["type"] = ["integer", "string"]
    if choices:
        return schema | {"enum": [_read(kind, choice) for choice in choices]}
    if kind.kind in _NUMBERS:
        limits = (("minimum", kind.min), ("maximum", kind.max))
        schema |= {name: limit for name, limit in limits if limit is not None and abs(limit) < _HUGE}
    return schema


def _read(kind: ArgType, text: str) -> object:
    return int(text) if kind.kind in ("int", "strtol") else float(text) if kind.kind == "float" else text


def _described(parameter: Parameter, tool: Tool, length: int, strict: bool) -> Schema:
    """The parameter's schema with its description; strict servers want every one required and the optional ones nullable."""
    schema = dict(parameter.schema)
    role = next((role for role in tool.knowledge.roles if role.dest == parameter.source.dest), None)
    unit = f" [{role.unit}]" if role is not None and role.unit else ""
    text = (_short(parameter.source.help or (role.role if role else ""), length) + unit).strip()
    if text and length:
        schema["description"] = text
    elif unit:
        schema["description"] = unit.strip()
    if strict and not parameter.required:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*kinds, "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _about(tool: Tool, every: tuple[Parameter, ...], length: int, note: str) -> str:
    names = {p.source.dest: p.name for p in every}
    groups = [[names[dest] for dest in group if dest in names] for group in tool.spec.exclusive]
    exclusive = [f"At most one of {', '.join(group)}." for group in groups if len(group) > 1]
    return " ".join(part for part in (_short(tool.knowledge.about or tool.summary, 2 * length + 40), *exclusive, note) if part)


def _short(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: max(0, length - 1)].rstrip() + "…"


# -- calls and arguments


def _texts(source: Argument, value: Any) -> list[list[str]]:
    """A value as the texts of each time that the argument is given."""
    action = getattr(source, "action", "store")
    if action == "count":
        return [[]] * int(value)
    if isinstance(value, bool) and (source.nargs == "?" or action not in ("store", "append")):
        return [[]] if value else []
    if action == "append":
        return [[_text(source.type, item)] for item in value]
    if source.nargs in ("*", "+") or (source.nargs or "").isdigit():
        return [[_text(source.type, item) for item in value]]
    return [[_text(source.type, value)]]


def _text(kind: ArgType, value: Any) -> str:
    if isinstance(value, list):
        return kind.separator.join(_text(kind, item) for item in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _HUGE:
        return str(int(value))
    return str(value)


def _without_gaps(arg_spec: ArgSpec, given: list[Given]) -> list[Given]:
    """A positional that is left out before one that is given takes its default, as positions are all that the tool has."""
    texts = {source.dest: texts for source, texts in given if not isinstance(source, Option)}
    last = max((n for n, positional in enumerate(arg_spec.positionals) if positional.dest in texts), default=-1)
    filled: list[Given] = [(source, own) for source, own in given if isinstance(source, Option)]
    for positional in arg_spec.positionals[: last + 1]:
        default = positional.default
        if positional.dest not in texts and (not isinstance(default, int | float) or isinstance(default, bool)):
            raise Unfit(f"{positional.dest} must be given, too, since it comes before the others")
        filled.append((positional, texts.get(positional.dest) or [_text(positional.type, default)]))
    return filled


def _as_json(source: Argument, value: Any) -> object:
    """A parsed value as the schema has it."""
    action = getattr(source, "action", "store")
    if action not in ("store", "append", "count"):
        return value is (action != "store_false") or (action == "store_const" and value == getattr(source, "const", None)) or None
    if isinstance(source, Option) and source.nargs == "?" and value == source.const:
        return True
    if source.type.kind == "list" and source.type.as_text and source.type.item in _NUMBERS:
        return [int(item) for item in value]
    if source.type.kind == "fields":
        return [source.type.separator.join(item) for item in value] if action == "append" else source.type.separator.join(value)
    return value
