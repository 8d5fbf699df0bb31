"""Tests on the machine's own kernel: they run where eBPF really works."""

from __future__ import annotations

import functools
import os
import subprocess

import pytest


@functools.cache
def ebpf_works() -> bool:
    """Whether a program can really be loaded: bpftrace's smallest one ends well."""
    if os.geteuid() != 0 or not os.access("/usr/bin/bpftrace", os.X_OK):
        return False
    tried = subprocess.run(["/usr/bin/bpftrace", "-e", "BEGIN { exit(); }"], capture_output=True, timeout=60, check=False)
    return tried.returncode == 0


NEEDS_EBPF = [pytest.mark.kernel, pytest.mark.skipif(not ebpf_works(), reason="eBPF doesn't work here: not root, or the kernel refuses")]
