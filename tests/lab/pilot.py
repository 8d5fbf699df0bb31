"""bccpilot as a person starts it there, and what must not be left of it."""

from __future__ import annotations

import os
import subprocess

PATIENCE_S = 400  # clang under emulation takes a minute on a busy machine


def pilot(*arguments, timeout=PATIENCE_S):
    return subprocess.run(["bccpilot", *arguments], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


PLACES = (b"/usr/sbin/", b"/usr/bin/bpftrace")


def tracers(words=3):
    """The command lines of all tracing tools that run; with all their `words`, those of sudo and the guard before them, too."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                argv = file.read().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(PLACES) for word in argv[:words]):
            found.append(b" ".join(argv)[-300:])
    return found


def left():
    """What of a run is still there: tool, guard or sudo."""
    return tracers(words=None)
