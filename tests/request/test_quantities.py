from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("a quarter of an hour, three quarters of an hour", [(900, "time"), (2700, "time")]),
        ("a minute and a half", [(90, "time")]),
        ("an hour and a quarter", [(4500, "time")]),
        ("1 and a half minutes", [(90, "time")]),
        ("a half-hour", [(1800, "time")]),
        ("2 min 30 s", [(150, "time")]),
        ("1h30m", [(5400, "time")]),
        ("an hour and 20 minutes", [(4800, "time")]),
        ("1 min, 10 times", [(60, "time"), (10, "times")]),
        ("10 ms and 2 s", [(0.01, "time"), (2, "time")]),
        ("一刻钟", [(900, "time")]),
        ("一分半", [(90, "time")]),
        ("两分半钟", [(150, "time")]),
        ("一个半小时", [(5400, "time")]),
        ("1分15秒", [(75, "time")]),
        ("三分之一的请求", []),
        ("every second", [(1, "time")]),
        ("every other second", [(2, "time")]),
        ("2 dozen reports", [(24, "times")]),
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


WORDS = "每 隔 分 秒 半 之 一 两 三 十 配 布 钟 小 时 次 every per half a quarter of and 2 30 1.5 min s sec hour twice couple ms : - / x".split()


@given(st.lists(st.sampled_from(WORDS)), st.sampled_from(("", " ")))
def test_any_text_is_read_to_its_end(parts: list[str], between: str) -> None:
    """Quantities lie in the text, one after the other, whatever words meet."""
    text = between.join(parts)
    places = [place for quantity in find(text) for place in (quantity.start, quantity.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)
