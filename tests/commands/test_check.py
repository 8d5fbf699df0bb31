"""bccpilot check: one command or a batch, in process, whole outputs."""

from __future__ import annotations

import io
import json

import pytest

from bccpilot.cli import main

KEYS = {"ok", "tool", "args", "values", "risk", "errors", "warnings"}


def run(capsys: pytest.CaptureFixture[str], index_path: str, *words: str) -> tuple[int, str, str]:
    status = main(["check", "--index", index_path, *words])
    return status, *capsys.readouterr()


def as_json(capsys: pytest.CaptureFixture[str], index_path: str, *command: str) -> tuple[int, dict[str, object]]:
    status, out, err = run(capsys, index_path, "--json", "--", *command)
    assert err == ""
    verdict = json.loads(out)
    assert verdict.keys() == KEYS
    return status, verdict


def test_the_contract(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, verdict = as_json(capsys, index_path, "memleak", "-tp1", "--ol=50")
    values = verdict.pop("values")
    assert status == 0
    assert verdict == {
        "ok": True, "tool": "memleak", "args": ["--trace", "--pid", "1", "--older", "50"], "risk": "safe", "errors": [], "warnings": [],
    }  # fmt: skip
    assert {"pid": 1, "trace": True, "older": 50, "command": None}.items() <= values.items()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (["memleak", "-p", "x"], {"stage": "spec", "argument": "--pid", "why": "argument -p/--pid: invalid int value: 'x'"}),
        (["execsnoop-bpfcc", "-u", "root"],
         {"stage": "tool", "argument": "0", "why": "--uid: the tool takes user 0, root, for no filter at all and shows everybody's"}),
        (["opensnoop", "-p", "4194304"], {"stage": "host", "argument": "4194304", "why": "no process 4194304 runs here"}),
        (["opensnoop", "-n", "a\x1b"], {"stage": "policy", "argument": "a\x1b", "why": "it has a control character or an invisible one in it"}),
        (["xyzzy", "-c", "id"], {"stage": "policy", "argument": "xyzzy", "why": "there is no tool 'xyzzy' here; bccpilot tools lists them"}),
        (["/bin/memleak"], {"stage": "policy", "argument": "/bin/memleak", "why": "/bin/memleak is none of the tools that were indexed"}),
        (["memlaek"], {"stage": "policy", "argument": "memlaek", "why": "there is no tool 'memlaek' here; did you mean memleak?"}),
    ],
)  # fmt: skip
def test_each_stage_can_refuse(
    command: list[str], error: dict[str, str], capsys: pytest.CaptureFixture[str], index_path: str
) -> None:
    status, verdict = as_json(capsys, index_path, *command)
    assert (status, verdict["ok"], verdict["errors"]) == (4, False, [error])


def test_a_persons_own_command_is_asked_for_and_its_risk_is_told(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, verdict = as_json(capsys, index_path, "sudo", "memleak-bpfcc", "--comma", "touch F")
    assert (status, verdict["ok"], verdict["risk"]) == (0, True, "dangerous")
    assert verdict["args"] == ["--command", "touch F"]
    assert verdict["warnings"] == ["--command: starts a program as root"]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["--", "opensnoop-bpfcc"], "opensnoop-bpfcc"),
        (["--", "opensnoop.bt"], "opensnoop.bt"),
        (["--flavour", "libbpf", "--", "opensnoop"], "opensnoop"),
        (["--", "/usr/sbin/opensnoop"], "opensnoop"),
        (["--", "opensnoop"], "opensnoop-bpfcc"),
    ],
)
def test_which_flavour_is_meant(words: list[str], path: str, capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    assert run(capsys, index_path, *words) == (0, f"ok: {path}\n  risk: safe\n", "")


def test_the_place_of_an_error_in_a_probe(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, _ = run(capsys, index_path, "--", "trace", 'do_exit "%d"')
    assert status == 4
    assert out.splitlines() == [
        "refused: trace-bpfcc 'do_exit \"%d\"'",
        '  tool: do_exit "%d": at character 9: the format has 1 placeholders that the tool knows, and 0 values follow',
        '    do_exit "%d"',
        "            ^",
        "  risk: safe",
    ]


def test_what_it_shows_can_not_steer_a_terminal(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    _, out, _ = run(capsys, index_path, "--", "opensnoop", "-n", "\x1b]0;x\x07")
    assert all(line.isprintable() for line in out.splitlines())


def test_bytes_that_are_no_text_are_still_json(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    assert as_json(capsys, index_path, "opensnoop", "-n", "a\udcff")[1]["args"] == ["--name", "a\udcff"]


def test_a_batch(
    capsys: pytest.CaptureFixture[str], index_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ['["memleak", "-t"]', '["memleak", "--nope"]', "no json", "[1]", "[" * 100_000, '["sh", "-c", "id"]']
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    status, out, err = run(capsys, index_path, "--json", "--batch", "-")
    verdicts = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [(v["tool"], v["ok"], [e["stage"] for e in v["errors"]]) for v in verdicts] == [
        ("memleak", True, []),
        ("memleak", False, ["spec"]),
        ("", False, ["spec"]),
        ("", False, ["spec"]),
        ("", False, ["spec"]),
        ("sh", False, ["policy"]),
    ]


def test_bad_usage(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    assert run(capsys, index_path, "--batch", "/nonexistent")[0] == 2
    status, _, err = run(capsys, index_path, "--")
    assert (status, err) == (2, "bccpilot: no command to check\n  next: bccpilot check -- memleak-bpfcc -p 1234\n")
