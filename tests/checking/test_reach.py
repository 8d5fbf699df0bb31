"""Patterns whose tool gives up at what no probe can reach: the same without that, and nothing else changed."""

from __future__ import annotations

import dataclasses
import re

import pytest

from bccpilot.checking.reach import narrowed
from bccpilot.host import Host
from bccpilot.host.symbols import Symbols
from manpages_index.model import ArgRole, ArgSpec, Knowledge, Option, Positional, Rule, Tool

KNOWN = ["tcp_sendmsg", "vfs_get_tree.cold", "vfs_read", "vfs_set_acl_prepare_kgid", "vfs_set_acl_prepare_kuid", "vfs_write"]
REACHED = ["tcp_sendmsg", "vfs_read", "vfs_write"]
HOST = Host(symbols=Symbols(KNOWN), traceable=Symbols(REACHED))
SPEC = ArgSpec(
    parser="argparse",
    options=(Option(("-r", "--regexp"), "regexp", "store_true", default=False), Option(("-d", "--duration"), "duration")),
    positionals=(Positional("pattern"),),
)
RULES = (Rule(("pattern",), "not a probe", check="probe:funccount"),)


def tool(gives_up: str | None = "regexp") -> Tool:
    roles = (ArgRole("pattern", "probe", syntax="pattern", gives_up=gives_up),)
    return Tool("funccount", "bcc", "/usr/sbin/funccount-bpfcc", spec=SPEC, knowledge=Knowledge(roles=roles, rules=RULES))


def test_what_no_probe_reaches_is_left_out_and_told():
    found = narrowed(tool(), ("-d", "20", "vfs_*"), HOST)
    assert found is not None
    assert found.args == ("-r", "-d", "20", "^vfs_(?!(set_acl_prepare_kgid|set_acl_prepare_kuid)$).*$")
    assert found.why == (
        "left out, since no kprobe can reach them and the tool gives up at what it can't attach to: vfs_set_acl_prepare_kgid, vfs_set_acl_prepare_kuid"
    )
    assert narrowed(tool(), found.args, HOST) is None


@pytest.mark.parametrize(
    "args", [("vfs_*",), ("p::vfs_*",), ("*",), ("-r", "vfs_.*"), ("-r", "^vfs_.*|^tcp_.*"), ("-r", "(vfs|tcp)_.*"), ("-r", "^vfs_(r|set|w).*$")]
)
def test_the_functions_are_the_same_but_for_those(args):
    """As bcc compares them: from the start, to the end only where the expression says so."""
    found = narrowed(tool(), args, HOST)
    assert found is not None
    assert found.args[0] == "-r"
    before = args[-1].rpartition(":")[2] if "-r" in args else "^" + args[-1].rpartition(":")[2].replace("*", ".*") + "$"
    after = found.args[-1].rpartition(":")[2]
    known = [name for name in KNOWN if ".cold" not in name]  # those bcc leaves out by itself
    assert [name for name in known if re.match(after, name)] == [name for name in REACHED if re.match(before, name)]


@pytest.mark.parametrize("args", [("vfs_read",), ("vfs_[rw]*",), ("vfs_set*",), ("t:vfs:*",), ("c:vfs_*",), ("-r", "("), ("-r", "(a*)*vfs"), ()])
def test_what_needs_nothing_left_out_or_has_nothing_else_stays(args):
    assert narrowed(tool(), args, HOST) is None


def test_a_tool_that_passes_over_such_functions_is_left_alone():
    assert narrowed(tool(gives_up=None), ("vfs_*",), HOST) is None


def test_without_roots_list_nothing_is_known():
    assert narrowed(tool(), ("vfs_*",), dataclasses.replace(HOST, traceable=Symbols())) is None


def test_a_kernel_that_lets_kprobes_in_everywhere():
    assert narrowed(tool(), ("vfs_*",), dataclasses.replace(HOST, config={"CONFIG_KPROBE_EVENTS_ON_NOTRACE": "y"})) is None


def test_of_many_the_first_are_named():
    host = dataclasses.replace(HOST, symbols=Symbols(["vfs_read", *(f"vfs_{n}" for n in range(9))]))
    found = narrowed(tool(), ("vfs_*",), host)
    assert found is not None
    assert found.why.endswith("can't attach to: vfs_0, vfs_1, vfs_2 and 6 more")
