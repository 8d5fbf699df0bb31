"""How well requests are turned into commands: is the tool right, is the whole command right, is nonsense declined?

usage: python -m bench.score [--set FILE ...] [--bin .venv/bin/bccpilot] [--planner local] [--extra ARG ...] [--show N] [--limit N] [--json]

All requests are given at once to `BIN --dry-run --json --batch - --planner P --flavour bcc --no-preflight`, while eight processes with the
names that the requests speak of are running. Two commands are the same when the tool's own parser makes the same of both. Nothing is
traced, and nothing is written outside a temporary directory that is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bccpilot.checking.spec import parse
from manpages_index.argparse_spec import read_spec
from tests.oracle.ask import Oracle

Request = dict[str, Any]
Plan = dict[str, Any]
Command = tuple[str, tuple[str, ...]]
Values = dict[Command, dict[str, object] | None]

SETS = sorted(glob(str(Path(__file__).with_name("requests") / "*.jsonl")))
PROGRAMS = "nginx postgres redis-server mysqld java node envoy myapp".split()
FIRST_STANDIN = 7000001  # beyond what the kernel gives out (its limit is 4194304), so no request can mean it
NEAR_S = 0.51


@dataclass(frozen=True)
class ProgramIds:
    """The running programs' PIDs by name. In commands each is replaced by a stand-in, so that they compare alike in every run."""

    pids: dict[str, int]

    def standins(self) -> dict[str, str]:
        return {name: str(FIRST_STANDIN + place) for place, name in enumerate(PROGRAMS)}

    def fixed(self, args: Iterable[object]) -> tuple[str, ...]:
        """The arguments with `{pid:name}` and the real PIDs replaced."""
        real = {str(pid): self.standins()[name] for name, pid in self.pids.items()}
        return tuple(self._filled(real.get(str(arg), str(arg))) for arg in args)

    def _filled(self, arg: str) -> str:
        for name, standin in self.standins().items():
            arg = arg.replace(f"{{pid:{name}}}", standin)
        return arg


@dataclass(frozen=True)
class Verdict:
    """One request's result: whether the tool, one of the first three candidates, and the command are right."""

    request: Request
    plan: Plan
    tool1: bool
    tool3: bool
    exact: bool


def load(paths: Iterable[str]) -> list[Request]:
    return [json.loads(line) for path in paths for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def plain_name(tool: str | None) -> str | None:
    return None if tool is None else tool.removesuffix("-bpfcc")


def path_of(tool: str) -> str:
    return f"/usr/sbin/{tool}-bpfcc"


def normal(value: object) -> object:
    """Numbers as floats, text with single spaces, so that `5`, `5.0` and `"5"` are the same."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    try:
        return float(value)
    except ValueError:
        return " ".join(str(value).split())


def ask_all(commands: Iterable[Command]) -> Values:
    """What each tool's own parser makes of its arguments; None where it refuses them or there is no such tool."""
    by_tool: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for tool, args in commands:
        by_tool[tool].add(args)
    return {(tool, args): read for tool, lists in sorted(by_tool.items()) for args, read in _ask(tool, sorted(lists))}


def _ask(tool: str, lists: list[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], dict[str, object] | None]]:
    if not os.path.exists(path_of(tool)):
        yield from ((args, None) for args in lists)
        return
    spec = read_spec(path_of(tool))
    if spec.parser != "argparse":
        # No parser to ask: these tools read sys.argv or getopts, so the words themselves are compared.
        yield from ((args, {"argv": normal(list(args))} if parse(spec, args).ok else None) for args in lists)
        return
    with Oracle(spec.target or path_of(tool), spec.prefix) as oracle:
        for args in lists:
            answer: dict[str, Any] = oracle.ask(list(args))
            yield args, {dest: normal(value) for dest, value in answer["values"].items()} if answer["ok"] else None


@contextmanager
def running(names: Iterable[str], program: str = "/bin/sleep") -> Iterator[ProgramIds]:
    """Processes with these names that only sleep, or that run this program; ended at the end."""
    with TemporaryDirectory() as directory:
        started = {}
        try:
            for name in names:
                copied = shutil.copy(program, os.path.join(directory, name))
                started[name] = subprocess.Popen([copied, "3600"])
            time.sleep(0.3)
            yield ProgramIds({name: process.pid for name, process in started.items()})
        finally:
            for process in started.values():
                process.kill()
                process.wait()


def plans_for(requests: list[Request], program: str, planner: str, extra: list[str]) -> list[Plan]:
    """One plan per request, in order. Raises RuntimeError when the program gives another number of plans."""
    command = [program, "--dry-run", "--json", "--batch", "-", "--planner", planner, "--flavour", "bcc", "--no-preflight", *extra]
    asked = "".join(request["query"].replace("\n", " ") + "\n" for request in requests)
    ended = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=3000)
    plans = [json.loads(line) for line in ended.stdout.splitlines() if line.strip().startswith("{")]
    if len(plans) != len(requests):
        raise RuntimeError(f"{len(plans)} plans for {len(requests)} requests, status {ended.returncode}: {ended.stderr[-400:]}")
    return plans


