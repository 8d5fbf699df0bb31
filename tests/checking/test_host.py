"""look(): what arguments name, on a host made of files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bccpilot.checking import attaching, elf, host
from bccpilot.checking.host import Hidden, Missing, Place, Verdict, look, nearest
from bccpilot.checking.probes import Probe, parse
from bccpilot.checking.spec import Parsed
from bccpilot.host.symbols import Symbols
from bccpilot.model import Problem
from manpages_index.model import ArgRole, ArgSpec, Knowledge, Option, Tool

FUNCTIONS = ("vfs_read", "vfs_write", "vfs_open", "__x64_sys_openat", "finish_task_switch.isra.0", "tcp_sendmsg", "schedule")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A host with two processes, a disk, an interface, a CPU, tracepoints and a table of system calls."""
    for directory in (
        "proc/7", "proc/8", "sys/class/block/sda", "sys/class/block/sdb", "sys/dev/block/8:0", "sys/class/net/eth0",
        "sys/devices/system/cpu/cpu0", "sys/kernel/tracing/events/sched/sched_switch", "sys/kernel/tracing/events/block/block_rq_issue",
        "sys/fs/cgroup/a.slice", "sys/fs/bpf", "srv/data", "dev/pts",
    ):  # fmt: skip
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "proc/7/status").write_text("Name:\tx\nTgid:\t7\nPid:\t7\n")
    (tmp_path / "proc/8/status").write_text("Name:\tx\nTgid:\t7\nPid:\t8\n")
    (tmp_path / "sys/fs/bpf/map").touch()
    (tmp_path / "dev/pts/3").touch()
    table = tmp_path / host._TABLE.lstrip("/")
    table.parent.mkdir(parents=True)
    table.write_text('syscalls = {\n    0: b"read",\n    1: b"write",\n    2: b"open",\n}\n')
    return Place(str(tmp_path), Symbols(FUNCTIONS))


def verdict(place: Place, role: str, value: object, multiple: bool = False) -> Verdict:
    spec = ArgSpec("argparse", (Option(("-x",), "x"),))
    tool = Tool("t", "bcc", "/t", spec=spec, knowledge=Knowledge(roles=(ArgRole("x", role, multiple=multiple),)))
    return look(tool, Parsed(True, {"x": value}, given=("x",)), (), place)


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ("pid", 7), ("pid", "7"), ("pid", [7]), ("ppid", 7), ("tid", 8), ("disk", "sda"), ("disk", "/dev/sda"), ("disk", "8:0"),
        ("interface", "eth0"), ("cpu", 0), ("cgroup_path", "/sys/fs/cgroup/a.slice"), ("cgroup_map", "/sys/fs/bpf/map"), ("path", "/srv/data"),
        ("path", "/srv/*"), ("path", "3"), ("syscall", "read"), ("comm", "anything"), ("uid", 0), ("pid", None), ("pid", True),
    ],
)  # fmt: skip
def test_what_is_here(place: Place, role: str, value: object) -> None:
    assert verdict(place, role, value) == Verdict()


