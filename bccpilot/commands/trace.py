"""The second half of a request: ask where asking is due, run as root, show what comes, explain it."""

from __future__ import annotations

import sys
import time

from bccpilot import config, pipeline
from bccpilot.errors import EXIT_DONE, Interrupted, Rejected
from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from bccpilot.model import Command, Findings, Line, Plan, Record, Run
    from bccpilot.reporting.screen import Status
    from bccpilot.running.run import Tracing
    from bccpilot.running.store import Keeper
    from manpages_index.model import Tool


def run(plan: Plan, command: Command, tool: Tool, options: argparse.Namespace) -> int:
    """Run a checked command. Returns the exit status; raises PilotError."""
    from bccpilot.reporting.screen import Status
    from bccpilot.running import run as running
    from bccpilot.running import store

    settings = config.load()
    confirm(command, options.yes)
    _warn_of_overhead(tool, options)
    limits = running.Limits(pipeline.duration(command, tool, settings), attach_s=settings.attach_s)
    status = Status(command.argv[0].rsplit("/", 1)[-1])
    store.prune(settings.keep_days * 86_400, settings.keep_bytes)
    keeper = store.create(pipeline.stored(plan, command), pipeline.host_facts())
    tracing = running.start(command, limits, keep=keeper, check=lambda path: pipeline.verify(path, tool))
    screen = Shown(options, status, settings.shown_lines)
    findings = watched(tracing, status, keeper, tool, screen, lambda: _consume(tracing, command, tool, screen, keeper))
    return Interrupted.status if findings is None else _conclude(plan, command, tool, tracing.result, findings, options)


def watched(
    tracing: Tracing, status: Status, keeper: Keeper, tool: Tool, screen: Shown, consume: Callable[[], Findings]
) -> Findings | None:
    """What `consume` finds in a run, which is shown as it goes and ended by signals; None where the user only wants to go. Raises ToolFailed."""
    from bccpilot.running import signals

    with tracing, signals.handling(tracing) as received:
        status.watch(tracing)
        try:
            findings = consume()
        finally:
            status.close()
            keeper.close()
    if received.must_end:
        return None
    failed = pipeline.failure(tool, tracing.result, screen.errors, screen.first)
    if failed is not None:
        raise failed
    return findings


