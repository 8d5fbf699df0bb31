"""The machine's facts: from files that look like the kernel's, and this machine's own as far as every machine has them."""

from __future__ import annotations

import dataclasses
import os
import struct
import time

import pytest

from bccpilot.host import Headers, Host, facts, read_host, symbols
from bccpilot.host.programs import Libraries, Processes
from bccpilot.host.symbols import Symbols
from bccpilot.host.types import Types


@pytest.fixture
def kallsyms(tmp_path, monkeypatch):
    """A kernel of a few functions, with a cache of its own."""
    path = tmp_path / "kallsyms"
    path.write_text(
        "0000000000000000 T vfs_read\n0000000000000000 t finish_task_switch.isra.0\n0000000000000000 D jiffies\n"
        "0000000000000000 T __pfx_vfs_read\n0000000000000000 t xfs_file_open\t[xfs]\n0000000000000000 W vfs_write\n"
    )
    monkeypatch.setattr(symbols, "_KALLSYMS", str(path))
    monkeypatch.setattr(symbols, "_directories", lambda: (str(tmp_path / "cache"),))
    return path


def test_only_functions_are_functions(kallsyms):
    found = Symbols.of_kernel()
    names = ("vfs_read", "vfs_write", "xfs_file_open", "jiffies", "__pfx_vfs_read", "blk_account_io_start")
    assert [found.has(name) for name in names] == [True, True, True, False, False, False]


def test_patterns_match_from_the_start(kallsyms):
    found = Symbols.of_kernel()
    assert found.matching(r"^finish_task_switch$|^finish_task_switch\.isra\.\d$") == ["finish_task_switch.isra.0"]
    assert found.matching("^vfs_.*") == ["vfs_read", "vfs_write"]
    assert found.matching("(vfs|xfs)_(read|file)") == ["vfs_read", "xfs_file_open"]
    assert found.matching("file_open") == []


def test_the_list_is_read_once_and_kept(kallsyms):
    assert Symbols.of_kernel().has("vfs_read") is True
    kallsyms.write_text("0000000000000000 T something_else\n")
    assert Symbols.of_kernel().has("vfs_read") is True  # the same boot, the same modules
    assert Symbols.of_kernel().matching("^vfs_") == ["vfs_read", "vfs_write"]


