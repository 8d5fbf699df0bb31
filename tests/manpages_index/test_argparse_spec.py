"""Specs read from sources: what the installed tools have, and the ways of writing them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from glob import glob
from pathlib import Path

import pytest

from manpages_index.argparse_spec import read_spec
from manpages_index.model import ArgSpec, ArgType, Limit, Option, Positional

INSTALLED = sorted(glob("/usr/sbin/*-bpfcc"))
HELP = Option(("-h", "--help"), "help", action="help", help="show this help message and exit")
NOT_NEGATIVE = Limit("<", 0, "must be positive")

installed = pytest.mark.skipif(not INSTALLED, reason="bpfcc-tools isn't installed")


def source(tmp_path: Path, text: str, name: str = "tool") -> str:
    path = tmp_path / name
    path.write_text("#!/usr/bin/python3\nimport argparse\n" + text)
    return str(path)


def option_type(tmp_path: Path, function: str) -> ArgType:
    """The type that `--x` has with the function `convert`."""
    path = source(tmp_path, f"{function}\nparser = argparse.ArgumentParser()\nparser.add_argument('--x', type=convert)\n")
    return read_spec(path).options[-1].type


def test_a_whole_tool(tmp_path: Path) -> None:
    text = """
PAGES = 1 << 6
class Mode:
    FAST = 1
    SLOW = 2
    name = "x"
def main():
    parser = argparse.ArgumentParser(description="x")
    only = parser.add_mutually_exclusive_group(required=True)
    nested = only.add_argument_group()
    only.add_argument("-p", "--pid", type=int, help="this PID   only")
    nested.add_argument("--all", action="store_true")
    a = parser.add_argument
    a("--buffer-pages", "-b", default=PAGES * 2, type=int, metavar="N")
    a("--mode", choices=[m.lower() for m in dir(Mode) if m.isupper()])
    a("-v", action="count", default=0)
    a("--ebpf", action="store_true", help=argparse.SUPPRESS)
    a("--cpus", nargs=2, type=float, default=os.cpu_count())
    a("--no", dest="yes", action="store_false")
    parser.add_argument("interval", nargs="?", default=(1 << 64) - 1, type=int)
    parser.add_argument(dest="probes", nargs="+")
    return parser.parse_args()
