"""bccpilot check -- TOOL ARG...: what would come of a command that a person wrote, without running it."""

from __future__ import annotations

import argparse
import math
import shlex
import sys

from bccpilot import config, pipeline
from bccpilot.checking.check import check
from bccpilot.checking.policy import Asked
from bccpilot.errors import EXIT_DONE, Rejected, UsageError
from bccpilot.model import Command, Plan, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from manpages_index.model import Tool
    from manpages_index.store import Index

HELP = """Check a command: would the tool take these arguments, would it read them as they are meant, is what they name on this host, and
what is the risk? Nothing is run. The exit status is 0, or 4 where the command would be refused; with --batch each line has its verdict."""

_FLAVOURS = {"-bpfcc": "bcc", ".bt": "bpftrace"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("command", nargs="*", metavar="TOOL ARG", help="after --, the command as it would be typed after sudo")
    parser.add_argument("--batch", metavar="FILE", help='many commands, a JSON list ["TOOL", "ARG", ...] a line; - for standard input')
    parser.add_argument("--flavour", choices=("any", "bcc", "libbpf", "bpftrace"), default="any")
    parser.add_argument("--index", metavar="FILE")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    index = pipeline.open_index(options.index)
    if options.batch is not None:
        for line in _lines(options.batch):
            print(_shown(_of_line(line, index, options.flavour), options.json), flush=True)
        return EXIT_DONE
    if not options.command:
        raise UsageError("no command to check", next="bccpilot check -- memleak-bpfcc -p 1234")
    command = verdict(options.command, index, options.flavour)
    print(_shown(command, options.json))
    return EXIT_DONE if command.ok else Rejected.status


def verdict(words: Sequence[str], index: Index, flavour: str = "any") -> Command:
    """The checking stage's verdict on a command as it is typed; `sudo` in front is read over."""
    name, *args = words[1:] if words[0] == "sudo" and len(words) > 1 else words
    try:
        tool = _tool(name, index, flavour)
        pipeline.verify(tool.path, tool)
    except (UsageError, Rejected) as error:
        why = "; ".join(part for part in (error.what, error.why, error.next) if part)
        return Command(name, "", (name, *args), tuple(args), problems=(Problem("policy", name or "''", why),))
    plan = Plan(shlex.join(words), tool.name, tool.flavour, tool.path, tuple(args), planner="person")
    return check(plan, tool, config.load().unasked, Asked(everything=True))


def _tool(name: str, index: Index, flavour: str) -> Tool:
    """The tool that a person means: its file's name says the flavour, a path must be an indexed tool's. Raises UsageError."""
    if "/" in name:
        found = next((tool for tool in index.tools if tool.path == name), None)
        if found is None:
            raise UsageError(f"{name} is none of the tools that were indexed")
        return found
    base = pipeline.resolve(name, index)
    said = next((own for ending, own in _FLAVOURS.items() if name.endswith(ending)), flavour)
    have = index.flavours(base)
    if said not in (*have, "any"):
        raise UsageError(f"{base} isn't installed as a {said} tool", f"it is there as {', '.join(have)}")
    return index.tool(base, have[0] if said == "any" else said)


def _of_line(line: str, index: Index, flavour: str) -> Command:
    import json

    try:
        words = json.loads(line)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        shown = line.strip()[:80]
        return Command("", "", (), problems=(Problem("spec", shown, 'the line is not a JSON list of texts, ["TOOL", "ARG", ...]'),))
    return verdict(words, index, flavour)


def _lines(name: str) -> Iterator[str]:
    if name == "-":
        yield from sys.stdin
        return
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            yield from file
    except OSError as error:
        raise UsageError(f"{name} can't be read", error.strerror or str(error)) from error


def as_dict(command: Command) -> dict[str, object]:
    """The verdict's JSON contract."""
    return {
        "ok": command.ok,
        "tool": command.tool,
        "args": list(command.args),
        "values": {dest: _finite(value) for dest, value in command.values.items()},
        "risk": command.risk,
        "errors": [{"stage": p.stage, "argument": p.argument, "why": p.why} for p in command.problems],
        "warnings": [*command.warnings, *command.risk_reasons],
    }


def _finite(value: object) -> object:
    """JSON has neither infinity nor not-a-number."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _shown(command: Command, as_json: bool) -> str:
    if as_json:
        import json

        text = json.dumps(as_dict(command), ensure_ascii=False)
        return text if text.isascii() or _encodable(text) else json.dumps(as_dict(command))
    from bccpilot.reporting.escape import escaped

    return "\n".join(escaped(line) for line in _text(command))


def _encodable(text: str) -> bool:
    """Bytes that were no UTF-8 on the command line are surrogates here, which no output takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(command: Command) -> Iterator[str]:
    name = command.argv[0].rsplit("/", 1)[-1] if command.argv else "?"
    yield f"{'ok' if command.ok else 'refused'}: {shlex.join((name, *command.args))}"
    for problem in command.problems:
        yield f"  {problem.stage}: {problem.argument + ': ' if problem.argument else ''}{problem.why}"
        if problem.at is not None and problem.argument.isprintable():
            yield f"    {problem.argument}"
            yield f"    {' ' * problem.at}^"
    yield f"  risk: {command.risk}"
    for reason in (*command.risk_reasons, *command.warnings):
        yield f"  ! {reason}"
