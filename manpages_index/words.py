"""Text -> tokens, the same way for requests and for what the index knows: lower case, English endings off, Chinese runs kept whole."""

from __future__ import annotations

import functools
import re
import unicodedata

# A word may hold what names of files, functions and probes hold; trailing punctuation is not part of it.
_LATIN = r"[a-z0-9_](?:[a-z0-9_'’.+/:%*-]*[a-z0-9_+%*])?|/[^\s,;'\"，。]+"
_CHINESE = "[㐀-鿿]+"

STOP = frozenset(
    "a an the is are be been being am was were do does did doing of to in on at for from with by and or but not no it its this that these"
    " those i me my we our us you your he she they them their there here what how which who whom why when where can could should would will"
    " shall may might must please want need like show give tell see get let find out me just only also then than so if as into about over"
    " up any some all each every have has had going go make made use using trace tracing watch monitor display print report look check"
    " whats i'd i'm it's don't machine server box system host linux"
    # What a complaint is told with: it says nothing of what is wrong.
    " maybe perhaps somehow still even again yet though although because since afterwards really very quite rather seems seem bet guess think"
    " suspect believe swear says said say claims claim told idea wonder fine ok okay lot lots tons plenty bunch few bit thing things stuff"
    " pls thx hey never ever always both either such like your our his her someone somebody something anything everything"
    " else instead whether while whenever until without within already".split()
)


def fold(text: str) -> str:
    """Text as it is compared: NFKC (full-width digits and letters become plain), lower case."""
    return unicodedata.normalize("NFKC", text).lower() if not text.isascii() else text.lower()


def tokens(text: str) -> list[str]:
    """The tokens of folded text, in order: English words as written, runs of Chinese characters whole."""
    # A range of twenty thousand characters takes a millisecond to compile: only for texts that may need it.
    return re.findall(_LATIN if text.isascii() else f"{_LATIN}|{_CHINESE}", text)


def clauses(text: str) -> list[str]:
    """Folded text in parts: what stands on both sides of a comma is no phrase (`by connection, live` isn't about how long they live)."""
    return re.split(r"[,;!?，。；！？、]|[.:] ", text)


_WHOLE = frozenset(("stats", "this", "does", "bios"))  # their stems are other words


def is_chinese(text: str) -> bool:
    return not text.isascii() and any("㐀" <= character <= "鿿" for character in text)


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its commonest English endings: failing, failed, fails, fail are one. Names (with digits, _ or .) stay as they are."""
    if len(word) < 4 or not word.isalpha() or word in _WHOLE:
        return word
    for ending, kept in (("ies", "y"), ("ying", "y"), ("ing", ""), ("ied", "y"), ("ed", ""), ("es", ""), ("s", ""), ("e", "")):
        if word.endswith(ending) and len(word) - len(ending) + len(kept) >= 3 and not word.endswith("ss"):
            root = word[: len(word) - len(ending)] + kept
            if ending in ("ing", "ed") and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
                root = root[:-1]
            return root[:-1] if root.endswith("e") and len(root) > 3 else root
    return word


def stems(text: str) -> list[str]:
    """The stems of all English words of folded text, in order; hyphens and slashes between words count as spaces."""
    return list(_stems(text))


@functools.lru_cache(maxsize=256)
def _stems(text: str) -> tuple[str, ...]:
    """A request's clauses are looked at by one table after the other."""
    found: list[str] = []
    for token in tokens(text):
        if is_chinese(token):
            continue
        parts = re.split(r"[-/]", token) if re.fullmatch(r"[a-z'’]+(?:[-/][a-z'’]+)+|[a-z]+/[0-9]+", token) else [token]  # ksoftirqd/0
        found.extend(stem(part.replace("’", "'").removesuffix("'s")) for part in parts if part)
    return tuple(found)


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of a run of Chinese characters; a single character is its own pair."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
