from __future__ import annotations

import pytest

from bccpilot.request.values import values
from manpages_index.store import Index
from manpages_index.words import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for pid 189", [("pid", 189)]),
        ("PID 189的进程", [("pid", 189)]),
        ("进程 1234 读了什么", [("pid", 1234)]),
        ("process 1234 and its threads", [("pid", 1234)]),
        ("thread 77", [("tid", 77)]),
        ("children of 713", [("ppid", 713)]),
        ("uid 33 over the next 20 secs", [("uid", 33), ("duration", 20)]),
        ("on cpu 7", [("cpu", 7)]),
        ("port 443", [("port", 443)]),
        ("ports 80, 443 and 8080", [("port", 80), ("port", 443), ("port", 8080)]),
        ("6379 和 6380 端口", [("port", 6379), ("port", 6380)]),
        ("local port 22", [("local_port", 22)]),
        ("to port 5432", [("remote_port", 5432)]),
        ("every 5 seconds, ten times", [("interval", 5), ("count", 10)]),
        ("5 秒一次，共 3 次", [("interval", 5), ("count", 3)]),
        ("5 second windows, 12 of them", [("interval", 5), ("count", 12)]),
        ("for one minute report sections longer than 250us", [("duration", 60), ("threshold", 0.00025)]),
        ("stop after 10 minutes", [("duration", 600)]),
        ("跑 15 秒", [("duration", 15)]),
        ("slower than 10 ms", [("threshold", 0.01)]),
        ("超过100ms的", [("threshold", 0.1)]),
        ("half a second or longer", [("threshold", 0.5)]),
        ("less than 5ms", [("threshold_max", 0.005)]),
        ("hangs for about a second now and then", [("observed", 1)]),
        ("at 99 Hz", [("frequency", 99)]),
        ("one in 20 allocations", [("sample_one_in", 20)]),
        ("top 8", [("top_n", 8)]),
        ("the ten that add up to most", [("top_n", 10)]),
        ("exit code 137", [("observed", 137)]),
        ("ENOENT", [("errno", "ENOENT")]),
        ("SIGTERM", [("signal", "SIGTERM")]),
        ("nvme0n1 p50 p95 p99", [("disk", "nvme0n1"), ("percentiles", "50,95,99")]),
        ("eth0", [("interface", "eth0")]),
        ("10.0.0.0/8", [("address", "10.0.0.0/8")]),
        ("under /etc/nginx", [("path", "/etc/nginx")]),
        ("calls of vfs_read()", [("function", "vfs_read")]),
        ("each vfs_ function", [("function", "vfs_")]),
        ("tracepoint sched:sched_switch", [("probe", "sched:sched_switch")]),
        ("contains \"mount\"", [("quoted", "mount")]),
        ("O_WRONLY", [("flag", "O_WRONLY")]),
        ("nothing at all", []),
        ("", []),
    ],
)
def test_values(index: Index, text: str, expected: list[tuple[str, object]]) -> None:
    assert [(v.kind, v.value) for v in values(text, fold(text), index.search["cues"])] == expected
