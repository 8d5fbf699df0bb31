"""How many tokens a text may be, without a tokenizer: never too few. tests/test_tokens.py compares with the model family's own."""

from __future__ import annotations

_OURS = 3.0  # characters a token: plain English and JSON have more than four
_WORDLIKE = 0.65  # tokens a character of letters and digits without sense, such as addresses and hashes


def ours(text: str) -> int:
    """At most so many tokens, for text that this program wrote: English and JSON."""
    return int(len(text) / _OURS) + 1


def theirs(text: str) -> int:
    """At most so many tokens, for text from elsewhere: it may be anything, and no tokenizer makes more tokens than there are bytes."""
    wordlike = sum(char.isascii() and (char.isalnum() or char == " ") for char in text)
    return int(wordlike * _WORDLIKE) + len(text.encode("utf-8", "replace")) - wordlike + 1


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
