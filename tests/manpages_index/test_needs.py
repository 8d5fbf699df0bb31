"""What tools need, read from pieces of source that have the shapes of the real ones, and from the real ones where they are installed."""

from __future__ import annotations

import os
import struct

import pytest

from manpages_index.model import Attach, Needs
from manpages_index.needs import bt, ctext, elf, logic, python, read_needs


def attached(source, fixed=None):
    return [(a.kind, "|".join(a.names), " & ".join(a.when)) for a in python.needs_of(source, fixed).attach]


HEAD = """#!/usr/bin/python3
import argparse
from bcc import BPF
parser = argparse.ArgumentParser()
parser.add_argument("-p", "--pid", type=int, default=-1)
parser.add_argument("-Q", "--queued", action="store_true")
parser.add_argument("-o", "--no-openssl", action="store_false", dest="openssl")
parser.add_argument("--ebpf", action="store_true")
args = parser.parse_args()
"""


def test_a_function_that_was_renamed_is_an_alternative():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
if BPF.get_kprobe_functions(b'__blk_account_io_done'):
    b.attach_kprobe(event="__blk_account_io_done", fn_name="f")
else:
    b.attach_kprobe(event="blk_account_io_done", fn_name="f")
"""
    assert attached(source) == [
        ("kprobe", "__blk_account_io_done", "function:__blk_account_io_done"),
        ("kprobe", "blk_account_io_done", "!function:__blk_account_io_done"),
    ]


def test_an_option_decides():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
if args.queued:
    b.attach_kprobe(event="blk_account_io_start", fn_name="f")
else:
    b.attach_kprobe(event="blk_mq_start_request", fn_name="f")
if args.openssl:
    b.attach_uprobe(name="ssl", sym="SSL_write", fn_name="f")
"""
    assert attached(source) == [
        ("kprobe", "blk_account_io_start", "option:queued"),
        ("kprobe", "blk_mq_start_request", "!option:queued"),
        ("uprobe", "ssl:SSL_write", "!option:openssl"),
    ]


def test_a_default_compared_with_itself_means_not_given():
    source = HEAD + """
pid = args.pid
kernel_trace = (pid == -1)
text = 'int f() { return 0; }'
if kernel_trace:
    text += 'TRACEPOINT_PROBE(kmem, kmalloc) { return 0; }'
BPF(text=text)
"""
    assert attached(source) == [("tracepoint", "kmem:kmalloc", "!option:pid")]


def test_text_that_is_put_together_keeps_its_conditions():
    source = HEAD + '''
text = """
#include <linux/fs.h>
"""
is_kfunc = BPF.support_kfunc()
if is_kfunc:
    text += """
KFUNC_PROBE(vfs_read) { return 0; }
"""
else:
    text += """
int kprobe__vfs_read(struct pt_regs *ctx) { return 0; }
"""
b = BPF(text=text)
if not is_kfunc:
    b.attach_kretprobe(event="vfs_read", fn_name="r")
'''
    assert attached(source) == [
        ("kfunc", "vfs_read", "kfunc"),
        ("kprobe", "vfs_read", "!kfunc"),
        ("kretprobe", "vfs_read", "!kfunc"),
    ]


def test_placeholders_are_filled():
    source = HEAD + '''
text = """
TRACEPOINT_PROBE(preemptirq, TYPE_disable) { FILTER return 0; }
KRETFUNC_PROBE(FNNAME, int ret) { return 0; }
"""
b = BPF(text='')
name = b.get_syscall_prefix().decode() + 'open'
text = text.replace('TYPE', 'irq').replace('FNNAME', name)
if args.pid:
    text = text.replace('FILTER', 'if (pid != 1) { return 0; }')
else:
    text = text.replace('FILTER', '')
b = BPF(text=text)
'''
    assert attached(source) == [("tracepoint", "preemptirq:irq_disable", ""), ("kfunc", "syscall:open", "")]


