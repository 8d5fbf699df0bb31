"""Random tool output: pieces of real lines cut, glued, repeated and spoilt, from a seed. For tests that ask for many inputs a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

LINES = (
    "PID    COMM               FD ERR PATH", "8623   rm                  3   0 /etc/ld.so.cache", "188    Web Content        -1   2 /x y",
    "TIME     COMM           PID    T BYTES   OFF_KB   LAT(ms) FILENAME", "09:01:10 python3        189    O 0       0           0.31 hosts",
    "     usecs               : count     distribution", "         0 -> 1          : 61       |****                                    |",
    "        0          : 1776     |****************************************|", "[512, 1K)             10 |@@@   |", "(..., 0)  3 |@|",
    "operation = 'read'", "09:00:39:", "[08:45:21]", "09:04:59 loadavg: 1.42 1.19 0.93 3/66 5678", "Thu Sep 10 11:28:39 2020", "--------",
    "    finish_task_switch.isra.0", "    -                sh (8040)", "        90", "    --               --", "    waker:           swapper/1 0",
    "    target:          kcompactd0 33", "  submit_bio", "    ls [1234]", "dd;[unknown];ksys_write;-;vfs_write 1", "  0xfff0 x+0x1 [kernel]",
    "[09:11:11] Top 10 stacks with outstanding allocations:", "\t8192 bytes in 2 allocations from stack", "\t\t0xffffffff982f6826\t__alloc_pages+0x256 [kernel]",
    "\taddr = ff14aa3546b847b8 size = 8", "(b'sh', 7319, 0, b'...21', 1557.51, b'alloc exited, size = 64, result = ff14')", "@usecs: ", "@[a, b]: 12",
    "@x[", "    f+1", ", sh]: 3", "]: ", '{"read": {"50": 0.1}}', "{'ts': 'x', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 0}]}",
    "ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE", "1022077789,python3,189,O,0,0,170,hosts", "nvme0n1    p1    p5   p10   p16", "read     95us 1.5ms 305us  10ms",
    "TASK: kworker/u16:5 (pid  5903 tid  5903) Total Time: 194.427  us", "Section start: a -> b", "----- DATA -----", "----- END DATA -----",
    "Possibly lost 3 samples", "Lost 99999999999999999999999 events", "avg = 13746 nsecs, total: 6543360 nsecs, count: 476", "runqocc: 41.09%", "10.0.0.0/8   1177",
    "Tracing off-CPU time (us)... Hit Ctrl-C to end.", "^C", "^CPID COMM", "", "   ", "\x1b]0;owned\x07", "\u202egnp.exe", "\udc80\udcff", "٣ ٣", "nan inf 1_0 1e999",
    "        Driver   Device    VQ Name  In SGs Out SGs          In BW         Out BW", " b'virtio_blk' b'virtio1'   b'req.1'      59      89        1966130        2040608",
    "sched:sched_wakeup", "    int __syscall_nr;", "Mutex M1 acquired here while holding Mutex M0 in Thread 1:", "@ 00000000004024d0 pthread_mutex_lock", "99999999999999999999999999999999999",
    "\tCOUNT      EVENT", "\t1          args->flags = 16961", "t:syscalls:sys_enter_openat():int:args->flags", "TYPE                           # ALLOCS      # BYTES",
)  # fmt: skip
PIECES = (
    " ", "  ", "\t", "-", "|", ":", ";", "[", "]", "(", ")", "@", "b'", "'", '"', "\\x00", "\\u", "\x00", "\x1b[2J", "->", "=", ",", "0", "-1", "1.5", "99999999999999999999999", "9" * 5000,
    "nan", "²", "PID", "COUNT", "distribution", "%", "{", "}", "é", "\ud800", "\r", "\x0b", "\x85", "\u2028",
)  # fmt: skip


def lines(random: Random) -> list[str]:
    """A stream of up to a dozen lines; a third of them spoilt."""
    return [_spoilt(random, random.choice(LINES)) if random.random() < 0.35 else random.choice(LINES) for _ in range(random.randint(1, 12))]


def _spoilt(random: Random, line: str) -> str:
    at, to = sorted((random.randint(0, len(line)), random.randint(0, len(line))))
    piece = random.choice(PIECES) * random.choice((1, 1, 1, 2, 40))
    return random.choice(
        (line[:at] + piece + line[at:], line[:at] + line[to:], line[:at] + piece + line[to:], line + line, line[at:] + line[:at])
    )
