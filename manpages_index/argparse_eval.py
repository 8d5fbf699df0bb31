"""The constants of a Python source, worked out from its AST without running it: what defaults and choices are made of.

Only what can't do harm or depend on the machine is understood: literals, arithmetic, names and class attributes that were bound to such,
`dir(Class)`, comprehensions over them, and a few methods of strings. Everything else raises `Unknown`.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv, ast.Div: operator.truediv,
    ast.Mod: operator.mod, ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
    ast.Pow: operator.pow,
}  # fmt: skip
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
METHODS = {"lower", "upper", "isupper", "islower", "strip", "join", "split", "startswith", "endswith"}
LARGEST = 1 << 12  # bits of a number, items of a sequence: a source must not make us work hard


class Unknown(Exception):
    """The expression isn't a constant that we understand."""


class Scope:
    """The module's names that are bound to constants, its functions and its classes."""

    def __init__(self, tree: ast.Module) -> None:
        self.functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.classes = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
        self.names: dict[str, Any] = {}
        self._bind(tree.body, "")
        for name, times in Counter(_stored(tree.body)).items():
            if times > 1:  # which of them counts isn't ours to say
                self.names.pop(name, None)
        for name, node in self.classes.items():
            self._bind(node.body, name + ".")

    def _bind(self, body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                try:
                    self.names[prefix + node.targets[0].id] = self.evaluate(node.value)
                except Unknown:
                    self.names.pop(prefix + node.targets[0].id, None)

    def evaluate(self, node: ast.expr, local: dict[str, Any] | None = None) -> Any:
        """The value of a constant expression; raises Unknown."""
        try:
            return self._evaluate(node, local or {})
        except Unknown:
            raise
        except Exception as error:
            raise Unknown(ast.unparse(node)) from error

    def _evaluate(self, node: ast.expr, local: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._lookup(name, local)
            case ast.Attribute(value=ast.Name(id=owner), attr=attr):
                return self._lookup(f"{owner}.{attr}", {})
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return [self._evaluate(item, local) for item in items]
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self._evaluate(left, local), self._evaluate(right, local))
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in UNARY:
                return UNARY[type(sign)](self._evaluate(operand, local))
            case ast.ListComp(elt=element, generators=[ast.comprehension(target=ast.Name(id=name), iter=source, ifs=tests)]):
                return [self._evaluate(element, new) for new in self._each(name, source, tests, local)]
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self._call(function, arguments, local)
        raise Unknown(ast.unparse(node))

    def _lookup(self, name: str, local: dict[str, Any]) -> Any:
        if name in local:
            return local[name]
        if name in self.names:
            return self.names[name]
        raise Unknown(name)

    @staticmethod
    def _binary(op: ast.operator, left: Any, right: Any) -> Any:
        if type(op) not in BINARY or (isinstance(op, ast.LShift | ast.Pow | ast.Mult) and not _small(left, right)):
            raise Unknown(type(op).__name__)
        if isinstance(op, ast.Mod) and isinstance(right, list):
            right = tuple(right)
        return BINARY[type(op)](left, right)

    def _each(self, name: str, source: ast.expr, tests: list[ast.expr], local: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for item in self._evaluate(source, local):
            new = {**local, name: item}
            if all(self._evaluate(test, new) for test in tests):
                yield new

    def _call(self, function: ast.expr, arguments: list[ast.expr], local: dict[str, Any]) -> Any:
        match function, arguments:
            case ast.Name(id="dir"), [ast.Name(id=name)] if name in self.classes:
                return sorted(attr.removeprefix(name + ".") for attr in self.names if attr.startswith(name + "."))
            case ast.Name(id="frozenset" | "set" | "list" | "tuple" | "sorted" as kind), [one]:
                items = list(self._evaluate(one, local))
                return sorted(items) if kind == "sorted" else items
            case ast.Attribute(value=owner, attr=method), _ if method in METHODS:
                text = self._evaluate(owner, local)
                if isinstance(text, str):
                    return getattr(text, method)(*(self._evaluate(argument, local) for argument in arguments))
        raise Unknown(ast.unparse(function))


def _stored(body: list[ast.stmt]) -> Iterator[str]:
    """The names that the module's own statements bind, each as often as it is bound; functions and classes have names of their own."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _small(left: Any, right: Any) -> bool:
    return all(abs(x) < LARGEST if isinstance(x, int) else len(x) < LARGEST if hasattr(x, "__len__") else True for x in (left, right))
