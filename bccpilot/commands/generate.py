"""bccpilot generate REQUEST: a bpftrace program where no tool fits; composed, checked, run, explained."""

from __future__ import annotations

import argparse
import sys

from bccpilot import config
from bccpilot.errors import EXIT_DONE, HostCannot, Interrupted, NoToolFits, Rejected, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.generating.check import Checked
    from bccpilot.generating.program import Program
    from bccpilot.host import Host
    from bccpilot.model import Findings, Run
    from bccpilot.running.run import Tracing
    from manpages_index.model import OutputShape, Tool
    from manpages_index.store import Index

HELP = """Write a bpftrace program for a request that no installed tool serves, check it, run it as root
for a while and explain what it saw.

  bccpilot generate "bytes read by process"       bccpilot generate -n "page faults by process"
  bccpilot generate -o reads.bt "read sizes"      bccpilot generate --run reads.bt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bccpilot.commands.request import _seconds

    add = parser.add_argument
    add("words", nargs="*", metavar="REQUEST", help="what to observe, in your words")
    add("-n", "--dry-run", action="store_true", help="only show the program; needs no root")
    add("-o", "--output", metavar="FILE.bt", help="save the program there, and don't run it")
    add("--run", metavar="FILE.bt", help="check and run a saved program")
    add("--json", action="store_true", help="machine-readable")
    add("-d", "--duration", type=_seconds, metavar="S", help="how long to trace, in seconds")
    add("-y", "--yes", action="store_true", help="run what would be asked about")
    add("--format", choices=("raw", "table", "jsonl", "csv"), default=None, help="how to show what comes (default: raw)")
    add("--no-explain", action="store_true", help="only the output")
    add("-v", "--verbose", action="store_true", help="the examples that are nearest to the request")
    add("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from bccpilot.generating.check import check
    from manpages_index import store

    text = " ".join(options.words)
    if options.run is not None:
        return _run_saved(options, text)
    if not text.strip():
        raise UsageError("the request is empty", next='say what to observe: bccpilot generate "bytes read by process"')
    index = store.load(options.index, config.own_knowledge())  # not the tools are needed but their language
    host = _host()
    program = _compose(text, index, host)
    checked = check(program.text, host)
    if options.output is not None:
        return _save(program, checked, host, options)
    _show(program, checked, index, options)
    if options.dry_run:
        return EXIT_DONE
    _refuse(checked, program.cannot_run)
    duration = options.duration or program.duration_s
    return _trace(checked, program.request, program.about, next(iter(program.units.values()), None), duration, options)


def _host() -> Host:
    from bccpilot.host import read_host

    return read_host()


def _compose(text: str, index: Index, host: Host) -> Program:
    from bccpilot.generating.compose import NotUnderstood, compose
    from bccpilot.request.understand import understand

    try:
        return compose(understand(text, index.search), host)
    except NotUnderstood as error:
        raise NoToolFits("no program can be composed for this request", str(error), "bccpilot probes WORDS shows what this host can observe") from error


def _show(program: Program, checked: Checked, index: Index, options: argparse.Namespace) -> None:
    from bccpilot.reporting import program as report

    instead = program.instead if program.instead in index.names() else None
    if options.json:
        if options.dry_run:
            print(report.as_json(program, checked, instead))
        return
    print(report.text(program, checked, instead), flush=True)
    if options.verbose:
        from bccpilot.generating.examples import nearest

        for example in nearest(program.request, index):
            print(f"\n# {example.about} ({example.source})\n{example.text.rstrip()}")


def _save(program: Program, checked: Checked, host: Host, options: argparse.Namespace) -> int:
    from bccpilot.generating import saved

    if not checked.text:
        _refuse(checked, None)
    saved.save(options.output, saved.with_header(checked.text, program.request, host.release, host.bpftrace))
    print(f"{options.output}: {program.about}\n  bccpilot generate --run {options.output}")
    return EXIT_DONE


def _run_saved(options: argparse.Namespace, said: str) -> int:
    from bccpilot.generating import saved
    from bccpilot.generating.check import check

    if options.output or said:
        raise UsageError("--run takes a saved program and no request", next=f"bccpilot generate --run {options.run}")
    text = saved.load(options.run)
    checked = check(text, _host())
    _refuse(checked, None)
    if not options.json:
        print(checked.text, flush=True)
    if options.dry_run:
        return EXIT_DONE
    return _trace(checked, saved.request_of(text), options.run, None, options.duration, options)


def _refuse(checked: Checked, cannot_run: str | None) -> None:
    """Raise what speaks against running a program. A host that can't isn't the program's fault."""
    own = [problem for problem in checked.problems if problem.stage != "host"]
    if own:
        raise Rejected("this program is not run", f"{own[0].argument}: {own[0].why}", "change the program, or say the request otherwise")
    if checked.problems or cannot_run is not None:
        why = cannot_run or f"{checked.problems[0].argument}: {checked.problems[0].why}"
        raise HostCannot("this host can't run the program", why, "bccpilot doctor says what this machine can trace; bccpilot probes WORDS finds other places")