"""
    assert read_spec(source(tmp_path, text)) == ArgSpec(
        "argparse",
        options=(
            HELP,
            Option(("-p", "--pid"), "pid", type=ArgType("int", name="int"), help="this PID only"),
            Option(("--all",), "all", "store_true", default=False, const=True),
            Option(("--buffer-pages", "-b"), "buffer_pages", type=ArgType("int", name="int"), default=128, metavar="N"),
            Option(("--mode",), "mode", choices=("fast", "slow")),
            Option(("-v",), "v", "count", default=0),
            Option(("--ebpf",), "ebpf", "store_true", default=False, const=True, hidden=True),
            Option(("--cpus",), "cpus", type=ArgType("float", name="float"), nargs="2"),
            Option(("--no",), "yes", "store_false", default=True, const=False),
        ),
        positionals=(
            Positional("interval", ArgType("int", name="int"), "?", default=18446744073709551615),
            Positional("probes", nargs="+"),
        ),
        exclusive=(("pid", "all"),),
        exclusive_required=(True,),
    )


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param(
            "def convert(v):\n  try:\n    i = int(v)\n  except ValueError:\n    raise argparse.ArgumentTypeError('no int')\n"
            "  if i < 0:\n    raise argparse.ArgumentTypeError('must be positive')\n  return i",
            ArgType("int", 0, error="no int", name="convert", limits=(NOT_NEGATIVE,)),
            id="limits",
        ),
        pytest.param(
            "def base(v):\n  i = int(v)\n  if i < 0:\n    raise argparse.ArgumentTypeError('must be positive')\n  return i\n"
            "def convert(v):\n  i = base(v)\n  if i == 0:\n    raise argparse.ArgumentTypeError('no zero')\n"
            "  if i > 9:\n    msg = 'too many: %d' % (i,)\n    raise argparse.ArgumentTypeError(msg)\n  return i",
            ArgType("int", 1, 9, name="convert", limits=(NOT_NEGATIVE, Limit("==", 0, "no zero"), Limit(">", 9, "too many: %d"))),
            id="built on another",
        ),
        pytest.param(
            "def convert(v):\n  return [int(x) for x in v.split(':')]",
            ArgType("list", item="int", separator=":", name="convert"),
            id="list",
        ),
        pytest.param(
            "def convert(v):\n  return v.strip().split(',')", ArgType("list", item="str", strip=True, name="convert"), id="stripped list"
        ),
        pytest.param(
            "def convert(v):\n  l = v.split(',')\n  for x in l:\n    try:\n      int(x)\n    except:\n      raise argparse.ArgumentTypeError('no')\n  return l",
            ArgType("list", item="int", as_text=True, error="no", name="convert"),
            id="checked list",
        ),
        pytest.param("def convert(v):\n  return eval(v)", ArgType("opaque", name="convert"), id="not understood"),
        pytest.param("def convert(v):\n  return int(v) * 2", ArgType("opaque", name="convert"), id="arithmetic"),
        pytest.param("def convert(v):\n  i = int(v)\n  while i:\n    i -= 1\n  return i", ArgType("opaque", name="convert"), id="loop"),
        pytest.param("def convert(v):\n  pass", ArgType("opaque", name="convert"), id="no return"),
    ],
)
def test_a_type_is_described_exactly_or_not_at_all(tmp_path: Path, function: str, expected: ArgType) -> None:
    assert option_type(tmp_path, function) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def (:", "tool: line 3: invalid syntax"),
        ("import sys\npid = sys.argv[1]", "tool reads sys.argv in its own way"),
        ("p = argparse.ArgumentParser()\np.add_argument('-x', nargs=f())", "tool: line 4: what nargs is can't be read from the source"),
        ("p = argparse.ArgumentParser()\np.add_argument(*names)", "tool: line 4: the name \\*names can't be read from the source"),
        ("n = 1\nif x:\n  n = 2\np = argparse.ArgumentParser()\np.add_argument('-x', nargs=n)", "tool: line 7: what nargs is"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_spec(source(tmp_path, text))


def test_other_scripts_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\necho\n")
    with pytest.raises(ValueError, match="tool is a shell script that calls no tool"):
        read_spec(str(path))
    path.write_bytes(b"\x7fELF\xff\xff")
    with pytest.raises(ValueError, match="neither a Python nor a shell script"):
        read_spec(str(path))
    with pytest.raises(OSError, match="No such file"):
        read_spec(str(tmp_path / "none"))


def test_a_wrapper_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    target = source(tmp_path, "parser = argparse.ArgumentParser(add_help=False)\nparser.add_argument('-l')\n", "lib/ucalls")
    wrapper = tmp_path / "javacalls-bpfcc"
    wrapper.write_text('#!/bin/bash\nlib=$(dirname $0)/lib\n$lib/ucalls -l java "$@"\n')
    assert read_spec(str(wrapper)) == ArgSpec("argparse", (Option(("-l",), "l"),), prefix=("-l", "java"), target=target)


def test_a_tool_that_never_looks_at_its_arguments(tmp_path: Path) -> None:
    path = tmp_path / "bitesize"
    path.write_text("#!/usr/bin/python3\nfrom bcc import BPF\nBPF(text='')\n")
    assert read_spec(str(path)) == ArgSpec(ignores_arguments=True)


@installed
def test_every_installed_tool_has_a_spec_and_every_type_is_understood() -> None:
    specs = {os.path.basename(path).removesuffix("-bpfcc"): read_spec(path) for path in INSTALLED}
    opaque = [(name, option.dest) for name, spec in specs.items() for option in spec.options if option.type.kind == "opaque"]
    opaque += [(name, operand.dest) for name, spec in specs.items() for operand in spec.positionals if operand.type.kind == "opaque"]
    assert opaque == []
    assert {name for name, spec in specs.items() if spec.ignores_arguments} == {
        "bitesize",
        "mdflush",
        "oomkill",
        "pidpersec",
        "syncsnoop",
        "threadsnoop",
    }
    assert {name for name, spec in specs.items() if spec.parser == "none" and spec.positionals} == {"dcstat", "mysqld_qslower", "vfscount"}
    assert [name for name, spec in specs.items() if spec.parser == "getopt"] == ["reset-trace"]
    assert len([name for name, spec in specs.items() if spec.prefix]) == 28


@installed
@pytest.mark.parametrize("path", INSTALLED, ids=os.path.basename)
def test_specs_are_plain_data(path: str) -> None:
    data = asdict(read_spec(path))
    assert json.loads(json.dumps(data)) == json.loads(json.dumps(data, default=str))


@installed
def test_memleak() -> None:
    options = {option.dest: option for option in read_spec("/usr/sbin/memleak-bpfcc").options}
    assert options["command"] == Option(("-c", "--command"), "command", help="execute and trace the specified command")
    assert options["ebpf"].hidden
    assert options["pid"].default == -1
