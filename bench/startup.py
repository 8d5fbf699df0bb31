"""Does a dry run feel like apropos? Whole processes in turn (A B A B ...), wall time, the median of the ratios pair by pair.

    .venv/bin/python bench/startup.py [--runs 40] [REQUEST]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

OURS = Path(sys.executable).with_name("bccpilot")
THEIRS = ("apropos", "-s", "8", "latency")


def seconds(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def peak_mb(command: tuple[str, ...]) -> float:
    """Peak memory of one run, by the kernel's own account."""
    pid = os.posix_spawn(command[0], list(command), os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    return os.wait4(pid, 0)[2].ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--no-preflight", action="store_true")
    parser.add_argument("request", nargs="?", default="which files is nginx opening")
    options = parser.parse_args()
    ours = (str(OURS), "--dry-run", *(["--no-preflight"] if options.no_preflight else []), options.request)
    seconds(ours), seconds(THEIRS)  # the index is built, the page cache is warm
    pairs = [(seconds(ours), seconds(THEIRS)) for _ in range(options.runs)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"bccpilot --dry-run: {statistics.median(a for a, _ in pairs) * 1000:.1f} ms median, {peak_mb(ours):.0f} MB at most")
    print(f"{' '.join(THEIRS)}: {statistics.median(b for _, b in pairs) * 1000:.1f} ms median")
    print(f"ratio, pair by pair: {ratio:.2f} median of {options.runs}")


if __name__ == "__main__":
    main()
