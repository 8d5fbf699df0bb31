"""The check before root: what is refused, what passes, and that what passes is exactly what was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bccpilot.generating.check import check
from bccpilot.generating.parse import SyntaxProblem, parse
from bccpilot.generating.syntax import Node
from bccpilot.generating.write import write
from bccpilot.host import Host
from bccpilot.host.symbols import Symbols
from bccpilot.host.types import Types
from tests.generating.hostile import ACTIONS, HARMLESS, HOSTILE

FORMAT = """name: sys_enter_openat
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;
\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;
"""


def shape(node: Node) -> tuple[object, ...]:
    """A tree without its places."""
    return (node.kind, node.text, tuple(shape(child) for child in node.children))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """One tracepoint, no kprobes, no counters."""
    place = tmp_path / "events" / "syscalls" / "sys_enter_openat"
    place.mkdir(parents=True)
    (place / "format").write_text(FORMAT)
    return Host(kprobes=False, uprobes=True, perf_events=True, hardware_counters=False, tracefs=str(tmp_path), tracefs_open=True,
                symbols=Symbols(["vfs_read"]), types=Types(names=["vfs_read"]))  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_program_is_refused(text: str) -> None:
    checked = check(text)
    assert checked.problems
    assert checked.text == ""
    assert {problem.stage for problem in checked.problems} <= {"syntax", "policy"}


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_program_passes(text: str) -> None:
    checked = check(text)
    assert checked.problems == ()
    assert shape(parse(checked.text)) == shape(parse(text))


def test_there_are_enough_of_both() -> None:
    assert len(set(HOSTILE.values())) >= 200
    assert len(set(HARMLESS)) >= 60


@pytest.mark.parametrize("action", ["system", "signal", "override", "skboutput"])
def test_the_reason_names_the_action(action: str) -> None:
    problem = check(f"BEGIN {{ {ACTIONS[action].replace('$skb', '1')}; }}").problems[0]
    assert problem.stage == "policy"
    assert problem.argument == f"{action}() (line 1, column 9)"


@pytest.mark.parametrize(("text", "argument", "why"), [
    ("BEGIN { @ = ; }", "line 1, column 13", "a value is expected, not ';'"),
    ("BEGIN {\n  @ = 1\n  @b = 2;\n}", "line 3, column 3", "';' is expected, not '@b'"),
    ("BEGIN { @ = 1; }\nEND { print(@ }", "line 2, column 15", "',' is expected, not '}'"),
    ("#include <x.h>", "line 1, column 1", "preprocessor directives (#include, #define ...) are not allowed"),
])  # fmt: skip
def test_a_syntax_error_has_its_place(text: str, argument: str, why: str) -> None:
    assert [(p.stage, p.argument, p.why) for p in check(text).problems] == [("syntax", argument, why)]


@pytest.mark.parametrize(("text", "problems"), [
    ("tracepoint:syscalls:sys_enter_openat { @[str(args->filename)] = count(); }", []),
    ("tracepoint:syscalls:sys_enter_openat { @[str(args->path)] = count(); }",
     [("args->path (line 1, column 50)", "tracepoint:syscalls:sys_enter_openat has no field path; it has dfd, filename")]),
    ("tracepoint:syscalls:sys_enter_open { @ = count(); }",
     [("tracepoint:syscalls:sys_enter_open", "this kernel has no tracepoint syscalls:sys_enter_open")]),
    ("tracepoint:nosuch:sys_* { @ = count(); }", [("tracepoint:nosuch:sys_*", "no tracepoint matches nosuch:sys_*")]),
    ("kprobe:vfs_read { @ = count(); }", [("kprobe:vfs_read", "this kernel has no kprobes")]),
    ("uprobe:/nosuch/file:main { @ = count(); }", [("uprobe:/nosuch/file:main", "there is no file /nosuch/file")]),
    ("hardware:cache-misses:1 { @ = count(); }",
     [("hardware:cache-misses:1", "this machine lets nobody count the CPU's own events (a virtual machine without a PMU)")]),
    ("software:nosuch:1 { @ = count(); }", [("software:nosuch:1", "there is no software event nosuch")]),
])  # fmt: skip
def test_what_is_not_on_this_host(host: Host, text: str, problems: list[tuple[str, str]]) -> None:
    assert [(p.argument, p.why) for p in check(text, host).problems] == problems


@pytest.mark.parametrize(("text", "risk"), [
    ("tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }", "safe"),
    ('tracepoint:raw_syscalls:sys_enter { printf("%s\\n", comm); }', "costly"),
    ('tracepoint:raw_syscalls:sys_enter /pid == 5/ { printf("%s\\n", comm); }', "safe"),
    ('tracepoint:raw_syscalls:sys_enter /pid == 5 && args->id == 1/ { printf("%s\\n", comm); }', "safe"),
    ('tracepoint:raw_syscalls:sys_enter /pid == 5 || 1/ { printf("%s\\n", comm); }', "costly"),
    ('tracepoint:sched:sched_s* { printf("%s\\n", comm); }', "costly"),
    ('tracepoint:syscalls:sys_enter_openat { printf("%s\\n", comm); }', "safe"),
    ('tracepoint:syscalls:sys_enter_write { @ = count(); }', "safe"),
    ('tracepoint:syscalls:sys_enter_write /pid == 5/ { printf("%s\\n", str(args->buf)); }', "sensitive"),
    ('uretprobe:/bin/bash:readline { printf("%s\\n", str(retval)); }', "sensitive"),
    ("uprobe:/lib/libc.so.6:malloc { @[comm] = count(); }", "costly"),
    ("tracepoint:kmem:kmalloc { @[comm] = count(); }", "costly"),
])  # fmt: skip
def test_the_risk(text: str, risk: str) -> None:
    checked = check(text)
    assert checked.problems == ()
    assert checked.risk == risk
    assert bool(checked.reasons) == (risk != "safe")


PIECES = ["BEGIN", "{", "}", "system", "(", ")", '"', "\\", "@", "$x", "/", "*", "//", "/*", "*/", "\n", "#", "define", ";", "=", "pid", "kprobe:f",
          ",", "[", "]", "->", ".", "5", "count()", "'", "\x00", "é", " "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=80))
def test_any_text_is_a_tree_that_prints_itself_or_a_syntax_problem(text: str) -> None:
    try:
        tree = parse(text)
    except SyntaxProblem:
        return
    printed = write(tree)
    assert shape(parse(printed)) == shape(tree)
    assert write(parse(printed)) == printed


@given(st.text(max_size=60))
def test_a_text_in_a_string_stays_one(text: str) -> None:
    """Whatever a string holds, its quotes stay where they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    program = f'BEGIN {{ @ = "{escaped}"; }}'
    if all(character.isprintable() or character in "\n\t\r" for character in text):
        assert [node.text for node in parse(write(parse(program))).all("string")] == [text]
    else:
        with pytest.raises(SyntaxProblem, match="control character"):
            parse(program)
