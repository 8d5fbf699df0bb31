"""What a tool attaches to and needs, read from its own file: the source of bcc's and bpftrace's tools, the binary of libbpf-tools."""

from __future__ import annotations

import dataclasses
import os
import re

from manpages_index.model import Needs
from manpages_index.needs import bt, elf, known, python

_WRAPPER = re.compile(r"^\s*(?:exec\s+)?\$?\S*?(\w+)(?:-bpfcc|\.py)?\s+-l\s+(\w+)\s", re.MULTILINE)


def read_needs(path: str, flavour: str) -> Needs:
    """What the installed tool at `path` needs. `flavour` is bcc, libbpf or bpftrace.

    Nothing is run. A file that can't be read or understood gives `Needs()` with a note that says so: then nothing can be foretold.
    """
    name = re.sub(r"(-bpfcc|\.bt)$|^bpf-", "", os.path.basename(path))
    try:
        needs = _READERS[flavour](path)
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        return Needs(notes=(f"unreadable: {error}",))
    return known.completed(needs, name, flavour)


def _bcc(path: str) -> Needs:
    with open(path, encoding="utf-8", errors="replace") as file:
        source = file.read()
    if "python" in source.split("\n", 1)[0]:
        return python.needs_of(source)
    return _wrapper(path, source)


def _wrapper(path: str, source: str) -> Needs:
    """A shell wrapper calls another tool with `-l LANGUAGE`; what it needs is what that tool needs for the language."""
    match = _WRAPPER.search(source)
    if not match:
        return Needs()
    tool, language = match.groups()
    directory = os.path.dirname(path)
    for target in (f"{directory}/{tool}-bpfcc", f"{directory}/{tool}", f"{directory}/lib/{tool}"):
        if os.path.exists(target):
            with open(target, encoding="utf-8", errors="replace") as file:
                needs = python.needs_of(file.read(), {"language": language})
            note = f"calls {os.path.basename(target)} -l {language}"
            observed = any(a.kind == "usdt" and not a.optional for a in needs.attach)  # ustat looks for processes itself, again and again
            return dataclasses.replace(needs, notes=(note,), programs=known.processes(language) if observed else ())
    return Needs(notes=(f"unreadable: {tool} is not installed",))


_READERS = {"bcc": _bcc, "libbpf": elf.needs_of, "bpftrace": bt.needs_of}

__all__ = ["read_needs"]
