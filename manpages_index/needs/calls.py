"""What single calls of a followed source say: the options of a parser, the names that something is attached to."""

from __future__ import annotations

import ast

from manpages_index.needs import values
from manpages_index.needs.logic import TRUE, Condition
from manpages_index.needs.values import Piece, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def called(node: ast.Call) -> str:
    """The last name of what is called: attach_kprobe of b.attach_kprobe."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def defaults(tree: ast.Module) -> dict[str, object]:
    """The default of every option by its dest, from the calls of add_argument."""
    found: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name) and called(node).endswith("add_argument"):
            flags = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            given = {k.arg: _constant(k.value) for k in node.keywords}
            dest = given.get("dest") or max(flags, key=len, default="").lstrip("-").replace("-", "_")
            found[str(dest)] = given.get("default", given.get("action") == "store_false" or None)
    return found


def _constant(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ...


def attached(kind: str, given: Mapping[str, Value], node: ast.Call) -> Iterator[tuple[str, Condition]]:
    """(name, condition) of what an attach call names; an empty name where an argument of the tool decides."""
    if kind == "perf_event":
        yield _perf_event(node), TRUE
        return
    if kind == "uprobe":
        library, symbol = values.plain(given.get("name")), values.plain(given.get("sym"))
        yield (f"{library}:{symbol}" if library and symbol else ""), TRUE
        return
    pattern = given.get("event_re") or given.get("tp_re")
    value = pattern or given.get("event") or given.get("tp") or given.get("probe")
    for piece in value if isinstance(value, tuple) and value else (Piece(""),):
        yield ("re:" + piece.text if pattern and piece.text else piece.text), piece.when


def _perf_event(node: ast.Call) -> str:
    """`software:cpu_clock` of ev_type=PerfType.SOFTWARE, ev_config=PerfSWConfig.CPU_CLOCK."""
    words = {k.arg: k.value.attr.lower() for k in node.keywords if isinstance(k.value, ast.Attribute)}
    return f"{words['ev_type']}:{words.get('ev_config', '')}" if "ev_type" in words else ""
