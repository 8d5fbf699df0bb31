"""The probe syntaxes of the tools that take one, read as each tool's own source reads them, with the place of an error.

    funccount, stackcount   FUNCTION | LIB:FUNCTION | p:LIB:FUNCTION | t:CATEGORY:EVENT, with wildcards or as a regular expression
    funclatency             FUNCTION | LIB:FUNCTION, likewise        funcslower   the same without wildcards
    funcinterval            FUNCTION | LIB:FUNCTION | t:CATEGORY:EVENT
    trace                   [p|r|t|u]:LIB:FUNCTION[+OFFSET][(SIGNATURE)] [(PREDICATE)] ["FORMAT", VALUE ...]
    argdist                 {p|r|t|u}:LIB:FUNCTION(SIGNATURE)[:TYPE[,TYPE ...]:EXPR[,EXPR ...][:FILTER]][#LABEL]
    inject                  [(PREDICATE) =>] FUNCTION(SIGNATURE)[(PREDICATE)] [=> ...]

Sources: `Probe.__init__` and `_parse_probe` of each tool. What the tools paste into their C program is kept as `code`, for the policy.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A kernel function, and a tracepoint's category or event: they become part of a C program.
SYMBOL = r"[A-Za-z_$.][\w$.]*"
WORD = r"\w+"
_REPEATS = r"[*+{]"
_NESTED = r"\)[*+?{]|\\\d"
_WILD = r"[*?\[\]^$|+(){}\\]"


@dataclass(frozen=True)
class Probe:
    """One place to attach to. `kind`: p (entry) | r (return) | t (tracepoint) | u (USDT). `library` is empty for the kernel. `name` is a
    function, `category:event`, a USDT probe, or with `pattern` a regular expression over these that holds from start to end where
    `whole`. `code` is the C of the caller's that goes into the program; `text` the probe as written, `at` the place of the name in it."""

    kind: str
    library: str
    name: str
    text: str = ""
    pattern: bool = False
    code: tuple[str, ...] = ()
    at: int = 0


def comparable(expression: str) -> bool:
    """Can a regular expression be compared with a kernel's worth of names in no time? What could take for ever is left to the tool."""
    return len(re.findall(_REPEATS, expression)) <= 3 and not re.search(_NESTED, expression)


class Malformed(Exception):
    """Why a tool refuses a probe; `at` is the index of the character at fault."""

    def __init__(self, why: str, at: int = 0) -> None:
        super().__init__(why)
        self.why, self.at = why, at


def parse(tool: str, text: str, regexp: bool = False, histogram: bool = False) -> tuple[Probe, ...]:
    """The probes that `tool` reads in `text`; inject's calling chains have several. `regexp`: its option for regular expressions is given.
    `histogram`: argdist's -H. Raises Malformed, and KeyError for a tool that takes no probes."""
    if tool in ("funccount", "stackcount"):
        return (_counted(tool, text, regexp),)
    if tool == "funclatency":
        return (_plain(text, True, regexp),)
    if tool == "argdist":
        return (_specifier(text, histogram),)
    return _PARSERS[tool](text)


def _parts(text: str, most: int) -> list[tuple[str, int]]:
    """The text between colons, each part with its place."""
    parts, at = [], 0
    for part in text.split(":"):
        parts.append((part, at))
        at += len(part) + 1
    if len(parts) > most:
        raise Malformed(f"there are {len(parts)} parts between colons, the tool takes at most {most}", parts[most][1] - 1)
    return parts


def _counted(tool: str, text: str, regexp: bool) -> Probe:
    parts = _parts(text, 3)
    kind, library, (name, at) = "p", "", parts[-1]
    if len(parts) == 2:
        library = _library(text, parts)
    if len(parts) == 3:
        kind, library = _type(parts[0], "ptu"), parts[1][0]
    if kind == "u":
        raise Malformed(f"{tool} can't read USDT probes under Python 3; trace and argdist can")
    if kind == "t":
        return _matched(Probe("t", "", f"{library}:{name}", text, at=parts[1][1]), regexp)
    return _matched(Probe("p", library, name, text, at=at), regexp)


