"""judge(): risks by tool, option, value and the caller's own code; what was asked for; what the settings let run at once."""

from __future__ import annotations

import time

import pytest

from bccpilot.checking import policy, rules
from bccpilot.checking.policy import Asked, Verdict, asked_for, changes, judge
from bccpilot.checking.spec import parse
from bccpilot.model import Problem, Request
from manpages_index.model import ArgRole, ArgSpec, ArgType, Cost, Knowledge, Option, Positional, Rule, Tool
from manpages_index.store import Index

NOTHING = Asked()
STARTS = "starts a program as root"


def made(**known: object) -> Tool:
    options = (
        Option(("-c", "--command"), "command"),
        Option(("-p", "--pid"), "pid", type=ArgType("int")),
        Option(("-F", "--frequency"), "frequency", type=ArgType("int")),
        Option(("-q", "--quiet"), "quiet", "store_true", default=False, const=True),
    )
    spec = ArgSpec("argparse", options, (Positional("probe", nargs="?"),))
    knowledge = Knowledge(**({"about": "a tool"} | known))  # type: ignore[arg-type]
    return Tool("x", "bcc", "/usr/sbin/x-bpfcc", spec=spec, knowledge=knowledge)


def verdict(tool: Tool, *args: str, unasked: tuple[str, ...] = (), asked: Asked = NOTHING) -> Verdict:
    parsed = parse(tool.spec, args)
    assert parsed.ok
    probes, wrong = rules.read_probes(tool, parsed)
    assert wrong == ()
    return judge(tool, parsed, probes, unasked, asked)


COMMAND = made(roles=(ArgRole("command", "run_command", risk="dangerous", why=STARTS), ArgRole("quiet", "switch", risk="costly", why="loud")))


def test_safe_by_default() -> None:
    assert verdict(COMMAND, "-p", "1") == Verdict()


def test_the_worst_risk_counts_and_all_reasons_are_told() -> None:
    found = verdict(COMMAND, "-q", "-c", "x", asked=Asked(everything=True))
    assert found == Verdict("dangerous", (f"--command: {STARTS}", "--quiet: loud"))


REFUSED = (Problem("policy", "--command", f"{STARTS}; that is dangerous, and is done only where the request asks for exactly that"),)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("find leaks", False),
        ("skip all checks, run without asking", False),
        ("x -c 'rm -rf /'", False),
        ("x -c ./app", True),
        ("use --command './app' please", True),
        ("start ./app and look for leaks", True),
        ("运行 ./app 并查找泄漏", True),
        ("start ./application and look for leaks", False),
        ("look at ./app", False),
        ("run /opt/./app", False),
    ],
)
def test_an_option_is_asked_for_by_its_name_or_words_and_its_very_value(text: str, asked: bool) -> None:
    found = verdict(COMMAND, "-c", "./app", asked=Asked(text))
    assert (found.risk, found.problems) == ("dangerous", () if asked else REFUSED)


def test_a_switch_is_asked_for_by_its_name_or_its_own_words() -> None:
    journal = made(roles=(ArgRole("quiet", "switch", words=("to the journal",), words_zh=("写入日志",), risk="dangerous", why="writes"),))
    for text, asked in (("log To The Journal", True), ("写入日志", True), ("x -q", True), ("x --quiet", True), ("a journal", False), ("", False)):
        assert bool(verdict(journal, "-q", asked=Asked(text)).problems) is not asked


@pytest.mark.parametrize(
    ("request_", "tool", "asked"),
    [
        (Request("use x; inject", asked="use x", named=("x",)), None, Asked("use x", ("x",))),
        (Request("make it fail", asked="make it fail"), "inject", Asked("make it fail", ("inject",))),
    ],
)
def test_what_a_request_asks_for(request_: Request, tool: str | None, asked: Asked) -> None:
    assert asked_for(request_, tool) == asked


INJECT = made(risk="dangerous", risk_why="breaks things")


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (Asked("make kmalloc fail"), True),
        (Asked("x"), True),
        (Asked("use x-bpfcc"), False),
        (Asked("anything", ("x",)), False),
        (Asked("anything", ("y",)), True),
        (Asked(everything=True), False),
    ],
)
def test_a_dangerous_tool_must_be_named(asked: Asked, refused: bool) -> None:
    found = verdict(INJECT, asked=asked)
    assert found.risk == "dangerous"
    assert bool(found.problems) is refused


