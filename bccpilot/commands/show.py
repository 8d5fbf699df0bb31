"""bccpilot show TOOL: everything that is known of a tool."""

from __future__ import annotations

import argparse

from bccpilot import pipeline
from bccpilot.errors import UsageError

HELP = "Show what is known of a tool: its arguments with their meaning and risk, its output's fields, what it needs."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tool", metavar="TOOL")
    parser.add_argument("--flavour", choices=("bcc", "libbpf", "bpftrace"))
    parser.add_argument("--index", metavar="FILE")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    index = pipeline.open_index(options.index)
    name = pipeline.resolve(options.tool, index)
    flavours = index.flavours(name)
    flavour = options.flavour or flavours[0]
    if flavour not in flavours:
        raise UsageError(f"{name} isn't installed as a {flavour} tool", f"it is there as {', '.join(flavours)}")
    tool = index.tool(name, flavour)
    if options.json:
        import json

        from manpages_index import store

        print(json.dumps(store.encode(tool), ensure_ascii=False, indent=2))
    else:
        from bccpilot.reporting import tool as report

        print(report.text(tool, flavours))
    return 0
