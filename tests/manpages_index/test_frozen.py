from __future__ import annotations

import dataclasses

import pytest

from manpages_index.frozen import field, frozen
from manpages_index.packed import Packed, pack


@frozen
class Point:
    """A place."""

    x: int
    tags: dict[str, int] = field(default_factory=dict)


def test_a_frozen_value() -> None:
    point = Point(1)
    assert point == Point(1)
    assert point != Point(2)
    assert repr(point) == "Point(x=1, tags={})"
    assert dataclasses.replace(point, x=3) == Point(3)
    assert dataclasses.asdict(point) == {"x": 1, "tags": {}}
    for change in (lambda: setattr(point, "x", 2), lambda: setattr(point, "y", 2), lambda: delattr(point, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()


def test_rows_are_found_where_they_lie() -> None:
    columns = {"idf": {"b": 1.5, "é": 2.0, "@a": 0.5}, "postings": {"b": "3:25"}, "likeness": {}, "odds": {"b": -0.3}, "worded": {}}
    data = b"before\n" + pack(columns).encode() + b"after\n"
    table = Packed(data, 7, len(data) - 6)
    assert [table.row(key) for key in ("@a", "b", "é")] == [
        *(("0.5", "", "", "", ""), ("1.5", "3:25", "", "-0.3", ""), ("2.0", "", "", "", "")),
    ]
    assert [table.row(key) for key in ("", "a", "before", "after", "zz", "\ud800")] == [None] * 6
    assert table.column("idf").get("b", 0.0) == 1.5
    assert table.column("idf").get("nosuch", 7.0) == 7.0
    assert table.column("postings").text("b") == "3:25"
    assert "b" in table.column("idf")
    assert "b" not in table.column("likeness")
    assert "a" not in table.column("idf")
