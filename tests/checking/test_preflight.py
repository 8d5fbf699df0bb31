"""Can it run here? Hosts as they are met, tools as they are; and the real tools against the facts of a stock Debian 12."""

from __future__ import annotations

import dataclasses

import pytest

from bccpilot.checking import machine
from bccpilot.checking.machine import Cause
from bccpilot.checking.preflight import Preflight, can_run
from bccpilot.host import Headers, Host
from bccpilot.host.programs import Libraries, Processes
from bccpilot.host.symbols import Symbols
from bccpilot.host.types import Types
from manpages_index.model import ArgSpec, Attach, Needs, Option, Positional, Tool

FUNCTIONS = ["bpf_trampoline_link_prog", "bpf_get_raw_tracepoint", "vfs_read", "__x64_sys_open", "__traceiter_sched_switch"]
DEBIAN = Host(
    release="6.1.0-50-amd64", version=(6, 1, 0), vendor="GenuineIntel", kprobes=True, uprobes=True, perf_events=True, hardware_counters=False,
    btf=True, tracefs="/sys/kernel/tracing", debugfs="/sys/kernel/debug", headers=Headers("/lib/modules/6.1.0-50-amd64/build", "6.1.0-50-amd64"),
    bcc="0.26.0", bpftrace="/usr/bin/bpftrace", symbols=Symbols(FUNCTIONS), types=Types(names=["vfs_read"]), libraries=Libraries(names=["c"]),
)  # fmt: skip
BARE = dataclasses.replace(DEBIAN, kprobes=False, root=True, ftrace_open=False, kprobe_blacklist=False)
GONE = "not in this kernel, or inlined there, so that a kprobe can't reach it"


def tool(*attach, name="thing", flavour="bcc", spec=None, **needs):
    return Tool(name, flavour, f"/usr/sbin/{name}", spec=spec or ArgSpec(), needs=Needs(tuple(attach), **{"compiles": flavour == "bcc", **needs}))


@pytest.mark.parametrize("kind", ["kprobe", "kretprobe"])
def test_a_kernel_without_kprobes(kind):
    cause = Cause("kprobes", "this kernel has no kprobes", "use a kernel with CONFIG_KPROBES")
    assert can_run(tool(Attach(kind, ("vfs_read",))), BARE) == Preflight(False, (cause,))
    assert can_run(tool(Attach(kind, ("vfs_read",))), DEBIAN) == Preflight(True)


def test_an_inlined_function_and_its_alternative():
    both = [
        Attach("kprobe", ("__blk_account_io_done",), when=("function:__blk_account_io_done",)),
        Attach("kprobe", ("blk_account_io_done",), when=("!function:__blk_account_io_done",)),
    ]
    assert can_run(tool(*both), DEBIAN) == Preflight(False, (Cause("function", f"blk_account_io_done is {GONE}"),))
    newer = dataclasses.replace(DEBIAN, symbols=Symbols([*FUNCTIONS, "__blk_account_io_done"]))
    assert can_run(tool(*both), newer).ok


def test_missing_functions_are_named_together():
    flight = can_run(tool(*(Attach("kprobe", (name,)) for name in ("xfs_a", "xfs_b", "xfs_a"))), DEBIAN)
    assert flight.causes == (Cause("function", f"xfs_a, xfs_b: {GONE}", "modprobe xfs"),)
    assert flight.why == f"xfs_a, xfs_b: {GONE}"


def test_one_of_several_names_is_enough():
    assert can_run(tool(Attach("kprobe", ("gone", "vfs_read"))), DEBIAN).ok


def test_an_optional_attachment_stops_nothing():
    assert can_run(tool(Attach("kprobe", ("gone",), optional=True)), DEBIAN) == Preflight(True)


def test_an_option_brings_its_own_needs():
    spec = ArgSpec(options=(Option(("-a", "--all"), "all", "store_true", default=False),))
    thing = tool(Attach("kprobe", ("gone",), when=("option:all",)), spec=spec)
    assert can_run(thing, DEBIAN).ok
    assert can_run(thing, DEBIAN, {"all": False}).ok
    assert not can_run(thing, DEBIAN, {"all": True}).ok


