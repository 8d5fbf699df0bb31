"""The whole picture of a machine."""

from __future__ import annotations

import dataclasses

from bccpilot.checking.checkup import Capability, Group, examine
from manpages_index.model import Attach, Needs, Tool
from tests.checking.test_preflight import BARE, DEBIAN

ROOT = Capability("root", "yes", "sudo, never asks")
MEMLEAK = Tool("memleak", "bcc", "/usr/sbin/memleak-bpfcc", needs=Needs((Attach("tracepoint", ("sched:sched_switch",)),), compiles=True))
OPENSNOOP = Tool("opensnoop", "bcc", "/usr/sbin/opensnoop-bpfcc", needs=Needs((Attach("kprobe", ("vfs_read",)),), compiles=True))
RUNQLAT = Tool("runqlat", "libbpf", "/usr/sbin/runqlat", needs=Needs((Attach("raw_tracepoint", ("sched_switch",)),), btf=True))
XFS = Tool("xfsdist", "bpftrace", "/usr/sbin/xfsdist.bt", needs=Needs((Attach("kprobe", ("xfs_file_open",)),)))
ALL = (MEMLEAK, OPENSNOOP, RUNQLAT, XFS)


def test_a_machine_that_can_do_almost_everything():
    found = examine(DEBIAN, ALL, ROOT)
    assert (found.ready, found.why_not) == (True, "")
    assert found.counts == {"bcc": (2, 2), "libbpf": (1, 1), "bpftrace": (0, 1)}
    why = "xfs_file_open is not in this kernel, or inlined there, so that a kprobe can't reach it"
    assert found.groups == (Group("function", (("bpftrace", "xfsdist", why),), ("modprobe xfs",)),)
    assert {c.name: c.state for c in found.capabilities} == {
        "root": "yes", "kprobes": "yes", "fentry": "yes", "tracepoints": "yes", "uprobes": "yes", "perf counters": "no", "headers": "yes",
        "BTF": "yes", "lockdown": "yes", "function list": "yes", "bcc": "yes", "libbpf": "no", "bpftrace": "yes",
    }  # fmt: skip
    assert found.remedies == ("sudo apt-get install libbpf-tools", "modprobe xfs")


def test_a_machine_without_kprobes():
    found = examine(BARE, ALL, ROOT)
    assert found.counts == {"bcc": (1, 2), "libbpf": (1, 1), "bpftrace": (0, 1)}
    assert [(group.kind, group.heading, len(group.tools)) for group in found.groups] == [("kprobes", "no kprobes", 2)]
    assert found.ready


def test_the_main_job_needs_root_and_its_tool():
    refused = Capability("root", "no", "this user is not in the sudoers file")
    assert examine(DEBIAN, ALL, refused).why_not == "the tools can't become root: this user is not in the sudoers file"
    assert examine(DEBIAN, ALL[1:], ROOT).why_not == "memleak is not installed"
    headless = dataclasses.replace(DEBIAN, headers=dataclasses.replace(DEBIAN.headers, path=None, looked=("/lib/modules/6.1/build",)))
    assert examine(headless, ALL, ROOT).why_not == "the headers of this kernel are not installed (/lib/modules/6.1/build)"


def test_borrowed_headers_are_said_to_be():
    borrowed = dataclasses.replace(DEBIAN, release="6.18.44")
    headers = next(c for c in examine(borrowed, ALL, ROOT).capabilities if c.name == "headers")
    assert (headers.state, headers.remedy) == ("partly", "sudo apt-get install linux-headers-6.18.44")
    assert headers.detail.startswith("borrowed from 6.1.0-50-amd64")
