"""Is every accepted command in the request sets accepted by the tool's own parser? And are the sets what their README says they are?

usage: python -m bench.requests.validate [FILE ...]

Prints each fault and then the counts by file, and the tools that no request asks for. Exits with 1 if there is a fault.
"""

from __future__ import annotations

import sys
from collections import Counter
from glob import glob
from pathlib import Path
from typing import Any

from bench.score import SETS, ProgramIds, Values, ask_all, load

KINDS = {"direct", "slots", "symptom", "named", "none"}
SAMPLE = ProgramIds({})


def faults_of(request: dict[str, Any], values: Values) -> list[str]:
    """What is wrong with one request, a line each."""
    found = [] if request["lang"] in ("en", "zh") and request["kind"] in KINDS else ["unknown lang or kind"]
    tools = {accepted["tool"] for accepted in request["accept"]} - {None}
    if not tools <= set(request["tools"]) or (request["kind"] == "none") != (not request["tools"]):
        found.append("`tools` doesn't fit `accept` or `kind`")
    for accepted in request["accept"]:
        if accepted["tool"] is None:
            continue
        read = values[accepted["tool"], SAMPLE.fixed(accepted["args"])]
        if read is None:
            found.append(f"refused: {accepted['tool']} {' '.join(accepted['args'])}")
        elif not set(request["may"]) <= set(read) and len(tools) == 1:
            found.append(f"{accepted['tool']} has no {request['may']}")
    return [f"{request['id']} {fault}" for fault in found]


def repeated(requests: list[dict[str, Any]]) -> list[str]:
    """Ids and texts that occur twice."""
    return [
        f"twice: {text}"
        for key in ("id", "query")
        for text, times in Counter(request[key] for request in requests).items()
        if times > 1
    ]


def main() -> int:
    requests = {path: load([path]) for path in sys.argv[1:] or SETS}
    everything = [request for found in requests.values() for request in found]
    commands = {
        (accepted["tool"], SAMPLE.fixed(accepted["args"]))
        for request in everything
        for accepted in request["accept"]
        if accepted["tool"]
    }
    values = ask_all(commands)
    faults = repeated(everything) + [fault for request in everything for fault in faults_of(request, values)]
    print("\n".join(faults), end="\n" if faults else "")
    for path, found in requests.items():
        counts = Counter(request[key] for request in found for key in ("lang", "kind"))
        print(
            f"{Path(path).name:20} {len(found):4}  "
            + "  ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        )
    installed = {Path(path).name.removesuffix("-bpfcc") for path in glob("/usr/sbin/*-bpfcc")}
    print("not asked for:", *sorted(installed - {tool for request in everything for tool in request["tools"]}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