def test_a_placeholder_with_two_fillings_is_two_ways():
    source = HEAD + '''
if BPF.tracepoint_exists("kvm", "kvm_exit"):
    entry = "TRACEPOINT_PROBE(kvm, kvm_exit)"
else:
    entry = "RAW_TRACEPOINT_PROBE(kvm_exit)"
BPF(text="""
ENTRY { return 0; }
""".replace('ENTRY', entry))
'''
    assert attached(source) == [
        ("tracepoint", "kvm:kvm_exit", "tracepoint:kvm:kvm_exit"),
        ("raw_tracepoint", "kvm_exit", "!tracepoint:kvm:kvm_exit"),
    ]


def test_trying_and_trying_something_else():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
try:
    b.attach_kprobe(event="__vfs_read", fn_name="f")
except Exception:
    b.attach_kprobe(event="vfs_read", fn_name="f")
"""
    assert attached(source) == [("kprobe", "__vfs_read", "kprobe:__vfs_read"), ("kprobe", "vfs_read", "!kprobe:__vfs_read")]


@pytest.mark.parametrize(("handler", "optional"), [("pass", True), ("exit()", False)])
def test_trying_and_going_on_makes_it_optional(handler, optional):
    source = HEAD + f"""
b = BPF(text="int f() {{ return 0; }}")
try:
    b.attach_kprobe(event="vfs_read", fn_name="f")
except Exception:
    {handler}
"""
    assert python.needs_of(source).attach == (Attach("kprobe", ("vfs_read",), optional),)


def test_functions_are_followed_with_their_arguments():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
def attach(syscall, suffix=""):
    name = b.get_syscall_fnname(syscall)
    if BPF.ksymname(name) != -1:
        b.attach_kprobe(event=name, fn_name="f")
attach("stat")
attach("statx")
"""
    assert attached(source) == [
        ("kprobe", "syscall:stat", "symbol:syscall:stat"),
        ("kprobe", "syscall:statx", "symbol:syscall:statx"),
    ]


def test_what_follows_an_exit_knows_that_it_was_not_taken():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
if BPF.tracepoint_exists("tcp", "tcp_retransmit_skb"):
    exit()
if args.ebpf:
    exit()
b.attach_kprobe(event="tcp_retransmit_skb", fn_name="f")
"""
    assert attached(source) == [("kprobe", "tcp_retransmit_skb", "!tracepoint:tcp:tcp_retransmit_skb")]


def test_perf_events_and_probes_that_arguments_name():
    source = HEAD + """
b = BPF(text="int f() { return 0; }")
b.attach_perf_event(ev_type=PerfType.HARDWARE, ev_config=PerfHWConfig.CACHE_MISSES, fn_name="f")
class Probe(object):
    def attach(self, bpf):
        bpf.attach_uprobe(name=self.library, sym=self.function, fn_name="f")
"""
    assert attached(source) == [("perf_event", "hardware:cache_misses", ""), ("uprobe", "", "?")]


def test_a_fixed_option_decides_at_once():
    source = HEAD + """
parser.add_argument("language", nargs="?")
usdt = USDT(pid=args.pid)
if args.language == "java":
    usdt.enable_probe("method__entry", "f")
elif args.language == "python":
    usdt.enable_probe("function__entry", "f")
"""
    assert attached(source, {"language": "python"}) == [("usdt", "function__entry", "")]


def test_a_source_that_compares_in_chains_is_no_trap():
    assert attached(HEAD + 'b = BPF(text="")\nif 0 < args.pid < 9:\n    b.attach_kprobe(event="x", fn_name="f")') == [("kprobe", "x", "?")]


def test_c_probes_and_comments():
    text = """
