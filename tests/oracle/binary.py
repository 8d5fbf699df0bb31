"""Ask a libbpf tool itself whether it accepts arguments, as a user who may load no BPF: what passes its parser fails right after it."""

from __future__ import annotations

import os
import re
import subprocess

NOBODY = 65534
USAGE = 64  # sysexits.h's EX_USAGE: argp's own exit status
# What a tool says after its arguments were read: libbpf's own words, what this host lacks, and a comparison of two of its values.
AFTERWARDS = re.compile(r"libbpf|failed to set attach target|failed to find lock|min_block_time should be smaller")
VERSION = re.compile(r"\S+ v?[0-9.]+\n?")


def run(path: str, args: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs the tool as nobody (or as the present user, who isn't root then); raises TimeoutExpired after 20 s."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [path, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        cwd="/",
        timeout=20,
        **who,
    )


def accepts(path: str, args: list[str]) -> bool:
    """Whether the tool went on to trace, or refused the arguments, or only printed help or its version."""
    ended = run(path, args)
    if ended.returncode == USAGE:
        return False
    if ended.returncode == 0:
        return not (ended.stdout or ended.stderr).startswith("Usage:") and not VERSION.fullmatch(ended.stdout)
    if ended.returncode in (1, 255):
        return bool(AFTERWARDS.search(ended.stderr)) or not ended.stderr.strip()
    return True
