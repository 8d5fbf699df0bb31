"""The command: what it shows and saves without root, and how it says no."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bccpilot.cli import main
from bccpilot.generating.examples import nearest
from bccpilot.generating.saved import load, request_of, with_header
from manpages_index.store import Index


def run(capsys: pytest.CaptureFixture[str], index_path: str, *words: str) -> tuple[int, str, str]:
    status = main(["generate", "--index", index_path, *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_dry_run_shows_the_program_and_why(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, _ = run(capsys, index_path, "-n", "syscalls by process")
    assert status == 0
    assert out == (
        "tracepoint:raw_syscalls:sys_enter\n{\n    @syscall[comm] = count();\n}\n\n"
        "  syscall: counted by comm\n"
        "  tracepoint:raw_syscalls:sys_enter: the one place that every system call passes\n"
        "  = syscount shows the same, and is the tried way: bccpilot --tool syscount REQUEST\n"
    )


def test_dry_run_as_json(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    status, out, _ = run(capsys, index_path, "-n", "--json", "按进程统计读取的字节数，5 秒")
    assert status == 0
    assert json.loads(out) == {
        "query": "按进程统计读取的字节数，5 秒",
        "program": "tracepoint:syscalls:sys_exit_read\n/args->ret > 0/\n{\n    @bytes[comm] = sum(args->ret);\n}\n",
        "probes": [{"points": ["tracepoint:syscalls:sys_exit_read"], "predicate": "args->ret > 0",
                    "why": "read(2); the bytes that it really read are its result"}],
        "about": "read: sum of size by comm", "instead": None, "planner": "composer", "duration_s": 5, "units": {"@bytes": "B"}, "risk": "safe",
        "risk_reasons": [], "cannot_run": None, "problems": [], "warnings": [], "version": 1,
    }  # fmt: skip


def test_a_saved_program_is_executable_and_holds_its_request(capsys: pytest.CaptureFixture[str], index_path: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.bt"
    status, out, _ = run(capsys, index_path, "-o", str(file), "context switches by process")
    assert status == 0
    assert out == f"{file}: context switch: counted by comm\n  bccpilot generate --run {file}\n"
    assert os.access(file, os.X_OK)
    text = load(str(file))
    assert text.startswith("#!/usr/bin/env bpftrace\n// request: context switches by process\n")
    assert request_of(text) == "context switches by process"


def test_a_file_is_never_written_over(capsys: pytest.CaptureFixture[str], index_path: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.bt"
    file.write_text("mine")
    status, _, err = run(capsys, index_path, "-o", str(file), "context switches by process")
    assert status == 2
    assert "exists already" in err
    assert file.read_text() == "mine"


def test_a_request_cannot_leave_the_header() -> None:
    text = with_header("BEGIN { @ = 1; }\n", 'x\nBEGIN { system("id"); } \u2028 */', "6.1", None)
    assert [line for line in text.split("\n") if not line.startswith(("//", "#!"))] == ["", "BEGIN { @ = 1; }", ""]


@pytest.mark.parametrize(("text", "why"), [
    ('BEGIN { system("id"); }', "system() (line 1, column 9): it runs a program as root"),
    ("#include <x.h>\nBEGIN { @ = 1; }", "preprocessor directives"),
    ("BEGIN {", "line 1, column 8"),
])  # fmt: skip
def test_a_saved_program_is_checked_before_it_runs(capsys: pytest.CaptureFixture[str], index_path: str, tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "bad.bt"
    file.write_text(text)
    status, _, err = run(capsys, index_path, "--run", str(file))
    assert status == 4
    assert why in err


@pytest.mark.parametrize(("words", "status", "said"), [
    (["order me a pizza"], 3, "there is no program for this request"),
    ([], 2, "the request is empty"),
    (["--run", "/nosuch/file.bt"], 2, "can't be read"),
    (["--planner", "openai", "syscalls by process"], 7, "no model can be asked"),
])  # fmt: skip
def test_errors(capsys: pytest.CaptureFixture[str], index_path: str, words: list[str], status: int, said: str) -> None:
    found, _, err = run(capsys, index_path, "-n", *words)
    assert found == status
    assert said in err


def test_no_tool_fits_names_the_way_out(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    from bccpilot.generating.offer import offered

    assert offered("directories created by process", index_path) == (
        "bccpilot generate 'directories created by process' writes a program for it (mkdir: each one printed by comm)"
    )
    assert offered("order me a pizza", index_path) == ""


def test_probes(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    assert main(["probes", "--json", "--most", "3", "--index", index_path, "context", "switches"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found
    assert set(found[0]) == {"probe", "kind", "score", "why", "fields"}


@pytest.mark.parametrize(("request_text", "about"), [
    ("bytes read by process", "bytes read by process"),
    ("按进程统计缺页次数", "page faults by process"),
    ("who sends signals to whom", "signals: who sends which to whom"),
])  # fmt: skip
def test_the_nearest_example(index: Index, request_text: str, about: str) -> None:
    found = nearest(request_text, index)
    assert 1 <= len(found) <= 3
    assert about in [example.about for example in found]
    assert all(example.text.strip() for example in found)