# running


def _trace(checked: Checked, request: str, about: str, unit: str | None, duration: float | None, options: argparse.Namespace) -> int:
    """Run a checked program through the runner, as any tool is."""
    from bccpilot import pipeline
    from bccpilot.commands import trace
    from bccpilot.generating import load, records
    from bccpilot.reporting.screen import Status
    from bccpilot.running import run as running
    from bccpilot.running import signals, store

    assert checked.tree is not None
    settings = config.load()
    command = load.command(checked, duration)
    trace.confirm(command, options.yes)
    known = records.formats(checked.tree)
    tool = _tool(command.argv[0], about, records.shape(known, unit))
    keeper = store.create({"query": request, "tool": None, "flavour": "bpftrace", "program": checked.text, "argv": list(command.argv)}, None)
    status = Status("the program")
    screen = trace.Shown(argparse.Namespace(format=options.format, json=options.json, output=None), status, settings.shown_lines)
    tracing = running.start(command, running.Limits(duration or settings.duration_s, attach_s=settings.attach_s), keep=keeper)
    with tracing, signals.handling(tracing) as received:
        status.watch(tracing)
        try:
            findings = _consume(tracing, tool, known, unit, screen)
        finally:
            status.close()
            keeper.close()
    if received.must_end:
        return Interrupted.status
    failed = pipeline.failure(tool, tracing.result, screen.errors, screen.first)
    if failed is not None:
        raise failed
    return _conclude(request, tool, tracing.result, findings, options)


def _tool(path: str, about: str, shape: OutputShape) -> Tool:
    """The program as the explaining stage knows tools."""
    from manpages_index.model import Knowledge, Tool

    return Tool("bpftrace", "bpftrace", path, summary=about, knowledge=Knowledge(about=about, outputs=(shape,)))


def _consume(tracing: Tracing, tool: Tool, known: tuple[object, ...], unit: str | None, screen: object) -> Findings:
    from bccpilot.commands.trace import Shown
    from bccpilot.explaining.findings import Collector
    from bccpilot.generating import records

    assert isinstance(screen, Shown)
    collector = Collector("program", tool.knowledge.outputs[0])
    for record in screen.records(records.records(screen.lines(tracing), known, unit)):  # type: ignore[arg-type]
        collector.add(record)
    screen.close()
    return collector.findings(tracing.result.traced_s, tracing.result.lost)


def _conclude(request: str, tool: Tool, result: Run, findings: Findings, options: argparse.Namespace) -> int:
    for warning in result.warnings:
        print(f"bccpilot: {warning}", file=sys.stderr)
    if not options.no_explain and not options.json:
        from dataclasses import replace

        from bccpilot.explaining.local import explain
        from bccpilot.request.language import language_of

        print()
        print(explain(findings, tool, replace(result, argv=(result.argv[0],)), language_of(request)))
    return EXIT_DONE
