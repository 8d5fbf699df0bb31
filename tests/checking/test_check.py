"""check(): a plan's verdict as a whole, over all installed tools."""

from __future__ import annotations

import random
import subprocess

import pytest

from bccpilot.checking.check import check
from bccpilot.checking.host import Place
from bccpilot.checking.policy import Asked
from bccpilot.host.symbols import Symbols
from bccpilot.model import Command, Plan, Problem
from manpages_index.model import Tool
from manpages_index.store import Index
from tests.oracle.arguments import generated

EVERYTHING = Asked(everything=True)


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object, **_: object) -> None:
        raise AssertionError(f"a process would be started: {args!r}")

    monkeypatch.setattr(subprocess, "Popen", forbidden)


def plan(tool: Tool, *args: str, query: str = "", planner: str = "local", unresolved: tuple[str, ...] = ()) -> Plan:
    return Plan(query, tool.name, tool.flavour, tool.path, args, duration_s=10.0, planner=planner, unresolved=unresolved)


def test_the_main_job(index: Index) -> None:
    memleak = index.tool("memleak", "bcc")
    assert check(plan(memleak, "-t"), memleak) == Command(
        tool="memleak",
        flavour="bcc",
        argv=(memleak.path, "--trace"),
        args=("--trace",),
        values=check(plan(memleak), memleak).values | {"trace": True},
        given=("trace",),
        risk="safe",
        risk_reasons=(
            "memleak: without a process it follows the kernel's own allocations, no program's; for those say which program, by name or PID",
        ),
        duration_s=10.0,
        ready=memleak.knowledge.ready,
    )


@pytest.mark.parametrize(
    ("name", "args", "problem"),
    [
        ("memleak", ["--nope"], Problem("spec", "--nope", "unrecognized arguments: --nope")),
        ("funccount", [], Problem("spec", "pattern", "the following arguments are required: pattern")),
        ("biolatency", ["-D", "-F"], Problem("tool", "--disks", "one histogram per disk and one per set of flags can't be had together")),
        ("netqtop", [], Problem("tool", "--name", "the tool needs a network interface: -n eth0")),
        ("tcpsubnet", ["-i", "0"], Problem("tool", "0", "--interval: 0 would mean for ever, or without a pause: 0 is not above 0")),
        ("trace", ["x:c:f"], Problem("tool", "x:c:f", "at character 1: the probe's type must be p or r or t or u, not 'x'", 0)),
        ("opensnoop", ["-n", ""], None),
        ("opensnoop", ["-p", ""], Problem("tool", "''", "--pid: the PID is put into the program as it stands; it must be a number")),
        ("funccount", ["vfs_raed"], Problem("host", "vfs_raed", "no kernel function vfs_raed; did you mean vfs_read?")),
        ("opensnoop", ["-n", "a\x1bb"], Problem("policy", "a\x1bb", "it has a control character or an invisible one in it")),
    ],
)
def test_the_first_problem(name: str, args: list[str], problem: Problem | None, index: Index) -> None:
    tool = index.tool(name, "bcc")
    place = Place("/nonexistent-root", Symbols(("vfs_read", "vfs_write")))
    found = check(plan(tool, *args), tool, asked=EVERYTHING, place=place)
    assert (found.problems[0] if found.problems else None) == problem
    assert found.ok is (problem is None)


def test_values_are_looked_up_only_where_they_are_well_formed(index: Index) -> None:
    opensnoop = index.tool("opensnoop", "bcc")
    stages = [p.stage for p in check(plan(opensnoop, "-p", "4194304", "-d", "x"), opensnoop).problems]
    assert stages == ["tool"]
    assert [p.stage for p in check(plan(opensnoop, "-p", "4194304"), opensnoop).problems] == ["host"]


def test_names_of_processes_that_do_not_run(index: Index) -> None:
    opensnoop = index.tool("opensnoop", "bcc")
    found = check(plan(opensnoop, unresolved=("nginx",)), opensnoop)
    why = "no process of that name runs here; without it the whole system would be traced"
    assert found.problems == (Problem("host", "nginx", why),)


def test_a_pid_that_is_required_is_missed_once(index: Index) -> None:
    javagc = index.tool("javagc", "bcc")
    found = check(plan(javagc, unresolved=("java",)), javagc)
    assert found.problems == (Problem("host", "java", "no process of that name runs here"),)


@pytest.mark.parametrize("planner", ["local", "openai", "anything"])
def test_no_planner_lowers_a_risk(planner: str, index: Index) -> None:
    memleak, inject = index.tool("memleak", "bcc"), index.tool("inject", "bcc")
    found = check(plan(memleak, "--comma", "touch F", query="find leaks", planner=planner), memleak)
    assert (found.ok, found.risk, found.args) == (False, "dangerous", ("--command", "touch F"))
    assert not check(plan(inject, "kmalloc", "vfs_read()", query="why is it slow", planner=planner), inject).ok


def test_the_query_is_what_was_asked_for_where_nothing_else_is_said(index: Index) -> None:
    memleak = index.tool("memleak", "bcc")
    assert check(plan(memleak, "-c", "/bin/true", query="memleak -c /bin/true"), memleak).problems == ()
    assert check(plan(memleak, "-c", "/bin/true", query="memleak"), memleak).problems[0].stage == "policy"


def test_the_settings_count(index: Index) -> None:
    tool = index.tool("bashreadline", "bcc")
    assert check(plan(tool), tool).risk == "sensitive"
    assert check(plan(tool), tool, unasked=("bashreadline",)).risk == "safe"


def test_never_raises(index: Index) -> None:
    """Every installed tool with generated argument lists, good and bad; whatever passes reads the same again."""
    random.seed(20261123)
    passed = 0
    for tool in index.tools:
        for args in generated(tool.spec, 12):
            found = check(plan(tool, *args), tool, asked=EVERYTHING)
            assert all(problem.argument and problem.why for problem in found.problems), (tool.name, args, found.problems)
            if found.ok:
                passed += 1
                again = check(plan(tool, *found.args), tool, asked=EVERYTHING)
                assert (again.args, repr(again.values), again.risk) == (found.args, repr(found.values), found.risk)
    assert passed > 100
