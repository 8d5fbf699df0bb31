"""bccpilot tools [WORDS]: what is installed, or what has to do with some words."""

from __future__ import annotations

import argparse
import shutil

from bccpilot import pipeline
from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.store import Index

HELP = "List the installed tools; with words, those that have to do with them, best first."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORDS")
    parser.add_argument("--flavour", choices=("any", "bcc", "libbpf", "bpftrace"), default="any")
    parser.add_argument("--index", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace) -> int:
    index = pipeline.open_index(options.index)
    names = _matching(" ".join(options.words), index) if options.words else index.names()
    rows = [
        (name, [f for f in index.flavours(name) if options.flavour in ("any", f)])
        for name in names
        if options.flavour == "any" or options.flavour in index.flavours(name)
    ]
    width = shutil.get_terminal_size((100, 24)).columns
    for name, flavours in rows:
        tool = index.tool(name, flavours[0])
        about = tool.knowledge.about or tool.summary
        if options.json:
            import json

            print(json.dumps({"tool": name, "flavours": flavours, "about": about}, ensure_ascii=False))
        else:
            line = f"{name:<15} {' '.join(flavours):<20} {about}"
            print(escaped(line if len(line) <= width else line[: width - 1] + "…"))
    if not rows and not options.json:
        print("no installed tool has to do with these words")
    return 0 if rows else 3


def _matching(text: str, index: Index) -> tuple[str, ...]:
    from bccpilot.planning.ranking import FITS, rank
    from bccpilot.request.understand import understand

    ranked = rank(understand(text, index.search), index.search)
    return tuple(one.name for one in ranked if not one.name.startswith("!") and one.score >= FITS / 2)[:20]
