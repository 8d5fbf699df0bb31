"""Pictures, whole, in blocks and in plain ASCII."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bccpilot.model import Finding, Findings
from bccpilot.reporting.pictures import Style, bounds, cut, heat, histogram, pictures, sparkline, style_of, tree, width_of, wrapped

PLAIN, BLOCKS = Style(40), Style(40, blocks=True)
LATENCY = Finding("histogram", "disk = 'vda'", 111, "us", (("512..1023", 10), ("1024..2047", 100), ("2048..4095", 0), ("4096..8191", 1)))
COURSE = Finding("heat", "", 3, "us", (("0..1", "0 3 12"), ("2..3", "1 0 0")))
STACKS = Finding(
    "stack", "stacks", 4, "us",
    (("main;read;vfs_read;schedule", 60), ("main;read;vfs_read", 15), ("main;write;vfs_write", 20), ("main;stat", 1), ("idle", 4), ("total", 100)),
)  # fmt: skip


def test_a_histogram_in_ascii() -> None:
    assert histogram(LATENCY, PLAIN) == [
        "disk = 'vda'",
        "  512 µs - 1 ms  10 |##",
        "    1 ms - 2 ms 100 |#################",
        "  2 ms - 4.1 ms   0 |",
        "4.1 ms - 8.2 ms   1 |#",
    ]


def test_a_histogram_in_blocks() -> None:
    assert histogram(LATENCY, BLOCKS) == [
        "disk = 'vda'",
        "  512 µs - 1 ms  10 |█▊",
        "    1 ms - 2 ms 100 |█████████████████",
        "  2 ms - 4.1 ms   0 |",
        "4.1 ms - 8.2 ms   1 |▏",
    ]


def test_a_heat_map() -> None:
    assert heat(COURSE, PLAIN) == ["2 µs - 3 µs |.  |", "0 µs - 1 µs | +#|", "            one column is 1 interval, darkest 12"]
    assert heat(COURSE, BLOCKS) == ["2 µs - 3 µs |·  |", "0 µs - 1 µs | ▒█|", "            one column is 1 interval, darkest 12"]


def test_many_intervals_share_a_column() -> None:
    fact = Finding("heat", "", 100, None, (("0..1", " ".join(["1"] * 100)),))
    lines = heat(fact, Style(40))
    assert lines == ["0 - 1 |" + "#" * 25 + "|", "      one column is 4 intervals, darkest 4"]


def test_a_tree_of_stacks() -> None:
    assert tree(STACKS, Style(60)) == [
        " 96 % |-main",
        " 75 % | |-read > vfs_read",
        " 20 % | `-write > vfs_write",
        "  4 % `-idle",
    ]
    assert tree(STACKS, Style(60, blocks=True)) == [
        " 96 % ├ main",
        " 75 % │ ├ read > vfs_read",
        " 20 % │ └ write > vfs_write",
        "  4 % └ idle",
    ]


def test_a_long_chain_loses_its_middle() -> None:
    fact = Finding("stack", "stacks", 1, None, ((";".join(f"function_{n}" for n in range(12)), 5), ("total", 5)))
    assert tree(fact, Style(60)) == ["100 % `-function_0 > function_1 > ... > function_11"]


def test_names_in_pictures_are_escaped() -> None:
    assert tree(Finding("stack", "s", 1, None, (("\x1b[2J\n", 1), ("total", 1))), PLAIN) == ["100 % `-\\x1b[2J\\n"]
    assert histogram(Finding("histogram", "\x1b[2J", 1, None, (("0..1", 1),)), Style(20))[0] == "\\x1b[2J"


def test_a_sparkline() -> None:
    assert sparkline([0, 1, 2, 4, 8, 0], BLOCKS) == "▁▂▃▅█▁"
    assert sparkline([5.0], BLOCKS) == "█"
    assert sparkline([1, 2, 3], PLAIN) == ""
    assert len(sparkline([float(n) for n in range(1000)], BLOCKS)) == 40


def test_all_pictures_of_a_run() -> None:
    findings = Findings("x", (LATENCY, STACKS, COURSE))
    assert pictures(findings, PLAIN) == ["", *heat(COURSE, PLAIN), "", *histogram(LATENCY, PLAIN), "", *tree(STACKS, PLAIN)]
    assert pictures(findings, PLAIN, frozenset(("histogram", "heat"))) == ["", *tree(STACKS, PLAIN)]


def test_a_histogram_with_a_heat_map_is_drawn_once() -> None:
    same = Finding("histogram", "", 16, "us", (("0..1", 15), ("2..3", 1)))
    assert pictures(Findings("x", (same, COURSE)), PLAIN) == ["", *heat(COURSE, PLAIN)]


@pytest.mark.parametrize("draw", [histogram, heat, tree])
def test_nothing_is_no_picture(draw: object) -> None:
    assert draw(Finding("x", "", 0, None, ()), PLAIN) == []  # type: ignore[operator]


def test_what_is_no_terminal_gets_plain_text() -> None:
    assert style_of(io.StringIO()) == Style(80, blocks=False)


@pytest.mark.parametrize(
    ("name", "unit", "shown"),
    [
        pytest.param("16..31", "us", "16 µs - 31 µs", id="range"),
        pytest.param("3", None, "3", id="one value"),
        pytest.param("..0", "ms", " - 0 ms", id="open below"),
        pytest.param("1024..", "B", "1 KiB - ", id="open above"),
        pytest.param("-8..-1", None, "-8 - -1", id="negative"),
    ],
)
def test_bounds(name: str, unit: str | None, shown: str) -> None:
    assert bounds(name, unit) == shown


def test_wide_characters_take_two_columns() -> None:
    assert (width_of("进程 x"), width_of("abc"), width_of("e\u0301")) == (6, 3, 1)
    assert cut("进程进程进程", 8) == "进程..."


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("  one two three", 10, "  one two\n      three", id="indented below"),
        pytest.param("at most 12 ms here", 12, "at most\n    12 ms\n    here", id="a number keeps its unit"),
        pytest.param("跟踪了三秒，自行结束", 10, "跟踪了三\n    秒，自\n    行结束", id="Chinese"),
        pytest.param("short\n\nlines", 20, "short\n\nlines", id="lines stay"),
        pytest.param("averyveryverylongword x", 8, "averyveryverylongword\n    x", id="a word that doesn't fit"),
    ],
)
def test_wrapping(text: str, width: int, expected: str) -> None:
    assert wrapped(text, width) == expected


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")), max_size=80), st.integers(20, 60))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    assert "".join(wrapped(text, width).split()) == "".join(text.split())


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(40, 120), st.booleans())
def test_bars_fit_the_window(counts: list[int], width: int, blocks: bool) -> None:
    fact = Finding("histogram", "", sum(counts), "us", tuple((f"{2**n}..{2 ** (n + 1) - 1}", count) for n, count in enumerate(counts)))
    lines = histogram(fact, Style(width, blocks))
    assert all(width_of(line) <= max(width, 60) for line in lines)
    assert len(lines) == (len(counts) if any(counts) else 0)
