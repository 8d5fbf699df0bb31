"""bccpilot generate REQUEST: a bpftrace program where no tool fits; composed, checked, run, explained."""

from __future__ import annotations

import argparse
import sys

from bccpilot import config
from bccpilot.errors import EXIT_DONE, HostCannot, Interrupted, ModelUnreachable, NoToolFits, Rejected, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.commands.trace import Shown
    from bccpilot.generating.ask import Load
    from bccpilot.generating.check import Checked
    from bccpilot.generating.program import Program
    from bccpilot.generating.syntax import Node
    from bccpilot.host import Host
    from bccpilot.model import Findings, Request, Run
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
    add("--planner", choices=("auto", "local", "openai"), default="auto", help="who writes it (default: auto)")
    add("--model", metavar="NAME", help="the model to ask, where one is asked")
    add("--no-send", action="store_true", help="nothing leaves this machine: no model is asked")
    add("--json", action="store_true", help="machine-readable")
    add("-d", "--duration", type=_seconds, metavar="S", help="how long to trace, in seconds")
    add("-y", "--yes", action="store_true", help="run what would be asked about")
    add("--format", choices=("raw", "table", "jsonl", "csv"), default=None, help="how to show what comes (default: raw)")
    add("--no-explain", action="store_true", help="only the output")
    add("-v", "--verbose", action="store_true", help="the nearest examples, and what was sent to a model")
    add("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from manpages_index import store

    text = " ".join(options.words)
    if options.run is not None:
        return _run_saved(options, text)
    if not text.strip():
        raise UsageError("the request is empty", next='say what to observe: bccpilot generate "bytes read by process"')
    index = store.load(options.index, config.own_knowledge())  # not the tools are needed but their language
    host = _host()
    program, checked, planner = _written(text, index, host, options)
    if options.output is not None:
        return _save(program, checked, host, options)
    _show(program, checked, planner, index, options)
    if options.dry_run:
        return EXIT_DONE
    _refuse(checked, program.cannot_run)
    duration = options.duration or program.duration_s
    return _trace(checked, program.request, program.about, next(iter(program.units.values()), None), duration, options)


def _host() -> Host:
    from bccpilot.host import read_host

    return read_host()


def _written(text: str, index: Index, host: Host, options: argparse.Namespace) -> tuple[Program, Checked, str]:
    """(program, its check, who wrote it): the model where one is configured, else the composer."""
    from bccpilot.generating.check import check
    from bccpilot.generating.compose import NotUnderstood, compose
    from bccpilot.request.understand import understand

    request = understand(text, index.search)
    if options.planner != "local":
        answered = _answered(request, host, index, options)
        if answered is not None:
            return answered
    try:
        program = compose(request, host)
    except NotUnderstood as error:
        raise _none(str(error)) from error
    return program, check(program.text, host), "composer"


def _none(why: str) -> NoToolFits:
    return NoToolFits("there is no program for this request", why, "bccpilot probes WORDS shows what this host can observe")


def _answered(request: Request, host: Host, index: Index, options: argparse.Namespace) -> tuple[Program, Checked, str] | None:
    """What the model wrote; None where none is configured, or none can be reached and it wasn't insisted on."""
    from bccpilot.generating import model

    speaker = model.configured(options.no_send, options.model)
    insisted = options.planner == "openai"
    if speaker is None:
        if insisted:
            why = "nothing may leave this machine" if options.no_send else "there is neither a key nor a server of your own"
            raise ModelUnreachable("no model can be asked", why, "set OPENAI_API_KEY, or see bccpilot config")
        return None
    from bccpilot.generating import ask

    try:
        answer = ask.generate(request, speaker, host, index, None if options.dry_run or options.output else _loads(options))
    except ModelUnreachable as error:
        if insisted:
            raise
        print(f"bccpilot: {error.what}; the composer writes the program", file=sys.stderr)
        return None
    finally:
        if options.verbose:
            from bccpilot.reporting.escape import escaped

            print("\n".join(f"sent: {escaped(text)}" for text in speaker.sent), file=sys.stderr)
    if answer.checked is None:
        raise _none(answer.reason)
    if answer.planner == "composer":
        return None
    return ask.program_of(request.text, answer), answer.checked, "openai"


def _loads(options: argparse.Namespace) -> Load:
    """The kernel's word on a program. One that would be asked about isn't loaded before it was."""
    from bccpilot.generating.load import load

    return lambda checked: load(checked).error if checked.risk == "safe" or options.yes else None


def _show(program: Program, checked: Checked, planner: str, index: Index, options: argparse.Namespace) -> None:
    from bccpilot.reporting import program as report

    instead = program.instead if program.instead in index.names() else None
    if options.json:
        if options.dry_run:
            print(report.as_json(program, checked, instead, planner))
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
        raise HostCannot("this host can't run the program", why, "bccpilot probes WORDS finds other places")


# running


def _trace(checked: Checked, request: str, about: str, unit: str | None, duration: float | None, options: argparse.Namespace) -> int:
    """Run a checked program through the runner, as any tool is."""
    from bccpilot.commands import trace
    from bccpilot.generating import load, records
    from bccpilot.reporting.screen import Status
    from bccpilot.running import run as running
    from bccpilot.running import store

    assert checked.tree is not None
    settings = config.load()
    command = load.command(checked, duration)
    trace.confirm(command, options.yes)
    tool = _tool(command.argv[0], about, records.shape(records.formats(checked.tree), unit))
    keeper = store.create({"query": request, "tool": None, "flavour": "bpftrace", "program": checked.text, "argv": list(command.argv)}, None)
    status = Status("the program")
    screen = trace.Shown(argparse.Namespace(format=options.format, json=options.json, output=None), status, settings.shown_lines)
    tracing = running.start(command, running.Limits(duration or settings.duration_s, attach_s=settings.attach_s), keep=keeper)
    tree = checked.tree
    findings = trace.watched(tracing, status, keeper, tool, screen, lambda: _consume(tracing, tool, tree, unit, screen))
    return Interrupted.status if findings is None else _conclude(request, tool, tracing.result, findings, options)


def _tool(path: str, about: str, shape: OutputShape) -> Tool:
    """The program as the explaining stage knows tools."""
    from manpages_index.model import Knowledge, Tool

    return Tool("bpftrace", "bpftrace", path, summary=about, knowledge=Knowledge(about=about, outputs=(shape,)))


def _consume(tracing: Tracing, tool: Tool, tree: Node, unit: str | None, screen: Shown) -> Findings:
    from bccpilot.explaining.findings import Collector
    from bccpilot.generating import records

    collector = Collector("program", tool.knowledge.outputs[0])
    for record in screen.records(records.records(screen.lines(tracing), tree, unit)):
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
