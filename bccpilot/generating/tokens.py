"""bpftrace source -> tokens. What isn't a token here is an error: the tokens are all that a program can consist of."""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class SyntaxProblem(Exception):
    """The text isn't a program: where, and why."""

    def __init__(self, at: tuple[int, int], why: str) -> None:
        super().__init__(f"line {at[0]}, column {at[1]}: {why}")
        self.at, self.why = at, why


@dataclass(frozen=True)
class Token:
    """`kind`: number | string | map | variable | positional | name | operator | end. A string's `text` is decoded."""

    kind: str
    text: str
    start: int
    end: int


_SKIPPED = re.compile(r"(?:[ \t\n\r]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(
    r"""
    (?P<number>(?:0[xX][0-9a-fA-F]+|[0-9][0-9_]*(?:e[0-9]+)?)(?:[uU]?(?:ll|LL|[lL])?)(?![A-Za-z0-9_]))
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<map>@[A-Za-z_][A-Za-z0-9_]*|@)
  | (?P<positional>\$(?:[1-9][0-9]*|\#))
  | (?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator>\+\+|--|->|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^!~<>=?:;,.(){}\[\]])
    """,
    re.VERBOSE | re.ASCII,
)
_POINT = re.compile(
    r"""
    (?:uprobe|uretprobe|u|ur|usdt|U):(?:"[^"\n\\]*"|[\w./+@*?-]+)(?::(?:"[^"\n\\]*"|[\w.$*?\[\]@<>~+-]+)){1,2}
  | (?:BEGIN|END)(?![\w:])
  | (?:[a-z]+):(?:"[^"\n\\]*"|[\w.*?+\[\]-]+)(?::(?:"[^"\n\\]*"|[\w.*?+\[\]-]+)){0,2}
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(r"\\(?:([ntr\\\"])|([0-7]{1,3})|x([0-9a-fA-F]{1,2}))|\\.", re.DOTALL)


class Source:
    """A text and a place in it. Tokens are taken one at a time, because an attach point has a lexis of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._place = self._hashbang()
        self._ahead: Token | None = None

    def _hashbang(self) -> int:
        return (self.text.find("\n") + 1 or len(self.text)) if self.text.startswith("#!") else 0

    def peek(self) -> Token:
        """The next token, left where it is."""
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def take(self) -> Token:
        """The next token."""
        token = self.peek()
        self._place, self._ahead = token.end, None
        return token

    def point(self) -> Token:
        """An attach point."""
        self._ahead = None
        start = self._skip()
        found = _POINT.match(self.text, start)
        if found is None:
            self.fail(start, "an attach point is expected, such as tracepoint:sched:sched_switch")
        self._place = found.end()
        return Token("point", found.group(), start, found.end())

    def rewind(self, token: Token) -> None:
        """Back to where a token began."""
        self._place, self._ahead = token.start, None

    def fail(self, place: int, why: str) -> NoReturn:
        raise SyntaxProblem(self.at(place), why)

    def at(self, place: int) -> tuple[int, int]:
        """(line, column), from 1."""
        before = self.text[:place]
        return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1

    def _skip(self) -> int:
        found = _SKIPPED.match(self.text, self._place)
        return found.end() if found else self._place

    def _read(self) -> Token:
        start = self._skip()
        if start >= len(self.text):
            return Token("end", "", start, start)
        found = _TOKEN.match(self.text, start)
        if found is None:
            self.fail(start, _not_a_token(self.text[start]))
        kind, text = found.lastgroup or "", found.group()
        return Token(kind, self._decoded(text[1:-1], start) if kind == "string" else text, start, found.end())

    def _decoded(self, text: str, start: int) -> str:
        """A string's content; what can't be printed is refused, but for line ends and tabs."""

        def one(found: re.Match[str]) -> str:
            letter, octal, digits = found.groups()
            if letter is not None:
                return _ESCAPES[letter]
            if octal is None and digits is None:
                self.fail(start, f"{found.group()} is no escape that bpftrace knows")
            return chr(int(octal, 8) if octal is not None else int(digits, 16))

        content = _ESCAPE.sub(one, text)
        bad = next((c for c in content if not c.isprintable() and c not in "\n\t\r"), None)
        if bad is not None or any(0x7F <= ord(c) < 0xA0 for c in content):
            self.fail(start, "a string holds a control character")
        return content


def _not_a_token(character: str) -> str:
    if character == "#":
        return "preprocessor directives (#include, #define ...) are not allowed"
    if character == '"':
        return "a string is not closed on its line"
    return f"{character!r} is not expected here"