/* TRACEPOINT_PROBE(a, b) */
// KFUNC_PROBE(c)
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 11)
int kprobe__old(struct pt_regs *ctx) { }
#else
int kprobe____x64_sys_open(struct pt_regs *ctx) { }
#endif
int kprobe__sys_kill(void *ctx) {}
int tracepoint__sched__sched_switch(void *args) {}
RAW_TRACEPOINT_PROBE(sched_wakeup) {}
"""
    assert sorted(ctext.probes(text)) == [
        ("kprobe", "syscall:kill"),
        ("kprobe", "syscall:open"),
        ("raw_tracepoint", "sched_wakeup"),
        ("tracepoint", "sched:sched_switch"),
    ]


MIN = "int f(int a) { return min(a, 3); }"


@pytest.mark.parametrize(
    ("program", "broken"),
    [
        (f'BPF(text="{MIN}")', True),
        (f'text = "int g() {{ return 0; }}"\ntext += "{MIN}"\nBPF(text=text)', True),
        (f'BPF(text="#define min(a, b) ((a) < (b) ? (a) : (b))\\n{MIN}")', False),
        ('BPF(text="/* min(a, b) */ int f(int a) { return min_t(int, a, 3) + admin(a); }")', False),
        (f'text = ""\nif args.queued:\n    text += "{MIN}"\nBPF(text=text)', False),  # not always: nothing is foretold
        (f'text = ""\nif args.language == "java":\n    text += "{MIN}"\nBPF(text=text)', False),
        (f'text = ""\nif args.language == "c":\n    text += "{MIN}"\nBPF(text=text)', True),
        ('BPF(text="int f() { return 0; }")\nprint(min(1, 2))', False),
    ],
)
def test_macros_of_the_kernel_that_bcc_refuses(program, broken):
    source = HEAD + 'parser.add_argument("-l", "--language")\n' + program
    breaks = python.needs_of(source, {"language": "c"}).breaks
    assert [(entry["header"], entry["why"].partition(",")[0]) for entry in breaks] == [("include/linux/minmax.h", "its C uses min()")] * broken


def test_bpftrace_specifications(tmp_path):
    path = tmp_path / "thing.bt"
    path.write_text(
        "#!/usr/bin/env bpftrace\n#include <linux/fs.h>\n"
        'BEGIN { printf("kprobe:not_this { }\\n"); }\n'
        "// kprobe:nor_this\n"
        "kprobe:blk_account_io_start,\nkprobe:__blk_account_io_start\n/@started[tid]/\n{ @a = 1; }\n"
        "t:syscalls:sys_enter_exec* { if (1) { @b = 2; } }\n"
        "profile:hz:99 { @c = 3; }\nuretprobe:/bin/bash:readline { }\nEND { clear(@a); }\n"
    )
    assert bt.needs_of(str(path)) == Needs(
        attach=(
            Attach("kprobe", ("blk_account_io_start", "__blk_account_io_start")),
            Attach("tracepoint", ("re:^syscalls:sys_enter_exec.*$",)),
            Attach("uprobe", ("/bin/bash:readline",)),
        )
    )


def object_with(*sections):
    """A BPF object file of these code sections, as small as ELF lets it be."""
    names = b"\0" + b"".join(s.encode() + b"\0" for s in (*sections, ".shstrtab"))
    offset = lambda name: names.index(b"\0" + name.encode() + b"\0") + 1  # noqa: E731
    head = 64
    table = head + len(names) + (-len(names)) % 8
    entry = struct.Struct("<IIQQQQIIQQ")
    rows = [entry.pack(*[0] * 10)]
    rows += [entry.pack(offset(s), 1, 0x6, 0, head, 0, 0, 0, 1, 0) for s in sections]
    rows.append(entry.pack(offset(".shstrtab"), 3, 0, 0, head, len(names), 0, 0, 1, 0))
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 1, 247, 1, 0, 0, table, 0, 64, 0, 0, 64, len(rows), len(rows) - 1)
    return header + names + bytes((-len(names)) % 8) + b"".join(rows)


def test_a_libbpf_tool_takes_fentry_or_kprobes(tmp_path):
    tool = tmp_path / "vfsstat"
    tool.write_bytes(b"\x7fELF a program around it " + object_with(".text", "kprobe/vfs_read", "fentry/vfs_read", "tp_btf/sched_switch"))
    assert elf.needs_of(str(tool)) == Needs(
        attach=(
            Attach("kprobe", ("vfs_read",), when=("!kfunc",)),
            Attach("kfunc", ("vfs_read",), when=("kfunc",)),
            Attach("raw_tracepoint", ("sched_switch",)),
        ),
        btf=True,
    )


def test_a_binary_without_a_program_says_so(tmp_path):
    tool = tmp_path / "nothing"
    tool.write_bytes(b"\x7fELF nothing inside")
    assert read_needs(str(tool), "libbpf") == Needs(notes=("unreadable: no BPF object in the binary",))


def test_a_wrapper_needs_what_it_calls_needs(tmp_path):
    (tmp_path / "ugc").write_text(
        HEAD
        + """
