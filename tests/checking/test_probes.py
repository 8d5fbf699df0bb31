"""parse(): the probes that each tool reads, and where what it refuses goes wrong."""

from __future__ import annotations

import contextlib
import time

import pytest

from bccpilot.checking.probes import Malformed, Probe, comparable, parse


def view(probe: Probe) -> tuple[object, ...]:
    return probe.kind, probe.library, probe.name, probe.pattern, probe.at


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        ("funccount", "vfs_read", ("p", "", "vfs_read", False, 0)),
        ("funccount", "vfs_*", ("p", "", "^vfs_.*$", True, 0)),
        ("funccount", "c:malloc", ("p", "c", "malloc", False, 2)),
        ("funccount", "p::vfs_read", ("p", "", "vfs_read", False, 3)),
        ("funccount", "p:c:mal*", ("p", "c", "^mal.*$", True, 4)),
        ("funccount", "t:sched:sched_switch", ("t", "", "sched:sched_switch", False, 2)),
        ("stackcount", "t:sched:sched_*", ("t", "", "^sched:sched_.*$", True, 2)),
        ("funclatency", "go:os.*", ("p", "go", "^os..*$", True, 3)),
        ("funcslower", "/usr/bin/x:main", ("p", "/usr/bin/x", "main", False, 11)),
        ("funcslower", "finish_task_switch.isra.0", ("p", "", "finish_task_switch.isra.0", False, 0)),
        ("funcinterval", "t:vmscan:mm_vmscan_direct_reclaim_begin", ("t", "", "vmscan:mm_vmscan_direct_reclaim_begin", False, 2)),
        ("libbpf_funclatency", "vfs_read", ("p", "", "vfs_read", False, 0)),
        ("libbpf_funclatency", "/lib/x.so:f", ("p", "/lib/x.so", "f", False, 10)),
        ("trace", "do_sys_open", ("p", "", "do_sys_open", False, 0)),
        ("trace", ":c:malloc", ("p", "c", "malloc", False, 3)),
        ("trace", "r::do_sys_open", ("r", "", "do_sys_open", False, 3)),
        ("trace", "p:/bin/x:ns::f", ("p", "/bin/x:ns:", "f", False, 13)),
        ("trace", "u:/bin/x:provider:probe", ("u", "/bin/x", "provider:probe", False, 9)),
        ("trace", "c:open+0x10", ("p", "c", "open", False, 2)),
        ("argdist", "p::__kmalloc(u64 size):u64:size", ("p", "", "__kmalloc", False, 3)),
        ("argdist", " t:irq:irq_handler_entry():int:args->irq", ("t", "", "irq:irq_handler_entry", False, 3)),
        ("argdist", "r:c:read()#reads:of libc", ("r", "c", "read", False, 4)),
        ("inject", "SyS_mount()", ("p", "", "SyS_mount", False, 0)),
        ("inject", "(true) => SyS_mount(int x)(x == (1))", ("p", "", "SyS_mount", False, 10)),
    ],
)
def test_reads_what_the_tool_reads(tool: str, text: str, expected: tuple[object, ...]) -> None:
    (probe,) = parse(tool, text)
    assert view(probe) == expected
    assert probe.text == text


@pytest.mark.parametrize(
    ("tool", "text", "code"),
    [
        ("trace", 'do_sys_open(int a, char *b) (arg1 > (2)) "%s %d", b, a', ("(int a, char *b)", "(arg1 > (2))", "b", "a")),
        ("trace", "do_sys_open", ()),
        ("argdist", "r:c:read(int fd):int,int:$retval,$entry(fd):$retval > 0", ("int fd", "int", "int", "$retval", "$entry(fd)", "$retval > 0")),
        ("inject", "f(int x)(x == 1)", ("(int x)", "(x == 1)")),
        ("funccount", "vfs_*", ()),
    ],
)
def test_keeps_the_callers_own_code(tool: str, text: str, code: tuple[str, ...]) -> None:
    assert parse(tool, text)[0].code == code


def test_a_regular_expression_is_left_as_it_is() -> None:
    assert parse("funccount", "c:(write|read)$", regexp=True)[0].name == "(write|read)$"


def test_a_chain_of_calls_has_a_probe_for_each_function() -> None:
    assert [p.name for p in parse("inject", "(true) => mount_subtree() => btrfs_mount(int a)(a)")] == ["mount_subtree", "btrfs_mount"]


