"""Text of traced programs, made safe for a screen.

A process may be called `\\x1b]0;...`: control bytes, and the characters that turn text round or hide it (bidi, zero
width), are shown as escapes. What was undecodable comes out as \\xNN.
"""

from __future__ import annotations

import functools

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\x1b"}
# Bidirectional controls, zero-width and other invisible characters, and the separators of lines.
_INVISIBLE = (
    *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080), 0x061C, 0x00AD, 0x180E, 0xFEFF,
)  # fmt: skip


@functools.cache
def _table() -> dict[int, str]:
    return {
        **{code: _NAMED.get(chr(code), f"\\x{code:02x}") for code in (*range(0x20), *range(0x7F, 0xA0))},
        **{code: f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}" for code in _INVISIBLE},
        **{code: f"\\x{code - 0xDC00:02x}" for code in range(0xDC80, 0xDD00)},
        **{code: f"\\u{code:04x}" for code in (*range(0xD800, 0xDC80), *range(0xDD00, 0xE000))},
    }


def escaped(text: str) -> str:
    """The text with everything that a terminal could obey, or that the eye could not see, written out."""
    return text if text.isascii() and text.isprintable() else text.translate(_table())
