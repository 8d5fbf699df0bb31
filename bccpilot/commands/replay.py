"""bccpilot replay ID: a run's output again, in any format."""

from __future__ import annotations

import argparse
import sys

from bccpilot import pipeline
from bccpilot.commands import kept

HELP = "Show a run again. ID as `bccpilot runs` lists it, the beginning of one, or `last`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--format", choices=kept.FORMATS, default="raw")
    parser.add_argument("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from bccpilot.reporting.escape import escaped
    from bccpilot.running.store import load_run

    stored = load_run(options.id)
    if options.format == "raw":
        for line in stored.lines():
            print(escaped(line.text.expandtabs()), file=sys.stdout if line.stream == "out" else sys.stderr)
        return 0
    tool = kept.tool_of(stored, pipeline.open_index(options.index))
    kept.write(kept.records(stored.lines(), tool, kept.values_of(stored)), options.format)
    return 0
