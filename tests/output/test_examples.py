"""Every output in bcc's and bpftrace's example files, and every saved output of the real tools, is understood."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.output.examples import BPFTRACE_FILES, FILES, outputs
from tests.output.reading import OUTPUTS, accounted, kept, records, saved, shapes_of

# Text that a terminal showed, or what a program received: any line is right, so without a knowledge file that says so none is.
FREE_TEXT = {"ttysnoop", "undump"}

pytestmark = pytest.mark.skipif(not FILES, reason="the package bpfcc-tools, with its examples, isn't installed")


def tool_of(path: Path) -> str:
    return path.name.removesuffix("_example.txt")


@cache
def counted(path: Path, known: bool) -> Counter[str]:
    shapes = shapes_of(tool_of(path), "bpftrace" if "bpftrace" in path.parts else "bcc") if known else ()
    lines: Counter[str] = Counter()
    for _, output in outputs(path):
        found = records("\n".join(output), tuple(shape for shape in shapes if not shape.when))
        assert kept(found) == "".join("".join(output).split())
        lines += accounted(found)
    return lines


@pytest.mark.parametrize("path", [*FILES, *BPFTRACE_FILES], ids=lambda path: path.parts[-3] + "-" + path.stem)
def test_an_example_file_is_understood_by_its_looks(path: Path) -> None:
    lines = counted(path, known=False)
    if tool_of(path) in FREE_TEXT:
        assert lines.total() > 0
    else:
        assert lines["unparsed"] <= 0.05 * lines.total()


@pytest.mark.parametrize("path", [*FILES, *BPFTRACE_FILES], ids=lambda path: path.parts[-3] + "-" + path.stem)
def test_an_example_file_is_understood_with_what_is_known_of_the_tool(path: Path) -> None:
    lines = counted(path, known=True)
    assert lines["unparsed"] <= 0.05 * lines.total()


@pytest.mark.parametrize("known", [False, True])
def test_of_all_examples_at_most_one_line_in_a_hundred_is_not_understood(known: bool) -> None:
    lines: Counter[str] = Counter()
    for path in [*FILES, *BPFTRACE_FILES]:
        lines += counted(path, known)
    assert lines["parsed"] > 10_000
    assert lines["unparsed"] <= 0.01 * lines.total()


def test_nearly_every_example_file_gives_output_to_test_with() -> None:
    without = {tool_of(path) for path in FILES if not counted(path, known=False).total()}
    assert without <= {"inject"}  # it prints nothing


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("path", sorted(OUTPUTS.glob("*.out.gz")), ids=lambda path: path.name.removesuffix(".out.gz"))
def test_a_real_output_is_understood(path: Path, known: bool) -> None:
    text = saved(path.name)
    tool, _, rest = path.name.removesuffix(".out.gz").partition("_")
    values: dict[str, Any] = {"folded": True} if rest.startswith(("-f", "-d")) and "-f" in rest else {}
    found = records(text, shapes_of(tool) if known else (), **values)
    assert kept(found) == "".join(text.split())
    assert accounted(found)["unparsed"] == 0


@pytest.mark.parametrize("path", sorted(OUTPUTS.glob("*.err.gz")), ids=lambda path: path.name.removesuffix(".err.gz"))
def test_standard_error_is_notes_and_losses(path: Path) -> None:
    text = saved(path.name)
    found = records(text, stream="err")
    assert kept(found) == "".join(text.split())
    assert {record.kind for record in found} <= {"note", "lost"}
    assert ("lost" in {record.kind for record in found}) == ("ossibly lost" in text or "stack traces lost" in text)
