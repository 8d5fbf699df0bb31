"""The writers: whole outputs, and what holds for any record."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bccpilot.model import Record
from bccpilot.reporting.formats import FORMATS

EVENT = Record("event", {"pid": 7, "comm": "a,\x1b[0m", "latency_ms": 0.5}, raw="7 a,\x1b[0m 0.5")
NOTE = Record("note", {"text": "Tracing\x07"}, raw="Tracing\x07")
BUCKET = Record("bucket", {"low": 0, "high": None, "count": 3}, 2, "disk = 'vda'", "[0, ...) 3")
STACK = Record("stack", {"comm": "dd", "frames": ["main", "a;b"], "value": 3, "unit": "us"}, raw="  a;b\n  main\n    3")
BELOW = Record("stack", {"pid": 7, "frames": ["root", "leaf"]}, raw="  leaf")
WAKING = Record("stack", {"target": "sh", "waker": "swapper/0", "frames": ["f"], "waker_frames": ["g", "h"], "value": 9, "unit": "us"})
ALL = [NOTE, EVENT, BUCKET, STACK, BELOW]


def written(name: str, records: list[Record], **options: bool) -> str:
    return "".join(FORMATS[name](iter(records), **options))


def test_jsonl() -> None:
    assert written("jsonl", [EVENT, BUCKET]).splitlines() == [
        '{"kind":"event","fields":{"pid":7,"comm":"a,\\u001b[0m","latency_ms":0.5}}',
        '{"kind":"bucket","fields":{"low":0,"high":null,"count":3},"interval":2,"key":"disk = \'vda\'"}',
    ]


def test_jsonl_with_the_raw_line() -> None:
    assert [json.loads(line).get("raw") for line in written("jsonl", ALL, raw=True).splitlines()] == [record.raw for record in ALL]


def test_json_has_no_nan() -> None:
    odd = Record("event", {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf")}})
    assert json.loads(written("jsonl", [odd]))["fields"] == {"a": None, "b": [None, 1.5], "c": {"d": None}}


def test_raw_is_what_the_tool_printed() -> None:
    assert written("raw", ALL) == "Tracing\x07\n7 a,\x1b[0m 0.5\n[0, ...) 3\n  a;b\n  main\n    3\n  leaf\n"


def test_csv_has_a_header_for_each_run_of_fields() -> None:
    assert written("csv", [NOTE, EVENT, EVENT, BUCKET]) == (
        'kind,interval,key,pid,comm,latency_ms\nevent,,,7,"a,\x1b[0m",0.5\nevent,,,7,"a,\x1b[0m",0.5\n'
        "kind,interval,key,low,high,count\nbucket,2,disk = 'vda',0,,3\n"
    )


def test_a_table_is_escaped_and_aligned() -> None:
    wide = Record("event", {"pid": 12345, "comm": "x", "latency_ms": 10.25})
    assert written("table", [NOTE, wide, EVENT, BUCKET]) == (
        "Tracing\\x07\n"
        "  PID  COMM  LATENCY_MS\n"
        "12345  x          10.25\n"
        "    7  a,\\x1b[0m         0.5\n"
        "KEY           LOW  HIGH  COUNT\n"
        "disk = 'vda'    0            3\n"
    )


def test_folded_stacks() -> None:
    assert written("folded", [*ALL, WAKING]) == "dd;main;a:b 3\nroot;leaf 1\nsh;f;--;h;g;swapper/0 9\n"


def test_speedscope() -> None:
    document = json.loads(written("speedscope", [STACK, NOTE, STACK]))
    assert document == {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [{"name": "dd"}, {"name": "main"}, {"name": "a;b"}]},
        "profiles": [
            {
                "type": "sampled", "name": "stacks", "unit": "microseconds", "startValue": 0, "endValue": 6,
                "samples": [[0, 1, 2], [0, 1, 2]], "weights": [3, 3],
            }
        ],
    }  # fmt: skip


scalars = st.none() | st.integers() | st.floats() | st.text(st.characters(), max_size=12)
fields = st.dictionaries(st.text(min_size=1, max_size=6), scalars | st.lists(scalars, max_size=3), max_size=5)
records = st.builds(
    Record, st.sampled_from(["event", "row", "stack", "note", "value"]), fields, st.none() | st.integers(0, 9), st.none() | st.text(max_size=9), st.text()
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(some=st.lists(records, max_size=5))
def test_every_writer_takes_every_record(name: str, some: list[Record]) -> None:
    text = written(name, some)
    assert text == "" or text.endswith("\n")


@given(st.lists(records, max_size=5))
def test_jsonl_is_one_object_a_record_in_ascii(some: list[Record]) -> None:
    text = written("jsonl", some)
    assert text.isascii()
    assert [json.loads(line)["kind"] for line in text.splitlines()] == [record.kind for record in some]


@given(st.lists(records, max_size=5))
def test_csv_reads_back(some: list[Record]) -> None:
    rows = list(csv.reader(io.StringIO(written("csv", some), newline="")))
    assert [row[0] for row in rows if row[0] != "kind"] == [record.kind for record in some if record.kind != "note"]
