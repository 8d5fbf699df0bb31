"""One short output for each shape, and all of its records."""

from __future__ import annotations

from typing import Any

import pytest

from bccpilot.output.parse import shape_for, unit_of
from manpages_index.model import Column, OutputShape
from tests.output.reading import as_json, records


def rows(text: str, *shapes: OutputShape, **values: Any) -> list[dict[str, object]]:
    """All records but the notes, as JSON lines have them."""
    return [line for line in as_json(records(text, shapes, **values)) if line["kind"] != "note"]


def test_each_header_again_is_a_new_interval() -> None:
    text = "Tracing... Ctrl-C to end.\n\nFUNC          COUNT\nvfs_read         30\nvfs_write         2\n\nFUNC          COUNT\nvfs_read         26"
    assert rows(text) == [
        {"kind": "row", "fields": {"function": "vfs_read", "count": 30}, "interval": 1},
        {"kind": "row", "fields": {"function": "vfs_write", "count": 2}, "interval": 1},
        {"kind": "row", "fields": {"function": "vfs_read", "count": 26}, "interval": 2},
    ]


def test_a_load_average_line_begins_an_interval_of_two_tables() -> None:
    text = """19:46:24 loadavg: 1.86 2.67 2.91 3/362 16681

PID     COMM         LADDR                 RADDR                  RX_KB  TX_KB
16648   16648        100.66.3.172:22       100.127.69.165:6684        1      0

PID     COMM         LADDR6                           RADDR6                            RX_KB  TX_KB
16681   sshd         fe80::8a3:9dff:fed5:6b19:22      fe80::8a3:9dff:fed5:6b19:16606        1      1"""
    assert as_json(records(text))[0]["fields"] == {
        "text": "19:46:24 loadavg: 1.86 2.67 2.91 3/362 16681", "time": "19:46:24", "loadavg": "1.86 2.67 2.91 3/362 16681",
    }  # fmt: skip
    names = ("pid", "comm", "local_address", "remote_address", "rx_kb", "tx_kb")
    first = (16648, "16648", "100.66.3.172:22", "100.127.69.165:6684", 1, 0)
    second = (16681, "sshd", "fe80::8a3:9dff:fed5:6b19:22", "fe80::8a3:9dff:fed5:6b19:16606", 1, 1)
    assert rows(text) == [{"kind": "row", "fields": dict(zip(names, values, strict=True)), "interval": 1} for values in (first, second)]


def test_each_line_of_a_table_of_numbers_is_an_interval() -> None:
    text = "    HITS   MISSES  DIRTIES HITRATIO   BUFFERS_MB  CACHED_MB\n    9961        0       16  100.00%           17        131\n    6713        1       16   99.90%           17        131"
    assert [(row["interval"], row["fields"]) for row in rows(text)] == [
        (1, {"hits": 9961, "misses": 0, "dirties": 16, "hit_percent": 100.0, "buffers_mb": 17, "cached_mb": 131}),
        (2, {"hits": 6713, "misses": 1, "dirties": 16, "hit_percent": 99.9, "buffers_mb": 17, "cached_mb": 131}),
    ]


def test_knowledge_names_and_types_the_columns() -> None:
    columns = (Column("PID", "pid", "int"), Column("WHAT", "what", "str"), Column("SIZE", "bytes", "size", "B"))
    shape = OutputShape("events", columns)
    assert rows("PID   WHAT        SIZE\n7     a thing     1.5K", shape) == [
        {"kind": "event", "fields": {"pid": 7, "what": "a thing", "bytes": 1536.0}}
    ]


def test_knowledge_serves_without_a_header() -> None:
    columns = (
        Column("TIME", "time", "time"), Column("COMM", "comm", "comm"), Column("PID", "pid", "int"),
        Column("UID", "uid", "int", given=("user",)), Column("FILE", "file", "path"),
    )  # fmt: skip
    assert rows("11:56:50 Web Content    21852  my file", OutputShape("events", columns)) == [
        {"kind": "event", "fields": {"time": "11:56:50", "comm": "Web Content", "pid": 21852, "file": "my file"}}
    ]


def test_a_keyed_histogram_in_the_unit_of_its_header() -> None:
    text = "10:19:00:\n\noperation = 'read'\n     msecs               : count     distribution\n         0 -> 1          : 576      |****|\n         2 -> 3          : 5        |    |"
    assert rows(text) == [
        {"kind": "bucket", "fields": {"low": 0, "high": 1, "count": 576, "unit": "ms"}, "interval": 1, "key": "operation = 'read'"},
        {"kind": "bucket", "fields": {"low": 2, "high": 3, "count": 5, "unit": "ms"}, "interval": 1, "key": "operation = 'read'"},
    ]


def test_a_linear_histogram_and_a_label() -> None:
    text = "     runqlen       : count     distribution\n        0          : 1776     |****************************************|\n        1          : 3        |  |"
    assert rows(text) == [
        {"kind": "bucket", "fields": {"low": 0, "high": 0, "count": 1776, "unit": None, "label": "runqlen"}, "interval": 1},
        {"kind": "bucket", "fields": {"low": 1, "high": 1, "count": 3, "unit": None, "label": "runqlen"}, "interval": 1},
    ]


