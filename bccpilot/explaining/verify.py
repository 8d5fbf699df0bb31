"""Every number that a model writes, looked up in the findings; what isn't there, nor follows from it, is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bccpilot.model import Finding, Findings

MARK = "[?]"
# A unit -> (dimension, how many of the base unit: microseconds or bytes).
_UNITS: dict[str, tuple[str, float]] = {
    "ns": ("time", 1e-3), "us": ("time", 1.0), "µs": ("time", 1.0), "μs": ("time", 1.0), "微秒": ("time", 1.0), "纳秒": ("time", 1e-3),
    "ms": ("time", 1e3), "毫秒": ("time", 1e3), "s": ("time", 1e6), "sec": ("time", 1e6), "secs": ("time", 1e6), "second": ("time", 1e6),
    "seconds": ("time", 1e6), "秒": ("time", 1e6), "microseconds": ("time", 1.0), "milliseconds": ("time", 1e3), "nanoseconds": ("time", 1e-3),
    "min": ("time", 6e7), "minutes": ("time", 6e7), "分钟": ("time", 6e7),
    "b": ("size", 1), "bytes": ("size", 1), "byte": ("size", 1), "字节": ("size", 1), "kb": ("size", 1 << 10), "kib": ("size", 1 << 10),
    "mb": ("size", 1 << 20), "mib": ("size", 1 << 20), "gb": ("size", 1 << 30), "gib": ("size", 1 << 30),
    "%": ("share", 1.0), "percent": ("share", 1.0),
}  # fmt: skip
_SUFFIXES = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "万": 1e4, "亿": 1e8}
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?<!\d,)(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<suffix>[kKMG万亿](?![A-Za-z]))?"
    r"(?:\s?(?P<unit>%|[µμ]s|[A-Za-z]+|微秒|纳秒|毫秒|秒|分钟|字节))?"
)
_MARKER = re.compile(r"\s*(?:[-*]\s*)?\d+[.)]\s")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?%")
_BARE = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Checked:
    """A text with its unknown numbers marked; how many numbers it has, and how many of them are unknown."""

    text: str
    numbers: int = 0
    unknown: int = 0


class Numbers:
    """What is known: the findings' numbers with their units, what follows from them (shares, rates), and those in names and texts."""

    def __init__(self, findings: Findings, texts: Iterable[str] = ()) -> None:
        self._known: dict[str, set[float]] = {"": set(), "time": set(), "size": set(), "share": set()}
        for value, unit in _of_findings(findings):
            self._add(value, unit)
        for text in (*texts, *_names(findings)):
            self._known[""].update(float(number) for number in _BARE.findall(text))
            self._known["share"].update(float(number) for number in _PERCENT.findall(text))
        self._known["share"].update(_shares(findings))

    def _add(self, value: float, unit: str | None) -> None:
        dimension, factor = _UNITS.get((unit or "").removesuffix("/s").casefold(), ("", 1.0))
        self._known[dimension].add(value * factor)
        self._known[""].add(value)

    def has(self, text: str, suffix: str = "", unit: str = "") -> bool:
        """Whether a number as written, rounded or not, is known in its unit."""
        written = text.replace(",", "")
        dimension, factor = _UNITS.get(unit.casefold(), ("", 1.0))
        factor *= _SUFFIXES.get(suffix, 1.0)
        off = _rounding(written) * factor * 1.0001
        value = float(written) * factor
        return any(abs(abs(known) - value) <= off for known in self._known[dimension])

    def check(self, text: str) -> Checked:
        """One line of a model's text, looked up."""
        found = unknown = 0

        def looked_up(match: re.Match[str]) -> str:
            nonlocal found, unknown
            found += 1
            unit = (match["unit"] or "") if (match["unit"] or "").casefold() in _UNITS else ""
            if self.has(match["number"], match["suffix"] or "", unit):
                return match[0]
            unknown += 1
            end = match.end("unit") if unit else match.end("suffix") if match["suffix"] else match.end("number")
            return match[0][: end - match.start()] + MARK + match[0][end - match.start() :]

        marker = _MARKER.match(text)
        start = marker.end() if marker else 0
        return Checked(text[:start] + _NUMBER.sub(looked_up, text[start:]), found, unknown)


def _rounding(written: str) -> float:
    """How far from the true value a number may be that was rounded to these digits; of whole ones two digits at least are meant."""
    if "." in written:
        return 0.5 * 10.0 ** -len(written.partition(".")[2])
    zeros = len(written) - len(written.rstrip("0"))
    return 0.5 * 10.0 ** max(0, min(zeros, len(written) - 2))


def _of_findings(findings: Findings) -> Iterator[tuple[float, str | None]]:
    counts = (findings.records, findings.unparsed, findings.lost, findings.own, len(findings.facts))
    yield from ((float(count), None) for count in counts)
    yield findings.traced_s, "s"
    for fact in findings.facts:
        for value in (fact.value, *(number for _, number in fact.rows)):
            if isinstance(value, int | float):
                yield float(value), fact.unit
                if findings.traced_s:
                    yield value / findings.traced_s, fact.unit


def _names(findings: Findings) -> Iterator[str]:
    for fact in findings.facts:
        yield from (fact.kind, fact.subject, fact.how, *(name for name, _ in fact.rows))
        yield from (value for value in (fact.value, *(number for _, number in fact.rows)) if isinstance(value, str))


def _shares(findings: Findings) -> Iterator[float]:
    """Each row's share of its fact's rows, of the fact's own number, and of the totals."""
    totals = [float(f.value) for f in findings.facts if f.kind == "total" and isinstance(f.value, int | float)]
    for fact in findings.facts:
        yield from (float(fact.value) for _ in (0,) if fact.unit == "%" and isinstance(fact.value, int | float))
        yield from _shares_of(fact, totals)


def _shares_of(fact: Finding, totals: list[float]) -> Iterator[float]:
    rows = [float(number) for _, number in fact.rows if isinstance(number, int | float)]
    own = [float(fact.value)] if isinstance(fact.value, int | float) else []
    for whole in (sum(rows), *own, *totals):
        if whole > 0:
            yield from (100 * part / whole for part in (*rows, *own))
