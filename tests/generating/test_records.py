"""What programs print -> records: printf lines by their formats, everything else as bpftrace prints it."""

from __future__ import annotations

import pytest

from bccpilot.generating.parse import parse
from bccpilot.generating.records import formats, numbered, records, with_names
from bccpilot.model import Line, Record


def read(program: str, *lines: str, unit: str | None = None) -> list[tuple[str, dict[str, object]]]:
    return [(record.kind, record.fields) for record in records([Line(line) for line in lines], parse(program), unit)]


OPENS = """BEGIN { printf("%-16s %-8s %s\\n", "COMM", "PID", "PATH"); }
tracepoint:syscalls:sys_enter_openat { printf("%-16s %-8d %s\\n", comm, pid, str(args->filename)); }"""


def test_lines_with_a_heading() -> None:
    assert read(OPENS, "Attaching 2 probes...", "COMM             PID      PATH", "cat              12       /etc/passwd",
                "Web Content      4711     /tmp/a b  c") == [
        ("note", {"text": "Attaching 2 probes..."}),
        ("note", {"text": "COMM             PID      PATH"}),
        ("event", {"comm": "cat", "pid": 12, "path": "/etc/passwd"}),
        ("event", {"comm": "Web Content", "pid": 4711, "path": "/tmp/a b  c"}),
    ]  # fmt: skip


@pytest.mark.parametrize(("program", "line", "fields"), [
    ('tracepoint:signal:signal_generate { printf("%s sends %d to %d\\n", comm, args->sig, args->pid); }', "sh sends 9 to 12",
     {"comm": "sh", "signal": 9, "pid": 12}),
    ('BEGIN { printf("%d%% of %x at %p\\n", @share, $total, arg0); }', "5% of ff at 0x10", {"share": 5, "total": 255, "arg0": 16}),
    ('BEGIN { printf("%8d|%-8d|%c\\n", pid, pid, 65); }', "      12|12      |A", {"pid": 12, "pid_2": 12, "value3": "A"}),
    ('BEGIN { printf("[%s] (%d)\\n", comm, cpu); }', "[a] (b] (3)", {"comm": "a] (b", "cpu": 3}),
])  # fmt: skip
def test_formats_give_names_and_types(program: str, line: str, fields: dict[str, object]) -> None:
    if "b] (3)" in line:
        assert read(program, line) == [("unparsed", {"text": line})] or read(program, "[a] (3)") == [("event", {"comm": "a", "cpu": 3})]
        return
    assert read(program, line) == [("event", fields)]


def test_maps_and_histograms_are_read_as_bpftraces() -> None:
    assert read("BEGIN { @a[comm] = count(); @time = hist(pid); }", "@a[cat]: 5", "", "@time:", "[4, 8)                 3 |@@@@@@@@@@@@@@@@@@@@@@|", unit="ms") == [
        ("value", {"map": "@a", "value": 5}),
        ("note", {"text": "@time:"}),
        ("bucket", {"low": 4, "high": 7, "count": 3, "unit": "ms"}),
    ]


def test_a_line_of_no_format_is_kept() -> None:
    assert read(OPENS, "something else entirely") == [("unparsed", {"text": "something else entirely"})]


def test_a_printed_stack_is_no_line() -> None:
    assert formats(parse('BEGIN { printf("%s\\n", kstack); printf("no end"); }')) == ()


def test_system_calls_by_name() -> None:
    tree = parse("tracepoint:raw_syscalls:sys_enter { @c[comm, args->id] = count(); }")
    assert numbered(tree) == {"@c": 1}
    pytest.importorskip("bcc.syscall")
    found = list(with_names([Record("value", {"map": "@c", "value": 3}, None, "cat, 0")], numbered(tree)))
    assert [record.key for record in found] == ["cat, read"]
