"""Lists of (number, weight) in the index: base64 of 16 bits each, read at once, where texts would have to be split."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def pack(pairs: Iterable[tuple[int, float]]) -> str:
    """(number, weight) pairs as text, weights in hundredths, below 327 on either side of 0."""
    import struct

    flat = [n for number, part in pairs for n in (number, round(part * 100))]
    return b2a_base64(struct.pack(f"={len(flat)}h", *flat), newline=False).decode()


def pairs(packed: str) -> Iterable[tuple[int, int]]:
    """What `pack` made of pairs, weights in hundredths."""
    numbers = memoryview(a2b_base64(packed)).cast("h").tolist()
    return zip(numbers[::2], numbers[1::2], strict=True)
