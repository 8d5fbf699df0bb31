"""confirm(): what is asked, who can answer, what --yes answers; and the settings that let things run unasked."""

from __future__ import annotations

import io

import pytest

from bccpilot import config
from bccpilot.commands.trace import confirm
from bccpilot.errors import Rejected, UsageError
from bccpilot.model import Command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def command(risk: str) -> Command:
    return Command("x", "bcc", ("/x",), risk=risk, risk_reasons=() if risk == "safe" else ("x: shows\x1b secrets", "--all: much"))


@pytest.mark.parametrize(("risk", "yes"), [("safe", False), ("safe", True), ("costly", True), ("sensitive", True)])
def test_not_asked(risk: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm(command(risk), yes)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("risk", "yes", "hint"),
    [
        ("costly", False, "--yes answers it"),
        ("sensitive", False, "--yes answers it"),
        ("dangerous", False, "run it from a terminal, where you can be asked; --yes doesn't answer it"),
        ("dangerous", True, "run it from a terminal, where you can be asked; --yes doesn't answer it"),
    ],
)
def test_without_a_terminal_asking_is_refusing(risk: str, yes: bool, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Rejected) as raised:
        confirm(command(risk), yes)
    error = raised.value
    assert (error.what, error.why, error.next) == (f"this command is {risk} and nobody can be asked", "x: shows\\x1b secrets; --all: much", hint)


@pytest.mark.parametrize(("answer", "runs"), [("y\n", True), ("yes\n", True), ("是\n", True), ("\n", False), ("n\n", False), ("", False), ("yep\n", False)])
@pytest.mark.parametrize(("risk", "yes"), [("costly", False), ("sensitive", False), ("dangerous", False), ("dangerous", True)])
def test_on_a_terminal_a_person_answers(answer: str, runs: bool, risk: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr", shown)
    if runs:
        confirm(command(risk), yes)
    else:
        with pytest.raises(Rejected, match="not run"):
            confirm(command(risk), yes)
    assert shown.getvalue() == f"This is {risk}:\n  x: shows\\x1b secrets\n  --all: much\nRun it? [y/N] "


def test_what_runs_unasked_is_in_the_settings() -> None:
    assert config.parse('unasked = ["bashreadline", "memleak --pid", "profile -F"]').unasked == ("bashreadline", "memleak --pid", "profile -F")


@pytest.mark.parametrize("entry", ['"*"', '""', '"memleak --pid --all"', "5", '"memleak; id"'])
def test_an_entry_is_a_tool_or_a_tool_and_an_option(entry: str) -> None:
    with pytest.raises(UsageError) as raised:
        config.parse(f"unasked = [{entry}]")
    assert raised.value.why == 'an entry is a tool, "bashreadline", or a tool and an option, "memleak --pid"'