def test_bpftraces_histograms() -> None:
    text = "Attaching 3 probes...\n@usecs: \n[0]                    1 |@   |\n[512, 1K)             10 |@@@ |\n[1M, ...)              2 |@   |\n@x[a]:\n(..., 0)               4 |@@  |\n"
    assert rows(text) == [
        {"kind": "bucket", "fields": {"low": 0, "high": 0, "count": 1, "unit": "us"}, "interval": 1, "key": "@usecs"},
        {"kind": "bucket", "fields": {"low": 512, "high": 1023, "count": 10, "unit": "us"}, "interval": 1, "key": "@usecs"},
        {"kind": "bucket", "fields": {"low": 1 << 20, "high": None, "count": 2, "unit": "us"}, "interval": 1, "key": "@usecs"},
        {"kind": "bucket", "fields": {"low": None, "high": -1, "count": 4, "unit": None}, "interval": 1, "key": "@x[a]"},
    ]


def test_bpftraces_maps_with_plain_keys_and_stacks() -> None:
    text = "@: 5\n@reads[bash, 12]: 7\n@t: count 3, average 4, total 12\n@s[\n    leaf+1\n    root+2\n, dd]: 9"
    assert rows(text) == [
        {"kind": "value", "fields": {"map": "@", "value": 5}},
        {"kind": "value", "fields": {"map": "@reads", "value": 7}, "key": "bash, 12"},
        {"kind": "value", "fields": {"map": "@t", "count": 3, "average": 4, "total": 12}},
        {"kind": "stack", "fields": {"map": "@s", "frames": ["root+2", "leaf+1"], "unit": "count", "value": 9}, "key": "dd"},
    ]


def test_stacks_with_kernel_and_user_parts() -> None:
    text = "Sampling at 49 Hertz of all threads... Hit Ctrl-C to end.\n\n    vfs_write\n    sys_write\n    --\n    __write\n    main\n    -                dd (25036)\n        3\n"
    assert rows(text) == [
        {
            "kind": "stack",
            "fields": {
                "comm": "dd", "pid": 25036, "frames": ["main", "__write", "sys_write", "vfs_write"], "kernel": ["sys_write", "vfs_write"],
                "user": ["main", "__write"], "value": 3, "unit": "count",
            },
        }
    ]  # fmt: skip


def test_the_waker_and_its_target() -> None:
    text = "Tracing blocked time (us) by user + kernel off-CPU and waker stack for 4 secs.\n\n    waker:           swapper/1 0\n    start_secondary\n    do_idle\n    --               --\n    schedule\n    kthread\n    target:          khugepaged 36\n        93\n"
    assert rows(text) == [
        {
            "kind": "stack",
            "fields": {
                "waker": "swapper/1", "waker_pid": 0, "target": "khugepaged", "target_pid": 36, "waker_frames": ["start_secondary", "do_idle"],
                "frames": ["kthread", "schedule"], "value": 93, "unit": "us",
            },
        }
    ]  # fmt: skip


def test_a_stack_below_an_event_carries_the_event() -> None:
    text = "TIME     PID    IP SADDR:SPORT          > DADDR:DPORT          STATE (FLAGS)\n20:49:06 0      4  10.32.119.56:443     > 10.66.65.252:22912   CLOSE (ACK)\n\ttcp_drop+0x1\n\ttcp_v4_rcv+0x2\n\n"
    event = {
        "time": "20:49:06", "pid": 0, "ip_version": 4, "source": "10.32.119.56:443", "arrow": ">", "destination": "10.66.65.252:22912",
        "state": "CLOSE (ACK)",
    }  # fmt: skip
    assert rows(text) == [
        {"kind": "event", "fields": event},
        {"kind": "stack", "fields": {**event, "frames": ["tcp_v4_rcv+0x2", "tcp_drop+0x1"]}},
    ]


def test_folded_stacks_with_a_delimiter() -> None:
    shapes = (OutputShape("folded", when=("folded",), unit="us"), OutputShape("stacks"))
    assert rows("dd;main;__write;-;sys_write;vfs_write 25", *shapes, folded=True) == [
        {
            "kind": "stack",
            "fields": {
                "comm": "dd", "frames": ["main", "__write", "sys_write", "vfs_write"], "user": ["main", "__write"],
                "kernel": ["sys_write", "vfs_write"], "value": 25, "unit": "us",
            },
        }
    ]  # fmt: skip


def test_memleaks_outstanding_allocations() -> None:
    text = "Attaching to kernel allocators, Ctrl+C to quit.\n[09:11:11] Top 10 stacks with outstanding allocations:\n\taddr = ff14 size = 8\n\t8192 bytes in 2 allocations from stack\n\t\t0xffffffff982f6826\t__alloc_pages+0x256 [kernel]\n\t\t0xffffffff980032f2\tret_from_fork+0x22 [kernel]\n"
    assert rows(text) == [
        {"kind": "row", "fields": {"address": "ff14", "bytes": 8}, "interval": 1},
        {
            "kind": "stack",
            "fields": {
                "frames": ["ret_from_fork+0x22 [kernel]", "__alloc_pages+0x256 [kernel]"], "value": 8192, "unit": "B", "bytes": 8192,
                "allocations": 2,
            },
            "interval": 1,
        },
    ]  # fmt: skip


