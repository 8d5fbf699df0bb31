"""The command line, in process, its whole output compared where it is stable."""

from __future__ import annotations

import json

import pytest

from bccpilot.cli import main

PLAN_KEYS = {
    "query", "tool", "flavour", "path", "args", "duration_s", "command", "planner", "confidence", "risk", "reason", "candidates", "warnings", "version",
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(words)
    return status, *capsys.readouterr()


def test_the_plans_contract(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, err = run(capsys, "--dry-run", "--json", "--index", index_path, "trace", "memory", "allocations")
    plan = json.loads(out)
    assert (status, err) == (0, "")
    assert plan.keys() == PLAN_KEYS
    candidates, confidence, reason, risk_words = (plan.pop(key) for key in ("candidates", "confidence", "reason", "warnings"))
    assert plan == {
        "query": "trace memory allocations",
        "tool": "memleak",
        "flavour": "bcc",
        "path": "/usr/sbin/memleak-bpfcc",
        "args": ["-t"],
        "duration_s": None,
        "command": "sudo memleak-bpfcc -t",
        "planner": "local",
        "risk": "safe",
        "version": 1,
    }
    assert 0 < confidence <= 1
    assert reason
    assert isinstance(risk_words, list)
    assert candidates[0]["tool"] == "memleak"
    assert all(candidate.keys() == {"tool", "score"} for candidate in candidates)


def test_nothing_fits(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, err = run(capsys, "-n", "--json", "--index", index_path, "write me a poem")
    assert status == 3
    assert json.loads(out)["tool"] is None
    assert err == ""
    status, out, err = run(capsys, "-n", "--index", index_path, "write me a poem")
    assert (status, out) == (3, "")
    assert err.startswith("bccpilot: ")


def test_a_batch_prints_a_plan_a_line(capsys: pytest.CaptureFixture[str], index_path: str, tmp_path) -> None:
    requests = tmp_path / "requests"
    requests.write_text("which files is nginx opening\n\n硬盘延迟直方图\nsing a song\n")
    status, out, _ = run(capsys, "-n", "--json", "--index", index_path, "--batch", str(requests), "--flavour", "bcc", "--no-preflight")
    plans = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [plan["tool"] for plan in plans] == ["opensnoop", None, "biolatency", None]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["-n", ""], "the request is empty"),
        (["-n", "  "], "the request is empty"),
        (["--nosuch"], "unrecognized arguments: --nosuch"),
        (["-d", "0", "opens"], "argument -d/--duration: '0' is not a number of seconds above 0"),
        (["--batch", "/nonexistent", "-n"], "/nonexistent can't be read"),
        (["--batch", "-"], "--batch goes with --dry-run"),
        (["-n", "--tool", "opensnop", "opens"], "there is no tool 'opensnop' here"),
        (["show", "memlaek"], "there is no tool 'memlaek' here"),
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], index_path: str, words: list[str], what: str) -> None:
    extra = ["--index", index_path] if words[0] != "show" else []
    status, out, err = run(capsys, *words, *extra)
    assert (status, out) == (2, "")
    assert err.splitlines()[0] == f"bccpilot: {what}"


def test_errors_as_json(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, err = run(capsys, "-n", "--json", "--index", index_path, "--tool", "opensnop", "opens")
    assert (status, out) == (2, "")
    assert json.loads(err) == {
        "error": "UsageError",
        "what": "there is no tool 'opensnop' here",
        "why": "",
        "next": "did you mean opensnoop?",
        "status": 2,
    }


def test_a_verb_that_does_not_fit_begins_a_request(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, _ = run(capsys, "show", "me", "disk", "latency", "as", "a", "histogram", "-n", "--json", "--flavour", "bcc", "--index", index_path)
    assert status == 0
    assert json.loads(out)["tool"] == "biolatency"


def test_help_fits_a_screen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bccpilot"])
    status, out, err = run(capsys)
    assert (status, err) == (0, "")
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 100
    assert "exit status" in out


def test_no_tools_installed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manpages_index.discover.files", lambda: iter(()))
    status, out, err = run(capsys, "-n", "anything")
    assert (status, out) == (5, "")
    assert "no tracing tools are installed" in err
    assert "apt-get install" in err
