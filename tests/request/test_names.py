from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from bccpilot.request import names
from bccpilot.request.understand import understand
from manpages_index.store import Index

KTHREADD = 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('reclaims by anything with "worker" in its name', [("comm", "worker")]),
        ("how long does malloc take", [("function", "malloc")]),  # a word of the field, unless functions or their time are spoken of
        ("malloc calls that aren't freed", []),
        ("latency of getaddrinfo in libc", [("function", "getaddrinfo")]),
        ("the zzd processes", [("comm", "zzd")]),
        ("opens by node", [("comm", "node")]),
        ("opens of the node process", [("comm", "node")]),
        ("opens on each node", []),
        ("what starts on the login node", []),
    ],
)
def test_names(index: Index, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(v.kind, v.value) for v in understand(text, index.search).values] == expected


def test_what_runs_is_a_name_but_for_the_kernels_own_threads() -> None:
    assert names.is_running(Path("/proc/self/comm").read_text().strip().lower())
    own = {p.name().lower() for p in psutil.process_iter() if p.pid != KTHREADD and p.ppid() != KTHREADD}
    of_the_kernel = {p.name().lower() for p in psutil.process_iter() if p.ppid() == KTHREADD} - own
    assert not of_the_kernel.intersection(names._comms())
