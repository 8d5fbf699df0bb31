"""Values and options of a request for a tool that is given."""

from __future__ import annotations

import os

import pytest

from bccpilot.planning.local import plan
from bccpilot.planning.wanted import Wanted
from bccpilot.request.understand import understand
from manpages_index.store import Index

_FALLOCATE = {"x86_64": "__x64_sys_fallocate", "aarch64": "__arm64_sys_fallocate"}.get(os.uname().machine, "sys_fallocate")
_VFS_WRITE = "p::vfs_write(struct file *file, const char *buf, size_t count):size_t:count"


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        # names beside the option's own words
        ("javaflow", "methods in class com/acme/Cart, pid 12", ["-C", "com/acme/Cart", "12"]),
        ("javaflow", "进程 12，只看 com/acme/pay 打头的类", ["-C", "com/acme/pay", "12"]),
        ("javaflow", "methods of the class files, pid 12", ["12"]),
        ("perlflow", "the sub load_config in pid 12", ["-M", "load_config", "12"]),
        ("execsnoop", "命令行参数里带 wget 的", ["-l", "wget"]),
        ("execsnoop", "with --daemon in their arguments", ["-l--daemon"]),
        ("klockstat", "locks with osq_lock in perf top", []),
        ("klockstat", "locks taken by pipe_read", ["-c", "pipe_read"]),
        ("javaflow", "pid 12, classes beginning with com/acme", ["-C", "com/acme", "12"]),
        ("phpflow", "进程 12，只跟踪 Cart 开头的类", ["-C", "Cart", "12"]),
        ("phpflow", "pid 12, methods starting with render", ["-M", "render", "12"]),
        ("rubyflow", "pid 12, class Invoice", ["-C", "Invoice", "12"]),
        ("rubyflow", "Ruby method calls, pid 12", ["12"]),
        ("exitsnoop", "put the label batch on each line", ["--label", "batch"]),
        ("exitsnoop", "with a label column", ["--label", "exit"]),
        ("exitsnoop", "lines tagged with the label nightly", ["--label", "nightly"]),
        # sort keys in words, in any order
        ("klockstat", "按等锁总时长排序", ["-S", "acq_total"]),
        ("klockstat", "ordered by the longest single wait", ["-S", "acq_max"]),
        ("filetop", "sorted by read bytes", ["-s", "rbytes"]),
        ("filetop", "which files get the most kilobytes written", ["-s", "wbytes"]),
        ("klockstat", "locks with the most wait time summed up", ["-S", "acq_total"]),
        ("filetop", "文件读写排行，按写入字节排序", ["-s", "wbytes"]),
        ("dirtop", "/a and /b by written bytes", ["-s", "wbytes", "-d", "/a,/b"]),
        # lines are rows or outputs, as the tool has them; outputs are what is counted where no events are
        ("filetop", "just ten lines, every 5 s", ["-r", "10", "5"]),
        ("vfsstat", "just ten lines, every 5 s", ["5", "10"]),
        ("cachestat", "30 rows, every 2 s", ["2", "30"]),
        ("cpudist", "separate histogram for each process", ["-P"]),
        ("softirqs", "事件次数，不要时间", ["-C"]),
        ("biotop", "%util 一直 100", []),
        ("phpstat", "max 15 rows, every 2 sec, 30 times then stop", ["-r", "15", "2", "30"]),
        ("profile", "sample 99 times per second for 30 s", ["-F", "99", "30"]),
        ("bpflist", "spell out the kprobes", ["-vv"]),
        # units bring what they are the unit of
        ("syscount", "by call, in ms", ["-L", "-m"]),
        ("syscount", "用 us 以外的单位", []),
        ("funclatency", "vfs_read, us 为单位", ["-u", "vfs_read"]),
        # a number said goes before the words' own
        ("funcslower", "vfs_read over 3 ms with its first 2 args", ["-m", "3", "-a", "2", "vfs_read"]),
        ("funcslower", "vfs_read over 3 ms with arguments", ["-m", "3", "-a", "6", "vfs_read"]),
        ("trace", "first 25 times tcp_reset is hit, then quit", ["-M", "25", "tcp_reset"]),
        # ports: a list where the tool takes lists, a range where it takes ranges
        ("bindsnoop", "bind() attempts on 1812 or 1813", ["-P", "1812,1813"]),
        ("tcpaccept", "8080 和 8443 上新进来的连接", ["-P", "8080,8443"]),
        ("tcpconnect", "what opens to 5432 and 6379", ["-P", "5432,6379"]),
        ("tcplife", "好几万，八成是短连接", []),
        ("killsnoop", "是谁给 2233 这个 pid 发的", ["-T", "2233"]),
        ("killsnoop", "pid 2233 keeps getting killed", ["-T", "2233"]),
        ("deadlock", "pid 12, write the lock graph to /tmp/g.json", ["--dump-graph", "/tmp/g.json", "12"]),
        ("trace", "nanosleep of uid 1000", ["--uid", "1000", "t:syscalls:sys_enter_nanosleep"]),
        ("funclatency", "libc's fsync in pid 12", ["-p", "12", "c:fsync"]),
        ("funccount", "tcp_sendmsg and friends, everything starting with tcp_send", ["tcp_send*"]),
        ("filegone", "what pid 12 deletes, watch it for a quater of an hour", ["-p", "12"]),
        ("tcpcong", "local ports 3000 thru 3002", ["-L", "3000-3002"]),
        ("tcpstates", "local ports 3000 thru 3002", ["-L", "3000,3001,3002"]),
        ("tcprtt", "to 10.20.0.7:443", ["-P", "443", "-A", "10.20.0.7"]),
        # PIDs
        ("memleak", "the jvm 5566, allocations still not freed after 30 s", ["-p", "5566", "-o", "30000"]),
        # times: of two options that exclude each other the interval
        ("klockstat", "every 10 s for a minute", ["-i", "10"]),
        ("biotop", "every 2 s, ten refreshes", ["2", "10"]),
        # plain numbers behind the tool's name are what they would be on its own command line
        ("zfsslower", "zfsslower 25 as csv", ["-j", "25"]),
        ("vfsstat", "vfsstat 1 5", ["1", "5"]),
        ("stackcount", "stackcount 5", []),
        ("drsnoop", 'reclaims by anything with "worker" in its name', ["-n", "worker"]),
        # an error number means failed calls, for a tool that takes no numbers, too
        ("opensnoop", "opens with ENOENT", ["-x"]),
        ("syscount", "calls with ENOENT", ["-e", "ENOENT"]),
        ("javaflow", "entry/exit of methods, 919", ["919"]),
        ("funccount", "kernel functions, tcp 开头的", ["tcp*"]),
        ("tcprtt", "a histogram rather than averages", []),
        # of two roles that take a PID the one whose words are said, and Chinese numbers are none
        ("killsnoop", "who sends signals to process 12", ["-T", "12"]),
        ("profile", "几千万个小文件", []),
        # the PID of a parent whose children are asked for
        ("syscount", "supervisord is pid 12; the top 5 calls of its children", ["-c", "12", "-T", "5"]),
        ("syscount", "pid 是 12，它拉起的那些子进程的系统调用", ["-c", "12"]),
        # an option's role is a word for it, and what an output is split by can be said in many ways
        ("ext4slower", "threshold 0", ["0"]),
        ("runqlat", "one histogram for every PID", ["-P"]),
        ("biolatency", "a histogram for each kind of disk request", ["-F"]),
        # a name between two options' words belongs to the one before it
        ("rubyflow", "pid 12, 只跟类名以 Order 打头的方法", ["-C", "Order", "12"]),
        # a system call is a tracepoint or a kernel function of another name
        ("stackcount", "who calls mmap", ["t:syscalls:sys_enter_mmap"]),
        ("trace", "trace sys_enter_openat", ["t:syscalls:sys_enter_openat"]),
        ("funclatency", "histogram of fallocate latency", [_FALLOCATE]),
        # probes
        ("tplist", "what tracepoints does the block layer offer", ["block:*"]),
        ("tplist", "调度相关有哪些跟踪点", ["sched:*"]),
        ("tplist", "all tracepoints in the block category", ["block:*"]),
        ("funccount", "net tracepoints", ["t:net:*"]),
        (
            "argdist",
            "distribution of no_such_field in the block:no_such_event tracepoint",
            ["-H", "t:block:no_such_event():u64:args->no_such_field"],
        ),
        ("argdist", "block:no_such_event 这个跟踪点的 no_such 分布", ["-H", "t:block:no_such_event():u64:args->no_such"]),
        ("argdist", "count block:no_such_event by prev_comm", ["-C", "t:block:no_such_event():char*:args->prev_comm"]),
        ("argdist", "what sizes are handed to vfs_write, histogram", ["-H", _VFS_WRITE]),
        ("argdist", "histogram of the sizes that vfs_write returns", ["-H", "r::vfs_write()"]),
        ("profile", "kernel part only, in folded form for flamegraph.pl", ["-K", "-f"]),
    ],
)
def test_fills(index: Index, tool: str, text: str, expected: list[str]) -> None:
    assert list(plan(understand(text, index.search), index, Wanted(tool=tool, flavour="bcc")).args) == expected
