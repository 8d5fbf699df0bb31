"""Which language an answer should be in: that of the request."""

from __future__ import annotations

from manpages_index import words


def language_of(text: str) -> str:
    """zh where the text has Chinese characters, else en."""
    return "zh" if words.is_chinese(text) else "en"
