"""What checking a plan costs, and what the hostile set comes to.

usage: python -m bench.checking [--index FILE] [--rounds 5] [--slowest 5]

Checks every documented command of every installed tool, and each tool without arguments, `--rounds` times: spec, rules, probes, host and
policy together, in ms. The first round of each command is cold (parsers are built, the kernel's list of functions is opened), the others warm.
Any process that would be started fails the run. Then the model answers of tests/hostile.jsonl: how many were refused, by stage.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles

from bccpilot.checking.check import check
from bccpilot.checking.policy import Asked
from bccpilot.model import Command, Plan
from manpages_index import store
from manpages_index.model import Tool
from manpages_index.store import Index

LIMIT_MS = 2.0
HOSTILE = Path(__file__).parent.parent / "tests" / "hostile.jsonl"


def forbidden(*args: object, **_: object) -> None:
    raise AssertionError(f"a process would be started: {args!r}")


def commands(index: Index) -> list[tuple[Tool, tuple[str, ...]]]:
    """Every tool with nothing and with each of its documented argument lists."""
    return [(tool, args) for tool in index.tools for args in dict.fromkeys(((), *(tuple(example.args) for example in tool.examples)))]


def timed(tool: Tool, args: tuple[str, ...], rounds: int) -> tuple[list[float], Command]:
    """The milliseconds of each round, and the verdict."""
    plan, took = Plan("", tool.name, tool.flavour, tool.path, args), []
    for _ in range(rounds):
        began = time.perf_counter()
        command = check(plan, tool, (), Asked(everything=True))
        took.append((time.perf_counter() - began) * 1000)
    return took, command


def hostile(index: Index) -> tuple[int, Counter[str], int]:
    """(answers, the stage that refused each, how many would run)."""
    stages: Counter[str] = Counter()
    tried = 0
    for line in HOSTILE.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["kind"] == "answer":
            tried += 1
            tool = index.tool(case["tool"], case.get("flavour") or index.flavours(case["tool"])[0])
            args = (*case["args"][:-1], case["args"][-1] * case.get("times", 1)) if case["args"] else ()
            command = check(Plan(case["query"], tool.name, tool.flavour, tool.path, args, planner="openai"), tool)
            stages[command.problems[0].stage if command.problems else f"runs as {command.risk}"] += 1
    return tried, stages, sum(count for stage, count in stages.items() if stage.startswith("runs"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", metavar="FILE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slowest", type=int, default=5)
    options = parser.parse_args(arguments)
    index = store.load(options.index)
    subprocess.Popen.__init__ = forbidden  # type: ignore[method-assign]
    os.posix_spawn = os.execve = os.fork = os.system = forbidden  # type: ignore[assignment]
    cold, warm, slowest, verdicts = [], [], [], Counter[str]()
    for tool, args in commands(index):
        took, command = timed(tool, args, options.rounds)
        cold.append(took[0])
        warm += took[1:]
        slowest.append((took[0], f"{tool.command} {' '.join(args)}"))
        verdicts[command.problems[0].stage if command.problems else "ok"] += 1
    for name, values in (("cold", cold), ("warm", warm)):
        cuts = quantiles(values, n=100)
        print(f"{name}: {len(values)} checks, median {median(values):.3f} ms, 95% {cuts[94]:.2f} ms, 99% {cuts[98]:.2f} ms, most {max(values):.1f} ms")
    print(f"commands: {len(cold)} of {len({tool.path for tool in index.tools})} tools; " + ", ".join(f"{count} {stage}" for stage, count in verdicts.most_common()))
    for took_ms, shown in sorted(slowest, reverse=True)[: options.slowest]:
        print(f"  {took_ms:7.1f} ms  {shown[:120]}")
    tried, stages, run = hostile(index)
    print(f"hostile answers: {tried}, {run} of them harmless and run; " + ", ".join(f"{count} {stage}" for stage, count in stages.most_common()))
    return 0 if median(cold) <= LIMIT_MS and not stages["runs as dangerous"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