def _plain(text: str, wildcards: bool, regexp: bool = False) -> Probe:
    """FUNCTION or LIB:FUNCTION."""
    parts = _parts(text, 2)
    library = _library(text, parts) if len(parts) == 2 else ""
    if len(parts) == 2 and not library:
        raise Malformed("a library or program is missing before the colon")
    probe = Probe("p", library, parts[-1][0], text, at=parts[-1][1])
    return _matched(probe, regexp) if wildcards else _exact(probe)


def _libbpf(text: str) -> tuple[Probe, ...]:
    """libbpf's: FUNCTION, LIB:FUNCTION or :FUNCTION of the process traced, PROGRAM:FUNCTION. What is in a process isn't looked up."""
    parts = _parts(text, 2)
    probe = _exact(Probe("p", parts[0][0] if len(parts) == 2 else "", parts[-1][0], text, at=parts[-1][1]))
    return (probe,) if len(parts) == 1 or "/" in probe.library else ()


def _interval(text: str) -> tuple[Probe, ...]:
    parts = _parts(text, 3)
    if len(parts) < 3:
        return (_plain(text, False),)
    if parts[0][0] != "t":
        raise Malformed("of three parts the first must be t: the tool takes any three for a tracepoint")
    return (_exact(Probe("t", "", f"{parts[1][0]}:{parts[2][0]}", text, at=parts[1][1])),)


def _library(text: str, parts: list[tuple[str, int]]) -> str:
    library = parts[0][0]
    if library in ("p", "r", "t", "u"):
        raise Malformed(f"two parts are a library and a function, so {library!r} would be a library; a probe's type needs three parts")
    return library


def _type(part: tuple[str, int], letters: str) -> str:
    kind, at = part
    if len(kind) != 1 or kind not in letters:
        raise Malformed(f"the probe's type must be {' or '.join(letters)}, not {kind!r}", at)
    return kind


def _matched(probe: Probe, regexp: bool) -> Probe:
    """The name as the tool compares it: `*` is any text, the rest is a regular expression all the same."""
    _named(probe)
    written = probe.name if regexp else "^" + probe.name.replace("*", ".*") + "$"
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(written)
    except re.error as error:
        why = f"the tool reads it as a regular expression, which it isn't: {error.msg}"
        raise Malformed(why, _place(probe, error.pos, regexp)) from None
    except (RecursionError, OverflowError):
        raise Malformed("as a regular expression it is too complex", probe.at) from None
    if not re.search(_WILD, probe.name):
        return _exact(probe)
    return Probe(probe.kind, probe.library, written, probe.text, True, at=probe.at)


def _place(probe: Probe, position: int | None, regexp: bool) -> int:
    """An index into the expression as an index into what was written."""
    if regexp:
        return probe.at + (position or 0)
    at = 0
    for index, letter in enumerate(probe.name):
        at += 2 if letter == "*" else 1
        if at >= (position or 0):
            return probe.at + index
    return probe.at + max(len(probe.name) - 1, 0)


def _named(probe: Probe) -> None:
    if not probe.name.strip(":"):
        raise Malformed("a function's name is missing", probe.at)
    odd = re.search(r"[\s\"'`;\x00-\x1f\x7f]", probe.name)
    if odd:
        raise Malformed(f"{odd.group()!r} can't be part of a name", probe.at + odd.start())


def _exact(probe: Probe) -> Probe:
    """A kernel function's or tracepoint's name as it is; symbols of libraries may hold more (C++, Go)."""
    _named(probe)
    if probe.library:
        return probe
    at = probe.at
    for name in probe.name.split(":") if probe.kind == "t" else [probe.name]:
        allowed = WORD if probe.kind == "t" else SYMBOL
        found = re.match(allowed, name)
        if found is None or found.end() < len(name):
            end = found.end() if found else 0
            why = f"{name[end]!r} can't be part of a name; there are no wildcards here" if name else "a name is missing"
            raise Malformed(why, at + end)
        at += len(name) + 1
    return probe


# trace

_TRACED = r"([^ \t(]+)(\([^(]*\))?(.*)"
_PLACEHOLDER = r"[^%]%(s|u|d|lu|llu|ld|lld|hu|hd|x|lx|llx|c|K|U)"


