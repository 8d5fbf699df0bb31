"""bccpilot doctor: what this machine can trace, what it can't and why."""

from __future__ import annotations

import argparse
import shutil

from bccpilot import pipeline
from bccpilot.checking import checkup
from bccpilot.errors import EXIT_DONE, HostCannot, NotPermitted
from bccpilot.host import read_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.store import Index

HELP = "Look at this machine: what it can trace, which tools can run, why the others can't, and what would mend it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", metavar="FILE")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """The status is 0 when the main job, finding memory leaks, can be done here."""
    index = pipeline.open_index(options.index)
    found = checkup.examine(read_host(), index.tools, _privilege(index))
    from bccpilot.reporting import doctor

    if options.json:
        import json

        print(json.dumps(doctor.as_json(found), indent=2))
    else:
        print(doctor.text(found, shutil.get_terminal_size((100, 24)).columns))
    return EXIT_DONE if found.ready else HostCannot.status


def _privilege(index: Index) -> checkup.Capability:
    """How a tool would become root: asked for the main job's own command, because sudo may allow some commands only."""
    from bccpilot.running import privilege

    name = checkup.MAIN_JOB if checkup.MAIN_JOB in index.names() else index.names()[0]
    tool = index.tool(name, index.flavours(name)[0])
    try:
        way = next(iter(privilege.ways((tool.path,), screen=False)))
    except NotPermitted as error:
        return checkup.Capability("root", "no", error.why, error.next)
    if way.kind == "root":
        return checkup.Capability("root", "yes", "this is root")
    asks = "asks for a password" if way.asks else "never asks"
    return checkup.Capability("root", "yes", f"{way.kind}, {asks}")
