"""bccpilot explain ID: a run explained again."""

from __future__ import annotations

import argparse

from bccpilot import pipeline
from bccpilot.commands import asking, kept
from manpages_index.frozen import replace

HELP = "Explain a run again. ID as `bccpilot runs` lists it, the beginning of one, or `last`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--planner", choices=("auto", "local", "openai"), default="auto", help="who explains (default: auto)")
    parser.add_argument("-v", "--verbose", action="store_true", help="what is sent to a model, and what it costs")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    asking.add_arguments(parser)
    parser.add_argument("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from bccpilot.commands import explanation
    from bccpilot.running.store import load_run

    stored = load_run(options.id)
    tool = kept.tool_of(stored, pipeline.open_index(options.index))
    result = replace(kept.run_of(stored), not_shown=0)  # all of it is read now
    values = kept.values_of(stored)
    found = kept.findings(kept.records(stored.lines(), tool, values), tool, values, result.traced_s, result.lost)
    query = str(stored.plan.get("query", ""))
    text = explanation.text(found, tool, result, query, options.index)
    if not options.json:
        print(text)
    said = asking.explain(query, tool, result, found, options, str(stored.plan.get("risk", "safe")))
    if options.json:
        import json

        print(json.dumps({"findings": text, "model": said.as_dict() if said is not None else None}, ensure_ascii=False))
    return 0
