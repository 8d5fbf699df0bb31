"""Of the requests that have an answer: how many plans really start on this kernel, with the look ahead and without it?

    python -m bench.starts [--set FILE ...] [--only REGEX] [--since FILE] [--traced S] [--attach S] [--jobs N] [--save FILE]

As root; `scripts/lab starts` is for this. With --since only what is planned otherwise than in an earlier table of this kernel is started.

Each request is planned twice: as bccpilot does it, and without looking at this kernel. Every command that comes out is started once, through
bccpilot's own runner. It has started when its probes were attached and nothing in what it says is a failure. What requests speak of is put there first,
where it can be: processes of those names and PIDs, network namespaces of those numbers (scripts/lab.d/stage makes the rest).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bccpilot import pipeline
from bccpilot.model import Command, Plan
from bccpilot.planning.wanted import Wanted
from bccpilot.request.understand import understand
from bccpilot.running.diagnosis import diagnose
from bccpilot.running.run import Limits
from bench.score import load, running
from bench.sweep import ALLOCATES, attempt
from manpages_index.store import Index

TRACEE = os.environ.get("TRACEE", "")  # a program with the USDT probes of many languages (scripts/lab.d/props); that with node's is beside it
PROGRAMS = "nginx postgres redis-server mysqld envoy myapp".split()  # and node; and java, which is a real one
REGISTRY = ["java", "-XX:+ExtendedDTraceProbes", "-m", "java.rmi/sun.rmi.registry.RegistryImpl", "1099"]  # a program that every JRE has, and that stays
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
# A process in a network namespace with just this number. The kernel gives namespaces the lowest number that is free, so that others, of a kind that costs
# nothing, take all below it; the last of them makes room.
IN_NAMESPACE = """
import ctypes, os, signal, sys
wanted, below, libc = int(sys.argv[1]), [], ctypes.CDLL(None)
def new(kind, flag):
    libc.unshare(flag)
    return os.stat(f"/proc/self/ns/{kind}").st_ino
while new("uts", 0x04000000) < wanted:
    below.append(open("/proc/self/ns/uts"))
new("uts", 0x04000000)
print(new("net", 0x40000000), flush=True)
signal.pause()
"""
WAYS = {"looking ahead": (Wanted(), True), "without": (Wanted(), False)}


@dataclass(frozen=True)
class Start:
    """What became of one request's plan. `cause` is why it did not start, empty where it did."""

    query: str
    way: str
    command: str
    cause: str


def pids_in(requests: Iterable[str], index: Index) -> set[int]:
    """The numbers that requests give to a tool as a PID, or may give."""
    values = (value for text in requests for value in understand(text, index.search).values)
    return {value.value for value in values if value.kind in ("pid", "ppid", "tid", "number") and isinstance(value.value, int) and value.value >= 100}


@contextmanager
def processes(pids: Iterable[int]) -> Iterator[None]:
    """Processes with just these PIDs that allocate and open files; a PID that somebody has stays theirs."""
    started = [_process(pid) for pid in sorted(pids)]
    java = subprocess.Popen(REGISTRY, stdout=subprocess.DEVNULL) if any(Path(p, "java").exists() for p in os.get_exec_path()) else None
    try:
        yield
    finally:
        for process in filter(None, (*started, java)):
            process.kill()
            process.wait()


def namespaces_in(requests: Iterable[str], index: Index) -> set[int]:
    """The network namespaces that requests speak of."""
    values = (value for text in requests for value in understand(text, index.search).values)
    return {value.value for value in values if value.kind == "netns" and isinstance(value.value, int)}


@contextmanager
def network_namespaces(numbers: Iterable[int]) -> Iterator[None]:
    """A process in a network namespace of each of these numbers, as far as they are free."""
    started = [subprocess.Popen([sys.executable, "-c", IN_NAMESPACE, str(number)], stdout=subprocess.PIPE, text=True) for number in numbers]
    try:
        for process in started:
            assert process.stdout is not None
            print("a network namespace", process.stdout.readline().strip(), file=sys.stderr)
        yield
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _process(pid: int) -> subprocess.Popen[bytes]:
    """A process with this PID: the next one that is made, once nobody has it, and if nobody makes another meanwhile."""
    argv = [TRACEE] if TRACEE else [sys.executable, "-c", ALLOCATES]
    for _ in range(20):
        process = subprocess.Popen(argv) if _is_next(pid) else None
        if process is not None and process.pid == pid:
            return process
        if process is not None:
            process.kill()
            process.wait()
        time.sleep(0.2)
    print(f"no process {pid} could be made", file=sys.stderr)
    return subprocess.Popen(argv)


