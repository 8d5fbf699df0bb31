"""Every command of a tool that its man page's and its example file's text show, as argument lists."""

from __future__ import annotations

import gzip
import re
import shlex
from pathlib import Path

MAN = Path("/usr/share/man/man8")
EXAMPLES = Path("/usr/share/doc/bpfcc-tools/examples/doc")


def documented(name: str) -> list[list[str]]:
    """The argument lists of all lines that look like a command of `name`, each once, in the order of the text."""
    texts = [_read(MAN / f"{name}-bpfcc.8.gz"), _read(MAN / f"{name}.8.gz")]
    texts += [_read(path) for path in EXAMPLES.glob(f"**/{name}_example.txt*")] if EXAMPLES.is_dir() else []
    found = [arguments for text in texts for arguments in _commands(name, text)]
    return [list(arguments) for arguments in dict.fromkeys(map(tuple, found))]


def _commands(name: str, text: str) -> list[list[str]]:
    command = re.compile(rf"^\s*(?:\.B\s+)?[#$%]?\s*(?:sudo\s+)?(?:\S*/)?{re.escape(name)}(?:-bpfcc)?(?:\.py)?(?P<rest>\s.*)?$")
    lines = text.replace("\\\n", " ").replace("\\-", "-").replace("\\(aq", "'").splitlines()
    return [arguments for line in lines if (found := command.match(line)) for arguments in _split(found["rest"] or "")]


def _split(rest: str) -> list[list[str]]:
    try:
        return [shlex.split(rest, comments=True)]
    except ValueError:
        return []


def _read(path: Path) -> str:
    if not path.exists():
        return ""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
