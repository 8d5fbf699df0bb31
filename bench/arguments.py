"""How exact and how quick the checks of arguments are, over all installed tools.

usage: python -m bench.arguments [--lists 2000] [--tool NAME] [--libbpf 0]

Asks each bcc tool's own parser about every documented command and `--lists` generated argument lists, each libbpf tool itself about
`--libbpf` of them, and measures reading a spec, the first check (cold) and the later ones (warm) of each tool, in ms.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from glob import glob
from statistics import median

from bccpilot.checking.spec import parse
from manpages_index.argp_spec import read_argp_spec
from manpages_index.argparse_spec import read_spec
from manpages_index.model import ArgSpec
from tests.oracle.arguments import generated
from tests.oracle.ask import Oracle
from tests.oracle.binary import accepts
from tests.oracle.commands import documented

COLD = """
import json, sys, time
from manpages_index.argparse_spec import read_spec
spec = read_spec(sys.argv[1])
started = time.perf_counter()
from bccpilot.checking.spec import parse
parse(spec, [])
print(json.dumps((time.perf_counter() - started) * 1e3))
"""


def compare(path: str, spec: ArgSpec, lists: list[list[str]]) -> list[str]:
    """The disagreements with the tool's own parser, a line each."""
    wrong = []
    with Oracle(spec.target or path, spec.prefix) as oracle:
        for args in lists:
            ours, theirs = parse(spec, args), oracle.ask(args)
            same = json.dumps(ours.values, sort_keys=True) == json.dumps(theirs.get("values"), sort_keys=True) if ours.ok else True
            if ours.ok != theirs["ok"] or not same:
                wrong.append(f"{path} {args}: {ours} against {theirs}")
    return wrong


def warm(spec: ArgSpec, lists: list[list[str]]) -> float:
    """Milliseconds for one check, on average over the lists."""
    parse(spec, [])
    started = time.perf_counter()
    for args in lists:
        parse(spec, args)
    return (time.perf_counter() - started) / len(lists) * 1e3


def cold(path: str) -> float:
    """Milliseconds for the first check of a fresh process, imports included."""
    ended = subprocess.run([sys.executable, "-c", COLD, path], capture_output=True, text=True, check=True)
    return float(ended.stdout)


def line(name: str, values: list[float]) -> str:
    return f"{name:24} median {median(values):7.3f} ms   largest {max(values):7.3f} ms   of {len(values)}"


def main() -> int:
    parser = argparse.ArgumentParser(description="how exact and how quick the checks of arguments are")
    parser.add_argument("--lists", type=int, default=2000)
    parser.add_argument("--libbpf", type=int, default=0)
    parser.add_argument("--tool", help="only this one")
    chosen = parser.parse_args()
    paths = [path for path in sorted(glob("/usr/sbin/*-bpfcc")) if not chosen.tool or os.path.basename(path) == f"{chosen.tool}-bpfcc"]
    wrong, tried, accepted, reading, checking = [], 0, 0, [], []
    for path in paths:
        started = time.perf_counter()
        spec = read_spec(path)
        reading.append((time.perf_counter() - started) * 1e3)
        if spec.parser != "argparse":
            continue
        lists = documented(os.path.basename(path).removesuffix("-bpfcc")) + generated(spec, chosen.lists)
        wrong += compare(path, spec, lists)
        tried, accepted = tried + len(lists), accepted + sum(parse(spec, args).ok for args in lists)
        checking.append(warm(spec, lists))
    print(f"bcc: {tried} argument lists ({accepted} accepted), {len(wrong)} disagreements")
    print(line("reading a spec", reading))
    print(line("a check, warm", checking))
    print(line("a first check, cold", [cold(path) for path in random.Random(1).sample(paths, min(5, len(paths)))]))
    wrong += libbpf(chosen.libbpf) if chosen.libbpf else []
    print("\n".join(wrong[:20]), end="")
    return 1 if wrong else 0


def libbpf(count: int) -> list[str]:
    """Disagreements between our verdict and the libbpf tools' own, where we accept what they refuse."""
    with open("/var/lib/dpkg/info/libbpf-tools.list") as listing:
        paths = [path for path in listing.read().split() if "/sbin/" in path and not path.endswith("/ksnoop")]
    wrong, tried = [], 0
    for path in paths:
        spec = read_argp_spec(path)
        for args in [args for args in generated(spec, count) if not any(a.startswith("--H") for a in args)]:
            ours, tried = parse(spec, args), tried + 1
            if ours.ok and not accepts(path, list(ours.args)):
                wrong.append(f"{path} {args}: {ours}")
    print(f"libbpf-tools: {tried} argument lists, {len(wrong)} accepted here and refused there")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