def test_an_option_that_turns_off():
    spec = ArgSpec(options=(Option(("--no-nss",), "nss", "store_false", default=True),))
    thing = tool(Attach("uprobe", ("nspr4:PR_Write",), when=("!option:nss",)), spec=spec)
    assert can_run(thing, DEBIAN).causes == (Cause("library", "the library nspr4 is not installed here"),)
    assert can_run(thing, DEBIAN, {"nss": False}).ok


def test_an_option_of_a_certain_value():
    thing = tool(Attach("kprobe", ("gone",), when=("option:which=disk",)))
    assert can_run(thing, DEBIAN, {"which": "net"}).ok
    assert not can_run(thing, DEBIAN, {"which": "disk"}).ok


def test_without_the_function_list_nothing_is_foretold():
    blind = dataclasses.replace(DEBIAN, symbols=Symbols())
    assert can_run(tool(Attach("kprobe", ("gone",))), blind) == Preflight(True, unknown=("kprobe gone",))


def test_a_condition_that_is_not_understood_forbids_nothing():
    assert can_run(tool(Attach("kprobe", ("gone",), when=("?",))), DEBIAN) == Preflight(True, unknown=("kprobe gone",))


def test_fentry_or_kprobes():
    both = [Attach("kfunc", ("vfs_read",), when=("kfunc",)), Attach("kprobe", ("vfs_read",), when=("!kfunc",))]
    assert can_run(tool(*both), DEBIAN).ok
    assert [c.kind for c in can_run(tool(*both), BARE).causes] == ["fentry"]
    older = dataclasses.replace(DEBIAN, btf=False)
    assert can_run(tool(*both), older).ok


def test_fentry_needs_the_function_in_the_type_information():
    there = dataclasses.replace(DEBIAN, symbols=Symbols([*FUNCTIONS, "do_page_cache_ra"]))
    assert can_run(tool(Attach("kfunc", ("do_page_cache_ra",))), there).causes == (Cause("function", f"do_page_cache_ra is {GONE}"),)


def test_system_calls_have_this_machines_names():
    assert can_run(tool(Attach("kprobe", ("syscall:open",))), DEBIAN).ok
    assert can_run(tool(Attach("kprobe", ("syscall:gone",))), DEBIAN).causes[0].what == f"__x64_sys_gone is {GONE}"


@pytest.mark.parametrize("name", ["sched:sched_switch", "sched_switch"])
def test_tracepoints(name):
    kind = "tracepoint" if ":" in name else "raw_tracepoint"
    assert can_run(tool(Attach(kind, (name,))), DEBIAN).ok
    assert can_run(tool(Attach(kind, ("nfs_commit_done",))), DEBIAN).causes == (
        Cause("tracepoint", "the tracepoint nfs_commit_done is not in this kernel", "modprobe nfs"),
    )


def test_tracefs_must_be_mounted():
    without = dataclasses.replace(DEBIAN, tracefs=None, debugfs=None)
    assert can_run(tool(Attach("tracepoint", ("sched:sched_switch",))), without).causes == (
        Cause("tracepoint", "tracefs is not mounted", "mount -t tracefs none /sys/kernel/tracing"),
    )
    assert can_run(tool(Attach("raw_tracepoint", ("sched_switch",))), without).ok


def test_headers():
    without = dataclasses.replace(DEBIAN, headers=Headers(looked=("/lib/modules/6.1.0-50-amd64/build",)))
    assert can_run(tool(), without).causes == (
        Cause(
            "headers",
            "the headers of this kernel are not installed (/lib/modules/6.1.0-50-amd64/build)",
            "apt install linux-headers-6.1.0-50-amd64",
        ),
    )
    assert can_run(tool(flavour="libbpf", btf=True), without).ok


def test_other_flavours_need_other_things():
    bare = dataclasses.replace(DEBIAN, btf=False, bpftrace=None)
    assert [c.kind for c in can_run(tool(flavour="libbpf", btf=True), bare).causes] == ["btf"]
    assert [c.kind for c in can_run(tool(flavour="bpftrace"), bare).causes] == ["program"]