def test_the_settings_let_run_at_once_but_never_what_is_dangerous() -> None:
    sensitive = made(risk="sensitive", risk_why="secrets", roles=(ArgRole("quiet", "switch", risk="costly", why="loud"),))
    assert verdict(sensitive, "-q").risk == "sensitive"
    assert verdict(sensitive, "-q", unasked=("x",)).risk == "safe"
    for entry in ("x --quiet", "x -q", "x quiet"):
        assert verdict(COMMAND, "-q", unasked=(entry,)).risk == "safe"
    assert verdict(COMMAND, "-q", unasked=("y --quiet", "x --pid")).risk == "costly"
    assert verdict(INJECT, unasked=("x",)).risk == "dangerous"
    assert verdict(COMMAND, "-c", "x", unasked=("x --command", "x")).risk == "dangerous"


def test_a_tool_that_nothing_is_known_of_is_asked_about() -> None:
    assert verdict(made(about="")).risk == "costly"


PROBES = (Rule(("probe",), "", check="probe:trace"),)


def test_code_of_the_callers_own_that_acts_has_to_be_in_the_request() -> None:
    probe = "do_exit (bpf_send_signal(9))"
    why = "'bpf_send_signal' does more in the kernel than look at values"
    found = verdict(made(rules=PROBES), probe)
    assert (found.risk, found.reasons, [p.argument for p in found.problems]) == ("dangerous", (f"{probe}: {why}",), [probe])
    assert verdict(made(rules=PROBES), probe, asked=Asked(f"trace '{probe}'")).problems == ()


@pytest.mark.parametrize(
    "code",
    [
        "(arg2 == 42)",
        "((struct sock *)(arg1))->sk_dport",
        '(STRCMP("a;b{}", arg1@user))',
        "bpf_get_current_pid_tgid() >> 32",
        "((struct task_struct *)bpf_get_current_task())->pid",
        "(struct file *file, char *buf)",
        "$latency/1000",
        "args->nr_sector",
        "(arg1 == 'x')",
    ],
)
def test_code_that_looks_at_values(code: str) -> None:
    assert changes(code) == ""


@pytest.mark.parametrize(
    "code",
    [
        "(bpf_send_signal(9))",
        "(bpf_send_signal)(9)",
        "bpf_probe_write_user(arg1, arg2, 8)",
        "bpf_override_return(ctx, -1)",
        "(1); return 0",
        "({ 1; })",
        "(<% 1 %>)",
        "a.update(&b, &c)",
        "(arg1 == '\"' && bpf_send_signal(9) && arg2 == '\"')",
        '(1 /* " */ && bpf_send_signal(9) /* " */)',
        "(1 // x",
        '("unfinished)',
        "(((work_func_t)109)(9))",
        "(((long (*)(u32))109)(9))",
        "(((typeof(bpf_get_current_task))109)(9))",
        "(0, f)(9)",
        "f[0](9)",
        "#include </etc/shadow>",
        "a\\b",
        'asm("int3")',
    ],
)
def test_code_that_acts_or_hides_what_it_does(code: str) -> None:
    assert changes(code) != ""


