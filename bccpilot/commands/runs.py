"""bccpilot runs: the runs that are kept."""

from __future__ import annotations

import argparse
import time

from bccpilot.reporting.escape import escaped

HELP = "List earlier runs, the newest first: replay ID shows one again, explain ID explains it again."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace) -> int:
    from bccpilot.running.store import list_runs

    runs = list_runs()
    for kept in runs:
        ended = str((kept.result or {}).get("ended", "cut off"))
        if options.json:
            import json

            print(json.dumps({"id": kept.id, "started": kept.started, "bytes": kept.size, "ended": ended, "plan": kept.plan}, ensure_ascii=False))
        else:
            at = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.started))
            print(escaped(f"{kept.id}  {at}  {ended:<10} {kept.plan.get('command', '')}   {kept.plan.get('query', '')}"))
    if not runs and not options.json:
        print("no runs are kept")
    return 0
