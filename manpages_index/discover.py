"""What is installed: bcc's Python tools, libbpf-tools, bpftrace's tools, found by where distributions put them.

Nothing is run: everything comes from the tools' sources, binaries and man pages.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from manpages_index import argp_spec, argparse_spec, bt, knowledge, needs, roff
from manpages_index.model import Example, Knowledge, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_SBIN = ("/usr/sbin", "/usr/bin")
_BCC_DIRECTORY = "/usr/share/bcc/tools"
_MAN = ("/usr/share/man/man8", "/usr/share/bcc/man/man8", "/usr/local/share/man/man8")
_EXAMPLES = ("/usr/share/doc/bpfcc-tools/examples/doc", "/usr/share/bcc/tools/doc")
# argp is what all of libbpf-tools parse with, and their own project's address is in each of them.
_LIBBPF_MARK = b"github.com/iovisor/bcc/tree/master/libbpf-tools"


def files() -> Iterator[tuple[str, str, str]]:
    """(name, flavour, path) of every installed tool, in a stable order."""
    seen: set[tuple[str, str]] = set()
    for name, flavour, path in (*_bcc(), *_bpftrace(), *_libbpf()):
        if (name, flavour) not in seen:
            seen.add((name, flavour))
            yield name, flavour, path


def watched() -> tuple[str, ...]:
    """The directories whose change, or coming into being, means that tools may have come or gone."""
    return (*_SBIN, _BCC_DIRECTORY, *_MAN)


def tools(extra_knowledge: Iterable[Path] = ()) -> Iterator[Tool]:
    """Every installed tool, read whole. One that can't be read is left out: what isn't understood can't be checked, so it must not run."""
    known = knowledge.load_files(extra_knowledge)
    for name, flavour, path in files():
        try:
            yield read_tool(name, flavour, path, known.get(name, {}))
        except (OSError, ValueError, SyntaxError):
            continue


def read_tool(name: str, flavour: str, path: str, known: dict[str, Any]) -> Tool:
    """One tool, from its file, its man page and its knowledge file's data."""
    data, status = Path(path).read_bytes(), os.stat(path)
    page_path = _man_page(path)
    page = roff.read(page_path) if page_path else roff.ManPage()
    names = frozenset({name, f"{name}-bpfcc", f"{name}.py", f"{name}.bt"})
    expert = knowledge.knowledge_of(known, flavour) if known else Knowledge()
    return Tool(
        name=name,
        flavour=flavour,
        path=path,
        summary=page.summary or expert.about,
        synopsis=page.text("SYNOPSIS"),
        description=page.text("DESCRIPTION"),
        man_page=page_path,
        overhead=page.text("OVERHEAD"),
        spec=_SPEC_READERS[flavour](path),
        needs=needs.read_needs(path, flavour),
        knowledge=expert,
        examples=roff.examples(page, names) + _example_file(name, flavour, names),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        sha256=hashlib.sha256(data).hexdigest(),
    )


_SPEC_READERS = {"bcc": argparse_spec.read_spec, "libbpf": argp_spec.read_argp_spec, "bpftrace": bt.read_bt}


def _bcc() -> Iterator[tuple[str, str, str]]:
    for directory in _SBIN:
        for path in sorted(Path(directory).glob("*-bpfcc")):
            yield path.name.removesuffix("-bpfcc"), "bcc", str(path)
    for path in sorted(Path(_BCC_DIRECTORY).glob("*")):
        if path.is_file() and os.access(path, os.X_OK):
            yield path.name, "bcc", str(path)


def _bpftrace() -> Iterator[tuple[str, str, str]]:
    for directory in (*_SBIN, "/usr/share/bpftrace/tools"):
        for path in sorted(Path(directory).glob("*.bt")):
            yield path.name.removesuffix(".bt"), "bpftrace", str(path)


def _libbpf() -> Iterator[tuple[str, str, str]]:
    for path in _libbpf_candidates():
        if _is_libbpf_tool(path):
            yield re.sub(r"^bpf-", "", path.name), "libbpf", str(path)


def _libbpf_candidates() -> Iterator[Path]:
    """Debian's package names its files; elsewhere every program of a size that such tools have is looked into."""
    listing = Path("/var/lib/dpkg/info/libbpf-tools.list")
    if listing.exists():
        yield from (Path(line) for line in sorted(listing.read_text().split()) if "bin/" in line)
        return
    for directory in _SBIN:
        yield from sorted(Path(directory).glob("bpf-*"))


def _is_libbpf_tool(path: Path) -> bool:
    try:
        return path.is_file() and _LIBBPF_MARK in path.read_bytes()
    except OSError:
        return False


def _man_page(path: str) -> str | None:
    command = os.path.basename(path)
    stems = (f"{command}.bt.8", f"{command}.8") if command.endswith(".bt") else (f"{command}.8",)
    for directory in _MAN:
        for stem in stems:
            for ending in (".gz", ""):
                if os.path.exists(f"{directory}/{stem}{ending}"):
                    return f"{directory}/{stem}{ending}"
    return None


def _example_file(name: str, flavour: str, names: frozenset[str]) -> tuple[Example, ...]:
    if flavour != "bcc":
        return ()
    found: list[Example] = []
    for directory in _EXAMPLES:
        path = Path(directory) / f"{name}_example.txt"
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            for number, line in enumerate(lines):
                args = roff.command_arguments(line, names) if line.startswith(("#", "$", " ")) else None
                if args is not None:
                    found.append(Example(" ".join(lines[max(0, number - 2) : number]).strip(), args, "example"))
    return tuple(found)
