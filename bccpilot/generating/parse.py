"""bpftrace source -> syntax tree, by recursive descent. Raises SyntaxProblem with line and column.

It knows less than bpftrace does, on purpose: what it doesn't know is refused. What runs is not the text but what `write` prints of the tree,
so that a place where this parser and bpftrace's might differ can't hide anything.
"""

from __future__ import annotations

from bccpilot.generating.syntax import Node
from bccpilot.generating.tokens import Source, SyntaxProblem, Token

__all__ = ["SyntaxProblem", "parse"]

MOST_BYTES = 32_768
MOST_DEPTH = 60
_LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_ASSIGNING = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))
_UNARY = frozenset(("!", "~", "-", "*", "++", "--"))
_JUMPS = frozenset(("return", "break", "continue"))
_TYPES = frozenset(
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t u8 u16 u32 u64"
    " s8 s16 s32 s64 char short int long unsigned signed bool void size_t sector_t pid_t uid_t gid_t dev_t".split()
)
_TAGGED = ("struct", "union", "enum")


def parse(text: str) -> Node:
    """The tree of a whole program."""
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise SyntaxProblem((1, 1), f"a program of more than {MOST_BYTES} bytes")
    return _Parser(text).program()


class _Parser:
    def __init__(self, text: str) -> None:
        self._source = Source(text)
        self._depth = 0
        self._ends_at_slash = False  # inside a predicate, where a / may be its end

    # what tokens are

    def _is(self, *texts: str) -> bool:
        token = self._source.peek()
        return token.kind in ("operator", "name") and token.text in texts

    def _expect(self, text: str) -> Token:
        token = self._source.take()
        if token.kind not in ("operator", "name") or token.text != text:
            self._source.fail(token.start, f"{text!r} is expected, not {token.text or 'the end'!r}")
        return token

    def _node(self, kind: str, token: Token, text: str = "", *children: Node) -> Node:
        return Node(kind, text, children, self._source.at(token.start))

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._source.fail(token.start, f"more than {MOST_DEPTH} levels deep")

    # program, probes

    def program(self) -> Node:
        first = self._source.peek()
        parts: list[Node] = []
        while self._is(*_TAGGED):
            parts.append(self._struct())
        while self._source.peek().kind != "end":
            parts.append(self._probe())
        if not any(part.kind == "probe" for part in parts):
            self._source.fail(first.start, "there is no probe")
        return self._node("program", first, "", *parts)

    def _struct(self) -> Node:
        """A C declaration, token by token; it may hold neither strings nor directives."""
        first, words, depth = self._source.peek(), [], 0
        while True:
            token = self._source.take()
            if token.kind not in ("name", "number", "operator"):
                self._source.fail(token.start, f"{token.text or 'the end'!r} in a declaration")
            words.append(token.text)
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if token.text == ";" and depth == 0:
                return self._node("struct", first, " ".join(words))

    def _probe(self) -> Node:
        first = self._source.peek()
        points = [self._point()]
        while self._is(","):
            self._source.take()
            if not self._is("{", "/"):
                points.append(self._point())
        parts = [self._node("points", first, "", *points)]
        if self._is("/"):
            parts.append(self._predicate())
        return self._node("probe", first, "", *parts, self._block())

    def _point(self) -> Node:
        token = self._source.point()
        return self._node("point", token, token.text)

    def _predicate(self) -> Node:
        first = self._expect("/")
        self._ends_at_slash = True
        condition = self._expression()
        self._ends_at_slash = False
        self._expect("/")
        return self._node("predicate", first, "", condition)

    # statements

    def _block(self) -> Node:
        first = self._expect("{")
        self._deeper(first)
        statements: list[Node] = []
        while not self._is("}"):
            if self._is(";"):
                self._source.take()
                continue
            statement = self._statement()
            statements.append(statement)
            if not self._is("}") and statement.kind not in ("if", "while", "unroll"):
                self._expect(";")
        self._source.take()
        self._depth -= 1
        return self._node("block", first, "", *statements)

    def _statement(self) -> Node:
        token = self._source.peek()
        if token.kind == "name" and token.text in ("if", "while", "unroll"):
            return self._controlled(token.text)
        if token.kind == "name" and token.text in _JUMPS:
            self._source.take()
            return self._node("jump", token, token.text)
        target = self._expression()
        operator = self._source.peek()
        if operator.kind == "operator" and operator.text in _ASSIGNING:
            if target.kind not in ("map", "variable"):
                self._source.fail(token.start, "only maps and variables can be assigned to")
            self._source.take()
            return self._node("assign", token, operator.text, target, self._expression())
        return target

    def _controlled(self, kind: str) -> Node:
        first = self._source.take()
        self._deeper(first)
        self._expect("(")
        parts = [self._expression()]
        self._expect(")")
        parts.append(self._block())
        if kind == "if" and self._is("else"):
            token = self._source.take()
            parts.append(self._node("block", token, "", self._controlled("if")) if self._is("if") else self._block())
        self._depth -= 1
        return self._node(kind, first, "", *parts)

    # expressions

    def _expression(self) -> Node:
        self._deeper(self._source.peek())
        node = self._ternary()
        self._depth -= 1
        return node

    def _ternary(self) -> Node:
        condition = self._binary(0)
        if not self._is("?"):
            return condition
        token = self._source.take()
        yes = self._expression()
        self._expect(":")
        return self._node("ternary", token, "", condition, yes, self._expression())

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while self._is(*_LEVELS[level]) and not self._at_end_of_predicate():
            token = self._source.take()
            node = self._node("binary", token, token.text, node, self._binary(level + 1))
        return node

    def _at_end_of_predicate(self) -> bool:
        """A slash right before a block closes the predicate; elsewhere it divides."""
        if not self._ends_at_slash or not self._is("/"):
            return False
        slash = self._source.take()
        ends = self._is("{")
        self._source.rewind(slash)
        return ends

    def _unary(self) -> Node:
        token = self._source.peek()
        if token.kind == "operator" and token.text in _UNARY:
            self._deeper(self._source.take())
            node = self._node("unary", token, token.text, self._unary())
            self._depth -= 1
            return node
        return self._postfix(self._primary())

    def _postfix(self, node: Node) -> Node:
        while self._is(".", "->", "[", "++", "--"):
            token = self._source.take()
            if token.text == "[":
                node = self._node("index", token, "", node, self._expression())
                self._expect("]")
            elif token.text in ("++", "--"):
                node = self._node("postfix", token, token.text, node)
            else:
                member = self._source.take()
                if member.kind != "name" and not (token.text == "." and member.text.isdigit()):
                    self._source.fail(member.start, "a field's name is expected")
                node = self._node("field", token, token.text + member.text, node)
        return node

    def _primary(self) -> Node:
        token = self._source.take()
        if token.kind in ("number", "string", "variable", "positional"):
            return self._node(token.kind, token, token.text)
        if token.kind == "map":
            return self._node("map", token, token.text, *self._keys())
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            return self._in_parentheses(token)
        return self._source.fail(token.start, f"a value is expected, not {token.text or 'the end'!r}")

    def _keys(self) -> list[Node]:
        if not self._is("["):
            return []
        self._source.take()
        return self._list("]")

    def _list(self, end: str) -> list[Node]:
        inside, self._ends_at_slash = self._ends_at_slash, False
        items: list[Node] = []
        while not self._is(end):
            items.append(self._expression())
            if not self._is(end):
                self._expect(",")
        self._source.take()
        self._ends_at_slash = inside
        return items

    def _named(self, token: Token) -> Node:
        if not self._is("("):
            return self._node("name", token, token.text)
        self._source.take()
        if token.text == "sizeof" and self._at_type():
            node = self._node("sizeof", token, self._type())
            self._expect(")")
            return node
        return self._node("call", token, token.text, *self._list(")"))

    def _in_parentheses(self, token: Token) -> Node:
        if self._at_type():
            kind = self._type()
            self._expect(")")
            return self._node("cast", token, kind, self._unary())
        items = self._list(")")
        if not items:
            self._source.fail(token.start, "there is nothing in the parentheses")
        return items[0] if len(items) == 1 else self._node("tuple", token, "", *items)

    def _at_type(self) -> bool:
        token = self._source.peek()
        return token.kind == "name" and (token.text in _TAGGED or token.text in _TYPES)

    def _type(self) -> str:
        words = [self._source.take().text]
        while self._source.peek().kind == "name" or self._is("*"):
            words.append(self._source.take().text)
        return " ".join(words)
