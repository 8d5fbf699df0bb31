"""A bcc tool's Python source -> what it attaches to, and when.

The source is followed statement by statement without being run: strings keep the conditions under which they came together, so that a probe
in a piece of C that is appended only `if BPF.support_kfunc():` is known to need it. What isn't understood becomes the literal `?`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace

from manpages_index.model import Attach, Needs
from manpages_index.needs import ctext, known, logic, values
from manpages_index.needs.calls import attached, called, defaults
from manpages_index.needs.logic import FALSE, TRUE, UNKNOWN, Condition
from manpages_index.needs.values import Number, Option, Piece, Test, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ATTACH = {
    "attach_kprobe": "kprobe", "attach_kretprobe": "kretprobe", "attach_uprobe": "uprobe", "attach_uretprobe": "uprobe",
    "attach_tracepoint": "tracepoint", "attach_raw_tracepoint": "raw_tracepoint", "attach_perf_event": "perf_event",
    "enable_probe": "usdt", "enable_probe_or_bail": "usdt",
}  # fmt: skip
_ASK = {
    "support_kfunc": "kfunc",
    "support_raw_tracepoint": "raw_tracepoint",
    "support_raw_tracepoint_in_module": "module_raw_tracepoint",
}
_ASK_NAMED = {
    "get_kprobe_functions": "function:",
    "ksymname": "symbol:",
    "tracepoint_exists": "tracepoint:",
    "kernel_struct_has_field": "field:",
}
_ARGUMENTS = {"args", "opts", "opt", "options"}
_SHOWS_ONLY = {"ebpf", "debug", "verbose"}  # options that print the program and stop, or print more
_DEPTH = 4


def needs_of(source: str, fixed: Mapping[str, str] | None = None) -> Needs:
    """What the tool needs; `fixed` are options whose value is known (a wrapper gives them). Raises SyntaxError."""
    tree = ast.parse(source)
    reader = _Reader(defaults(tree), dict(fixed or {}))
    reader.block(tree.body)
    reader.methods()
    return Needs(attach=_simplified(reader.found), compiles=reader.compiles, breaks=known.broken("\n".join(reader.always)))


def _python(value: Value) -> object:
    """The Python value that a default would be compared with; ... where it isn't known."""
    if value == ():
        return None
    return value.value if isinstance(value, Number) else values.plain(value) or ...


