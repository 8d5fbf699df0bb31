"""Facts -> sentences, in the words of one language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bccpilot.explaining.fields import from_telling
from bccpilot.explaining.numbers import human, percent
from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from bccpilot.model import Finding

TOP = 5  # names in one sentence
LONGEST = 60  # characters of a name
FRAMES = 6  # of a path
_UNITS = frozenset(("ns", "us", "ms", "s", "kb", "mb", "percent", "pct"))


@cache
def texts(language: str) -> dict[str, Any]:
    """The sentences of `en` or `zh`."""
    import tomllib

    return tomllib.loads((Path(__file__).parent / "texts" / f"{language}.toml").read_text(encoding="utf-8"))


class Words:
    """One language's texts, as the sentences about one tool need them."""

    def __init__(self, language: str, tool: str) -> None:
        self._texts = texts(language)
        self._tool: dict[str, str] = self._texts["tools"].get(tool, {})

    def say(self, sentence: str, /, **values: object) -> str:
        """One sentence of [say]."""
        return str(self._texts["say"][sentence]).format(**values)

    def frame(self, sentence: str, /, **values: object) -> str:
        """One text of [frame]."""
        return str(self._texts["frame"][sentence]).format(**values)

    def rule(self, name: str, **values: object) -> str:
        """The sentence of a rule."""
        return str(self._texts["rules"][name]).format(**values)

    def noun(self, kind: str) -> str:
        """What the tool's events, values or stacks are called."""
        return self._tool.get("noun") or self.noun_of_none(kind)

    def noun_of_none(self, kind: str) -> str:
        """The noun of a tool that none is known for."""
        return str(self._texts["other"][f"noun_{kind}"])

    @property
    def hides(self) -> str:
        return self._tool.get("hides", "")

    def requests(self, tool: str) -> list[str]:
        """What one would ask next."""
        return list(self._texts["next"].get(tool, ()))

    def field(self, name: str) -> str:
        """A field's name in words; its unit is with the number."""
        known: dict[str, str] = self._texts["fields"]
        stem = name.rpartition("_")[0] if name.rpartition("_")[2] in _UNITS else name
        return known.get(name) or known.get(stem) or short(stem.replace("_", " "))

    def items(self, fact: Finding, count: int = TOP) -> str:
        """`cat 9.4 MiB (49 %), dd 9.4 MiB (49 %) and 7 more`, from the rows of a top; its last row is the sum of all."""
        whole = fact.rows[-1][1] if fact.rows[-1][0] == "total" else None
        rows = [(name, value) for name, value in fact.rows[: None if self._open(fact) else -1] if value][:count]
        single = fact.kind == "top" and whole is None  # numbers that don't add up to anything
        listed = [f"{self.key(name)}{': ' if single else ' '}{self._number(value, fact.unit, whole, single)}" for name, value in rows]
        more = fact.value - len(rows) if fact.kind == "top" and isinstance(fact.value, int) and len(rows) == count else 0
        return self.list(listed) + (self.frame("others", n=human(more)) if more > 0 else "")

    @staticmethod
    def _open(fact: Finding) -> bool:
        """Whether the rows are names alone, without a last one about all of them."""
        return fact.rows[-1][0] not in ("total", "share")

    @staticmethod
    def _number(value: float | int | str, unit: str | None, whole: float | int | str | None, single: bool) -> str:
        text = human(value, unit) if unit or single else f"×{human(value)}"
        if isinstance(value, str) or not isinstance(whole, int | float) or whole <= 0 or value == whole:
            return text
        return f"{text} ({percent(value, whole)})"

    @staticmethod
    def key(name: str) -> str:
        """What a histogram or a row belongs to: `vda` for `disk = 'vda'`."""
        of, _, value = name.partition(" = ")
        named = re.fullmatch(r"[A-Za-z][\w ]{0,40}", of) and value and not value.isdigit()
        return short(value[1:].strip("'") if value[:2] == "b'" else value.strip("'")) if named else short(name)

    def list(self, parts: Iterable[str]) -> str:
        return str(self._texts["frame"]["list"]).join(parts)

    def parts(self, parts: Iterable[str]) -> str:
        return str(self._texts["frame"]["parts"]).join(parts)

    def path(self, stack: str) -> str:
        """The leaf end of a stack, leaf first, from the first function on that says something."""
        frames = from_telling(stack.split(";"))
        return " < ".join([short(frame) for frame in frames[:FRAMES]] + (["..."] if len(frames) > FRAMES else []))

    def range(self, low: object, high: object, unit: str | None) -> str:
        """A bucket's bounds with their unit; a side that is open or zero is left out."""
        if low != high:
            low = low or None
        shown = [human(bound, unit) for bound in (low, high) if isinstance(bound, int | float)]
        if len(shown) == 2 and shown[0] == shown[1]:
            return shown[0]
        if len(shown) == 2:
            return self.say("range", low=shown[0], high=shown[1])
        return self.say("at_most" if low is None else "at_least", bound="".join(shown))


def short(name: str) -> str:
    """A name from outside, safe for a screen and not too long; one without a visible character in quotes."""
    text = escaped(name)
    if not text.strip():
        return f"'{text}'"
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + "…" + text[-LONGEST // 2 :]
