"""Schemas and checks accept the same arguments: generated valid arguments of every installed tool become calls and arguments again."""

from __future__ import annotations

import json
import random

import pytest

from bccpilot.checking import spec
from bccpilot.planning import schema
from manpages_index.model import ArgSpec, ArgType, Knowledge, Option, Positional, Tool
from manpages_index.store import Index

TEXTS = {
    "str": ("a", "vfs_read", "eth0", "10", "p::do_nanosleep", "x y", "'\"", "跟踪"), "opaque": ("a", "3"), "int": ("0", "1", "7", "100", "4711"),
    "strtol": ("0", "1", "7", "100", "4711"), "float": ("0.5", "1", "20"), "errno": ("1", "EPERM"), "uid": ("0", "1000"),
}  # fmt: skip


def value(kind: ArgType, choices: tuple[str, ...], chance: random.Random) -> str:
    if choices:
        return chance.choice(choices)
    if kind.kind == "list":
        return kind.separator.join(chance.choice(TEXTS.get(kind.item or "str", TEXTS["str"])[:4]) for _ in range(chance.randint(1, 3)))
    if kind.kind == "fields":
        return kind.separator.join("/bin/ls" for _ in range(kind.count or 1))
    return chance.choice(TEXTS[kind.kind])


def texts(source: Option | Positional, chance: random.Random) -> list[str]:
    if getattr(source, "action", "store") not in ("store", "append"):
        return []
    if source.nargs == "?" and isinstance(source, Option) and chance.random() < 0.5:
        return []
    number = int(source.nargs) if source.nargs and source.nargs.isdigit() else chance.randint(1, 3) if source.nargs in ("*", "+") else 1
    return [value(source.type, source.choices, chance) for _ in range(number)]


def arguments(tool: Tool, chance: random.Random) -> tuple[str, ...]:
    own = {p.source.dest for p in schema.parameters(tool)}
    options = [o for o in tool.spec.options if o.dest in own and (o.required or chance.random() < 0.25)]
    last = chance.randint(0, len(tool.spec.positionals))
    positionals = [p for n, p in enumerate(tool.spec.positionals) if n < last or p.nargs not in ("?", "*")]
    return spec.write([(source, texts(source, chance)) for source in (*options, *positionals)], tool.spec.parser)


def test_arguments_and_calls_of_every_tool(index: Index) -> None:
    chance = random.Random(8)
    tried: dict[str, int] = {}
    for tool in index.tools:
        name = f"{tool.flavour}/{tool.name}"
        for _ in range(60):
            args = arguments(tool, chance)
            parsed = spec.parse(tool.spec, args, tool.command)
            if not parsed.ok:
                continue
            call = json.loads(json.dumps(schema.call(tool, parsed)))
            back = spec.parse(tool.spec, schema.arguments(tool, call), tool.command)
            assert (back.ok, back.error) == (True, ""), (name, args, call)
            assert back.values == parsed.values, (name, args, call)
            assert back.given == parsed.given or set(parsed.given) <= set(back.given), (name, args, call)
            tried[name] = tried.get(name, 0) + 1
    untried = [f"{t.flavour}/{t.name}" for t in index.tools if f"{t.flavour}/{t.name}" not in tried]
    assert untried == []


def test_what_the_check_refuses_for_its_type_the_schema_refuses_too(index: Index) -> None:
    for tool in index.tools:
        for parameter in schema.parameters(tool):
            kinds = parameter.schema["type"]
            for wrong, kind in (("not a number", ("integer", "number")), ([["x"]], ("integer", "number", "string", "boolean"))):
                if set(kinds if isinstance(kinds, list) else [kinds]) <= set(kind):
                    with pytest.raises(schema.Unfit):
                        schema.arguments(tool, {p.name: "1" for p in schema.parameters(tool) if p.required} | {parameter.name: wrong})


EXAMPLE = Tool(
    "some",
    "bcc",
    "/usr/sbin/some-bpfcc",
    "watches something",
    spec=ArgSpec(
        parser="argparse",
        options=(
            Option(("-h", "--help"), "help", "help"),
            Option(("-p", "--pid"), "pid", type=ArgType("int", min=1), help="trace this PID only"),
            Option(("-v", "--verbose"), "verbose", "count"),
            Option(("-u",), "user", "store_true"),
            Option(("-k",), "kernel", "store_true"),
            Option(("-c", "--count"), "top", choices=("few", "many")),
        ),
        positionals=(Positional("interval", ArgType("int"), "?", default=1), Positional("count", ArgType("int"), "?", default=99)),
        exclusive=(("user", "kernel"),),
        exclusive_required=(False,),
    ),
    knowledge=Knowledge(about="what it is about"),
)


def test_a_function() -> None:
    assert schema.function(EXAMPLE, note="It can't run here.") == {
        "name": "some",
        "description": "what it is about At most one of u, k. It can't run here.",
        "parameters": {
            "type": "object",
            "properties": {
                "pid": {"type": "integer", "minimum": 1, "description": "trace this PID only"},
                "verbose": {"type": "integer", "minimum": 0, "maximum": 5},
                "u": {"type": "boolean"},
                "k": {"type": "boolean"},
                "count": {"type": "string", "enum": ["few", "many"]},
                "interval": {"type": "integer"},
                "count_": {"type": "integer"},
            },
            "additionalProperties": False,
            "required": [],
        },
    }


def test_a_strict_function_names_every_parameter_and_lets_it_be_null() -> None:
    made = schema.function(EXAMPLE, strict=True)
    properties = made["parameters"]["properties"]
    assert made["strict"] is True
    assert made["parameters"]["required"] == list(properties)
    assert properties["pid"]["type"] == ["integer", "null"]
    assert properties["count"] == {"type": ["string", "null"], "enum": ["few", "many", None]}


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ({}, ()),
        ({"pid": 7, "verbose": 2, "u": True, "k": False}, ("--pid", "7", "--verbose", "--verbose", "-u")),
        ({"pid": 7.0, "count": None}, ("--pid", "7")),
        ({"interval": 5}, ("5",)),
        ({"count_": 3, "count": "few"}, ("--count", "few", "1", "3")),
    ],
)
def test_calls(call: dict[str, object], args: tuple[str, ...]) -> None:
    assert schema.arguments(EXAMPLE, call) == args


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"port": 1}, "some has no parameter 'port'; it has pid, verbose, u, k, count, interval, count_"),
        ({"pid": "7"}, "pid: '7' is not of type integer"),
        ({"pid": True}, "pid: True is not of type integer"),
        ({"pid": 0}, "pid: 0 is not within 1 and -"),
        ({"count": "some"}, "count: 'some' is none of few, many"),
        ({"u": "yes"}, "u: 'yes' is not of type boolean"),
        ({"u": [1]}, "u: [1] is not of type boolean"),
    ],
)
def test_calls_that_do_not_fit(call: dict[str, object], words: str) -> None:
    with pytest.raises(schema.Unfit) as refused:
        schema.arguments(EXAMPLE, call)
    assert str(refused.value) == words


def test_what_runs_programs_is_never_offered(index: Index) -> None:
    names = {p.name for p in schema.parameters(index.tool("memleak", "bcc"))}
    assert "pid" in names
    assert "command" not in names
