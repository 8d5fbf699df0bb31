from __future__ import annotations

import pytest

from bccpilot.request.quantities import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for half a minute", [(30, "time")]),
        ("half minute", [(30, "time")]),
        ("every 5s, ten times", [(5, "time"), (10, "times")]),
        ("5 秒一次共 3 次", [(5, "time"), (3, "times")]),
        ("slower than a quarter second", [(0.25, "time")]),
        ("slower than a quarter of a second", [(0.25, "time")]),
        ("longer than 300 us", [(0.0003, "time")]),
        ("250微秒", [(0.00025, "time")]),
        ("at most 16 kb per call", [(16384, "size")]),
        ("99 hz, 1 khz", [(99, "frequency"), (1000, "frequency")]),
        ("let 1% of", [(0.01, "percent")]),
        ("twenty-five ms", [(0.025, "time")]),
        ("two and a half seconds", [(2.5, "time")]),
        ("a couple of minutes", [(120, "time")]),
        ("an hour", [(3600, "time")]),
        ("every second", [(1, "time")]),
        ("每秒", [(1, "time")]),
        ("十五秒", [(15, "time")]),
        ("两分钟", [(120, "time")]),
        ("半分钟", [(30, "time")]),
        ("1个小时", [(3600, "time")]),
        ("二十次", [(20, "times")]),
        ("one in a thousand events", [(1000, "events")]),
        ("pid 189", [(189, "number")]),
        ("one of those", []),
        ("nvme0n1 vfs_read2 10.0.0.1", [(10, "number")]),
        ("", []),
    ],
)
def test_find(text: str, expected: list[tuple[float, str]]) -> None:
    assert [(q.value, q.kind) for q in find(text)] == expected
