"""bccpilot index: read everything that is installed, now."""

from __future__ import annotations

import argparse
import time

from bccpilot import config
from manpages_index import store

HELP = "Build the index of installed tools anew. It is also rebuilt by itself whenever tools or bccpilot change."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", metavar="FILE", help="where to write it (default: the user's cache)")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(options: argparse.Namespace) -> int:
    began = time.monotonic()
    index = store.build(options.index, config.own_knowledge())
    took = time.monotonic() - began
    counts = {flavour: sum(flavour in index.flavours(name) for name in index.names()) for flavour in ("bcc", "libbpf", "bpftrace")}
    path = options.index or store.cache_path()
    if options.json:
        import json

        print(json.dumps({"path": path, "tools": counts, "seconds": round(took, 2)}))
    else:
        listed = ", ".join(f"{n} of {flavour}" for flavour, n in counts.items())
        print(f"{sum(counts.values())} tools: {listed}; {took:.1f} s; {path}")
    return 0
