"""bccpilot REQUEST: plan, check, run, explain."""

from __future__ import annotations

import argparse
import sys

from bccpilot import pipeline
from bccpilot.commands import asking
from bccpilot.errors import EXIT_DONE, HostCannot, NoToolFits, Rejected, ToolFailed, UsageError
from bccpilot.planning.ranking import FITS
from bccpilot.planning.wanted import Wanted
from bccpilot.reporting import plan as report
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.model import Command, Plan
    from manpages_index.store import Index

HELP = """Say in plain language, English or Chinese, what to trace; bccpilot finds the tool, checks the
arguments, runs it as root for a while and explains what it saw.

  bccpilot "trace memory allocations"          bccpilot -n "which files is nginx opening"
  bccpilot "disk latency as a histogram, 10 s" bccpilot --tool tcplife "connections to port 443"
"""
_VERBS = """
other commands (bccpilot COMMAND --help):
  tools [WORDS]   what is installed          show TOOL   everything known of a tool
  check -- TOOL ARG...   is it right         doctor      what this machine can trace
  runs, replay ID, explain ID  earlier runs  parse TOOL  saved output -> records
  index           read the tools anew        sudoers     rules for sudo
  generate REQUEST   a program, where no tool fits       probes WORDS  where it can look

exit status: 0 done, 2 usage, 3 no tool fits, 4 rejected, 5 not possible on this host,
6 the tool failed, 7 no model, 130 interrupted"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _VERBS
    add = parser.add_argument
    add("words", nargs="*", metavar="REQUEST", help="what to trace, in your words")
    add("-n", "--dry-run", action="store_true", help="show the command and why; needs no root")
    add("--json", action="store_true", help="machine-readable")
    add("--batch", metavar="FILE", help="with --dry-run: a request a line, - for standard input")
    add("--planner", choices=("auto", "local", "openai"), default="auto", help="who chooses (default: auto)")
    add("--tool", metavar="NAME", help="the tool is given, choose its arguments")
    add("--flavour", choices=("any", "bcc", "libbpf", "bpftrace"), default="any")
    add("--no-preflight", action="store_true", help="plan as if everything installed could run here")
    add("-d", "--duration", type=_seconds, metavar="S", help="how long to trace, in seconds")
    add("-y", "--yes", action="store_true", help="run what would be asked about")
    add("--format", choices=("raw", "table", "jsonl", "csv"), default=None, help="how to show what comes (default: raw)")
    add("-o", "--output", metavar="FILE", help="write the records there")
    add("--no-explain", action="store_true", help="only the output")
    add("-v", "--verbose", action="store_true", help="the candidates and their scores")
    asking.add_arguments(parser)
    add("--index", metavar="FILE", help=argparse.SUPPRESS)
    add("--version", action="version", version=f"bccpilot {_version()}")


def _version() -> str:
    from bccpilot import __version__

    return __version__


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400 * 7:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def run(options: argparse.Namespace) -> int:
    wanted = Wanted(options.tool, options.flavour, options.duration)
    if options.batch is not None:
        return _batch(options, wanted)
    text = " ".join(options.words)
    if not text.strip():
        return _no_request(options)
    index = pipeline.open_index(options.index)
    plan, command = asking.plan(text, index, wanted, options)
    if options.dry_run:
        return _show(plan, command, options)
    if plan.tool is None or command is None:
        raise NoToolFits(plan.reason or "no installed tool serves this request", next=_near(plan, options))
    plan, command = _chosen(text, plan, command, index, wanted, options)
    if not options.json:
        from bccpilot.commands.trace import beside

        print(report.text(plan, command, options.verbose), file=beside(options), flush=True)
    if command.problems:
        raise Rejected(*_refusal(plan, command))
    if plan.cannot_run is not None:
        raise HostCannot(plan.cannot_run, next="bccpilot doctor says what would mend it; --no-preflight tries all the same")
    return _trace(text, plan, command, index, wanted, options)


def _chosen(text: str, plan: Plan, command: Command, index: Index, wanted: Wanted, options: argparse.Namespace) -> tuple[Plan, Command]:
    """Where two tools fit nearly as well, a person at a terminal says which; elsewhere it is the first, which the plan's warnings say."""
    if plan.close is None or options.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return plan, command
    other, other_command = pipeline.plan(text, index, replace(wanted, tool=plan.close), not options.no_preflight)
    if other_command is None or other_command.problems or other.cannot_run is not None:
        return plan, command
    for number, offered in enumerate((plan, other), 1):
        print(f"  {number}) {report.shown(offered)}\n     {offered.reason}", file=sys.stderr)
    print("Which one? [1] ", end="", file=sys.stderr, flush=True)
    return (other, other_command) if sys.stdin.readline().strip() == "2" else (replace(plan, warnings=()), command)


