"""Takes the requests of bench/requests over into what the index knows (manpages_index/lexicon/asked.toml), by the tool that answers them.

usage: python -m bench.learn

Values and typos are taken out as in any request, so run it with the understanding as it is to be. The sets that measure are left alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bccpilot.request.understand import understand
from bench.score import PROGRAMS, SETS, Request, load, running
from manpages_index import store
from manpages_index.knowledge import LEXICON

HELD_OUT = ("development", "second", "tenth", "fifteenth")  # what measures
ASKED = LEXICON / "asked.toml"
_HEAD = """\
# What people asked, by the tool that answers it, their values taken out: made by `python -m bench.learn` from bench/requests, not by hand.
# The sets that measure aren't among them. A tool's own phrases are in its knowledge file.
"""


def held_out() -> list[str]:
    """The files of the sets that nothing is learned from."""
    return [path for path in SETS if Path(path).stem in HELD_OUT]


def learned() -> dict[str, list[str]]:
    """{tool: the requests that it is the first right answer to}, without values, each once, and none that a measuring set says, too."""
    tables = store.load().search
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    with running(PROGRAMS):
        measured = {_said(request, tables) for request in load(held_out())}
        for request in load(path for path in SETS if path not in held_out()):
            said = _said(request, tables)
            if request["tools"] and said not in measured:
                asked[request["tools"][0]][said] = None
    return {tool: list(asked[tool]) for tool in sorted(asked)}


def _said(request: Request, tables: Mapping[str, Any]) -> str:
    return " ".join(understand(request["query"], tables).said.split())


def as_toml(asked: dict[str, list[str]]) -> str:
    tables = (f"{tool} = [\n" + "".join(f"  {json.dumps(text, ensure_ascii=False)},\n" for text in asked[tool]) + "]\n" for tool in asked)
    return _HEAD + "".join(tables)


def main() -> None:
    asked = learned()
    ASKED.write_text(as_toml(asked), encoding="utf-8")
    print(f"{sum(map(len, asked.values()))} requests for {len(asked)} tools in {ASKED.name}")


if __name__ == "__main__":
    main()
