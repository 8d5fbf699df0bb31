"""bccpilot sudoers: rules that let a user run what bccpilot starts, and nothing else, without a password."""

from __future__ import annotations

import argparse
import getpass
import sys

from bccpilot import pipeline
from bccpilot.errors import HostCannot

HELP = "Print a sudoers drop-in that allows exactly what bccpilot starts, checked by visudo. It installs nothing."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="NAME", help="for whom (default: you; %%group for a group)")
    parser.add_argument("--secrets", action="store_true", help="allow the tools, too, that show what others type or send")
    parser.add_argument("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from bccpilot.running import sudoers

    index = pipeline.open_index(options.index)
    text = sudoers.text(options.user or getpass.getuser(), index.tools, secrets=options.secrets)
    wrong = sudoers.check(text)
    if wrong is not None:
        raise HostCannot("visudo refuses these rules", wrong, "please report it")
    sys.stdout.write(text)
    return 0
