"""A checkup as one screen and as JSON."""

from __future__ import annotations

import json

from bccpilot.checking.checkup import Capability, Checkup, Group
from bccpilot.reporting import doctor

TOOLS = tuple(("bcc", f"tool{n:02}", "this kernel has no kprobes") for n in range(20))
FOUND = Checkup(
    "6.1.0-50-amd64",
    "x86_64",
    (Capability("root", "yes", "sudo, never asks"), Capability("kprobes", "no", "none", "use a kernel with CONFIG_KPROBES")),
    {"bcc": (1, 21), "libbpf": (0, 0)},
    (Group("kprobes", TOOLS, ("use a kernel with CONFIG_KPROBES",)),),
    True,
)


def test_one_screen():
    assert doctor.text(FOUND, 60).splitlines() == [
        "Linux 6.1.0-50-amd64 on x86_64",
        "  + root           sudo, never asks",
        "  - kprobes        none",
        "",
        "tools that can run here: 1 of 21 of bcc",
        "  20 can't: no kprobes",
        "      tool00 tool01 tool02 tool03 tool04 tool05 +14 more",
        "",
        "what would mend it",
        "  use a kernel with CONFIG_KPROBES",
        "",
        "finding memory leaks works here",
    ]


def test_long_lines_are_cut():
    assert max(map(len, doctor.text(FOUND, 30).splitlines())) == 30


def test_json_has_everything():
    data = json.loads(json.dumps(doctor.as_json(FOUND)))
    assert data == {
        "version": 1,
        "kernel": "6.1.0-50-amd64",
        "machine": "x86_64",
        "ready": True,
        "why_not": "",
        "capabilities": [
            {"name": "root", "state": "yes", "detail": "sudo, never asks", "remedy": ""},
            {"name": "kprobes", "state": "no", "detail": "none", "remedy": "use a kernel with CONFIG_KPROBES"},
        ],
        "tools": {"bcc": {"can_run": 1, "installed": 21}, "libbpf": {"can_run": 0, "installed": 0}},
        "cannot": [
            {
                "cause": "kprobes",
                "heading": "no kprobes",
                "remedies": ["use a kernel with CONFIG_KPROBES"],
                "tools": [{"flavour": "bcc", "tool": name, "why": why} for _, name, why in TOOLS],
            }
        ],
        "remedies": ["use a kernel with CONFIG_KPROBES"],
    }