def confirm(command: Command, yes: bool) -> None:
    """Ask before what costs or shows more than the request implies; `yes` answers that, but never what is dangerous. Raises Rejected when
    the answer is no, or when nobody can be asked."""
    if command.risk == "safe" or (yes and command.risk in ("costly", "sensitive")):
        return
    reasons = [escaped(reason) for reason in command.risk_reasons]
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        from_terminal = "run it from a terminal, where you can be asked; --yes doesn't answer it"
        hint = "--yes answers it" if command.risk != "dangerous" else from_terminal
        raise Rejected(f"this command is {command.risk} and nobody can be asked", "; ".join(reasons), hint)
    asking = f"This is {command.risk}:\n" + "".join(f"  {reason}\n" for reason in reasons) + "Run it? [y/N] "
    print(asking, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
        raise Rejected("not run", "it was not confirmed")


def beside(options: argparse.Namespace) -> TextIO:
    """Where words for people go: beside the records where those are for a program, else among them."""
    return sys.stderr if options.format in ("jsonl", "csv") else sys.stdout


_CHEAP = ("low", "negligible", "none", "very low", "minimal")


def _warn_of_overhead(tool: Tool, options: argparse.Namespace) -> None:
    """A word about what the tool costs, where that is more than a little."""
    overhead = tool.knowledge.overhead or tool.overhead
    if overhead and not options.json and not overhead.startswith(_CHEAP):
        print(f"  overhead: {escaped(overhead.partition(';')[0])}", file=beside(options), flush=True)


def _consume(tracing: Tracing, command: Command, tool: Tool, screen: Shown, keeper: Keeper) -> Findings:
    """Lines to records to findings, shown on the way."""
    from bccpilot.explaining.findings import Collector
    from bccpilot.explaining.own import of_this_run
    from bccpilot.output.parse import parse, shape_for

    shapes = tool.knowledge.outputs
    since_s = time.monotonic()
    collector = Collector(tool.name, shape_for(shapes, command.values), lambda: of_this_run(tool.path, since_s))
    for record in _kept(screen.records(parse(screen.lines(tracing), shapes, command.values)), keeper):
        collector.add(record)
    screen.close()
    return collector.findings(tracing.result.traced_s, tracing.result.lost)


def _kept(records: Iterator[Record], keeper: Keeper) -> Iterator[Record]:
    """The records, written to the run's directory on the way: the first ones; replay makes all of them from the raw output."""
    from bccpilot.reporting.formats import plain

    batch: list[dict[str, object]] = []
    for number, record in enumerate(records):
        if number < _RECORDS_KEPT:
            batch.append({"kind": record.kind, "fields": plain(record.fields), "interval": record.interval, "key": record.key})
        if len(batch) >= _BATCH:
            keeper.records(batch)
            batch = []
        yield record
    keeper.records(batch)


_RECORDS_KEPT, _BATCH = 20_000, 500


class Shown:
    """Shows lines or records as they pass, up to a limit on a terminal; what isn't shown is counted and said."""

    FIRST, ERRORS = 30, 400  # lines kept to tell why a tool failed
    FLUSH_S = 0.05  # a person sees no difference, and fifty thousand lines a second aren't fifty thousand writes

    def __init__(self, options: argparse.Namespace, status: Status, limit: int) -> None:
        self._format = options.format or ("jsonl" if options.json else "raw")
        self._status = status
        self._limit = limit if sys.stdout.isatty() and not options.output else None
        self._file = open(options.output, "w", encoding="utf-8") if options.output else sys.stdout  # noqa: SIM115
        self._count = 0
        self._flushed = 0.0
        self.errors: list[str] = []
        self.first: list[str] = []

    def lines(self, tracing: Tracing) -> Iterator[Line]:
        """The lines as they come, printed where the format is raw; the tool's errors only while it isn't being ended: a Python tool greets
        Ctrl-C with a traceback."""
        for line in tracing:
            kept, most = (self.first, self.FIRST) if line.stream == "out" else (self.errors, self.ERRORS)
            if len(kept) < most:
                kept.append(line.text)
            if self._format == "raw" and line.stream == "out":
                self._put(escaped(line.text.expandtabs()))
            elif line.stream == "err" and tracing.state == "attached":
                self._status.clear()
                print(escaped(line.text.expandtabs()), file=sys.stderr)
            yield line

    def records(self, records: Iterator[Record]) -> Iterator[Record]:
        """The records, printed where the format is one of records."""
        from bccpilot.reporting import formats

        if self._format == "raw":
            yield from records
            return
        passed: list[Record] = []

        def seen() -> Iterator[Record]:
            for record in records:
                passed.append(record)
                yield record

        for text in formats.FORMATS[self._format](seen()):
            self._put(text.removesuffix("\n"))
            yield from passed
            passed.clear()
        yield from passed

    def _put(self, text: str) -> None:
        self._count += 1
        if self._limit is None or self._count <= self._limit:
            self._status.clear()
            print(text, file=self._file)
            now = time.monotonic()
            if now - self._flushed > self.FLUSH_S:
                self._file.flush()
                self._flushed = now

    def close(self) -> None:
        self._file.flush()
        if self._limit is not None and self._count > self._limit:
            self._status.clear()
            print(f"... {self._count - self._limit} more lines are in the run's file (bccpilot replay)")
        if self._file is not sys.stdout:
            self._file.close()


def _conclude(plan: Plan, command: Command, tool: Tool, result: Run, findings: Findings, options: argparse.Namespace) -> int:
    """The explanation of a run that traced."""
    for warning in result.warnings:
        print(f"bccpilot: {warning}", file=sys.stderr)
    if not options.no_explain and not options.json:
        from bccpilot.commands import asking, explanation

        drawn = (options.format or "raw") == "raw" and not options.output
        said = explanation.text(findings, tool, result, plan.query, options.index, drawn)
        print(f"\n{said}", file=beside(options))
        asking.explain(plan.query, tool, result, findings, options, command.risk)
    return EXIT_DONE
