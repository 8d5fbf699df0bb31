"""How many tokens a text may be, without a tokenizer: never too few. tests/test_tokens.py compares with the model family's own."""

from __future__ import annotations

_OURS = 3.0  # characters a token: plain English and JSON have more than four


def ours(text: str) -> int:
    """At most so many tokens, for text that this program wrote: English and JSON."""
    return int(len(text) / _OURS) + 1


def theirs(text: str) -> int:
    """At most so many tokens, for text from elsewhere: it may be anything, and no tokenizer of this family makes more than there are bytes."""
    return len(text.encode("utf-8", "replace"))


def cut(text: str, tokens: int) -> str:
    """The beginning and the end of a text that has too many; at most `tokens` by `theirs`."""
    if theirs(text) <= tokens:
        return text
    low, high = 0, len(text) // 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if theirs(_ends(text, middle)) <= tokens else (low, middle - 1)
    return _ends(text, low)


def _ends(text: str, kept: int) -> str:
    return f"{text[:kept]} ... {text[len(text) - kept :]}"
