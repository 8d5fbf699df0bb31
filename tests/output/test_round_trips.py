"""What a tool prints, printed here with the tool's own format strings, comes back equal. The formats are those of bcc 0.26's sources."""

# ruff: noqa: UP031  (printf's formats are what is tested)

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.output.reading import records

pids = st.integers(0, 4_194_304)
counts = st.integers(0, 2**63)
ports = st.integers(0, 65_535)
small = st.integers(-1, 9_999)
# Any name that prctl(PR_SET_NAME) takes and a line can hold: blanks inside, signs, digits, any script; 15 bytes at most.
comms = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=15)
    .map(str.strip)
    .filter(lambda name: name and len(name.encode()) < 16 and not name.startswith(("b'", 'b"')) and name not in ("-", "?"))
)
paths = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=80).map(
    lambda text: "/" + text.strip()
)
addresses = st.ip_addresses(v=4).map(str)
hundredths = st.integers(0, 10**9).map(lambda number: number / 100)
words = st.from_regex(r"[a-z_][a-z0-9_]{1,20}", fullmatch=True)
times = st.times().map(lambda time: time.strftime("%H:%M:%S"))


@dataclass(frozen=True)
class Table:
    header: str
    row: str
    names: tuple[str, ...]
    cells: tuple[st.SearchStrategy[object], ...]


TABLES = {
    "opensnoop": Table(
        "%-6s %-16s %4s %3s %s" % ("PID", "COMM", "FD", "ERR", "PATH"), "%-6d %-16s %4d %3d %s",
        ("pid", "comm", "fd", "errno", "path"), (pids, comms, small, st.integers(0, 133), paths)),
    "execsnoop": Table(
        "%-8s %-6s %-16s %-7s %-7s %3s %s" % ("TIME", "UID", "PCOMM", "PID", "PPID", "RET", "ARGS"), "%-8s %-6d %-16s %-7d %-7d %3d %s",
        ("time", "uid", "pcomm", "pid", "ppid", "ret", "args"), (times, pids, comms, pids, pids, small, paths)),
    "biosnoop": Table(
        "%-11s %-14s %-7s %-9s %-1s %-10s %-7s %7s" % ("TIME(s)", "COMM", "PID", "DISK", "T", "SECTOR", "BYTES", "LAT(ms)"),
        "%-11.6f %-14.14s %-7s %-9s %-1s %-10s %-7s %7.2f",
        ("time_s", "comm", "pid", "disk", "type", "sector", "bytes", "latency_ms"),
        (hundredths, comms.map(lambda name: name[:14].strip()), pids, st.sampled_from(["vda", "nvme0n1"]), st.sampled_from("RW"), counts, counts, hundredths)),
    "tcpconnect": Table(
        "%-7s %-12s %-2s %-16s %-16s %-6s" % ("PID", "COMM", "IP", "SADDR", "DADDR", "DPORT"), "%-7d %-12.12s %-2d %-16s %-16s %-6d",
        ("pid", "comm", "ip_version", "source_address", "destination_address", "destination_port"),
        (pids, comms.map(lambda name: name[:12].strip()), st.just(4), addresses, addresses, ports)),
    "ext4slower": Table(
        "%-8s %-14s %-7s %1s %-7s %-8s %7s %s" % ("TIME", "COMM", "PID", "T", "BYTES", "OFF_KB", "LAT(ms)", "FILENAME"),
        "%-8s %-14.14s %-7s %1s %-7s %-8d %7.2f %s",
        ("time", "comm", "pid", "type", "bytes", "offset_kb", "latency_ms", "file"),
        (times, comms.map(lambda name: name[:14].strip()), pids, st.sampled_from("RWOSF"), counts, counts, hundredths, paths)),
    "runqslower": Table(
        "%-8s %-16s %-6s %14s" % ("TIME", "COMM", "TID", "LAT(us)"), "%-8s %-16s %-6s %14s",
        ("time", "comm", "tid", "latency_us"), (times, comms, pids, counts.map(lambda number: float(number % 2**50)).map(int))),
    "funccount": Table("%-36s %8s" % ("FUNC", "COUNT"), "%-36s %8d", ("function", "count"), (words, counts)),
    "uobjnew": Table(
        "%-30s %8s %12s" % ("TYPE", "# ALLOCS", "# BYTES"), "%-30s %8d %12d",
        ("type", "allocations", "bytes"), (st.from_regex(r"block size \d{1,6}|[A-Z][a-z]{1,20}", fullmatch=True), st.integers(0, 10**8 - 1), st.integers(0, 10**12 - 1))),
    "tcplife": Table(
        "%-5s %-10.10s %-15s %-5s %-15s %-5s %5s %5s %s" % ("PID", "COMM", "LADDR", "LPORT", "RADDR", "RPORT", "TX_KB", "RX_KB", "MS"),
        "%-5d %-10.10s %-15s %-5d %-15s %-5d %5d %5d %.2f",
        ("pid", "comm", "local_address", "local_port", "remote_address", "remote_port", "tx_kb", "rx_kb", "duration_ms"),
        (pids, comms.map(lambda name: name[:10].strip()), addresses, ports, addresses, ports, st.integers(0, 10**12), st.integers(0, 10**12), hundredths)),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_table_comes_back(name: str, data: st.DataObject) -> None:
    table = TABLES[name]
    rows = data.draw(st.lists(st.tuples(*table.cells), min_size=1, max_size=5))
    text = "\n".join([table.header, *(table.row % row for row in rows)])
    found = [record.fields for record in records(text) if record.kind in ("event", "row")]
    assert found == [dict(zip(table.names, row, strict=True)) for row in rows]


def log2_lines(unit: str, buckets: list[int]) -> list[str]:
    """As bcc's table.py prints: header, then a line a power of two, the bar scaled to 40 stars."""
    lines = ["     %-19s : count     distribution" % unit]
    for index, count in enumerate(buckets):
        low, high = (1 << index) if index else 0, (1 << (index + 1)) - 1
        stars = "*" * int(40 * count / max(*buckets, 1))
        lines.append("%*d -> %-*d : %-8d |%-40s|" % (10, low, 10, high, count, stars))
    return lines


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([("nsecs", "ns"), ("usecs", "us"), ("msecs", "ms")]), st.lists(st.integers(0, 2**63), min_size=1, max_size=40), words
)
def test_a_histogram_comes_back(unit: tuple[str, str], buckets: list[int], disk: str) -> None:
    text = "\n".join(["", f"disk = {disk!r}", *log2_lines(unit[0], buckets)])
    found = [(record.key, record.fields) for record in records(text) if record.kind == "bucket"]
    assert found == [
        (f"disk = {disk!r}", {"low": (1 << index) if index else 0, "high": (1 << (index + 1)) - 1, "count": count, "unit": unit[1]})
        for index, count in enumerate(buckets)
    ]


