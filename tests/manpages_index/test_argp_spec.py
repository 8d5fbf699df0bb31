"""The specs read from libbpf-tools' ELF files, against the programs' own --help and their own verdicts."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bccpilot.checking.spec import parse
from manpages_index.argp_spec import read_argp_spec
from manpages_index.model import ArgSpec, ArgType, Limit, Positional
from tests.oracle.arguments import generated
from tests.oracle.binary import accepts, run

LISTING = Path("/var/lib/dpkg/info/libbpf-tools.list")
TOOLS = [line for line in LISTING.read_text().split() if "/sbin/" in line] if LISTING.exists() else []
GENERATED = int(os.environ.get("BCCPILOT_LIBBPF_LISTS", "12"))
LINE = re.compile(r"^ {2,6}(?P<flags>-[^ ].*?)(?:  +\S.*)?$")
# What these accept and read over or misread, we refuse.
STRICTER = {
    "opensnoop": "one operand, which it ignores",
    "wakeuptime": "several durations, of which it takes the last",
    "tcpconnect": "any character between ports",
}
# funclatency refuses even -u -u; what we pass on names each switch once.
ONCE = {"funclatency"}

pytestmark = pytest.mark.skipif(not TOOLS, reason="libbpf-tools isn't installed")


@cache
def spec_of(path: str) -> ArgSpec:
    return read_argp_spec(path)


def printed(path: str) -> list[tuple[str, ...]]:
    """The options that --help lists: flags, and the value's name where there is one."""
    lines = [found["flags"] for line in run(path, ["--help"]).stdout.splitlines() if (found := LINE.match(line))]
    return [tuple(re.sub(r"\[?=(.*?)\]?$", r"=\1", flag) for flag in line.split(", ")) for line in lines]


def listed(spec: ArgSpec) -> list[tuple[str, ...]]:
    return [
        tuple(flag + (f"={option.metavar}" if option.takes_value and flag.startswith("--") else "") for flag in option.flags)
        for option in spec.options
        if not option.hidden
    ]


@pytest.mark.parametrize("path", TOOLS, ids=os.path.basename)
def test_lists_what_the_tools_own_help_lists(path: str) -> None:
    if os.path.basename(path) == "ksnoop":
        pytest.skip("ksnoop's usage is free text")
    assert sorted(listed(spec_of(path))) == sorted(_once(printed(path)))


def _once(lines: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A long name printed twice belongs to the option that comes first in the program."""
    if ("-d", "--disk=DISK") in lines and ("-D", "--disk") in lines:
        return [("-d",) if line == ("-d", "--disk=DISK") else line for line in lines]
    return lines


@pytest.mark.parametrize("path", TOOLS, ids=os.path.basename)
def test_agrees_with_the_tools_own_verdict(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.path.basename(path) == "ksnoop":
        pytest.skip("ksnoop's operands have a grammar of their own")
    monkeypatch.chdir("/")
    visible = replace(spec_of(path), options=tuple(option for option in spec_of(path).options if not option.hidden))

    for args in generated(visible, GENERATED):
        ours = parse(spec_of(path), args)
        theirs = accepts(path, list(ours.args) if ours.ok and os.path.basename(path) in ONCE else args)
        if os.path.basename(path) in STRICTER:
            assert theirs or not ours.ok, args
        else:
            assert ours.ok == theirs, f"{args}: {ours}"
        if ours.ok:
            assert parse(spec_of(path), ours.args).values == ours.values


def test_an_alias_picks_its_file_system_by_its_name() -> None:
    types = {
        name: next(o.default for o in spec_of(f"/usr/sbin/{name}").options if o.dest == "type")
        for name in ("fsslower", "ext4slower", "xfsdist")
    }
    assert types == {"fsslower": None, "ext4slower": "ext4", "xfsdist": "xfs"}


def test_a_long_name_that_comes_twice_means_the_first() -> None:
    options = {option.flags: option.takes_value for option in spec_of("/usr/sbin/biolatency").options if "disk" in option.help}
    assert options == {("-D", "--disk"): False, ("-d",): True}


def test_operands_are_those_of_the_usage() -> None:
    positive = ArgType("strtol", limits=(Limit("<=", 0, "must be greater than 0, got %d"),))
    assert spec_of("/usr/sbin/biotop").positionals == (
        Positional("interval", positive, "?", metavar="interval"),
        Positional("count", positive, "?", metavar="count"),
    )
    assert [(p.dest, p.nargs) for p in spec_of("/usr/sbin/funclatency").positionals] == [("function", None)]
    assert spec_of("/usr/sbin/klockstat").positionals == ()


@pytest.mark.parametrize(("content", "why"), [(b"", "Magic"), (b"#!/bin/sh\n", "Magic"), (b"\x7fELF\x01\x01", "64-bit|unpack|fewer")])
def test_what_is_no_program_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "tool"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=str(path)):
        read_argp_spec(str(path))


def test_a_program_without_argp_is_named() -> None:
    with pytest.raises(ValueError, match="/bin/true has no argp options"):
        read_argp_spec("/bin/true")
