"""Every installed tool, predicted against actual: does `can_run` say before what happens when the tool is really started?

    bench/sweep.py [--flavour bcc ...] [--only NAME,...] [--traced S] [--attach S] [--save FILE] [--merge FILE]

Each tool is started through bccpilot's own runner (sudo, clock, SIGINT), with the arguments of sweep.toml. It has started when its probes
were attached and it ended by itself or by the clock without a failure that can be diagnosed. Afterwards nothing may be left running.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import shlex
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bccpilot.checking.preflight import can_run
from bccpilot.checking.spec import parse
from bccpilot.errors import PilotError
from bccpilot.host import Host, read_host
from bccpilot.model import Command
from bccpilot.running.diagnosis import diagnose
from bccpilot.running.run import Limits, start
from manpages_index import store
from manpages_index.model import Tool

ARGUMENTS = tomllib.loads(Path(__file__).with_name("sweep.toml").read_text())
LONG_S = 60.0
ALLOCATES = "import time\nwhile True:\n    kept = [bytearray(4096) for _ in range(100)]; open('/dev/null').close(); time.sleep(0.1)"


@dataclass(frozen=True)
class Outcome:
    """One tool's row of the table. Times are seconds."""

    tool: str
    flavour: str
    arguments: str
    predicted: bool
    why_not: str
    unknown: tuple[str, ...]
    actual: bool
    ended: str
    status: int | None
    cause: str
    ready_s: float | None
    lines: int
    tail: tuple[str, ...]
    left_running: bool

    @property
    def agrees(self) -> bool:
        return self.predicted == self.actual


def disk() -> str:
    """MAJOR:MINOR of the first real disk."""
    names = sorted(name for name in os.listdir("/sys/block") if not name.startswith(("loop", "ram", "zram")))
    return Path(f"/sys/block/{names[0]}/dev").read_text().strip() if names else "254:0"


def arguments(tool: Tool, pid: int) -> list[str]:
    text = ARGUMENTS.get(tool.flavour, {}).get(tool.name, "")
    return shlex.split(text.format(pid=pid, libc=libc(), disk=disk(), self=os.getpid()) if "{" in text else text)


def libc() -> str:
    """The C library of this process, which is the same Python as the one that is traced."""
    mapped = (line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines())
    return next((path for path in mapped if "/libc." in path or "/libc-" in path), "libc")


def sweep_one(tool: Tool, host: Host, pid: int, limits: Limits, keep: str | None = None) -> Outcome:
    args = arguments(tool, pid)
    parsed = parse(tool.spec, args)
    flight = can_run(tool, host, parsed.values)
    command = Command(tool.name, tool.flavour, (tool.path, *args), needs_terminal=tool.knowledge.needs_terminal)
    out, errors, ended, status, ready, cause = attempt(command, limits)
    if keep and errors:
        Path(keep, f"{tool.flavour}-{tool.name}.err").write_text("\n".join(errors) + "\n", errors="surrogateescape")
    found = diagnose(errors, out, status, host, ready is not None, ended)
    cause = cause or (found.cause if found else "")
    return Outcome(
        tool.name, tool.flavour, shlex.join(args), flight.ok, flight.why, flight.unknown, not cause and ended != "failed", ended, status,
        cause, round(ready, 1) if ready is not None else None, len(out), tuple((errors or out)[-4:]), left_running(tool),
    )  # fmt: skip


SETTING_UP = ("get_kprobe_functions", "bpf_module_create", "attach_kprobe", "attach_kretprobe", "load_func")


