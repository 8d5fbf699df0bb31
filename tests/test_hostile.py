"""Requests, model answers and batch lines that are meant to break out: with a recorder in sudo's place, nothing but an indexed tool with
checked arguments ever starts, and each refusal says which argument and why.

tests/hostile.jsonl has a case a line. `kind`: request (goes through the whole command line), answer (a model's tool and arguments, checked as
an outside planner's plan), line (one of `check --batch`). `times` repeats the text, or an answer's last argument. `expect` of an answer:
refused; literal (runs, with these very arguments); "refused or asked".
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bccpilot.checking import spec
from bccpilot.checking.check import check
from bccpilot.cli import main
from bccpilot.commands import check as check_command
from bccpilot.commands import trace
from bccpilot.errors import Rejected
from bccpilot.model import Command, Plan, Problem
from bccpilot.running import privilege
from bccpilot.running import run as running
from manpages_index.store import Index

CANARY = Path("/tmp/bccpilot-canary")
SHELL = frozenset(";|&`<>\n\r\0\x1b")


def read_cases() -> list[dict[str, Any]]:
    with Path(__file__).with_name("hostile.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


CASES = read_cases()


def of_kind(kind: str) -> list[Any]:
    chosen = [(number, case) for number, case in enumerate(CASES, 1) if case["kind"] == kind]
    return [pytest.param(case, id=f"line {number}") for number, case in chosen]


class Started(BaseException):
    """What would have been started; nothing in between catches it."""


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Command]]:
    """The recorder in the place of the runner's start; no process can be started by any other way either."""
    commands: list[Command] = []

    def start(command: Command, *_: object, **__: object) -> None:
        commands.append(command)
        raise Started(command.argv)

    def forbidden(*args: object, **_: object) -> None:
        raise AssertionError(f"a process would be started: {args!r}"[:500])

    monkeypatch.setattr(running, "start", start)
    monkeypatch.setattr(privilege, "ways", forbidden)
    for name in ("system", "popen", "execv", "execve", "execvp", "posix_spawn", "posix_spawnp", "fork"):
        monkeypatch.setattr(os, name, forbidden)
    monkeypatch.setattr("subprocess.Popen.__init__", forbidden)
    yield commands
    assert not CANARY.exists()


def assert_indexed_and_checked(command: Command, index: Index) -> None:
    """An indexed tool with arguments that its own parser takes, written in full, none of them dangerous."""
    tool = next(tool for tool in index.tools if tool.path == command.argv[0])
    assert command.problems == ()
    assert command.risk != "dangerous"
    assert command.argv == (tool.path, *command.args)
    again = spec.parse(tool.spec, command.args, tool.command)
    assert (again.ok, again.args) == (True, command.args)


def assert_says_why(problems: tuple[Problem, ...]) -> None:
    assert problems
    assert all(problem.stage in ("spec", "tool", "host", "policy") and problem.why and problem.argument for problem in problems)


def test_there_are_enough() -> None:
    assert len(CASES) >= 400
    assert {case["kind"] for case in CASES} == {"request", "answer", "line"}


@pytest.mark.parametrize("case", of_kind("answer"))
def test_what_a_model_answers(case: dict[str, Any], index: Index, recorded: list[Command]) -> None:
    flavour = case.get("flavour") or index.flavours(case["tool"])[0]
    tool = index.tool(case["tool"], flavour)
    args = [*case["args"][:-1], case["args"][-1] * case.get("times", 1)] if case["args"] else []
    plan = Plan(case["query"], tool.name, flavour, tool.path, tuple(args), planner="openai", confidence=1.0)
    command = check(plan, tool)
    if case["expect"] == "literal":
        assert (command.problems, command.risk) == ((), "safe")
        assert_indexed_and_checked(command, index)
        assert set(command.args) >= {word for word in args if not word.startswith("-")}
    elif case["expect"] == "refused" or command.problems:
        assert_says_why(command.problems)
        if case["expect"] == "refused":
            assert not command.ok
    else:
        with pytest.raises(Rejected):
            trace.confirm(command, yes=False)


@pytest.mark.parametrize("case", of_kind("line"))
def test_what_stands_in_a_batch(case: dict[str, Any], index: Index) -> None:
    command = check_command._of_line(case["line"] * case.get("times", 1), index, "any")
    assert not command.ok
    assert_says_why(command.problems)
    verdict = check_command._shown(command, True)
    assert json.loads(verdict)["ok"] is False
    assert "\n" not in verdict
    assert all(shown.isprintable() for shown in check_command._shown(command, False).split("\n"))


@pytest.mark.parametrize("case", of_kind("request"))
def test_what_is_asked_for(
    case: dict[str, Any], index: Index, index_path: str, recorded: list[Command], capsys: pytest.CaptureFixture[str]
) -> None:
    text = case["request"] * case.get("times", 1)
    try:
        status = main(["--yes", "--no-explain", "--index", index_path, "--planner", "local", text])
    except Started:
        status = 0
    shown = capsys.readouterr()
    assert not set(shown.out + shown.err) & set("\x1b\u202e\u200b\0")
    for command in recorded:
        assert_indexed_and_checked(command, index)
        assert not any(SHELL & set(word) for word in command.args)
    if not recorded:
        assert status in (2, 3, 4, 5) or (status == 0 and text.startswith("-"))  # an option and no request: the help
        assert shown.err.startswith("bccpilot: ") or status == 0