def _traced(text: str) -> tuple[Probe, ...]:
    found = re.match(_TRACED, text)
    if found is None:
        raise Malformed("it must begin with a probe")
    if found.end() < len(text):
        raise Malformed("a probe is one line", found.end())
    spec, signature, rest = found.groups()
    kind, library, name, at = _traced_spec(spec)
    if signature and len(signature) > 2 and kind in ("u", "t"):
        raise Malformed("USDT probes and tracepoints have no signature; use arg1, arg2 or args->field", found.start(2))
    predicate, action, place = _predicate(rest, found.start(3))
    code = (signature or "", predicate, *_action(action, place))
    probe = Probe(kind, library, name, text, code=tuple(part for part in code if part), at=at)
    return (_exact(probe),)


def _traced_spec(spec: str) -> tuple[str, str, str, int]:
    """(kind, library, name, place of the name)."""
    parts = _parts(spec, 99)
    if len(parts) == 1:
        return ("p", "", *_offset(*parts[0]))
    if len(parts) == 2:
        return ("p", _library(spec, parts), *_offset(*parts[1]))
    kind = _type(parts[0], "prtu") if parts[0][0] else "p"
    if kind in ("t", "u") and "+" in parts[-1][0]:
        raise Malformed("only functions have an offset", parts[-1][1] + parts[-1][0].index("+"))
    if kind == "t":
        if len(parts) > 3:
            raise Malformed("a tracepoint is t:CATEGORY:EVENT", parts[3][1] - 1)
        return kind, "", f"{parts[1][0]}:{parts[2][0]}", parts[1][1]
    if kind == "u":
        return kind, parts[1][0], ":".join(part for part, _ in parts[2:]), parts[2][1]
    return (kind, ":".join(part for part, _ in parts[1:-1]), *_offset(*parts[-1]))


def _offset(name: str, at: int) -> tuple[str, int]:
    """FUNCTION+OFFSET; the offset is decimal, or hexadecimal where it has an x."""
    function, plus, offset = name.partition("+")
    if plus and not re.fullmatch(r"\d+|0[xX][0-9a-fA-F]+", offset):
        raise Malformed(f"the offset {offset!r} must be decimal or hexadecimal", at + len(function) + 1)
    return function, at


def _predicate(rest: str, at: int) -> tuple[str, str, int]:
    """(predicate, what follows it, the place of that)."""
    text = rest.lstrip()
    at += len(rest) - len(text)
    if not text.startswith("("):
        return "", text, at
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[: index + 1], text[index + 1 :].lstrip(), at + index + 1
    raise Malformed("the predicate's parenthesis isn't closed", at)


def _action(action: str, at: int) -> tuple[str, ...]:
    """The values of `"FORMAT", VALUE ...`: as many as the format has placeholders."""
    if not action:
        return ()
    found = re.search(r'(".*?"),?(.*)', action)
    if found is None:
        raise Malformed('a format in "double quotes" is expected', at)
    values = tuple(part.strip() for part in re.split('(?<!"),', found.group(2)) if part)
    wanted = len(re.findall(_PLACEHOLDER, found.group(1)))
    if len(values) != wanted:
        raise Malformed(f"the format has {wanted} placeholders that the tool knows, and {len(values)} values follow", at + found.start(1))
    return values


# argdist


def _specifier(text: str, histogram: bool) -> Probe:
    spec = text.split("#")[0]
    shift = len(spec) - len(spec.lstrip())
    parts = _parts(spec.strip(), 6)
    if len(parts) < 3:
        raise Malformed("at least the type, the library (empty for the kernel) and the signature are needed: p::FUNCTION()", len(spec))
    kind = _type(parts[0], "rptu")
    signature, at = parts[2]
    if not re.match(r"\S+\(.*\)", signature):
        raise Malformed(f"{signature!r} is no signature: FUNCTION(TYPE NAME, ...), or FUNCTION()", at + shift)
    function = signature.split("(")[0].strip()
    expressions = _expressions(parts, kind, histogram)
    parameters = signature.split("(")[1].strip()[:-1]
    _entries(parts, kind, parameters)
    filtered = parts[5][0] if len(parts) == 6 else ""
    code = tuple(part for part in (parameters, *expressions, filtered) if part)
    name = f"{parts[1][0]}:{function}" if kind == "t" else function
    place = parts[1][1] if kind == "t" else at
    return _exact(Probe(kind, "" if kind == "t" else parts[1][0], name, text, code=code, at=place + shift))