@pytest.mark.parametrize(
    ("role", "value", "argument", "why"),
    [
        ("pid", 9, "9", "no process 9 runs here"),
        ("pid", 0, "0", "there is no process 0"),
        ("pid", -7, "-7", "there is no process -7"),
        ("pid", 8, "8", "8 is a thread of process 7; give that, or use the tool's option for threads"),
        ("pid", [7, 9], "9", "no process 9 runs here"),
        ("tid", 9, "9", "no thread 9 runs here"),
        ("disk", "sdz", "sdz", "there is no block device sdz; here are sda, sdb"),
        ("disk", "..", "..", "there is no block device ..; here are sda, sdb"),
        ("disk", "../../etc", "../../etc", "there is no block device ../../etc; here are sda, sdb"),
        ("disk", "9:9", "9:9", "there is no block device 9:9; here are sda, sdb"),
        ("interface", "eht0", "eht0", "there is no network interface eht0; did you mean eth0?"),
        ("interface", "../net/eth0", "../net/eth0", "there is no network interface ../net/eth0; here are eth0"),
        ("cpu", 1, "1", "there is no CPU 1"),
        ("cgroup_path", "/sys/fs/cgroup/b.slice", "/sys/fs/cgroup/b.slice",
         "there is no directory /sys/fs/cgroup/b.slice; did you mean /sys/fs/cgroup/a.slice?"),
        ("mntns_map", "/sys/fs/bpf/other", "/sys/fs/bpf/other", "no map is pinned at /sys/fs/bpf/other"),
        ("path", "/srv/dtaa", "/srv/dtaa", "there is no /srv/dtaa; did you mean /srv/data?"),
        ("syscall", "opne", "opne", "no system call opne; did you mean open?"),
    ],
)  # fmt: skip
def test_what_is_not(place: Place, role: str, value: object, argument: str, why: str) -> None:
    assert verdict(place, role, value) == Verdict((Problem("host", argument, why),))


def test_each_part_of_a_comma_list_is_looked_up(place: Place) -> None:
    assert [p.argument for p in verdict(place, "pid", "7,9,10", multiple=True).problems] == ["9", "10"]


def test_a_number_without_a_users_name_is_only_worth_a_word(place: Place) -> None:
    assert verdict(place, "uid", 4123456) == Verdict(
        warnings=("4123456: not checked, no user of this host has the number 4123456",)
    )


def test_a_table_that_is_not_there_is_said(place: Place) -> None:
    os.unlink(place.path(host._TABLE))
    assert verdict(place, "syscall", "x").warnings == ("x: not checked, bcc's table of system calls isn't where it should be",)


def test_this_very_process_and_its_threads() -> None:
    here = Place()
    assert verdict(here, "pid", os.getpid()) == Verdict()
    seen: list[Verdict] = []
    thread = threading.Thread(target=lambda: seen.extend((verdict(here, "tid", threading.get_native_id()), verdict(here, "pid", threading.get_native_id()))))
    thread.start()
    thread.join()
    assert seen[0] == Verdict()
    assert seen[1].problems[0].why.endswith(f"is a thread of process {os.getpid()}; give that, or use the tool's option for threads")


def attach(place: Place, tool: str, text: str, regexp: bool = False) -> None:
    for probe in parse(tool, text, regexp):
        attaching.look(probe, place)


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("funccount", "vfs_read"), ("funccount", "vfs_*"), ("funccount", "*_read"), ("trace", "p::schedule"),
        ("funccount", "t:sched:sched_switch"), ("funccount", "t:sched:*"), ("funccount", "t:*:block_rq*"),
    ],
)  # fmt: skip
def test_probes_that_find_something(place: Place, tool: str, text: str) -> None:
    attach(place, tool, text)


@pytest.mark.parametrize(
    ("tool", "text", "why"),
    [
        ("funccount", "vfs_raed", "no kernel function vfs_raed; did you mean vfs_read?"),
        ("funccount", "sys_openat", "no kernel function sys_openat; did you mean __x64_sys_openat?"),
        ("funccount", "finish_task_switch", "no kernel function finish_task_switch; did you mean finish_task_switch.isra.0?"),
        ("funccount", "zzz", "no kernel function zzz"),
        ("funccount", "zzz*", "no kernel function matches zzz*"),
        ("funccount", "t:sched:sched_swich", "no tracepoint sched:sched_swich; did you mean sched:sched_switch?"),
        ("funccount", "t:shced:sched_switch", "no tracepoint shced:sched_switch: there is no category shced; did you mean sched?"),
        ("funccount", "t:sched:x*", "no tracepoint matches t:sched:x*"),
    ],
)
def test_probes_that_find_nothing(place: Place, tool: str, text: str, why: str) -> None:
    with pytest.raises(Missing) as raised:
        attach(place, tool, text)
    assert str(raised.value) == why