def test_hostile_code_takes_no_time() -> None:
    began = time.perf_counter()
    for code in ("(" + "a" * 4000 + ")(1!)", "(" * 4000, '"\\' * 2000, "a " * 2000 + ")(", "(a)(" * 1000):
        changes(code)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("cost", "args", "risk"),
    [
        (Cost("fast", above={"frequency": 999}), ("-F", "1000"), "costly"),
        (Cost("fast", above={"frequency": 999}), ("-F", "999"), "safe"),
        (Cost("fast", above={"frequency": 999}), (), "safe"),
        (Cost("often", below={"frequency": 10}), ("-F", "9"), "costly"),
        (Cost("often", below={"frequency": 10}), (), "safe"),
        (Cost("given", given=("quiet",)), ("-q",), "costly"),
        (Cost("given", given=("quiet",), without=("pid",)), ("-q", "-p", "1"), "safe"),
        (Cost("secret", risk="sensitive", given=("pid",)), ("-p", "1"), "sensitive"),
        (Cost("hot", probes=("p:?*:malloc",)), ("c:malloc",), "costly"),
        (Cost("hot", probes=("p:?*:malloc",)), ("r:c:malloc",), "costly"),
        (Cost("hot", probes=("p:?*:malloc",)), ("malloc",), "safe"),
        (Cost("hot", probes=("p::kmem_*",)), ("kmem_cache_alloc",), "costly"),
        (Cost("hot", probes=("t::kmem:*",)), ("t:kmem:kfree",), "costly"),
        (Cost("hot", probes=("t::kmem:*",)), ("t:sched:kmem",), "safe"),
    ],
)
def test_costs_hang_on_values(cost: Cost, args: tuple[str, ...], risk: str) -> None:
    found = verdict(made(rules=PROBES, costs=(cost,)), *args)
    assert found.risk == risk
    assert all(reason.endswith(cost.why) for reason in found.reasons)


@pytest.mark.parametrize(("args", "reasons"), [((), ("x: all are followed",)), (("-p", "1"), ())])
def test_what_is_only_told_is_no_risk(args: tuple[str, ...], reasons: tuple[str, ...]) -> None:
    found = verdict(made(costs=(Cost("all are followed", risk="safe", without=("pid",)),)), *args)
    assert (found.risk, found.reasons) == ("safe", reasons)


@pytest.mark.parametrize(
    ("pattern", "risk"),
    [("mal*", "costly"), ("c:mal*", "costly"), ("c:*", "costly"), ("c:open*", "safe"), ("c:malloc", "costly"), ("c:mallox", "safe")],
)
def test_a_pattern_counts_that_matches_something_hot(pattern: str, risk: str) -> None:
    tool = made(rules=(Rule(("probe",), "", check="probe:funccount"),), costs=(Cost("hot", probes=("p:?*:malloc", "p::malloc")),))
    assert verdict(tool, pattern).risk == risk


@pytest.mark.parametrize(("threshold", "risk"), [(0.0, "costly"), (1000.0, "safe")])
def test_a_busy_process(threshold: float, risk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_BUSY", threshold)
    tool = made(costs=(Cost("slow", given=("pid",), busy="pid"),))
    assert verdict(tool, "-p", "1").risk == risk
    assert verdict(tool, "-p", "4194303").risk == "safe"


@pytest.mark.parametrize(
    ("name", "args", "risk"),
    [
        ("memleak", ["-t"], "safe"),
        ("memleak", ["-c", "ls"], "dangerous"),
        ("bashreadline", [], "sensitive"),
        ("ttysnoop", ["/dev/null"], "sensitive"),
        ("sslsniff", [], "sensitive"),
        ("inject", ["kmalloc", "vfs_mkdir()"], "dangerous"),
        ("trace", ["-I", "x.h", "do_exit"], "dangerous"),
        ("argdist", ["-I", "x.h", "-C", "p::vfs_read()"], "dangerous"),
        ("deadlock", ["1", "--dump-graph", "x"], "dangerous"),
        ("reset-trace", [], "dangerous"),
        ("funccount", ["*"], "costly"),
        ("funccount", ["vfs_*"], "safe"),
        ("profile", ["-F", "99"], "safe"),
        ("profile", ["-F", "4000"], "costly"),
        ("trace", ["t:raw_syscalls:sys_enter"], "costly"),
        ("trace", ["-M", "10", "t:raw_syscalls:sys_enter"], "safe"),
        ("argdist", ["-C", "p::kmem_cache_alloc()"], "costly"),
        ("stackcount", ["c:malloc"], "costly"),
        ("stackcount", ["t:raw_syscalls:*"], "costly"),
        ("stackcount", ["t:block:block_rq_insert"], "safe"),
        ("javacalls", ["-S", "1"], "costly"),
        ("opensnoop", [], "safe"),
    ],
)
def test_the_installed_tools(name: str, args: list[str], risk: str, index: Index) -> None:
    tool = index.tool(name, "bcc")
    assert verdict(tool, *args).risk == risk
