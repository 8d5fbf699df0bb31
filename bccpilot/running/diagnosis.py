"""What a tool printed when it failed -> why, and what to do. The patterns are data: failures.toml."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from bccpilot.host import Host

_LINES = 400  # a compiler can print thousands; the first errors and the last words are what matters
_WELL = (None, 0, -2, 130)
_ASKED = ("time", "interrupt", "limit")
_FEW = 30  # more lines of output than that are what the tool traced, not what it complains about


@dataclass(frozen=True)
class Diagnosis:
    """Why a tool failed. `kind` names the entry of failures.toml, `cause` is one sentence, `remedy` what to do next ("" where nothing
    helps on this kernel), `evidence` the line that told. `elsewhere`: another tool or flavour may do, the next candidate is worth a try."""

    kind: str
    cause: str
    remedy: str = ""
    evidence: str = ""
    elsewhere: bool = True


def diagnose(
    errors: Iterable[str], lines: Iterable[str], status: int | None, host: Host, started: bool = False, ended: str = "itself"
) -> Diagnosis | None:
    """The failure in a tool's standard error and output; None where it didn't fail.

    `status` is its exit status, negative for a signal. `started`: its probes seem to be attached. `ended` as in `Run`. Of a tool that had
    started and then ended well, or as it was asked to (by the time, by Ctrl-C: the status says nothing then), only words that can't be
    anything else tell of a failure. A failure that no pattern knows is told in its own words.
    """
    err, out = _ends(errors), list(lines)
    traced = started and (ended in _ASKED or status in _WELL)
    text = "\n".join((*err, *(out if len(out) <= _FEW else out[:2])))
    for entry in _entries():
        if traced and not entry.get("late", False):
            continue
        match = entry["regex"].search(text)
        if match and _fits(entry, host):
            return _diagnosis(entry, match, host)
    return None if traced or status in _WELL else _unknown(err, out, status)


def _ends(lines: Iterable[str]) -> list[str]:
    """The beginning and the end."""
    found = list(lines)
    return found if len(found) <= _LINES else found[: _LINES // 2] + found[-_LINES // 2 :]


@functools.cache
def _entries() -> tuple[dict[str, Any], ...]:
    import tomllib
    from pathlib import Path

    with Path(__file__).with_name("failures.toml").open("rb") as file:
        return tuple(
            {**entry, "regex": re.compile(entry["pattern"], re.MULTILINE)} for entry in tomllib.load(file)["failure"]
        )


def _fits(entry: dict[str, Any], host: Host) -> bool:
    """The same words mean one thing on one host and another on the next. A flag stands for whether the fact is there at all."""
    facts = entry.get("host", {}).items()
    return all((bool(getattr(host, name)) if isinstance(value, bool) else getattr(host, name)) == value for name, value in facts)


def _diagnosis(entry: dict[str, Any], match: re.Match[str], host: Host) -> Diagnosis:
    known = {"release": host.release, **{name: (found or "").strip("'\"") for name, found in match.groupdict().items()}}
    evidence = match.string[match.string.rfind("\n", 0, match.start()) + 1 :].split("\n", 1)[0].strip()
    return Diagnosis(
        entry["kind"],
        entry["cause"].format_map(known),
        entry.get("remedy", "").format_map(known),
        evidence,
        entry.get("elsewhere", True),
    )


def _unknown(err: list[str], out: list[str], status: int | None) -> Diagnosis:
    """The last line that says something: of a Python traceback the exception."""
    words = next((line.strip() for line in reversed(err or out) if line.strip()), "")
    how = f"was killed by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
    cause = f"it {how}: {words}" if words else f"it {how} and said nothing"
    return Diagnosis("unknown", cause, "its whole output is kept with the run: bccpilot runs", words)