parser.add_argument("-l", "--language")
class Probe(object):
    def enable(self):
        usdt.enable_probe(self.begin, "begin")
probes = []
if args.language == "java":
    probes.append(Probe("mem__pool__gc__begin", lambda e: "text"))
elif args.language == "python":
    probes.append(Probe("gc__start", "gc__done"))
BPF(text="int begin() { }")
"""
    )
    wrapper = tmp_path / "javagc-bpfcc"
    wrapper.write_text('#!/bin/bash\nlib=$(dirname $0)\n$lib/ugc -l java "$@"\n')
    assert read_needs(str(wrapper), "bcc") == Needs(
        attach=(Attach("usdt", ("mem__pool__gc__begin",)), Attach("usdt", (), when=("?",))),
        compiles=True,
        programs=("java",),
        notes=("calls ugc -l java",),
    )


def test_a_wrapper_that_waits_for_processes_needs_none(tmp_path):
    (tmp_path / "ustat").write_text(HEAD + 'parser.add_argument("-l", "--language")\nBPF(text="TRACEPOINT_PROBE(sched, sched_switch) {}")')
    wrapper = tmp_path / "javastat-bpfcc"
    wrapper.write_text('#!/bin/bash\nlib=$(dirname $0)\n$lib/ustat -l java "$@"\n')
    assert read_needs(str(wrapper), "bcc").programs == ()


def test_a_broken_source_is_a_note_and_no_crash(tmp_path):
    path = tmp_path / "broken-bpfcc"
    path.write_text("#!/usr/bin/python3\nif True:\n")
    assert read_needs(str(path), "bcc").notes[0].startswith("unreadable: expected an indented block")


def test_conditions():
    a, b = logic.literal("a"), logic.literal("b")
    assert logic.negation(logic.conjunction(a, b)) == (("!a", "!b"),)
    assert logic.negation(logic.disjunction(a, b)) == (("!a",), ("!b",))
    assert logic.conjunction(a, logic.negation(a)) == logic.FALSE
    assert logic.negation(logic.TRUE) == logic.FALSE
    assert logic.resolved([frozenset({"a", "x"}), frozenset({"a", "!x"})]) == [frozenset({"a"})]
    assert logic.resolved([frozenset({"a"}), frozenset({"a", "x"})]) == [frozenset({"a"})]


INSTALLED = [
    ("biolatency-bpfcc", "bcc", ("kprobe", "blk_mq_start_request", "!option:queued")),
    ("memleak-bpfcc", "bcc", ("tracepoint", "kmem:kmalloc", "!option:command & !option:percpu & !option:pid")),
    ("opensnoop-bpfcc", "bcc", ("kfunc", "syscall:openat2", "kfunc & symbol:syscall:openat2")),
    ("cachetop-bpfcc", "bcc", ("kprobe", "mark_page_accessed", "")),
    ("netqtop-bpfcc", "bcc", ("tracepoint", "net:net_dev_start_xmit", "")),
    ("tcpconnlat", "libbpf", ("kfunc", "tcp_v4_connect", "kfunc")),
    ("ext4dist", "libbpf", ("kprobe", "ext4_file_read_iter", "!kfunc")),
    ("runqlat", "libbpf", ("raw_tracepoint", "sched_switch", "")),
]


@pytest.mark.parametrize(("command", "flavour", "expected"), INSTALLED)
def test_installed_tools(command, flavour, expected):
    path = f"/usr/sbin/{command}"
    if not os.path.exists(path):
        pytest.skip(f"{path} is not installed")
    needs = read_needs(path, flavour)
    assert expected in [(a.kind, "|".join(a.names), " & ".join(a.when)) for a in needs.attach]
    assert needs.compiles is (flavour == "bcc")