def test_hardware():
    assert can_run(tool(Attach("perf_event", ("hardware:cache_misses",))), DEBIAN).causes[0].kind == "hardware"
    assert can_run(tool(Attach("perf_event", ("software:cpu_clock",))), DEBIAN).ok
    power = tool(hardware=("arch:ppc64le", "arch:ppc64"))
    assert can_run(power, DEBIAN).causes == (Cause("hardware", "it is made for ppc64le, this machine is x86_64"),)
    assert can_run(power, dataclasses.replace(DEBIAN, machine="ppc64")).ok
    assert can_run(tool(hardware=("vendor:GenuineIntel",)), DEBIAN).ok


def test_kernel_options_and_files():
    kernel = dataclasses.replace(DEBIAN, config={"CONFIG_BPF_KPROBE_OVERRIDE": "n"})
    assert can_run(tool(config=("CONFIG_BPF_KPROBE_OVERRIDE",)), kernel).causes[0].kind == "config"
    assert can_run(tool(config=("CONFIG_BPF_KPROBE_OVERRIDE",)), DEBIAN).ok
    assert can_run(tool(files=("/no/such/device",)), DEBIAN).why == "/no/such/device is not there"


def test_a_container_without_capabilities():
    inside = dataclasses.replace(DEBIAN, root=True, capabilities=frozenset({0, 1, 2}))
    assert can_run(tool(), inside).causes[0].kind == "capability"
    assert can_run(tool(), dataclasses.replace(inside, capabilities=frozenset({38, 39}))).ok


def test_lockdown():
    locked = dataclasses.replace(DEBIAN, lockdown="confidentiality")
    assert can_run(tool(Attach("kprobe", ("vfs_read",))), locked).causes[0].kind == "lockdown"


def test_bcc_reads_the_blacklist_before_it_looks_a_function_up():
    thing = tool(Attach("tracepoint", ("sched:sched_switch",)), Attach("kprobe", ("tcp_drop",), when=("function:tcp_drop",)))
    assert can_run(thing, dataclasses.replace(DEBIAN, root=True, ftrace_open=True, kprobe_blacklist=False)).causes == (
        Cause("kprobes", "/sys/kernel/debug/kprobes/blacklist is missing, which bcc reads", "mount -t debugfs none /sys/kernel/debug"),
    )


def test_observed_programs():
    thing = tool(Attach("usdt", ("query__start",)), programs=("mysqld", "postgres"))
    assert can_run(thing, DEBIAN).causes == (Cause("process", "no mysqld process runs here"),)
    assert can_run(thing, dataclasses.replace(DEBIAN, processes=Processes(names=["postgres"]))).ok


def test_the_process_that_is_named(tmp_path):
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "comm").write_text("python3\n")
    (tmp_path / "42" / "exe").write_bytes(b"no probes")
    (tmp_path / "42" / "maps").write_text("")
    here = dataclasses.replace(DEBIAN, processes=Processes(str(tmp_path)))
    thing = tool(Attach("usdt", ("method__entry",)), programs=("java",))
    assert can_run(thing, here, {"pid": 42}).causes == (
        Cause("process", "process 42 is python, not java"),
        Cause("process", "the program of process 42 has no USDT probe method__entry: it was built without them"),
    )
    own = tool(Attach("usdt", ("function__entry",)), programs=("python",))
    assert can_run(own, here, {"pid": 42}).why == "the program of process 42 has no USDT probe function__entry: it was built without them"
    (tmp_path / "42" / "exe").write_bytes(b"stapsdt\0python\0function__entry\08@%rax 8@%rdx -4@%ecx\0")
    assert can_run(own, here, {"pid": 42}).ok
    other = dataclasses.replace(own, needs=dataclasses.replace(own.needs, programs=("php",), arguments={"function__entry": 4}))
    assert can_run(other, here, {"pid": 42}).causes == (
        Cause("process", "the USDT probe function__entry of process 42 has 3 arguments and not 4: it is another language's"),
    )