@dataclass
class _Reader:
    defaults: dict[str, object]
    fixed: dict[str, str]
    names: dict[str, Value] = field(default_factory=dict)
    path: Condition = TRUE
    found: list[Attach] = field(default_factory=list)
    always: list[str] = field(default_factory=list)  # the C that is compiled whatever the arguments and the kernel are
    compiles: bool = False
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    classes: list[ast.ClassDef] = field(default_factory=list)
    probing: set[str] = field(default_factory=set)
    depth: int = 0
    returned: Value = None

    # -- statements

    def block(self, body: Iterable[ast.stmt]) -> bool:
        """Follow statements; True when the program ends or the function returns there."""
        before = self.path
        ends = any(self.statement(node) for node in body)
        self.path = before
        return ends

    def statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Assign() | ast.AugAssign():
                self.assign(node)
            case ast.If() | ast.Try() | ast.For() | ast.While() | ast.With():
                self.compound(node)
            case ast.FunctionDef():
                self.functions[node.name] = node
            case ast.ClassDef():
                self.classes.append(node)
                if any(isinstance(call, ast.Call) and called(call).startswith("enable_probe") for call in ast.walk(node)):
                    self.probing.add(node.name)
            case ast.Expr(value=value):
                self.calls(value)
                return isinstance(value, ast.Call) and called(value) in ("exit", "_exit")
            case ast.Return(value=value):
                if value is not None:
                    self.calls(value)
                    self.returned = self.value(value) or self.returned
                return True
        return isinstance(node, ast.Raise)

    def compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If():
                self.branch(node)
            case ast.Try():
                self.attempt(node)
            case ast.For(target=ast.Name(id=name), iter=ast.List(elts=items) | ast.Tuple(elts=items)):
                for item in items:
                    self.names[name] = self.value(item)
                    self.block(node.body)
            case ast.For() | ast.While() | ast.With():
                self.block(node.body)

    def assign(self, node: ast.Assign | ast.AugAssign) -> None:
        self.calls(node.value)
        value = self.value(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                self.names[target.id] = value if isinstance(node, ast.Assign) else values.added(self.names.get(target.id), value)

    def branch(self, node: ast.If) -> None:
        """Both ways, each with its own names; after it each name is what either way made of it."""
        test = self.truth(node.test)
        self.calls(node.test)
        before = dict(self.names)
        ended, then = self.way(node.body, test, before)
        otherwise_ended, otherwise = self.way(node.orelse, logic.negation(test), before)
        if ended or otherwise_ended:
            self.path = logic.conjunction(self.path, _plausible(logic.negation(test) if ended else test))
            self.names = otherwise if ended else then
        else:
            self.names = values.merged(test, then, otherwise)

    def way(self, body: list[ast.stmt], test: Condition, names: dict[str, Value]) -> tuple[bool, dict[str, Value]]:
        outer, self.names = self.path, dict(names)
        self.path = logic.conjunction(outer, test)
        ends = self.path != FALSE and self.block(body)
        self.path = outer
        return ends, self.names

    def attempt(self, node: ast.Try) -> None:
        """`try: attach A` / `except: attach B` are alternatives; with `except: pass` A is optional."""
        start = len(self.found)
        self.block(node.body)
        tried = self.found[start:]
        test = _attachable(tried)
        for handler in node.handlers:
            outer = self.path
            self.path = logic.conjunction(outer, logic.negation(test))
            gives_up = self.block(handler.body)
            self.path = outer
            instead = self.found[start + len(tried) :]
            self.found[start : start + len(tried)] = tried = [_relaxed(a, test, bool(instead), gives_up) for a in tried]
        self.block(node.finalbody)

    def methods(self) -> None:
        """Methods whose calls weren't followed: what they attach to comes from arguments."""
        self.path = UNKNOWN
        for node in self.classes:
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    self.block(item.body)

    # -- calls

    def calls(self, node: ast.expr) -> None:
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                self.call(call)

    def call(self, node: ast.Call) -> None:
        name = called(node)
        if name in _ATTACH:
            self.attach(_ATTACH[name], node)
        elif name == "BPF":
            self.program(node)
        elif name in self.functions:
            self.follow(self.functions[name], node)
        elif name in self.probing:
            self.probes(node)
        for argument in node.args:  # curses.wrapper(handle_loop, args) calls it
            if isinstance(argument, ast.Name) and argument.id in self.functions and name not in self.functions:
                self.follow(self.functions[argument.id], node)

    def probes(self, node: ast.Call) -> None:
        """An object of a class that enables the USDT probes that it is made with: Probe("gc__start", "gc__done")."""
        for argument in node.args:
            for piece in values.pieces(self.value(argument)):
                if re.fullmatch(r"[a-z]+(__[a-z]+)+", piece.text):
                    self.emit("usdt", piece.text, piece.when)

    def follow(self, function: ast.FunctionDef, node: ast.Call) -> Value:
        """What the function attaches to, and what it returns."""
        if self.depth >= _DEPTH:
            return None
        outer, before, self.returned = dict(self.names), self.returned, None
        parameters = [a.arg for a in function.args.args]
        defaults = function.args.defaults
        for parameter, value in zip(reversed(parameters), reversed(defaults), strict=False):
            self.names[parameter] = self.value(value)
        for parameter, value in zip(parameters, node.args, strict=False):
            self.names[parameter] = self.value(value)
        for keyword in node.keywords:
            if keyword.arg:
                self.names[keyword.arg] = self.value(keyword.value)
        self.depth += 1
        self.block(function.body)
        self.depth -= 1
        result, self.returned = self.returned, before
        shared = {n for item in ast.walk(function) if isinstance(item, ast.Global) for n in item.names}
        self.names = {**outer, **{n: v for n, v in self.names.items() if n in shared}}
        return result

    def program(self, node: ast.Call) -> None:
        """BPF(text=...) or BPF(src_file=...): the C is compiled, and what it names attaches by itself."""
        self.compiles = True
        for keyword in node.keywords:
            text = self.value(keyword.value)
            if keyword.arg == "src_file":
                text = _file(values.plain(text))
            for piece in values.pieces(text):
                if logic.conjunction(self.path, piece.when) == TRUE:
                    self.always.append(piece.text)
                for kind, name in ctext.probes(piece.text):
                    self.emit(kind, name, piece.when)

    def attach(self, kind: str, node: ast.Call) -> None:
        given = {k.arg: self.value(k.value) for k in node.keywords if k.arg}
        order = ("event",) if "probe" in kind and kind != "uprobe" else ("name", "sym") if kind == "uprobe" else ("probe",)
        given = {**dict(zip(order, map(self.value, node.args), strict=False)), **given}
        for text, when in attached(kind, given, node):
            self.emit(kind, text, when)

    def emit(self, kind: str, name: str, when: Condition) -> None:
        condition = logic.conjunction(self.path, when)
        if condition != FALSE:
            self.found.append(Attach(kind, (name,) if name and "%" not in name else (), when=logic.written(condition)))

    # -- values

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=constant):
                return values.constant(constant)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return Number(-number)
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute():
                return self.option(node)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return values.added(self.value(left), self.value(right))
            case ast.BinOp(left=left, op=ast.Mod()):
                return self.value(left)
            case ast.JoinedStr(values=parts):
                return (Piece("".join(str(p.value) if isinstance(p, ast.Constant) else "%s" for p in parts)),)
            case ast.Call():
                return self.result(node)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return Test(self.truth(node))
        return None

    def option(self, node: ast.Attribute) -> Value:
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        if name not in _ARGUMENTS or node.attr not in self.defaults:
            return None
        if node.attr in self.fixed:
            return (Piece(self.fixed[node.attr]),)
        return Number(False) if node.attr in _SHOWS_ONLY else Option(node.attr, self.defaults[node.attr])

    def result(self, node: ast.Call) -> Value:
        name, owner = called(node), node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in _ASK:
            return Test(logic.literal(_ASK[name]))
        if name in _ASK_NAMED:
            parts = [values.plain(self.value(a)) for a in node.args]
            separator = "." if name == "kernel_struct_has_field" else ":"
            known = [part for part in parts if part is not None]
            return Test(logic.literal(_ASK_NAMED[name] + separator.join(known)) if len(known) == len(parts) else UNKNOWN)
        if name == "get_syscall_prefix":
            return (Piece("syscall:"),)
        if name == "get_syscall_fnname":
            return values.added((Piece("syscall:"),), self.value(node.args[0]))
        if name == "replace" and owner is not None and len(node.args) == 2:
            return values.replaced(self.value(owner), values.plain(self.value(node.args[0])), self.value(node.args[1]))
        if name in ("decode", "encode", "format", "strip") and owner is not None:
            return self.value(owner)
        if name in self.functions and owner is None:
            return self.follow(self.functions[name], node)
        return None

    # -- conditions

    def truth(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return logic.conjunction(*map(self.truth, parts))
            case ast.BoolOp(values=parts):
                return logic.disjunction(*map(self.truth, parts))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return logic.negation(self.truth(operand))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.comparison(left, op, right)
            case ast.Compare():
                return UNKNOWN
        return values.truth(self.value(node))

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
        if isinstance(left, ast.Name) and left.id == "__name__":
            return TRUE
        same = self.equal(self.value(left), self.value(right))
        if isinstance(op, ast.Eq | ast.Is):
            return same
        return logic.negation(same) if isinstance(op, ast.NotEq | ast.IsNot) else UNKNOWN

    def equal(self, left: Value, right: Value) -> Condition:
        plain = values.plain(right)
        match left, right:
            case Option(dest=dest, default=default), _ if default == _python(right):
                return logic.literal(f"!option:{dest}")
            case Option(dest=dest), _ if plain is not None:
                return logic.literal(f"option:{dest}={plain}")
            case Test(condition=condition), Number(value=number):
                return logic.negation(condition) if number in (-1, 0) else condition
            case tuple(), tuple() if left and plain is not None:
                return logic.disjunction(*(piece.when for piece in left if piece.text == plain))
        return UNKNOWN


def _plausible(stays: Condition) -> Condition:
    """What holds after `if TEST: exit()`: of a test that refuses a mixture of arguments nothing is kept."""
    return tuple(clause for clause in stays if len(clause) == 1 and clause != ("?",) and "option:" not in clause[0])


def _simplified(found: list[Attach]) -> tuple[Attach, ...]:
    """Each thing once: what attaches both under a condition and under its opposite attaches always."""
    conditions: dict[Attach, list[frozenset[str]]] = {}
    for attach in found:
        conditions.setdefault(replace(attach, when=()), []).append(frozenset(attach.when))
    return tuple(replace(attach, when=tuple(sorted(when))) for attach, whens in conditions.items() for when in logic.resolved(whens))


def _file(path: str | None) -> Value:
    if not path:
        return None
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return (Piece(file.read()),)
    except OSError:
        return None


def _attachable(tried: list[Attach]) -> Condition:
    """The literal that says whether the first of these attaches."""
    for attach in tried:
        if attach.names and attach.kind in ("kprobe", "kretprobe", "uprobe"):
            return logic.literal(f"{attach.kind.replace('kret', 'k')}:{attach.names[0]}")
    return UNKNOWN


def _relaxed(attach: Attach, test: Condition, instead: bool, gives_up: bool) -> Attach:
    if instead and test != UNKNOWN:
        return replace(attach, when=(*attach.when, *logic.written(test)))
    return attach if gives_up else replace(attach, optional=True)
