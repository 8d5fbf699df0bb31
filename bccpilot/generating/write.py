"""Syntax tree -> bpftrace source: the text that is shown, saved and run. Nothing is in it that isn't in the tree."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.generating.syntax import Node

_INDENT = "    "
_ESCAPED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}
_OPERATIONS = ("binary", "ternary", "cast", "unary", "postfix")


def write(program: Node) -> str:
    """The text of a program; it ends with a line end."""
    return "\n".join(_struct(part) if part.kind == "struct" else _probe(part) for part in program.children)


def _struct(struct: Node) -> str:
    """bpftrace takes a declaration's last brace and semicolon only together."""
    return struct.text.removesuffix("} ;") + "};\n"


def _probe(probe: Node) -> str:
    points, *predicate, block = probe.children
    head = ",\n".join(point.text for point in points.children)
    if predicate:
        head += f"\n/{expression(predicate[0].children[0])}/"
    return f"{head}\n{_block(block, 0)}\n"


def _block(block: Node, depth: int) -> str:
    lines = [_INDENT * (depth + 1) + _statement(statement, depth + 1) for statement in block.children]
    return "\n".join(("{", *lines, _INDENT * depth + "}"))


def _statement(node: Node, depth: int) -> str:
    if node.kind in ("if", "while", "unroll"):
        condition, *blocks = node.children
        return f"{node.kind} ({expression(condition)}) " + " else ".join(_block(block, depth) for block in blocks)
    if node.kind == "assign":
        target, value = node.children
        return f"{expression(target)} {node.text} {expression(value)};"
    return f"{node.text if node.kind == 'jump' else expression(node)};"


def expression(node: Node) -> str:
    """An expression's text; an operation inside another one is put in parentheses."""
    parts = [expression(child) for child in node.children]
    inner = [f"({part})" if child.kind in _OPERATIONS else part for child, part in zip(node.children, parts, strict=True)]
    match node.kind:
        case "binary":
            return f"{inner[0]} {node.text} {inner[1]}"
        case "ternary":
            return f"{inner[0]} ? {inner[1]} : {inner[2]}"
        case "unary":
            return node.text + inner[0]
        case "postfix" | "field":
            return inner[0] + node.text
        case "cast":
            return f"({node.text}){inner[0]}"
        case "index":
            return f"{inner[0]}[{parts[1]}]"
        case "tuple":
            return f"({', '.join(parts)})"
        case "call":
            return f"{node.text}({', '.join(parts)})"
        case "sizeof":
            return f"sizeof({node.text})"
        case "map":
            return node.text + (f"[{', '.join(parts)}]" if parts else "")
        case "string":
            return '"' + "".join(_ESCAPED.get(character, character) for character in node.text) + '"'
        case _:
            return node.text
