"""Hook points: only what is there, the fields with their types, the likeliest first."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bccpilot.generating.btf import Btf
from bccpilot.generating.points import ranked
from bccpilot.host import Host

FORMAT = "name: x\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:{};\toffset:8;\tsize:4;\tsigned:0;\n"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    for name, field in (
        ("exceptions/page_fault_user", "unsigned long address"), ("sched/sched_switch", "pid_t next_pid"), ("syscalls/sys_enter_unlinkat", "const char * pathname"),
    ):  # fmt: skip
        place = tmp_path / "events" / name
        place.mkdir(parents=True)
        (place / "format").write_text(FORMAT.format(field))
    return Host(kprobes=False, perf_events=True, hardware_counters=False, tracefs=str(tmp_path), tracefs_open=True)


@pytest.mark.parametrize(("text", "name", "fields"), [
    ("page faults", "tracepoint:exceptions:page_fault_user", (("address", "unsigned long"),)),
    ("缺页", "tracepoint:exceptions:page_fault_user", (("address", "unsigned long"),)),
    ("who deletes files", "tracepoint:syscalls:sys_enter_unlinkat", (("pathname", "const char *"),)),
    ("major faults", "software:major-faults:1", ()),
])  # fmt: skip
def test_the_likeliest_place_comes_first(host: Host, text: str, name: str, fields: tuple[tuple[str, str], ...]) -> None:
    first = ranked(text, host)[0]
    assert (first.name, first.fields) == (name, fields)


def test_only_what_exists_is_listed(host: Host) -> None:
    names = {point.name for point in ranked("cache misses and disk requests and page faults", host)}
    assert "tracepoint:exceptions:page_fault_user" in names
    assert not any(name.startswith(("hardware:", "kprobe:", "tracepoint:block:")) for name in names)


def test_words_that_nothing_has_to_do_with(host: Host) -> None:
    assert ranked("pizza", host) == ()


def btf() -> bytes:
    """One function f(struct s *a, const char *b), and struct s with a field int x."""
    strings = b"\0int\0s\0x\0char\0f\0a\0b\0"
    at = {name: strings.index(b"\0" + name + b"\0") + 1 for name in (b"int", b"s", b"x", b"char", b"f", b"a", b"b")}

    def one(name: bytes, kind: int, count: int, other: int, *more: int) -> bytes:
        return struct.pack(f"<III{len(more)}I", at.get(name, 0), kind << 24 | count, other, *more)

    types = b"".join((
        one(b"int", 1, 0, 4, 32), one(b"s", 4, 1, 4, at[b"x"], 1, 0), one(b"", 2, 0, 2), one(b"char", 1, 0, 1, 8), one(b"", 10, 0, 4), one(b"", 2, 0, 5),
        one(b"", 13, 2, 1, at[b"a"], 3, at[b"b"], 6), one(b"f", 12, 1, 7),
    ))  # fmt: skip
    return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings


def test_arguments_and_fields_from_btf() -> None:
    types = Btf(btf())
    assert types.arguments("f") == (("a", "struct s *"), ("b", "const char *"))
    assert types.fields("s") == (("x", "int"),)
    assert types.arguments("nosuch") is None
    assert list(types.functions()) == ["f"]


@pytest.mark.parametrize("data", [b"", b"\0" * 24, b"no BTF at all, but long enough to have a header"])
def test_what_is_no_btf(data: bytes) -> None:
    with pytest.raises(ValueError, match="no BTF"):
        Btf(data)