def _expressions(parts: list[tuple[str, int]], kind: str, histogram: bool) -> tuple[str, ...]:
    """Types and expressions, of which there must be as many."""
    if len(parts) == 4:
        raise Malformed("a type without an expression is read over", parts[3][1])
    if len(parts) < 5:
        if histogram and kind != "r":
            raise Malformed("a histogram needs an expression: ...:TYPE:EXPRESSION", parts[-1][1] + len(parts[-1][0]))
        return ()
    for part, at in parts[3:5]:
        if not part:
            raise Malformed("a type or an expression is missing", at)
    types, values = parts[3][0].split(","), parts[4][0].split(",")
    if len(types) != len(values):
        raise Malformed(f"{len(types)} types for {len(values)} expressions", parts[4][1])
    if histogram and len(types) > 1:
        raise Malformed("a histogram has one expression only", parts[4][1])
    return (*types, *values)


def _entries(parts: list[tuple[str, int]], kind: str, parameters: str) -> None:
    """`$entry(NAME)` of a return probe names a parameter of the signature."""
    if kind != "r":
        return
    known = {_parameter(text.strip()) for text in parameters.split(",")}
    for part, at in parts[4:]:
        for found in re.finditer(r"\$entry\((\w+)\)", part):
            if found.group(1) not in known:
                raise Malformed(f"the signature has no parameter {found.group(1)!r}", at + found.start(1))


def _parameter(text: str) -> str:
    """The name in `const char *buf`: what follows the last star, else the last space."""
    return text.rpartition("*" if "*" in text else " ")[2].strip()


# inject


def _chain(text: str) -> tuple[Probe, ...]:
    probes = []
    for function, predicate, at in _frames(text):
        left = function.find("(")
        if not re.fullmatch(r"[_a-zA-Z]\w*", function[:left]):
            raise Malformed(f"{function[:left]!r} is no function's name", at)
        probes.append(Probe("p", "", function[:left], text, code=(function[left:], predicate), at=at))
    return tuple(probes)


def _frames(text: str) -> Iterator[tuple[str, str, int]]:
    """(function with signature, predicate, place) of each call; a predicate alone stands for the failing function and is left out."""
    at = 0
    for call in _calls(text):
        blocks = [(found.group(), at + found.start()) for found in _blocks(call)]
        if not blocks:
            raise Malformed("a function needs its parentheses: FUNCTION()", at)
        if len(blocks) > 2:
            raise Malformed("a call is FUNCTION(SIGNATURE)(PREDICATE) at most", blocks[2][1])
        if len(blocks) == 2 or not blocks[0][0].startswith("("):
            yield blocks[0][0], blocks[1][0] if len(blocks) == 2 else "(true)", blocks[0][1]
        at += len(call) + 2


def _calls(text: str) -> Iterator[str]:
    """The text between `=>` outside of parentheses. Raises Malformed where these aren't balanced, and for what follows the last of them."""
    depth = start = 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            raise Malformed("a parenthesis is closed that was never opened", index)
        if not depth and text.startswith("=>", index):
            yield text[start:index]
            start = index + 2
    if depth:
        raise Malformed("a parenthesis isn't closed", text.rfind("("))
    yield text[start:]


def _blocks(call: str) -> Iterator[re.Match[str]]:
    """`NAME(...)` and `(...)`, parentheses within parentheses included."""
    end = depth = 0
    for index, letter in enumerate(call):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and not depth:
            found = re.compile(r"\S.*", re.DOTALL).search(call, end, index + 1)
            if found is not None:
                yield found
            end = index + 1
    if call[end:].strip():
        raise Malformed("something follows the last parenthesis", end)


_PARSERS: dict[str, Callable[[str], tuple[Probe, ...]]] = {
    "funcslower": lambda text: (_plain(text, False),),
    "funcinterval": _interval,
    "trace": _traced,
    "inject": _chain,
    "libbpf_funclatency": _libbpf,
}
