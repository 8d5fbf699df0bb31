"""What a name of a followed source may hold: strings with the conditions under which they came together, options, tests, numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from manpages_index.needs import ctext, logic
from manpages_index.needs.logic import FALSE, TRUE, UNKNOWN, Condition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Piece:
    """A string, and the condition under which it is there."""

    text: str
    when: Condition = TRUE


Text = tuple[Piece, ...]


@dataclass(frozen=True)
class Option:
    """The value of a command line option, which is `default` where it isn't given."""

    dest: str
    default: object = None


@dataclass(frozen=True)
class Test:
    """A value that is true under a condition."""

    condition: Condition


@dataclass(frozen=True)
class Number:
    value: object


Value = Text | Option | Test | Number | None  # None: not understood


def constant(value: object) -> Value:
    """The value of a literal."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is None:
        return ()
    return (Piece(value),) if isinstance(value, str) else Number(value)


def pieces(value: Value) -> Text:
    """The strings that it may be."""
    return value if isinstance(value, tuple) else ()


def plain(value: Value) -> str | None:
    """The string, where it is one and known."""
    return value[0].text if isinstance(value, tuple) and len(value) == 1 else None


def added(left: Value, right: Value) -> Value:
    """Names join; long pieces stay apart, each with its own condition. A name of which a part isn't known isn't known."""
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        known = left if isinstance(left, tuple) else right
        return known if isinstance(known, tuple) and any("\n" in piece.text for piece in known) else None
    if len(left) == len(right) == 1 and "\n" not in left[0].text + right[0].text:
        return (Piece(left[0].text + right[0].text, logic.conjunction(left[0].when, right[0].when)),)
    return left + right


def truth(value: Value) -> Condition:
    match value:
        case Test(condition=condition):
            return condition
        case Option(dest=dest, default=True):
            return logic.literal(f"!option:{dest}")
        case Option(dest=dest, default=default):
            return TRUE if default and default is not ... else logic.literal(f"option:{dest}")
        case Number(value=number):
            return TRUE if number else FALSE
        case tuple():
            return logic.disjunction(*(piece.when for piece in value if piece.text))
    return UNKNOWN


def merged(test: Condition, then: Mapping[str, Value], otherwise: Mapping[str, Value]) -> dict[str, Value]:
    names = dict.fromkeys((*then, *otherwise))
    return {name: _either(test, then.get(name), otherwise.get(name)) for name in names}


def _either(test: Condition, left: Value, right: Value) -> Value:
    if left == right:
        return left
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return left if left is not None else right
    both = set(left) & set(right)
    negated = logic.negation(test)
    merged = [piece if piece in both else replace(piece, when=logic.conjunction(piece.when, test)) for piece in left]
    merged += [replace(piece, when=logic.conjunction(piece.when, negated)) for piece in right if piece not in both]
    return tuple(piece for piece in merged if piece.when != FALSE)


def replaced(value: Value, old: str | None, new: Value) -> Value:
    """`text.replace(old, new)`, where new may be one of several strings."""
    if not isinstance(value, tuple) or not old or not isinstance(new, tuple):
        return value
    return tuple(made for piece in value for made in _each(piece, old, new))


def _each(piece: Piece, old: str, new: Text) -> Iterator[Piece]:
    if old not in piece.text or not new or _same_probes(piece.text, old, new):
        yield piece
        return
    for choice in new:
        when = logic.conjunction(piece.when, choice.when)
        if when != FALSE:
            yield Piece(piece.text.replace(old, choice.text), when)


def _same_probes(text: str, old: str, new: Text) -> bool:
    """The replacement changes the program's inside only: then its conditions don't matter."""
    probes = list(ctext.probes(text))
    return all(list(ctext.probes(text.replace(old, choice.text))) == probes for choice in new)
