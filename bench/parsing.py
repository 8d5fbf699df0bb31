"""How fast output becomes records, and in how much memory; the million-input fuzz.

python -m bench.parsing                 rates by shape, and jc's pidstat parser on lines of the same width where jc is installed
python -m bench.parsing --stream 1G     a stream of event lines of that size: rate and peak memory
python -m bench.parsing --fuzz 1000000  spoilt output: what raises or loses a line is printed, the exit status says so
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, cycle, islice
from random import Random

from bccpilot.model import Line
from bccpilot.output.parse import parse
from bccpilot.reporting.formats import jsonl
from manpages_index.model import Column, OutputShape
from tests.output import inputs

OPENSNOOP = (
    "PID    COMM               FD ERR PATH",
    [f"{pid:<6d} {'systemd-journal':<16} {7:>4} {0:>3} /run/log/journal/{pid:08x}/system.journal" for pid in range(100, 900)],
)
COLUMNS = OutputShape(
    "events",
    tuple(
        Column(header, header.strip("%").lower(), kind)
        for header, kind in zip(
            ["Time", "UID", "PID", "%usr", "%system", "%guest", "%wait", "%CPU", "CPU", "Command"],
            ["int", "int", "int", "float", "float", "float", "float", "float", "int", "comm"],
            strict=True,
        )
    ),
)
PIDSTAT = (
    "#      Time   UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command",
    [f"{1700000000 + n}     0{n:>10d}    0.00    0.50    0.00    0.00    0.50     1  systemd-journal" for n in range(100, 900)],
)
SHAPES = {
    "events (opensnoop)": OPENSNOOP,
    "events (ext4slower)": (
        "TIME     COMM           PID    T BYTES   OFF_KB   LAT(ms) FILENAME",
        [f"09:01:10 python3        {pid:<6d} R {pid * 7:<7d} {pid:<8d} {pid / 100:7.2f} hosts" for pid in range(100, 900)],
    ),
    "events, names with blanks": (
        OPENSNOOP[0],
        [f"{pid:<6d} {'Web Content':<16} {7:>4} {0:>3} /run/user/1000/{pid:08x}" for pid in range(100, 900)],
    ),
    "memleak -t": (
        "Attaching to kernel allocators, Ctrl+C to quit.",
        [f"(b'kworker/u8:0', {pid}, 0, b'...21', 493.{pid}, b'alloc exited, size = 192, result = ffff{pid:012x}')" for pid in range(100, 900)],
    ),
    "folded stacks": ("", [f"python3;main;entry_SYSCALL_64;do_syscall_64;vfs_read;ext4_file_read_iter;f{n} {n}" for n in range(1, 800)]),
    "counted stacks": (
        "Tracing off-CPU time (us) of all threads... Hit Ctrl-C to end.",
        ["", *[f"    frame_{n}" for n in range(16)], "    -                python3 (189)", "        122"],
    ),
    "histogram buckets": (
        "     usecs               : count     distribution",
        [f"{1 << n:>10d} -> {(2 << n) - 1:<10d} : {n:<8d} |{'*' * n:<40}|" for n in range(1, 30)],
    ),
}  # fmt: skip


def stream(header: str, lines: list[str], count: int) -> Iterator[Line]:
    """The header once, then `count` lines in turn, made as they are read."""
    return chain([Line(header)], (Line(text) for text in islice(cycle(lines), count)))


def rate(header: str, lines: list[str], count: int, *shapes: OutputShape) -> float:
    """Lines a second of CPU time on one core; making the Line values is part of it."""
    start = time.process_time()
    for _ in parse(stream(header, lines, count), shapes, {}):
        pass
    return count / (time.process_time() - start)


def rates(count: int) -> None:
    for name, (header, lines) in SHAPES.items():
        print(f"{name:28} {rate(header, lines, count):>12,.0f} lines/s")
    start = time.process_time()
    for _ in jsonl(parse(stream(*OPENSNOOP, count), (), {})):
        pass
    print(f"{'events to JSON lines':28} {count / (time.process_time() - start):>12,.0f} lines/s")
    against_jc(count)


def against_jc(count: int) -> None:
    """jc's streaming parser for a table with a command's name at the end, and ours on the same lines."""
    if find_spec("jc") is None:
        print("jc isn't installed: no comparison")
        return
    jc = import_module("jc")
    header, lines = PIDSTAT
    start = time.process_time()
    for _ in jc.parse("pidstat_s", chain([header], islice(cycle(lines), count)), quiet=True):
        pass
    theirs = count / (time.process_time() - start)
    ours = rate(header.replace("#", " ", 1), lines, count, COLUMNS)
    print(f"{'pidstat -H: jc / here':28} {theirs:>12,.0f} / {ours:,.0f} lines/s: {ours / theirs:.1f} times")


def memory(size: int) -> None:
    header, lines = OPENSNOOP
    count = size // (len(lines[0]) + 1)
    start = time.process_time()
    found = sum(1 for _ in parse(stream(header, lines, count), (), {}))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:,} bytes, {found:,} records, {count / seconds:,.0f} lines/s, peak memory {peak:.0f} MB")


def fuzz(count: int, first: int) -> int:
    """How many of `count` spoilt outputs raise or lose a line; each is printed with its seed."""
    wrong = 0
    for seed in range(first, first + count):
        lines = inputs.lines(Random(seed))
        try:
            kept = "".join("".join(record.raw for record in parse(map(Line, lines), (), {})).split())
        except Exception as error:  # what must not happen is what is looked for
            kept = repr(error)
        if kept != "".join("".join(lines).split()):
            wrong += 1
            print(seed, lines, kept)
    print(f"{count:,} inputs, {wrong} wrong")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast output becomes records.")
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--stream", metavar="SIZE", help="bytes, with K, M or G")
    parser.add_argument("--fuzz", type=int, metavar="INPUTS")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    args = parser.parse_args()
    if args.fuzz:
        return 1 if fuzz(args.fuzz, args.first) else 0
    if args.stream:
        memory(int(args.stream.rstrip("KMG")) * 1024 ** " KMG".index(args.stream[-1].strip("0123456789") or " "))
    else:
        rates(args.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
