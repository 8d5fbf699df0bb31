"""bpftrace tools: parameters, usage, summary."""

from __future__ import annotations

from glob import glob
from pathlib import Path

import pytest

from bccpilot.checking.spec import Parsed, parse
from manpages_index.bt import read_bt, read_bt_summary
from manpages_index.model import ArgSpec, ArgType, Positional

PROGRAM = """#!/usr/bin/env bpftrace
/*
 * slower.bt\tTrace slow things of $3 processes.
 *
 * USAGE: slower.bt min_ms comm
 */
BEGIN { printf("over %d ms, $4\\n", $1); }
// $5 isn't read
tracepoint:sched:sched_switch /comm == str($2) && $1 > 0/ { @[comm] = count(); }
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "slower.bt"
    path.write_text(PROGRAM)
    return str(path)


def test_reads_parameters_from_the_code_and_their_names_from_the_usage(program: str) -> None:
    assert read_bt(program) == ArgSpec(
        "bpftrace",
        positionals=(Positional("min_ms", ArgType("int"), "?", default=0), Positional("comm", ArgType("str"), "?", default="")),
        usage="slower.bt min_ms comm",
    )


def test_summary_is_the_first_sentence(program: str) -> None:
    assert read_bt_summary(program) == "Trace slow things of $3 processes"


def test_parameters_without_a_usage_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "x.bt"
    path.write_text('interval:s:1 { printf("%d %s", $2, str($1)); }')
    assert [(p.dest, p.type.kind) for p in read_bt(str(path)).positionals] == [("arg1", "str"), ("arg2", "int")]
    assert read_bt_summary(str(path)) == ""


@pytest.mark.parametrize(
    ("args", "parsed"),
    [
        pytest.param(["10"], Parsed(True, {"min_ms": 10, "comm": ""}, ("10",), given=("min_ms",)), id="one"),
        pytest.param([], Parsed(True, {"min_ms": 0, "comm": ""}), id="none"),
        pytest.param(
            ["1", "bash", "x"],
            Parsed(True, {"min_ms": 1, "comm": "bash"}, ("1", "bash"), given=("min_ms", "comm"), ignored=("x",)),
            id="too many",
        ),
        pytest.param(["x"], Parsed(False, error="invalid int value: 'x'", argument="x"), id="no number"),
        pytest.param(
            ["-c", "id"], Parsed(False, error="bpftrace itself would take this as an option", argument="-c"), id="an option of bpftrace"
        ),
    ],
)
def test_parameters_are_checked(program: str, args: list[str], parsed: Parsed) -> None:
    assert parse(read_bt(program), args) == parsed


@pytest.mark.skipif(not glob("/usr/sbin/*.bt"), reason="bpftrace isn't installed")
def test_every_installed_tool_is_read() -> None:
    paths = glob("/usr/sbin/*.bt")
    assert [path for path in paths if not read_bt_summary(path)] == []
    assert read_bt("/usr/sbin/biolatency.bt") == ArgSpec("bpftrace", ignores_arguments=True)
    assert read_bt_summary("/usr/sbin/biolatency.bt") == "Block I/O latency as a histogram"
    assert read_bt_summary("/usr/sbin/naptime.bt") == "Show voluntary sleep calls"
