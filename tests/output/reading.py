"""What the tests of this folder share: parsing text, and what an output's lines must come to."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from bccpilot.model import Line, Record
from bccpilot.output.parse import parse
from manpages_index.model import OutputShape

OUTPUTS = Path(__file__).parents[1] / "data" / "outputs"


def records(text: str, shapes: tuple[OutputShape, ...] = (), stream: str = "out", **values: Any) -> list[Record]:
    return list(parse((Line(line, stream) for line in text.split("\n")), shapes, values))


def kept(found: list[Record]) -> str:
    """Everything that the records' raw lines hold, without blanks."""
    return "".join("".join(record.raw for record in found).split())


def accounted(found: list[Record]) -> Counter[str]:
    """Lines by `parsed` and `unparsed`."""
    lines: Counter[str] = Counter()
    for record in found:
        count = sum(1 for line in record.raw.split("\n") if line.strip())
        lines["unparsed" if record.kind == "unparsed" else "parsed"] += count
    return lines


def shapes_of(tool: str, flavour: str = "bcc") -> tuple[OutputShape, ...]:
    """The knowledge file's shapes of a tool; none where it has no file."""
    from manpages_index.knowledge import knowledge_of

    files = _knowledge()
    return knowledge_of(files[tool], flavour).outputs if tool in files else ()


@cache
def _knowledge() -> dict[str, dict[str, Any]]:
    from manpages_index.knowledge import load_files

    return load_files()


def saved(name: str) -> str:
    return gzip.decompress((OUTPUTS / name).read_bytes()).decode("utf-8", "surrogateescape")


def as_json(found: list[Record]) -> list[dict[str, object]]:
    from bccpilot.reporting.formats import jsonl

    return [json.loads(line) for line in jsonl(found)]
