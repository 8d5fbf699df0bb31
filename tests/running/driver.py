"""A bccpilot in small, in a process of its own: starts one tool, prints what happens as JSON lines, ends as bccpilot would.

driver.py '{"argv": [...], "limits": {...}, "kept": DIRECTORY or null}'
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from bccpilot.errors import PilotError
from bccpilot.model import Command
from bccpilot.running.run import Limits, start
from bccpilot.running.signals import handling
from bccpilot.running.store import Keeper


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    task = json.loads(sys.argv[1])
    for _ in range(task.get("times", 1)):
        once(task)


def once(task: dict[str, Any]) -> None:
    command = Command("fake", "bcc", tuple(task["argv"]), ready=task.get("ready"))
    keep = Keeper(task.get("kept"))
    try:
        tracing = start(command, Limits(**task.get("limits", {})), lambda state: say(state=state), keep=keep, check=lambda path: None)
    except PilotError as error:
        say(**error.as_json())
        return
    with tracing, handling(tracing) as received:
        for line in tracing:
            say(line=line.text, stream=line.stream)
    say(run=asdict(tracing.result), must_end=received.must_end)


main()