def attempt(command: Command, limits: Limits) -> tuple[list[str], list[str], str, int | None, float | None, str]:
    """(output, errors, how it ended, status, when it was attached, why it couldn't be started). A slow machine may need seconds between two
    probes: a tool that the clock interrupted while it was still attaching is given more time, once."""
    out: list[str] = []
    errors: list[str] = []
    try:
        with start(command, limits) as tracing:
            for line in tracing:
                (errors if line.stream == "err" else out).append(line.text)
        run = tracing.result
    except PilotError as error:
        return out, errors, "failed", None, None, f"{error.what}: {error.why}"
    unfinished = "KeyboardInterrupt" in errors[-1:] and any(word in "\n".join(errors) for word in SETTING_UP)
    if run.ended == "time" and unfinished and limits.duration_s is not None and limits.duration_s < LONG_S:
        return attempt(command, dataclasses.replace(limits, duration_s=LONG_S))
    late = run.ended == "failed" and run.status in (-2, -9, -15)
    return out, errors, run.ended, run.status, run.ready_s, f"not attached within {limits.attach_s:.0f} s" if late else ""


def left_running(tool: Tool) -> bool:
    """Is a process of this tool still there?"""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if tool.path.encode() in Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")[:3]:
                    return True
            except OSError:
                continue
    return False


def table(outcomes: list[Outcome]) -> str:
    """The summary and every row that disagrees or that nobody can explain."""
    agree = sum(o.agrees for o in outcomes)
    unexplained = [o for o in outcomes if not o.actual and not o.cause]
    left = [o.tool for o in outcomes if o.left_running]
    lines = [
        f"{len(outcomes)} tools on {platform.release()}: {agree} predictions agree ({100 * agree / max(1, len(outcomes)):.1f} %), "
        f"{sum(o.actual for o in outcomes)} run, {len(unexplained)} failures without a cause, left running: {', '.join(left) or 'none'}"
    ]
    for o in outcomes:
        if not o.agrees or o in unexplained:
            said = f"predicted {'yes' if o.predicted else 'no: ' + o.why_not}; actual {'yes' if o.actual else 'no: ' + (o.cause or '?')}"
            lines.append(f"  {o.flavour} {o.tool} {o.arguments}: {said} [{o.ended} {o.status}] {o.tail[-1:]}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flavour", nargs="*", default=["bcc"])
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--traced", type=float, default=4.0)
    parser.add_argument("--attach", type=float, default=40.0)
    parser.add_argument("--save")
    parser.add_argument("--merge", metavar="FILE", help="an earlier table: its rows of the tools that aren't run now are kept")
    parser.add_argument("--keep", help="a directory for what each tool says on standard error")
    args = parser.parse_args()
    host, only = read_host(), set(filter(None, args.only.split(",")))
    index = store.load()
    tools = [t for t in index.tools if t.flavour in args.flavour and (not only or t.name in only)]
    child = subprocess.Popen([sys.executable, "-c", ALLOCATES])
    outcomes: list[Outcome] = []
    try:
        for tool in tools:
            limits = Limits(duration_s=args.traced, attach_s=args.attach, summary_s=20.0, terminate_s=5.0)
            began = time.monotonic()
            outcomes.append(sweep_one(tool, host, child.pid, limits, args.keep))
            last = outcomes[-1]
            mark = "  " if last.agrees else "!!"
            print(f"{mark} {tool.flavour} {tool.name}: predicted {last.predicted}, actual {last.actual} {last.cause[:70]} "
                  f"({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
            if args.save:
                save(args.save, merged(args.merge, outcomes))
    finally:
        child.kill()
        child.wait()
    outcomes = merged(args.merge, outcomes)
    print(table(outcomes))
    return 0 if sum(o.agrees for o in outcomes) >= 0.95 * len(outcomes) and not any(o.left_running for o in outcomes) else 1


def merged(path: str | None, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes with those of an earlier table beside them."""
    rows = json.loads(Path(path).read_text())["outcomes"] if path else []
    names = [field.name for field in dataclasses.fields(Outcome)]
    before = {(row["flavour"], row["tool"]): Outcome(**{name: row[name] for name in names}) for row in rows}
    return list((before | {(o.flavour, o.tool): o for o in outcomes}).values())


def save(path: str, outcomes: list[Outcome]) -> None:
    rows = [{**vars(o), "agrees": o.agrees} for o in outcomes]
    data = {"kernel": platform.release(), "tools": len(rows), "agree": sum(o.agrees for o in outcomes), "outcomes": rows}
    Path(path).write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