def test_more_functions_than_bcc_attaches_to() -> None:
    place = Place("", Symbols(f"f_{number}" for number in range(1001)))
    with pytest.raises(Missing, match="it matches 1001 kernel functions; the tool attaches to 1000 at most"):
        attach(place, "funccount", "f_*")


def test_what_this_user_may_not_see_is_no_refusal(tmp_path: Path) -> None:
    closed = Place(str(tmp_path), Symbols(()))
    for text, why in (("vfs_read", "list of functions"), ("t:sched:sched_switch", "tracefs")):
        with pytest.raises(Hidden, match=why):
            attach(closed, "funccount", text)


def test_an_expression_that_could_take_for_ever_is_left_to_the_tool(place: Place) -> None:
    attach(place, "funccount", "(a+)+$", regexp=True)
    attach(place, "funccount", "vfs_[a|b]*", regexp=True)


LIBC = elf.library("c")


@pytest.mark.skipif(LIBC is None, reason="the linker's cache can't be read")
class TestUserSpace:
    def test_functions_of_a_library(self) -> None:
        attach(Place(), "funccount", "c:malloc")
        attach(Place(), "funccount", "c:mall*")
        attach(Place(), "trace", f"r:{LIBC}:malloc")

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("c:mallco", f"no function mallco in {LIBC}; did you mean malloc?"),
            ("c:xyzzy*", "no function of c matches c:xyzzy*"),
            ("nosuchlibrary9:f", "no library nosuchlibrary9"),
            ("/no/such/file:f", "there is no file /no/such/file"),
            ("/etc/passwd:f", "/etc/passwd is no program or library that a probe can be set in"),
            ("sh:main", "sh is no library; as a program it has to be named by its path: "),
        ],
    )
    def test_what_is_not_there(self, text: str, why: str) -> None:
        with pytest.raises(Missing) as raised:
            attach(Place(), "funccount", text)
        assert str(raised.value).startswith(why)

    def test_imported_functions_are_no_functions_of_a_program(self) -> None:
        program = elf.Elf("/usr/bin/env")
        assert program.has_function("malloc") is False
        assert elf.Elf(LIBC or "").has_function("malloc") is True

    def test_names_at_the_end_of_longer_ones(self) -> None:
        """Linkers let `lloc` share the text of `malloc`; it is no symbol."""
        assert elf.Elf(LIBC or "").has_function("lloc") is False

    def test_it_knows_what_pyelftools_knows(self) -> None:
        from elftools.elf.elffile import ELFFile

        with open(LIBC or "", "rb") as file:
            symbols = ELFFile(file).get_section_by_name(".dynsym").iter_symbols()
            theirs = {
                symbol.name
                for symbol in symbols
                if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["type"] in ("STT_FUNC", "STT_LOOS")
            }
        assert theirs == set(elf.Elf(LIBC or "").functions())

    def test_usdt_probes(self) -> None:
        library = elf.library("python3.11") or elf.library("stdc++")
        if library is None or not (known := elf.Elf(library).usdt()):
            pytest.skip("no library here has USDT probes")
        provider, _, name = known[0].partition(":")
        attaching.look(Probe("u", library, name), Place())
        attaching.look(Probe("u", library, f"{provider}:{name}"), Place())
        with pytest.raises(Missing, match="no USDT probe nothing_of_this"):
            attaching.look(Probe("u", library, "nothing_of_this"), Place())

    @pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 200, b"\x7fELF\x01\x01" + b"\0" * 100])
    def test_damaged_files(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x"
        path.write_bytes(content)
        with pytest.raises(elf.NotElf):
            elf.Elf(str(path))


def test_nothing_alike_is_not_offered() -> None:
    assert nearest("vfs_raed", ["vfs_read", "vfs_write"]) == "; did you mean vfs_read?"
    assert nearest("abc", ["xyz"]) == ""