def same(plan: Plan, accepted: dict[str, Any], may: list[str], values: Values, ids: ProgramIds) -> bool:
    """Whether the plan means the accepted command, apart from the values of `may`."""
    if accepted["tool"] is None or plain_name(plan.get("tool")) != accepted["tool"]:
        return plan.get("tool") is None and accepted["tool"] is None
    found, wanted = (values[accepted["tool"], ids.fixed(args or [])] for args in (plan.get("args"), accepted.get("args")))
    if found is None or wanted is None or _without(found, may) != _without(wanted, may):
        return False
    limit, given = accepted.get("run_s"), plan.get("duration_s")
    return limit is None or (given is not None and abs(float(given) - limit) < NEAR_S)


def _without(values: dict[str, object], dests: list[str]) -> dict[str, object]:
    return {dest: value for dest, value in values.items() if dest not in dests}


def judge(request: Request, plan: Plan, values: Values, ids: ProgramIds) -> Verdict:
    chosen, right = plain_name(plan.get("tool")), request["tools"]
    others = [plain_name(candidate["tool"]) for candidate in (plan.get("candidates") or [])[:3]]
    first_three = [chosen, *(other for other in others if other != chosen)][:3]
    tool1 = chosen in right if right else chosen is None
    exact = any(same(plan, accepted, request.get("may") or [], values, ids) for accepted in request["accept"])
    return Verdict(request, plan, tool1, bool(set(first_three) & set(right)) if right else tool1, exact)


def commands_of(requests: list[Request], plans: list[Plan], ids: ProgramIds) -> set[Command]:
    """Every command that judging will ask a parser about."""
    found = {(plain_name(plan["tool"]), ids.fixed(plan.get("args") or [])) for plan in plans if plan.get("tool")}
    found |= {(each["tool"], ids.fixed(each.get("args") or [])) for request in requests for each in request["accept"] if each["tool"]}
    return found  # type: ignore[return-value]


def table(verdicts: list[Verdict]) -> dict[str, dict[str, float]]:
    """Shares by group: everything, each language and each kind."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        for group in ("all", "lang:" + verdict.request["lang"], "kind:" + verdict.request["kind"]):
            groups[group].update(n=1, tool1=verdict.tool1, tool3=verdict.tool3, exact=verdict.exact)
    return {
        group: {name: round(counts[name] / counts["n"], 3) for name in ("tool1", "tool3", "exact")} | {"n": counts["n"]}
        for group, counts in sorted(groups.items())
    }


def described(verdict: Verdict) -> str:
    """A wrong plan beside what was wanted, on one line."""
    plan, request = verdict.plan, verdict.request
    wanted = [(each["tool"], each.get("args"), each.get("run_s")) for each in request["accept"][:2]]
    got = (plain_name(plan.get("tool")), plan.get("args"), plan.get("duration_s"))
    return f"{request['id']} {'args' if verdict.tool1 else 'tool'}: {request['query']!r} got {got} wanted {wanted}"


def score(requests: list[Request], program: str, planner: str, extra: list[str]) -> tuple[list[Verdict], float]:
    """The verdicts, and the seconds that planning took in all."""
    with running(PROGRAMS) as ids:
        started = time.perf_counter()
        plans = plans_for(requests, program, planner, extra)
        took_s = time.perf_counter() - started
    values = ask_all(commands_of(requests, plans, ids))
    return [judge(request, plan, values, ids) for request, plan in zip(requests, plans, strict=True)], took_s


def main() -> int:
    parser = argparse.ArgumentParser(description="how well requests are turned into commands")
    parser.add_argument("--set", nargs="*", default=SETS, help="files of requests (default: all in bench/requests)")
    parser.add_argument("--bin", default=".venv/bin/bccpilot", help="the program under test")
    parser.add_argument("--planner", default="local")
    parser.add_argument("--extra", nargs=argparse.REMAINDER, default=[], help="more arguments for the program; comes last")
    parser.add_argument("--show", type=int, default=0, help="show this many wrong plans")
    parser.add_argument("--limit", type=int, help="only the first so many requests")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    verdicts, took_s = score(load(chosen.set)[: chosen.limit], chosen.bin, chosen.planner, chosen.extra)
    wrong = [verdict for verdict in verdicts if not verdict.exact]
    for verdict in wrong[: chosen.show]:
        print(described(verdict))
    groups = table(verdicts)
    if chosen.json:
        print(json.dumps(groups))
        return 0
    for group, shares in groups.items():
        exact = f"command {shares['exact']:.3f}"
        print(f"{group:14s} n={shares['n']:4.0f} tool@1 {shares['tool1']:.3f} tool@3 {shares['tool3']:.3f} {exact}")
    print(f"{len(verdicts)} requests in {took_s:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
