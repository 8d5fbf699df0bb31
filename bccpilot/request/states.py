"""Questions for a state (`how much ram is left`, `is swap on`, `list the timers`) or for knowledge (`what should somaxconn be`). A tracing tool
is asked for what happens, in the same words: so the whole form of a short question has to fit (lexicon/orders.toml, `states`)."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LONGEST = 12  # words: what is longer asks for more than a state


def find(folded: str, tables: Mapping[str, Any]) -> dict[str, str]:
    """{kind of refusal: the form} where a folded request is nothing but such a question, or asks for what a text file holds."""
    inside = re.search(_IN_A_FILE, folded) if any(ending in folded for ending in _TEXTS) else None
    if inside and not any(word in folded for word in _DONE_TO_FILES):
        return {"!files": inside.group()}
    forms: Mapping[str, Mapping[str, Any]] = tables["states"]
    asked = re.sub(_AROUND, "", re.sub(r"[\s?!.]+$", "", folded))
    if asked.count(" ") >= _LONGEST or re.search(r"[,;:]", asked):
        return {}
    return next(({form.get("kind", "!state"): name} for name, form in forms.items() if _fits(asked, form)), {})


# What stands around a question without being part of it.
_AROUND = (
    "^(?:(?:please|hey|can you|could you|i want to know|i need to know|check|tell me|show me|let me know|find out) (?:if |whether )?)+"
    "| (?:right now|now|currently|here|again|please|(?:on|in|of) (?:this|the|my|our) (?:machine|box|host|server|system|vm))+$"
)
_IN_A_FILE = r"\b(?:in|from|out of) [\w./*-]+\.(?:log|csv|json|txt)\b|\b[\w./-]+\.(?:log|csv|json|txt) ?(?:文件)?(?:里|中)"
_TEXTS = (".log", ".csv", ".json", ".txt")
_DONE_TO_FILES = ("read", "writ", "open", "delet", "读", "写", "删", "打开")


def _fits(asked: str, form: Mapping[str, Any]) -> bool:
    """Whether a question begins, ends and holds what a form says; what the form doesn't say may be anything."""
    padded = f" {asked} "
    return (
        any(padded.startswith(f" {words} ") for words in form["begins"])
        and (not form.get("holds") or any(f" {words} " in padded for words in form["holds"]))
        and (not form.get("ends") or any(padded.endswith(f" {words} ") for words in form["ends"]))
        and not any(f" {words} " in padded for words in form.get("unless", ()))
    )
