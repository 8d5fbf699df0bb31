"""What an argparse `type=` function accepts, read from its source and told as data (`ArgType`).

The function's body is followed statement by statement with, for each name, what is known of it so far: `int(x)` in a `try` makes it an int
with the handler's message, `if x < 0: raise` sets a limit, `x.split(",")` makes it a list. One statement that isn't understood makes the
whole type opaque: a type is described exactly or not at all.
"""

from __future__ import annotations

import ast
import re

from manpages_index.argparse_eval import Scope, Unknown
from manpages_index.frozen import replace
from manpages_index.model import ArgType, Limit

BUILTIN = {
    "int": ArgType("int", name="int"),
    "float": ArgType("float", name="float"),
    "str": ArgType("str", name="str"),
    "ArgString": ArgType("str", name="ArgString"),
}
NUMBERS = ("int", "float")
RANGE = re.compile(r"range\((?P<bound>\w+)\)")
APPEND = re.compile(r"(?P<made>\w+)\.append\((?P<convert>\w+)\((?P<items>\w+)\[(?P<index>\w+)\]\)\)")
OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.NotIn: "not in",
}  # fmt: skip


class NotUnderstood(Exception):
    """The function does something that ArgType can't tell."""


def type_of(node: ast.expr, scope: Scope) -> ArgType:
    """The type that a `type=` argument names: a builtin, a function of the module, or a lambda; opaque when it isn't understood."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else "<lambda>"
    if name not in scope.functions:
        return BUILTIN.get(name, ArgType("opaque", name=name))
    try:
        return replace(_function(scope.functions[name], scope), name=name)
    except NotUnderstood:
        return ArgType("opaque", name=name)


def _function(function: ast.FunctionDef, scope: Scope) -> ArgType:
    if len(function.args.args) != 1:
        raise NotUnderstood(function.name)
    by_idiom = _idiom(function)
    if by_idiom is not None:
        return by_idiom
    return with_range(_Body(function, scope).result())


def _idiom(function: ast.FunctionDef) -> ArgType | None:
    """A number or else a name that Python looks up: of a user (pwd) or of an error (errno)."""
    text = function.args.args[0].arg
    calls = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Call)]
    kinds = {"errno": {f"getattr(errno, {text})", f"abs(int({text}))"}, "uid": {f"pwd.getpwnam({text})", f"int({text})"}}
    for kind, wanted in kinds.items():
        if wanted <= set(calls):
            messages = [_message(node) for node in ast.walk(function) if isinstance(node, ast.Raise)]
            return ArgType(kind, error=messages[0]) if len(messages) == 1 else None
    return None


class _Body:
    """What is known of each name while the statements of one function are followed."""

    def __init__(self, function: ast.FunctionDef, scope: Scope) -> None:
        self.function, self.scope = function, scope
        self.known: dict[str, ArgType] = {function.args.args[0].arg: ArgType("str")}
        self.constants: dict[str, object] = {}
        self.messages: dict[str, str] = {}
        self.parts: dict[str, tuple[str, int]] = {}
        self.answer: ArgType | None = None

    def result(self) -> ArgType:
        self.follow(self.function.body)
        if self.answer is None:
            raise NotUnderstood("no return")
        return self.answer

    def follow(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.step(statement)

    def step(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.assign(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
                self.unpack([ast.unparse(n) for n in names], self.value(value))
            case ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[]):
                self.follow_try(body, handler)
            case ast.If(test=test, body=body, orelse=[]):
                self.limit(test, body)
            case ast.For(target=ast.Name(id=name), iter=source, body=body):
                self.loop(name, source, body)
            case ast.Return(value=value) if value is not None:
                self.answer = self.value(value)
            case _:
                raise NotUnderstood(ast.unparse(statement))

    def assign(self, name: str, value: ast.expr) -> None:
        try:
            self.constants[name] = self.scope.evaluate(value)
            return
        except Unknown:
            pass
        match value:
            case ast.Call(func=ast.Name(id="min"), args=[ast.Call(func=ast.Name(id="len"), args=[ast.Name()]), ast.Constant(value=int(n))]):
                self.constants[name] = n
            case _:
                self.known[name] = self.value(value)

    def unpack(self, names: list[str], whole: ArgType) -> None:
        if whole.kind != "list":
            raise NotUnderstood("unpacked")
        owner = next(iter(self.known))
        self.known[owner] = replace(whole, kind="fields", item=None, count=len(names))
        self.parts = {name: (owner, number) for number, name in enumerate(names)}

    def value(self, node: ast.expr) -> ArgType:
        match node:
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
            case ast.Call(func=ast.Name() as function, args=[argument], keywords=[]):
                return self.convert(function, self.value(argument))
            case ast.Call(func=ast.Attribute(value=owner, attr="strip"), args=[]):
                return replace(self.plain(owner), strip=True)
            case ast.Call(func=ast.Attribute(value=owner, attr="split"), args=[ast.Constant(value=str(separator)), *most]):
                limit = self.scope.evaluate(most[0]) if most else -1
                return replace(self.plain(owner), kind="list", item="str", separator=separator, maxsplit=limit)
            case ast.ListComp(
                elt=ast.Call(func=ast.Name() as function, args=[ast.Name(id=item)]),
                generators=[ast.comprehension(target=ast.Name(id=name), iter=source, ifs=[])],
            ) if item == name:
                return self.items(function, self.value(source))
            case ast.Tuple(elts=parts):
                places = [self.parts.get(ast.unparse(part), ("", -1)) for part in parts]
                if places and [number for _, number in places] == list(range(len(self.parts))):
                    return self.known[places[0][0]]
        raise NotUnderstood(ast.unparse(node))

    def plain(self, node: ast.expr) -> ArgType:
        found = self.value(node)
        if found.kind != "str":
            raise NotUnderstood(ast.unparse(node))
        return found

    def convert(self, function: ast.Name, given: ArgType) -> ArgType:
        made = type_of(function, self.scope)
        if given.kind != "str" or given.strip or made.kind == "opaque":
            raise NotUnderstood(function.id)
        return replace(made, name=None)

    def items(self, function: ast.Name, whole: ArgType) -> ArgType:
        made = self.convert(function, ArgType("str"))
        if whole.kind != "list" or made.kind not in (*NUMBERS, "str"):
            raise NotUnderstood(function.id)
        return replace(whole, item=made.kind, limits=made.limits, error=made.error)

    def loop(self, name: str, source: ast.expr, body: list[ast.stmt]) -> None:
        """`for item in items: try int(item) except: raise`, or `for i in range(n): made.append(convert(items[i]))`."""
        bound, made = RANGE.fullmatch(ast.unparse(source)), APPEND.fullmatch(ast.unparse(body[0]))
        if bound and made and len(body) == 1 and made["index"] == name:
            keep = self.constants.get(bound["bound"])
            whole = self.items(ast.Name(made["convert"]), self.known[made["items"]])
            self.known[made["made"]] = replace(whole, keep=keep if isinstance(keep, int) else None)
            self.constants.pop(made["made"], None)
            return
        match source, body:
            case ast.Name(id=items), [ast.Try(body=[ast.Expr(value=ast.Call(func=ast.Name() as function))], handlers=[handler])]:
                self.known[items] = replace(self.items(function, self.known[items]), as_text=True, error=_message(handler.body[0]))
            case _:
                raise NotUnderstood(ast.unparse(source))

    def follow_try(self, body: list[ast.stmt], handler: ast.ExceptHandler) -> None:
        if len(body) != 1 or len(handler.body) != 1 or not isinstance(handler.body[0], ast.Raise):
            raise NotUnderstood("try")
        before = dict(self.known)
        self.step(body[0])
        for name, found in self.known.items():
            if found != before.get(name):
                self.known[name] = replace(found, error=_message(handler.body[0]))

    def limit(self, test: ast.expr, body: list[ast.stmt]) -> None:
        for statement in body[:-1]:
            if isinstance(statement, ast.Assign):
                self.messages[ast.unparse(statement.targets[0])] = _template(statement.value)
        error = _message(body[-1], self.messages)
        match test:
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[bound]) if type(op) in OPERATORS:
                self.refuse(name, Limit(OPERATORS[type(op)], self.scope.evaluate(bound, self.constants), error))
            case ast.Compare(left=ast.Call(func=ast.Name(id="len")), ops=[ast.LtE()], comparators=[ast.Constant(value=0)]):
                return  # split() never returns an empty list
            case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Attribute(attr="isfile"), args=[ast.Name(id=name)])):
                self.refuse(name, Limit("not file", error=error))
            case _:
                raise NotUnderstood(ast.unparse(test))

    def refuse(self, name: str, limit: Limit) -> None:
        owner, number = self.parts.get(name, (name, None))
        found = self.known[owner]
        if found.kind == "list" or (found.kind == "str" and limit.op != "not in"):
            raise NotUnderstood(name)
        self.known[owner] = replace(found, limits=(*found.limits, replace(limit, field=number)))


def with_range(found: ArgType) -> ArgType:
    """The same type with `min` and `max` worked out from its limits."""
    low: float | None = None
    high: float | None = None
    whole = found.kind == "int" or found.item == "int"
    for limit in found.limits:
        if not isinstance(limit.value, int | float) or limit.field is not None:
            continue
        step = 1 if whole else 0
        if limit.op in ("<", "<="):
            low = max(limit.value + (step if limit.op == "<=" else 0), low if low is not None else limit.value)
        elif limit.op in (">", ">="):
            high = min(limit.value - (step if limit.op == ">=" else 0), high if high is not None else limit.value)
        elif limit.op == "==" and limit.value == low and whole:
            low = limit.value + 1
    return replace(found, min=low, max=high)


def _message(node: ast.AST, variables: dict[str, str] | None = None) -> str:
    match node:
        case ast.Raise(exc=ast.Call(func=function, args=[text])) if ast.unparse(function).endswith("ArgumentTypeError"):
            if isinstance(text, ast.Name) and variables and text.id in variables:
                return variables[text.id]
            return _template(text)
    raise NotUnderstood(ast.unparse(node))


def _template(node: ast.expr) -> str:
    """A message with at most one placeholder, in % form."""
    match node:
        case ast.Constant(value=str(text)):
            return text.replace("%", "%%")
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=ast.Name() | ast.Tuple(elts=[ast.Name()])):
            return text
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=[ast.Name()]):
            return text.replace("%", "%%").replace("{0!r}", "%r").replace("{}", "%s").replace("{0}", "%s")
    raise NotUnderstood(ast.unparse(node))
