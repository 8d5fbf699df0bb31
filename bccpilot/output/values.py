"""One cell of text -> one typed value. A converter raises ValueError when the text can't be of its type.

Absent values (`-`, `N/A`, `?`, an empty cell) are None in every type. Numbers keep the unit that they were printed in:
the unit is part of the column, not of the value.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Converter = Callable[[str], object]

ABSENT = frozenset(("", "-", "?", "N/A", "n/a", "[unknown]"))

_ERRNO = re.compile(r"-?E[A-Z0-9]+")
_BYTES = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)
_SCALED = re.compile(r"(-?\d+(?:\.\d+)?)([KMGTP]?)", re.ASCII)


def integer(text: str) -> int | None:
    """A decimal number of at most 20 digits, in ASCII and with nothing around it; None for anything else."""
    digits = text[1:] if text[:1] == "-" else text
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) <= 20 else None


def automatic(text: str) -> object:
    """What the text looks like: a number, or else the text. A leading zero (flags, octal modes) or a hexadecimal address
    stays text. Without regular expressions: it is called for every cell whose type nothing tells."""
    if not text[-1:].isdigit() or not text.isascii():
        return plain(text)
    whole, point, fraction = text.partition(".")
    digits = whole[1:] if whole[:1] == "-" else whole
    if not digits.isdigit() or (digits[0] == "0" and len(digits) > 1) or len(digits) > 20:
        return plain(text)
    if not point:
        return int(whole)
    return float(text) if fraction.isdigit() else text


def plain(text: str) -> str:
    """The text, without the b'...' that some tools leave around names under Python 3."""
    if text[:1] != "b":
        return text
    quoted = _BYTES.fullmatch(text)
    return unescape(quoted[2]) if quoted else text


def unescape(text: str) -> str:
    """The inside of a Python bytes literal, as the bytes' own text (surrogateescape for what isn't UTF-8)."""
    if "\\" not in text:
        return text
    try:
        return text.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeError:
        return text


def clock(text: str) -> object:
    """HH:MM:SS as it is (a colon after it is dropped); seconds since the start, where a tool prints these under TIME,
    as a number."""
    if text[2:3] != ":":
        return float(text)
    if text[5:6] != ":" or not text[:2].isdigit() or not text[3:5].isdigit() or not text[6:8].isdigit():
        raise ValueError(text)
    return text.rstrip(":")


def percent(text: str) -> float:
    return float(text.rstrip("%"))


def errno(text: str) -> object:
    """The number, or its name (ENOENT) where the tool prints that."""
    try:
        return int(text)
    except ValueError:
        if _ERRNO.fullmatch(text):
            return text
        raise


def size(text: str) -> float:
    """1.5K as 1536."""
    scaled = _SCALED.fullmatch(text)
    if scaled is None:
        raise ValueError(text)
    return float(scaled[1]) * float(1024 ** " KMGTP".index(scaled[2] or " "))


def hexadecimal(text: str) -> str:
    int(text, 16)
    return text


CONVERTERS: dict[str, Converter] = {
    "int": int,
    "float": float,
    "str": plain,
    "comm": plain,
    "path": plain,
    "addr": str,
    "errno": errno,
    "flags": str,
    "time": clock,
    "hex": hexadecimal,
    "stack": str,
    "percent": percent,
    "size": size,
    "auto": automatic,
}

# What tells that a line is a row: a cell that doesn't convert to one of these makes it something else.
STRICT = frozenset(("int", "float", "errno", "time", "percent", "size"))


def convert(kind: str, text: str) -> object:
    """The value of one cell; None where the tool printed a sign for "none"."""
    converter = CONVERTERS.get(kind, plain)
    try:
        return converter(text)
    except ValueError:
        if text in ABSENT:
            return None
        raise
