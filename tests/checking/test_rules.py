"""problems(): what a tool refuses or misreads after its parser; unfit(): what no tool has a use for."""

from __future__ import annotations

import pytest

from bccpilot.checking.rules import CHECKS, PROBE, problems, read_probes, unfit
from bccpilot.checking.spec import Parsed, parse
from bccpilot.model import Problem
from manpages_index.model import ArgRole, ArgSpec, ArgType, Knowledge, Option, Positional, Rule, Tool
from manpages_index.store import Index


def tool(*rules: Rule, roles: tuple[ArgRole, ...] = ()) -> Tool:
    options = (
        Option(("-p", "--pid"), "pid"),
        Option(("-z", "--min-size"), "min_size", type=ArgType("int")),
        Option(("-Z", "--max-size"), "max_size", type=ArgType("int")),
        Option(("-n", "--names"), "names", type=ArgType("list", keep=2)),
        Option(("-a", "--all"), "all", "store_true", default=False, const=True),
    )
    spec = ArgSpec("argparse", options, (Positional("probe", nargs="?"),))
    return Tool("x", "bcc", "/usr/sbin/x-bpfcc", spec=spec, knowledge=Knowledge(roles=roles, rules=rules))


def found(made: Tool, *args: str) -> list[tuple[str, str]]:
    parsed = parse(made.spec, args)
    assert parsed.ok
    return [(problem.argument, problem.why) for problem in problems(made, parsed)]


def test_options_that_exclude_each_other() -> None:
    made = tool(Rule(("pid", "all"), "not both"))
    assert found(made, "-p", "1") == []
    assert found(made, "-p", "1", "-a") == [("--all", "not both")]


def test_an_argument_that_must_be_there() -> None:
    made = tool(Rule((), "say which", without=("pid",)))
    assert found(made) == [("--pid", "say which")]
    assert found(made, "-p", "1") == []


def test_a_condition_on_two_values() -> None:
    made = tool(Rule(("max_size",), "", check="greater_than:min_size"))
    assert found(made, "-z", "5", "-Z", "4") == [("4", "--max-size: 4 is less than 5")]
    assert found(made, "-z", "5", "-Z", "5") == []


def test_a_rules_own_words_come_before_the_roles() -> None:
    made = tool(Rule(("pid",), "pasted into C", check="integer"), roles=(ArgRole("pid", "pid"),))
    assert found(made, "-p", "1; x") == [("1; x", "--pid: pasted into C")]


@pytest.mark.parametrize(
    ("role", "text", "why"),
    [
        ("pid", "1 || 1", "--pid: it must be a number: '1 || 1' is not a number"),
        ("pid", "١٢٣", "--pid: it must be a number: '١٢٣' is not a number"),
        ("interface", "eth0;id", "--pid: it must be a device's name: 'eth0;id' is not a name"),
        ("cgroup_map", '/x"y', "--pid: it becomes part of a C program, so it must be a plain path: '/x\"y' is not a path"),
        ("library", "$(id)", "--pid: it must be a library's name or a plain path: '$(id)' is not a library"),
        ("interval", "0", "--pid: 0 would mean for ever, or without a pause: 0 is not above 0"),
        ("interval", "9" * 30, f"--pid: 0 would mean for ever, or without a pause: {'9' * 30} is too large"),
        ("remote_address", "1.2.3", "--pid: it must be an IP address: '1.2.3' is not an address"),
        ("percentiles", "50,101", "--pid: it must be percentiles: 101 is not a percentile (0 to 100)"),
    ],
)
def test_values_look_like_their_role(role: str, text: str, why: str) -> None:
    assert found(tool(roles=(ArgRole("pid", role),)), "-p", text) == [(text, why)]


@pytest.mark.parametrize(("role", "text"), [("pid", "12"), ("disk", "nvme0n1"), ("cgroup_path", "/sys/fs/cgroup/a.slice"), ("interval", "0.5")])
def test_good_values_pass(role: str, text: str) -> None:
    assert found(tool(roles=(ArgRole("pid", role),)), "-p", text) == []


def test_a_list_that_the_tool_cuts() -> None:
    made = tool(roles=(ArgRole("names", "pid"),))
    assert found(made, "-n", "1,2") == []
    assert found(made, "-n", "1,2,3") == [("1,2,3", "the tool reads only the first 2 of these")]


def test_what_the_tool_reads_over() -> None:
    made = tool()
    parsed = Parsed(True, {}, (), ignored=("5",))
    assert problems(made, parsed) == (Problem("tool", "5", "x-bpfcc reads over it: it would trace as if it weren't there"),)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("integer", ["5", "-5", "1,2"], ["x", "1.5", "", "１"]),
        ("numeric", ["5", "0.5"], ["x", "1e3", "nan"]),
        ("nonzero", ["1", "-1"], ["0", "0.0", "-0"]),
        ("positive", ["1", "0.1"], ["0", "-1", "nan"]),
        ("power_of_two", [64], [0, 3, -2]),
        ("port", ["80", "80,443", [1, 65535]], ["0", "65536", "http", "80,"]),
        ("port_or_range", ["80", "80-90"], ["90-80", "80,90", "0", "-1"]),
        ("cidr_list", ["10.0.0.0/8", "10.0.0.1/8,1.2.3.4"], ["::1", "10.0.0.0/33", "x"]),
        ("percentiles", ["50,99.9"], ["x", "101"]),
        ("signal_number", ["9", "64"], ["0", "65", "KILL"]),
        ("uid_number", ["0", "1000"], ["root", "-1"]),
        ("absolute_path", ["/a b"], ["a", "./a"]),
        ("plain_path", ["/usr/lib/x-1.2.so"], ["/a;b", "/a b", "a", "/$(id)"]),
        ("c_string", ["Foo<int>"], ['a"b', "a\\b", "a\nb"]),
        ("device_name", ["virtio0"], ['x"', "x" * 16, ""]),
        ("ascii", ["abc"], ["é"]),
        ("syscall_name", ["openat2"], ["open;x", "Open", ""]),
        ("open_flag", ["O_WRONLY"], ["o_wronly", "1"]),
    ],
)
def test_the_named_checks(check: str, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if CHECKS[check](value, None)] == []
    assert [value for value in bad if not CHECKS[check](value, None)] == []


def test_every_check_that_the_knowledge_names_is_there(index: Index) -> None:
    named = {rule.check.partition(":")[0] for known in index.tools for rule in known.knowledge.rules if rule.check}
    assert named - {PROBE} <= CHECKS.keys()


def test_probes_are_read_with_their_arguments() -> None:
    made = tool(Rule(("probe",), "", check="probe:funccount"))
    probes, wrong = read_probes(made, parse(made.spec, ["vfs_*"]))
    assert [(argument, probe.name) for argument, probe in probes] == [("vfs_*", "^vfs_.*$")]
    assert wrong == ()
    assert read_probes(made, parse(made.spec, ["x:y:z"])) == (
        (), (Problem("tool", "x:y:z", "at character 1: the probe's type must be p or t or u, not 'x'", 0),)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "whys"),
    [
        (("-n", "a b;$(id)"), []),
        (("a\x1b[2J",), ["it has a control character or an invisible one in it"]),
        (("a\u202eb",), ["it has a control character or an invisible one in it"]),
        (("x" * 5000,), ["it is longer than 4096 characters"]),
        (("-T",) * 65, ["there are 65 arguments; 64 is the most that are passed on"]),
    ],
)
def test_what_no_tool_has_a_use_for(args: tuple[str, ...], whys: list[str]) -> None:
    assert [problem.why for problem in unfit(args)] == whys
