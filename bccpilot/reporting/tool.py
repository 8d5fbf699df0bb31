"""A tool as a person reads it."""

from __future__ import annotations

from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import ArgRole, Option, Positional, Tool


def text(tool: Tool, flavours: tuple[str, ...]) -> str:
    """Name, purpose, arguments with roles and risks, the output's fields, needs and examples, as plain text."""
    roles = {role.dest: role for role in tool.knowledge.roles}
    known = tool.knowledge
    parts = [f"{tool.name}: {known.about or tool.summary}", f"  {tool.path}  ({tool.flavour}; installed as {', '.join(flavours)})"]
    parts += _section("arguments", [_option(o, roles.get(o.dest)) for o in tool.spec.options if not o.hidden])
    parts += _section("", [_positional(p, roles.get(p.dest)) for p in tool.spec.positionals])
    for group in tool.spec.exclusive:
        parts.append(f"  only one of: {', '.join(group)}")
    parts += _section("risk", [f"{known.risk}{': ' + known.risk_why if known.risk_why else ''}"])
    parts += _section("", [f"{cost.risk}: {cost.why}" for cost in known.costs])
    parts += _section("overhead", [known.overhead] if known.overhead else [])
    parts += _section("output", [line for shape in known.outputs for line in _shape(shape)])
    parts += _section("unlike", [f"{other}: {how}" for other, how in known.unlike.items()])
    parts += _section("examples", [f"{tool.command} {' '.join(e.args)}".strip() for e in tool.examples[:6]])
    return "\n".join(escaped(part) for part in parts)


def _section(title: str, lines: list[str]) -> list[str]:
    return ([title] if title and lines else []) + [f"  {line}" for line in lines]


def _option(option: Option, role: ArgRole | None) -> str:
    flags = ", ".join(option.flags)
    value = f" {option.metavar or option.dest.upper()}" if option.takes_value else ""
    return f"{flags + value:<34} {option.help}{_role(role)}".rstrip()


def _positional(positional: Positional, role: ArgRole | None) -> str:
    name = positional.metavar or positional.dest
    shown = f"[{name}]" if positional.nargs in ("?", "*") else name
    return f"{shown:<34} {positional.help}{_role(role)}".rstrip()


def _role(role: ArgRole | None) -> str:
    if role is None:
        return ""
    unit = f", in {role.unit}" if role.unit else ""
    risk = f"  [{role.risk}: {role.why}]" if role.risk != "safe" else ""
    return (f"  ({role.role}{unit})" if role.role not in ("never", "switch") else "") + risk


def _shape(shape: object) -> list[str]:
    from manpages_index.model import OutputShape

    assert isinstance(shape, OutputShape)
    given = f" with {', '.join(shape.when)}" if shape.when else ""
    columns = [f"  {c.name:<18} {c.type}{' in ' + c.unit if c.unit else ''}" for c in shape.columns]
    return [f"{shape.shape}{given}{', in ' + shape.unit if shape.unit else ''}", *columns]
