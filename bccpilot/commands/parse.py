"""bccpilot parse TOOL <FILE: saved output -> records, as a filter."""

from __future__ import annotations

import argparse
import shlex
import sys

from bccpilot import pipeline
from bccpilot.checking import spec
from bccpilot.commands import kept
from bccpilot.errors import UsageError
from bccpilot.model import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from manpages_index.model import Tool

HELP = """Turn a tool's saved output, read from standard input, into records.

  bccpilot parse tcplife --format csv < saved.txt        bccpilot parse offcputime --format folded < stacks.txt"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tool", metavar="TOOL")
    parser.add_argument("--args", default="", metavar="ARGS", help="the arguments that the tool had, as one word")
    parser.add_argument("--format", choices=kept.FORMATS, default="jsonl")
    parser.add_argument("--raw", action="store_true", help="with jsonl: the tool's own line beside each record")
    parser.add_argument("--flavour", choices=("bcc", "libbpf", "bpftrace"))
    parser.add_argument("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    index = pipeline.open_index(options.index)
    name = pipeline.resolve(options.tool, index)
    flavour = options.flavour or index.flavours(name)[0]
    if flavour not in index.flavours(name):
        raise UsageError(f"{name} isn't installed as a {flavour} tool", f"it is there as {', '.join(index.flavours(name))}")
    tool = index.tool(name, flavour)
    kept.write(kept.records(_lines(), tool, _values(tool, options.args)), options.format, options.raw)
    return 0


def _values(tool: Tool, text: str) -> dict[str, object]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--args {text!r} can't be split into words", str(error)) from None
    parsed = spec.parse(tool.spec, words, tool.command)
    if not parsed.ok:
        raise UsageError(f"{tool.name} doesn't take {text!r}", parsed.error, f"bccpilot show {tool.name}")
    return parsed.values


def _lines() -> Iterator[Line]:
    for line in sys.stdin.buffer:
        yield Line(line.rstrip(b"\r\n").decode("utf-8", "surrogateescape"))