def _trace(text: str, plan: Plan, command: Command, index: Index, wanted: Wanted, options: argparse.Namespace) -> int:
    """Run it; where the tool fails at its start, the next one that can run is offered, or taken with --yes."""
    from bccpilot.commands import trace

    failed: dict[tuple[str, str], str] = {}
    while True:
        try:
            return trace.run(plan, command, pipeline.tool_of(plan, index), options)
        except ToolFailed as error:
            failed[plan.tool or "", plan.flavour or ""] = error.what
            next_plan, next_command = asking.plan(text, index, wanted, options, failed)
            if next_command is None or next_command.problems or next_plan.cannot_run is not None or not _instead(error, next_plan, options):
                raise
            plan, command = next_plan, next_command


def _instead(error: ToolFailed, plan: Plan, options: argparse.Namespace) -> bool:
    """Whether to go on with another tool: --yes says so, a person at a terminal is asked, nobody else is."""
    if not options.yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"bccpilot: {error.what}\n  {report.shown(plan)} may do instead", file=sys.stderr)
    if options.yes:
        return True
    print("Run it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _no_request(options: argparse.Namespace) -> int:
    if options.words or options.dry_run or options.json:
        raise UsageError("the request is empty", next='say what to trace: bccpilot "which files is nginx opening"')
    print(f"{HELP}{_VERBS}")
    return EXIT_DONE


def _show(plan: Plan, command: Command | None, options: argparse.Namespace) -> int:
    if options.json:
        print(_json(plan, command))
    elif plan.tool is None:
        raise NoToolFits(plan.reason, next=_near(plan, options))
    else:
        print(report.text(plan, command, options.verbose))
    return EXIT_DONE if plan.tool is not None else NoToolFits.status


def _json(plan: Plan, command: Command | None) -> str:
    import json

    return json.dumps(report.as_dict(plan, command), ensure_ascii=False)


def _batch(options: argparse.Namespace, wanted: Wanted) -> int:
    if not options.dry_run:
        raise UsageError("--batch goes with --dry-run", "many requests are planned, not run", "add --dry-run")
    index = pipeline.open_index(options.index)
    for line in _lines(options.batch):
        print(_batch_line(line, index, wanted, options))
    return EXIT_DONE


def _batch_line(line: str, index: Index, wanted: Wanted, options: argparse.Namespace) -> str:
    text = line.rstrip("\n")
    if not text.strip():
        from bccpilot.model import Plan

        return _json(Plan(text, reason="the request is empty"), None)
    plan, command = asking.plan(text, index, wanted, options)
    return _json(plan, command) if options.json else report.text(plan, command, options.verbose)


def _lines(name: str) -> list[str]:
    if name == "-":
        return sys.stdin.readlines()
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except OSError as error:
        raise UsageError(f"{name} can't be read", error.strerror or str(error)) from error


def _near(plan: Plan, options: argparse.Namespace) -> str:
    """What to do where no tool fits: write a program, where one can be, and look at the nearest tools."""
    from bccpilot.generating.offer import offered

    names = [candidate.tool for candidate in plan.candidates[:3] if candidate.score >= FITS * 0.8]  # else they are no help
    near = f"the nearest tools: {', '.join(names)} (bccpilot show TOOL); say what to observe, or name one with --tool" if names else ""
    written = offered(plan.query, options.index) if plan.declined is None else ""
    return "; ".join(part for part in (written, near) if part)


def _refusal(plan: Plan, command: Command) -> tuple[str, str, str]:
    problem = command.problems[0]
    what = f"{plan.tool} would not run with these arguments"
    why = f"{problem.argument}: {problem.why}" if problem.argument else problem.why
    return what, why, f"say it otherwise, or see bccpilot show {plan.tool}"