def test_argdist_counts_below_the_probe() -> None:
    text = "[08:45:21]\nt:syscalls:sys_enter_openat():int:args->flags\n\tCOUNT      EVENT\n\t39         args->flags = 524288"
    assert rows(text) == [
        {
            "kind": "row", "fields": {"count": 39, "event": "args->flags = 524288"}, "interval": 1,
            "key": "t:syscalls:sys_enter_openat():int:args->flags",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("avg = 13746 nsecs, total: 6543360 nsecs, count: 476", {"avg": 13746, "unit": "ns", "total": 6543360, "count": 476}),
        ("runqocc, CPU 1    26.26%", {"name": "runqocc, CPU 1", "value": 26.26}),
        ("%CPU  83.00%, unclaimed idle 0.12%", {"cpu": 83.0, "unit": "%", "unclaimed_idle": 0.12}),
        ("09:16:21: PIDs/sec: 2", {"time": "09:16:21", "pids_sec": 2}),
        ("10.0.0.0/8             1177", {"name": "10.0.0.0/8", "value": 1177}),
        ("Read-ahead unused pages: 6765", {"read_ahead_unused_pages": 6765}),
    ],
)  # fmt: skip
def test_counters(line: str, fields: dict[str, object]) -> None:
    assert rows(line) == [{"kind": "value", "fields": fields}]


def test_json_histograms_and_rows() -> None:
    text = (
        "{'ts': '2020-12-30 14:40:00', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 4}], 'disk': 'vda'}\n"
        + '{"read": {"50": 0.25}}'
    )
    assert rows(text) == [
        {
            "kind": "bucket",
            "fields": {"low": 0, "high": 1, "count": 4, "unit": "us", "time": "2020-12-30 14:40:00"},
            "interval": 1,
            "key": "disk = vda",
        },
        {"kind": "row", "fields": {"50": 0.25}, "interval": 2, "key": "read"},
    ]


def test_percentiles_in_microseconds() -> None:
    text = "nvme0n1    p1    p5   p10\nread     95us 1.5ms    1s\ndiscard     -     -     -"
    assert rows(text) == [
        {"kind": "row", "fields": {"type": "read", "p1_us": 95.0, "p5_us": 1500.0, "p10_us": 1000000.0}, "interval": 1, "key": "nvme0n1"},
        {"kind": "row", "fields": {"type": "discard", "p1_us": None, "p5_us": None, "p10_us": None}, "interval": 1, "key": "nvme0n1"},
    ]


def test_comma_separated_values_with_a_comma_in_a_name() -> None:
    text = "ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE\n1022077789,a,b,189,R,27,0,98,x,y"
    fields = {"end_us": 1022077789, "comm": "a,b", "pid": 189, "type": "R", "bytes": 27, "offset_bytes": 0, "latency_us": 98, "file": "x,y"}
    assert rows(text) == [{"kind": "event", "fields": fields}]


def test_losses_are_counted_on_either_stream() -> None:
    text = "Possibly lost 141 samples\nLost 7 events\nWARNING: 2 stack traces lost and could not be displayed."
    for stream in ("out", "err"):
        assert [(record.kind, record.fields) for record in records(text, stream=stream)] == [
            ("lost", {"count": 141}), ("lost", {"count": 7}), ("lost", {"count": 2}),
        ]  # fmt: skip


def test_the_shape_and_the_unit_follow_the_arguments() -> None:
    plain, folded = OutputShape("stacks", unit="us", unit_given={"milliseconds": "ms"}), OutputShape("folded", when=("folded",))
    assert shape_for((folded, plain), {"folded": False}) is plain
    assert shape_for((folded, plain), {"folded": True}) is folded
    assert shape_for((folded,), {}) is None
    assert (unit_of(plain, {}), unit_of(plain, {"milliseconds": True}), unit_of(None, {})) == ("us", "ms", None)


def test_a_folded_stack_with_its_waker() -> None:
    assert rows("sync;ksys_sync;schedule;--;wake_up;do_idle;swapper/1 31", OutputShape("folded", unit="us")) == [
        {
            "kind": "stack",
            "fields": {
                "target": "sync", "waker": "swapper/1", "waker_frames": ["do_idle", "wake_up"], "frames": ["ksys_sync", "schedule"], "value": 31,
                "unit": "us",
            },
        }
    ]  # fmt: skip


def test_padding_behind_the_last_word_goes_and_a_paths_own_blanks_stay() -> None:
    assert rows("PID    COMM         FUNC             -\n7      ls           open             hi there   ")[0]["fields"] == {
        "pid": 7, "comm": "ls", "function": "open", "message": "hi there",
    }  # fmt: skip
    assert rows("PID    COMM               FD ERR PATH\n7      ls                  3   0 /a ")[0]["fields"] == {
        "pid": 7, "comm": "ls", "fd": 3, "errno": 0, "path": "/a ",
    }  # fmt: skip