frames = st.lists(st.from_regex(r"[a-z_][A-Za-z0-9_.:~]{2,30}(?:\+0x[0-9a-f]{1,4})?", fullmatch=True), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(frames, comms.filter(lambda name: "(" not in name and ")" not in name), pids, counts), min_size=1, max_size=4))
def test_counted_stacks_come_back(stacks: list[tuple[list[str], str, int, int]]) -> None:
    lines = ["Tracing off-CPU time (us) of all threads by kernel stack... Hit Ctrl-C to end."]
    for names, comm, pid, value in stacks:
        lines += ["", *("    %s" % name for name in names), "    %-16s %s (%d)" % ("-", comm, pid), "        %d" % value]
    found = [record.fields for record in records("\n".join(lines)) if record.kind == "stack"]
    assert found == [{"comm": comm, "pid": pid, "frames": names[::-1], "value": value, "unit": "us"} for names, comm, pid, value in stacks]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(comms.filter(lambda name: ";" not in name), frames, counts), min_size=1, max_size=6))
def test_folded_stacks_come_back(stacks: list[tuple[str, list[str], int]]) -> None:
    text = "\n".join(f"{comm};{';'.join(names)} {value}" for comm, names, value in stacks)
    found = [record.fields for record in records(text, folded=True)]
    assert found == [{"comm": comm, "frames": names, "value": value, "unit": "count"} for comm, names, value in stacks]


@settings(max_examples=150, deadline=None)
@given(comms.filter(str.isascii), pids, st.integers(0, 511), hundredths, st.integers(0, 2**63), st.integers(1, 2**63))
def test_memleaks_trace_comes_back(comm: str, pid: int, cpu: int, seconds: float, size: int, address: int) -> None:
    message = b"alloc exited, size = %d, result = %x" % (size, address)
    found = records(str((comm.encode(), pid, cpu, b"...21", seconds, message)))
    fields = {
        "comm": comm,
        "pid": pid,
        "cpu": cpu,
        "flags": "...21",
        "time_s": seconds,
        "call": "alloc exited",
        "size": size,
        "result": f"{address:x}",
    }
    assert [(record.kind, record.fields) for record in found] == [("event", fields)]
