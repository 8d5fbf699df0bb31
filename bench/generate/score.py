"""How many requests become a program whose numbers are right: each is composed, checked, run on this kernel while a child works.

    python -m bench.generate.score [--composer | --model] [WORDS]      as root; WORDS: only requests that hold them

Prints a line a request that was not right, and the share. A request whose probes don't exist on this kernel isn't counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bccpilot.generating.compose import NotUnderstood, compose
from bccpilot.host import Host, read_host
from bccpilot.model import Record
from bccpilot.request.understand import understand
from bench.generate.observe import observe
from bench.generate.workload import Child, child
from manpages_index import store

CASES = Path(__file__).with_name("cases.toml")
Generator = Callable[[str], tuple[str, str | None]]  # request -> (program, unit of its histograms); raises NotUnderstood, NotHere


class NotHere(Exception):
    """This kernel doesn't have what the program needs."""


@dataclass(frozen=True)
class Outcome:
    """`verdict`: right | wrong | here (not possible on this kernel)."""

    request: str
    verdict: str
    why: str = ""


def composer(host: Host, index: store.Index) -> Generator:
    def generate(request: str) -> tuple[str, str | None]:
        program = compose(understand(request, index.search), host)
        if program.cannot_run is not None:
            raise NotHere(program.cannot_run)
        return program.text, next(iter(program.units.values()), None)

    return generate


def model(host: Host, index: store.Index) -> Generator:
    """The model that is configured, with the composer as its last resort, as `bccpilot generate` does it."""
    from bccpilot.generating.ask import generate as ask
    from bccpilot.generating.model import configured

    speaker = configured()
    if speaker is None:
        sys.exit("no model is configured")

    def generate(request: str) -> tuple[str, str | None]:
        answer = ask(understand(request, index.search), speaker, host, index)
        if answer.checked is None:
            raise NotUnderstood(answer.reason)
        return answer.checked.text, None

    return generate


def judged(case: Mapping[str, Any], generate: Generator, host: Host, directory: Path) -> Outcome:
    with child(directory, case["work"], case.get("setup", "")) as begun:
        names = {"comm": begun.comm, "pid": str(begun.pid), "place": str(directory)}
        request = _filled(case["request"], names)
        try:
            text, unit = generate(request)
        except NotUnderstood as error:
            return Outcome(request, "right" if case["expect"]["kind"] == "no" else "wrong", f"no program: {error}")
        except NotHere as error:
            return Outcome(request, "here", str(error))
        if case["expect"]["kind"] == "no":
            return Outcome(request, "wrong", f"a program where there should be none:\n{text}")
        try:
            seen = observe(text, host, begun.work, unit, 0.2)
        except ValueError as error:
            return Outcome(request, "wrong", f"{error}\n{text}")
        number = counted(seen.records, case["expect"], begun, names)
        good = case["expect"].get("least", case["expect"].get("value")) <= number <= case["expect"].get("most", case["expect"].get("value"))
        return Outcome(request, "right" if good else "wrong", "" if good else f"{number} instead of {case['expect']}\n{text}")


def counted(records: tuple[Record, ...], expect: Mapping[str, Any], begun: Child, names: Mapping[str, str]) -> int:
    """The number that a case asks for; -1 where there is none."""
    key = _filled(expect["key"], names) if "key" in expect else None
    if expect["kind"] == "event":
        fields = {name: _filled(value, names) if isinstance(value, str) else value for name, value in expect["fields"].items()}
        wanted = {"comm": expect.get("comm", begun.comm), **fields}
        events = [r.fields for r in records if r.kind == "event"]
        return sum(all(event.get(name) == value for name, value in wanted.items() if name in event or name != "comm") for event in events)
    if expect["kind"] == "value":
        found = [r.fields["value"] for r in records if r.kind == "value" and r.key == key]
        return int(str(found[0])) if len(found) == 1 else -1
    if expect["kind"] == "bucket":
        buckets = [r.fields for r in records if r.kind == "bucket" and (r.key or "").rstrip(":") == key]
        return sum(int(str(b["count"])) for b in buckets if expect.get("low") in (None, b["low"]))
    return sum(int(str(r.fields["value"])) for r in records if r.kind == "stack")


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", help="ask the configured model instead of the composer")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    host, index = read_host(), store.load()
    generate = (model if options.model else composer)(host, index)
    cases = [case for case in tomllib.loads(CASES.read_text())["case"] if "skip" not in case and all(word in case["request"] for word in options.words)]
    outcomes = []
    began = time.monotonic()
    for case in cases:
        with tempfile.TemporaryDirectory() as directory:
            outcome = judged(case, generate, host, Path(directory))
        outcomes.append(outcome)
        if outcome.verdict != "right":
            print(f"{outcome.verdict}: {outcome.request}\n    " + outcome.why.replace("\n", "\n    "), flush=True)
    here = [each for each in outcomes if each.verdict != "here"]
    right = sum(each.verdict == "right" for each in here)
    print(f"{right} of {len(here)} right ({right / max(1, len(here)):.1%}), {len(outcomes) - len(here)} not possible on this kernel, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