def _is_next(pid: int) -> bool:
    """Make this the next PID; False where that can't be."""
    if Path(f"/proc/{pid}").exists():
        return False
    try:
        LAST_PID.write_text(str(pid - 1))
    except OSError:
        return False
    return True


@contextmanager
def spoken_of(requests: list[str], index: Index) -> Iterator[None]:
    """What the requests speak of: the PIDs first, before others have them."""
    programs = running(PROGRAMS, TRACEE or "/bin/sleep")
    node = running(["node"], f"{TRACEE}-node" if TRACEE else "/bin/sleep")
    with processes(pids_in(requests, index)), network_namespaces(namespaces_in(requests, index)), programs, node:
        yield


def planned(requests: list[str], index: Index) -> Iterator[tuple[str, str, Plan, Command | None]]:
    for way, (wanted, look_ahead) in WAYS.items():
        for text in requests:
            yield text, way, *pipeline.plan(text, index, wanted, look_ahead)


def cause(command: Command, limits: Limits) -> str:
    """Why a command doesn't start; empty where it does."""
    if command.problems:
        return "refused: " + "; ".join(f"{problem.argument}: {problem.why}" for problem in command.problems)
    out, errors, ended, status, ready, why = attempt(command, limits)
    found = diagnose(errors, out, status, pipeline._host(), ready is not None, ended)
    return why or (found.cause if found else "" if ended != "failed" else f"status {status}: {(errors or out or ['nothing said'])[-1]}")


def starts(requests: list[str], index: Index, limits: Limits, jobs: int, earlier: Iterable[Start] = ()) -> Iterator[Start]:
    known = {(start.query, start.way, _without_numbers(start.command)): start for start in earlier}
    plans = []
    for text, way, plan, command in planned(requests, index):
        same = known.get((text, way, _without_numbers(" ".join(command.argv) if command is not None else "")))
        if same is not None:
            yield same
        else:
            plans.append((text, way, plan, command))
    commands = {command.argv: command for _, _, _, command in plans if command is not None}
    with ThreadPoolExecutor(jobs) as pool:
        causes = dict(zip(commands, pool.map(lambda c: _told(c, cause(c, limits)), commands.values()), strict=True))
    for text, way, plan, command in plans:
        if command is None:
            yield Start(text, way, "", plan.reason)
        else:
            yield Start(text, way, " ".join(command.argv), causes[command.argv])


def _without_numbers(command: str) -> str:
    """A command that compares alike in every run: PIDs of names differ."""
    return re.sub(r"\d+", "N", command)


def _earlier(path: str | None) -> list[Start]:
    if path is None:
        return []
    table = json.loads(Path(path).read_text())
    if table["kernel"] != platform.release():
        raise SystemExit(f"{path} is of {table['kernel']}, and this kernel is {platform.release()}")
    return [Start(**row) for row in table["starts"]]


def _told(command: Command, why: str) -> str:
    print(f"{'!!' if why else '  '} {' '.join(command.argv)}: {why or 'started'}", file=sys.stderr, flush=True)
    return why


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="*", default=[str(Path(__file__).with_name("requests") / "development.jsonl")])
    parser.add_argument("--only", default="", metavar="REGEX", help="only requests in which it is found; nothing is saved")
    parser.add_argument("--since", metavar="FILE", help="an earlier table: its rows are kept where the plan is still the same")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--traced", type=float, default=1.0)
    parser.add_argument("--attach", type=float, default=120.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save")
    options = parser.parse_args()
    requests = [request["query"] for request in load(options.set) if request["tools"]]
    requests = [text for text in requests if re.search(options.only, text)][: options.limit]
    if not requests:
        parser.error("no request is like that")
    index = pipeline.open_index()
    limits = Limits(duration_s=options.traced, attach_s=options.attach, summary_s=20.0, terminate_s=5.0)
    with spoken_of(requests, index):
        results = list(starts(requests, index, limits, options.jobs, _earlier(options.since)))
    shares = {way: sum(not r.cause for r in results if r.way == way) / len(requests) for way in WAYS}
    for result in results:
        if result.cause and result.way == "looking ahead":
            print(f"  {result.query!r}: {result.command}: {result.cause}")
    print(f"{len(requests)} requests on {platform.release()}: " + ", ".join(f"{way} {100 * share:.1f} %" for way, share in shares.items()))
    if options.save and not options.only:  # a part isn't the measurement
        results.sort(key=lambda result: (list(WAYS).index(result.way), requests.index(result.query)))
        data = {"kernel": platform.release(), "requests": len(requests), "start": shares, "starts": [asdict(result) for result in results]}
        Path(options.save).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return 0 if shares["looking ahead"] >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