@pytest.mark.parametrize(
    ("tool", "text", "at", "why"),
    [
        ("funccount", "a:b:c:d", 5, "there are 4 parts between colons, the tool takes at most 3"),
        ("funccount", "r:c:malloc", 0, "the probe's type must be p or t or u, not 'r'"),
        ("funccount", "u:c:malloc", 0, "funccount can't read USDT probes under Python 3; trace and argdist can"),
        ("funccount", "c:vfs_(x", 6, "the tool reads it as a regular expression, which it isn't: missing ), unterminated subpattern"),
        ("funccount", "a{99999999999999999999}", 0, "as a regular expression it is too complex"),
        ("funccount", "(" * 2000 + ")" * 2000, 0, "as a regular expression it is too complex"),
        ("funccount", "vfs_read;id", 8, "';' can't be part of a name"),
        ("funccount", "", 0, "a function's name is missing"),
        ("funccount", "t:sched", 0, "two parts are a library and a function, so 't' would be a library; a probe's type needs three parts"),
        ("funclatency", ":vfs_read", 0, "a library or program is missing before the colon"),
        ("funcslower", "vfs_*", 4, "'*' can't be part of a name; there are no wildcards here"),
        ("funcinterval", "a:b:c", 0, "of three parts the first must be t: the tool takes any three for a tracepoint"),
        ("trace", "x:c:malloc", 0, "the probe's type must be p or r or t or u, not 'x'"),
        ("trace", "(x)", 0, "it must begin with a probe"),
        ("trace", "t:sched:sched_switch(int x)", 20, "USDT probes and tracepoints have no signature; use arg1, arg2 or args->field"),
        ("trace", "do_nanosleep ((arg1)", 13, "the predicate's parenthesis isn't closed"),
        ("trace", "do_nanosleep %d", 13, 'a format in "double quotes" is expected'),
        ("trace", 'do_nanosleep "%d %s", arg1', 13, "the format has 2 placeholders that the tool knows, and 1 values follow"),
        ("trace", "do_nanosleep+zz", 13, "the offset 'zz' must be decimal or hexadecimal"),
        ("trace", "t:a:b:c", 5, "a tracepoint is t:CATEGORY:EVENT"),
        ("trace", "t:sched:sched{switch", 13, "'{' can't be part of a name; there are no wildcards here"),
        ("argdist", "p:c", 3, "at least the type, the library (empty for the kernel) and the signature are needed: p::FUNCTION()"),
        ("argdist", "p::vfs_read", 3, "'vfs_read' is no signature: FUNCTION(TYPE NAME, ...), or FUNCTION()"),
        ("argdist", "p::f():int", 7, "a type without an expression is read over"),
        ("argdist", "p::f():int,int:1", 15, "2 types for 1 expressions"),
        ("argdist", "r::f(int a):int:$entry(b)", 23, "the signature has no parameter 'b'"),
        ("inject", "f", 0, "something follows the last parenthesis"),
        ("inject", "f())", 3, "a parenthesis is closed that was never opened"),
        ("inject", "f((", 2, "a parenthesis isn't closed"),
        ("inject", "1f()", 0, "'1f' is no function's name"),
    ],
)
def test_shows_where_it_goes_wrong(tool: str, text: str, at: int, why: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse(tool, text)
    assert (raised.value.why, raised.value.at) == (why, at)


@pytest.mark.parametrize(("text", "why"), [("p::f()", "a histogram needs an expression"), ("p::f():int,int:1,2", "a histogram has one")])
def test_histograms_of_argdist_have_one_expression(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parse("argdist", text, histogram=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("^vfs_.*$", True), (".*tcp.*send.*", True), ("(a+)+$", False), ("a*a*a*a*b", False), (r"(a)\1", False), ("(read|write)$", True)],
)
def test_only_quick_expressions_are_compared(expression: str, expected: bool) -> None:
    assert comparable(expression) is expected


def test_hostile_lengths_take_no_time() -> None:
    began = time.perf_counter()
    for text in ("(" * 4000, "a:" * 2000, "f(" * 2000, '"' * 4000, "f() => " * 600, "*" * 4000):
        for tool in ("trace", "argdist", "inject", "funccount", "funcslower"):
            with contextlib.suppress(Malformed):
                parse(tool, text)
    assert time.perf_counter() - began < 2