OPEN = (Attach("kprobe", (), when=("?",)), Attach("uprobe", (), when=("?",)), Attach("tracepoint", (), when=("?",)))


@pytest.mark.parametrize(
    ("dest", "value", "kinds"),
    [
        ("pattern", "vfs_*", ["kprobes"]),
        ("pattern", "c:malloc", []),
        ("pattern", "nosuch:malloc", ["library"]),
        ("pattern", "t:sched:sched_switch", []),
        ("pattern", "t:sched:gone", ["tracepoint"]),
        ("probe", ["p::vfs_read", "t:sched:sched_switch"], ["kprobes"]),
        ("probe", ['t:sched:sched_switch "%s", args->comm'], []),
        ("histogram", ["r:c:malloc():int:$retval"], []),
        ("pattern", None, []),
    ],
)
def test_probes_that_arguments_name(dest, value, kinds):
    thing = tool(*OPEN, spec=ArgSpec(positionals=(Positional("pattern"),)))
    assert [cause.kind for cause in can_run(thing, BARE, {dest: value}).causes] == kinds


def test_a_tool_for_kprobes_only_cannot_help_without_them():
    assert [cause.kind for cause in can_run(tool(OPEN[0]), BARE).causes] == ["kprobes"]
    assert can_run(tool(*OPEN), BARE).ok


def test_a_named_function_must_be_there():
    assert can_run(tool(*OPEN), DEBIAN, {"pattern": "vfs_[rw]*"}).ok
    assert not can_run(tool(*OPEN), DEBIAN, {"pattern": "vfs_[xy]*"}).ok
    assert can_run(tool(*OPEN), DEBIAN, {"pattern": "gone_entirely"}).causes[0].kind == "function"


@pytest.mark.parametrize(("pattern", "ok"), [("^vfs_.*", True), ("(vfs|tcp)_read$", True), ("^gone_.*", False), ("(", True), ("(a*)*b", True)])
def test_a_regular_expression_is_compared_as_one(pattern, ok):
    """What is none, or would take for ever, is for the checks of arguments."""
    assert can_run(tool(*OPEN), DEBIAN, {"pattern": pattern, "regexp": True}).ok is ok


@pytest.fixture
def headers(tmp_path):
    """Split headers, as Debian has them."""
    (tmp_path / "build").mkdir()
    (tmp_path / "source/include/linux").mkdir(parents=True)
    machine._header_contains.cache_clear()
    return tmp_path


BREAKS = ({"header": "include/linux/minmax.h", "contains": "BUILD_BUG_ON_MSG", "since": "6.11", "until": "0.32", "why": "min() has changed"},)


def test_a_source_that_is_older_than_the_headers(headers):
    sniff = tool(breaks=BREAKS)
    (headers / "source/include/linux/minmax.h").write_text("BUILD_BUG_ON_MSG(!__types_ok(ux, uy))")
    host = dataclasses.replace(DEBIAN, headers=Headers(str(headers / "build"), "6.1"))
    assert can_run(sniff, host) == Preflight(False, (Cause("compile", "min() has changed"),))
    assert can_run(sniff, dataclasses.replace(host, bcc="0.33.0")).ok
    machine._header_contains.cache_clear()
    (headers / "source/include/linux/minmax.h").write_text("#define min(x, y) ((x) < (y) ? (x) : (y))")
    assert can_run(sniff, host).ok


def test_a_program_that_only_a_kernels_version_breaks():
    thing = tool(flavour="libbpf", breaks=({"since": "6.14", "why": "a field has gone"},))
    assert can_run(thing, DEBIAN).ok
    assert can_run(thing, dataclasses.replace(DEBIAN, version=(6, 18, 44))).why == "a field has gone"


@pytest.mark.parametrize(("version", "ok"), [((6, 1, 0), True), ((6, 12, 0), False)])
def test_without_headers_to_look_at_the_kernels_version_decides(headers, version, ok):
    packed = dataclasses.replace(DEBIAN, version=version, headers=Headers("/sys/kernel/kheaders.tar.xz", "x"))
    assert can_run(tool(breaks=BREAKS), packed).ok is ok