def test_another_boot_reads_it_anew(kallsyms, monkeypatch):
    assert Symbols.of_kernel().has("vfs_read") is True
    kallsyms.write_text("0000000000000000 T something_else\n")
    monkeypatch.setattr(symbols, "_stamp", lambda: b"another boot")
    assert [Symbols.of_kernel().has(name) for name in ("vfs_read", "something_else")] == [False, True]


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 4096, b"keep-half"])
def test_a_damaged_cache_is_read_anew(kallsyms, damage):
    Symbols.of_kernel().has("vfs_read")
    path = kallsyms.parent / "cache" / "kallsyms"
    with open(path, "rb") as file:
        whole = file.read()
    with open(path, "wb") as file:
        file.write(whole[: len(whole) // 2] if damage == b"keep-half" else damage)
    assert Symbols.of_kernel().has("vfs_read") is True


def test_a_cache_that_others_could_write_is_not_trusted(kallsyms):
    Symbols.of_kernel().has("vfs_read")
    kallsyms.write_text("0000000000000000 T something_else\n")
    (kallsyms.parent / "cache" / "kallsyms").chmod(0o666)
    assert Symbols.of_kernel().has("something_else") is True


def test_a_list_that_cannot_be_read_is_no_answer(monkeypatch, tmp_path):
    monkeypatch.setattr(symbols, "_KALLSYMS", str(tmp_path / "missing"))
    monkeypatch.setattr(symbols, "_directories", lambda: (str(tmp_path / "cache"),))
    assert Symbols.of_kernel().has("vfs_read") is None
    assert Symbols.of_kernel().matching("^vfs_") is None
    assert Symbols().has("vfs_read") is None


def test_what_can_be_traced(kallsyms, monkeypatch):
    """One name of each address is listed; its aliases can be traced too, other functions can't."""
    kallsyms.write_text("ff10 T __ia32_sys_sync\nff10 T __x64_sys_sync\nff20 t blk_account_io_done\nff30 T vfs_read\n")
    listed = kallsyms.parent / "available_filter_functions"
    listed.write_text("__ia32_sys_sync\nvfs_read\nxfs_open [xfs]\n")
    monkeypatch.setattr(symbols, "_TRACEABLE", (str(kallsyms.parent / "missing"), str(listed)))
    found = Symbols.traceable()
    names = ("__x64_sys_sync", "__ia32_sys_sync", "vfs_read", "xfs_open", "blk_account_io_done")
    assert [found.has(name) for name in names] == [True, True, True, True, False]


def test_inline_functions_cannot_be_reached():
    here = Host(version=(6, 1, 0), symbols=Symbols(["vfs_read", "blk_account_io_done"]))
    names = ("vfs_read", "blk_account_io_done", "gone", "re:^vfs_")
    assert [here.can_attach(name) for name in names] == [True, False, False, True]
    assert dataclasses.replace(here, version=(5, 10, 0)).can_attach("blk_account_io_done")
    assert dataclasses.replace(here, config={"CONFIG_KPROBE_EVENTS_ON_NOTRACE": "y"}).can_attach("blk_account_io_done")
    listed = dataclasses.replace(here, traceable=Symbols(["blk_account_io_done"]))
    assert [listed.can_attach(name) for name in names] == [False, True, False, True]


def test_type_names(tmp_path):
    strings = b"\0task_struct\0do_page_cache_ra\0"
    path = tmp_path / "vmlinux"
    path.write_bytes(struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, 4, 4, len(strings)) + b"TYPE" + strings)
    found = Types(str(path))
    assert [found.has(name) for name in ("do_page_cache_ra", "page_cache_ra", "task_struct")] == [True, False, True]
    path.write_bytes(b"no type information at all, and long enough")
    assert Types(str(path)).has("task_struct") is None
    assert Types(str(tmp_path / "missing")).has("task_struct") is None
    assert Types(names=["vfs_read"]).has("vfs_read") is True


def test_libraries(tmp_path):
    path = tmp_path / "ld.so.cache"
    path.write_bytes(b"glibc-ld.so.cache1.1\0libssl.so.3\0/lib/libssl.so.3\0libc.so.6\0")
    found = Libraries(str(path))
    assert [found.has(name) for name in ("ssl", "libssl", "c", "nspr4", "/bin/sh", "/no/such/file")] == [True, True, True, False, True, False]
    assert Libraries(str(tmp_path / "missing")).has("c") is None


def test_processes(tmp_path):
    for pid, name in (("1", "systemd"), ("42", "python3.11")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "comm").write_text(name + "\n")
        (tmp_path / pid / "maps").write_text("7f00 r-xp /usr/lib/libpython3.11.so.1.0\n" if pid == "42" else "")
    (tmp_path / "42" / "exe").write_bytes(b"\x7fELF stapsdt\0 python\0function__entry\0")
    found = Processes(str(tmp_path))
    assert found.any_of(["python"])
    assert not found.any_of(["java", "mysqld"])
    assert [found.name_of(pid) for pid in (1, 42, 43)] == ["systemd", "python", None]
    assert found.has_usdt(1, "function__entry") is None
    (tmp_path / "42" / "maps").write_text("")
    assert [found.has_usdt(42, probe) for probe in ("function__entry", "gc__start")] == [True, False]


@pytest.mark.parametrize(
    ("release", "version"), [("6.1.0-50-amd64", (6, 1, 0)), ("6.18.44-fc", (6, 18, 44)), ("5.15", (5, 15, 0)), ("unheard of", (0, 0, 0))]
)
def test_versions(release, version):
    assert facts.version(release) == version


def test_configuration(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "_config_text", lambda release: b"# made by hand\nCONFIG_KPROBES=y\n# CONFIG_IKHEADERS is not set\nCONFIG_X=m\n")
    found = facts.config("6.1")
    assert (found["CONFIG_KPROBES"], found["CONFIG_IKHEADERS"], found["CONFIG_BPF_JIT"]) == ("y", "n", "n")
    monkeypatch.setattr(facts, "_config_text", lambda release: None)
    assert facts.config("6.1") == {}


def test_headers(tmp_path, monkeypatch):
    monkeypatch.setenv("BCC_KERNEL_MODULES_PATH", str(tmp_path))
    build, source = tmp_path / "6.1" / "build", tmp_path / "6.1" / "source"
    assert facts.headers("6.1") == (None, None, (str(build), str(source), "/sys/kernel/kheaders.tar.xz"))
    (build / "include/generated/uapi/linux").mkdir(parents=True)
    (build / "include/generated/uapi/linux/version.h").touch()
    (build / "include/generated/utsrelease.h").write_text('#define UTS_RELEASE "6.0-borrowed"\n')
    assert facts.headers("6.1")[:2] == (str(build), "6.0-borrowed")
    monkeypatch.setenv("BCC_KERNEL_SOURCE", str(tmp_path / "own"))
    (tmp_path / "own" / "include" / "linux").mkdir(parents=True)
    assert facts.headers("6.1")[:2] == (str(tmp_path / "own"), None)


def test_names_of_system_calls():
    assert Host().function("syscall:open") == "__x64_sys_open"
    assert Host(machine="aarch64").function("syscall:open") == "__arm64_sys_open"
    assert Host(machine="ppc64le").function("syscall:open") == "sys_open"
    assert Host().function("vfs_read") == "vfs_read"


def test_tracepoints_are_known_without_root():
    host = Host(symbols=Symbols(["__traceiter_sched_switch", "__x64_sys_newstat"]), config={"CONFIG_FTRACE_SYSCALLS": "y"})
    names = ("sched:sched_switch", "sched_switch", "syscalls:sys_enter_newstat", "syscalls:sys_exit_nosuch", "block:block_rq_issue")
    assert [host.has_tracepoint(name) for name in names] == [True, True, True, False, False]
    assert host.has_tracepoint("re:^sched:.*$") is None
    assert Host(config={"CONFIG_FTRACE_SYSCALLS": "n"}).has_tracepoint("syscalls:sys_enter_open") is False


def test_tracepoints_are_looked_up_where_tracefs_is_open(tmp_path):
    (tmp_path / "events" / "sched" / "sched_switch").mkdir(parents=True)
    host = Host(tracefs=str(tmp_path), tracefs_open=True)
    names = ("sched:sched_switch", "sched:no", "re:^sched:sched_.*$", "re:^sched\\:x.*$")
    assert [host.has_tracepoint(name) for name in names] == [True, False, True, False]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (Host(btf=True, symbols=Symbols(["bpf_trampoline_link_prog"])), True),
        (Host(btf=True, symbols=Symbols(["vfs_read"])), False),
        (Host(btf=False), False),
        (Host(btf=True, machine="aarch64"), False),
        (Host(btf=True, config={"CONFIG_FUNCTION_TRACER": "n"}), False),
        (Host(btf=True, root=True, ftrace_open=False), False),
        (Host(btf=True, root=True, ftrace_open=None), None),
    ],
)
def test_fentry(host, expected):
    assert host.fentry is expected


def test_this_machine():
    host = read_host()
    assert host.release == os.uname().release
    assert host.version[0] >= 3
    assert host.root is (os.geteuid() == 0)
    assert isinstance(host.headers, Headers)
    plain = [n for n in vars(host) if n not in ("symbols", "traceable", "types", "processes", "libraries")]
    assert [getattr(host, n) for n in plain] == [getattr(read_host(), n) for n in plain]


@pytest.mark.slow
def test_reading_takes_less_than_50_ms():
    read_host()
    took = []
    for _ in range(5):
        began = time.perf_counter()
        read_host()
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
