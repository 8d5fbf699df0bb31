"""gpttrace, the command line of GPTtrace: `gpttrace QUERY`, `gpttrace -c CMD_NAME QUERY`, with `-v` and `-k OPENAI_API_KEY`.

It needs no key, asks before what is risky, and shows all of the output.
"""

from __future__ import annotations

import argparse
import sys

from bccpilot import cli, pipeline
from bccpilot.errors import EXIT_DONE, HostCannot, NoToolFits, Rejected
from bccpilot.planning.wanted import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = "Say what to trace; the right bcc tool is found, checked and run. The same as bccpilot, with the arguments of GPTtrace."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bccpilot.commands import request

    add = parser.add_argument
    add("-c", "--cmd", nargs=2, metavar=("CMD_NAME", "QUERY"), help="use this bcc tool, with or without -bpfcc")
    add("-v", "--verbose", action="store_true", help="show more details: the candidates, what is sent and what it costs")
    add("-k", "--key", metavar="OPENAI_API_KEY", help="the key, else OPENAI_API_KEY of the environment; others can see it in the list of processes")
    add("-n", "--dry-run", action="store_true", help="only show the command")
    add("input_string", nargs="?", metavar="QUERY", help="what to trace, in your words")
    inherited = argparse.ArgumentParser(add_help=False)
    request.add_arguments(inherited)
    parser.set_defaults(**{**vars(inherited.parse_args([])), "verbose": False, "dry_run": False})


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of a command line."""
    return cli.guarded(lambda: run(_parsed(sys.argv[1:] if arguments is None else arguments)), as_json=False)


def script() -> None:
    """The console script."""
    cli.ending(main)


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.parser("gpttrace", HELP)
    add_arguments(parser)
    return parser.parse_args(list(arguments))


def run(options: argparse.Namespace) -> int:
    """Plan, show ` Run:  sudo ...`, run, explain."""
    from bccpilot.commands import asking, trace
    from bccpilot.generating.offer import offered
    from bccpilot.reporting import plan as report
    from bccpilot.reporting.escape import escaped

    tool, query = options.cmd or (None, options.input_string or "")
    index = pipeline.open_index(options.index)
    plan, command = asking.plan(query, index, Wanted(tool), options)
    if plan.tool is None or command is None:
        if tool is None and plan.declined is None and offered(query, options.index):
            return _generate(query, options)
        raise NoToolFits(plan.reason, next="say what to observe, or name a tool: gpttrace -c CMD_NAME QUERY")
    print(f" Run:  {escaped(report.shown(plan) or '')} ", flush=True)
    if options.verbose:
        print(report.text(plan, command, True), flush=True)
    if command.problems:
        raise Rejected(f"{plan.tool} would not run with these arguments", command.problems[0].why, f"see bccpilot show {plan.tool}")
    if options.dry_run:
        return EXIT_DONE
    if plan.cannot_run is not None:
        raise HostCannot(plan.cannot_run, next="bccpilot doctor says what would mend it")
    return trace.run(plan, command, pipeline.tool_of(plan, index), options)


def _generate(query: str, options: argparse.Namespace) -> int:
    """Where no tool fits, GPTtrace wrote a program; so do we, checked."""
    from bccpilot.commands import generate

    inherited = argparse.ArgumentParser(add_help=False)
    generate.add_arguments(inherited)
    given = vars(inherited.parse_args([])) | {"words": [query], "dry_run": options.dry_run, "verbose": options.verbose, "index": options.index}
    return generate.run(argparse.Namespace(**given))
