"""Whether a model is asked, and what happens when it can't be: between the command line and the two planners, the two explainers."""

from __future__ import annotations

import sys

from bccpilot import access, config, pipeline
from bccpilot.errors import ModelUnreachable
from manpages_index.frozen import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from bccpilot.access import Access
    from bccpilot.config import Settings
    from bccpilot.explaining.openai import Explanation
    from bccpilot.llm import Session
    from bccpilot.model import Command, Findings, Plan, Record, Run
    from bccpilot.planning.wanted import Wanted
    from manpages_index.model import Tool
    from manpages_index.store import Index

    Failed = Mapping[tuple[str, str], str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options about the model, for the commands that may use one."""
    parser.add_argument("--model", metavar="NAME", help="the model to ask, where one is asked")
    parser.add_argument("--no-send", action="store_true", help="nothing leaves this machine: no model is asked")
    parser.add_argument("--send-sensitive", action="store_true", help="a model may see what tools such as bashreadline recorded")


def plan(text: str, index: Index, wanted: Wanted, options: argparse.Namespace, failed: Failed | None = None) -> tuple[Plan, Command | None]:
    """A request planned and checked, with the model where the options and settings want one. Raises ModelUnreachable only where it was
    insisted on; else the local plan says why it is alone."""
    look_ahead = not options.no_preflight
    asker = asker_of(options) if failed is None else None
    if asker is None or not text.strip():
        return pipeline.plan(text, index, wanted, look_ahead, failed)
    return asker.plan(text, index, wanted, look_ahead)


def asker_of(options: argparse.Namespace) -> Asker | None:
    """The model of this command line, None where none is asked. It is kept, so that one that can't be reached is asked only once."""
    if not hasattr(options, "asker"):
        options.asker = _asker(options)
    found: Asker | None = options.asker
    return found


def _asker(options: argparse.Namespace) -> Asker | None:
    insisted = options.planner == "openai"
    if options.planner == "local":
        return None
    settings = config.load()
    if options.no_send or not settings.send:
        if insisted:
            said = "--no-send says so" if options.no_send else "the setting send is false"
            raise ModelUnreachable("nothing may leave this machine, so no model can be asked", said, "leave --planner openai out")
        return None
    key: str | None = getattr(options, "key", None)
    if not insisted and not key and not access.configured(settings):
        return None
    try:
        return Asker(settings, insisted, options.verbose, access.find(settings, options.model, key))
    except ModelUnreachable as error:
        if insisted:
            raise
        return Asker(settings, insisted, options.verbose, None, error)


class Asker:
    """The model of one command line. `broken` is why it isn't asked any more."""

    def __init__(self, settings: Settings, insisted: bool, verbose: bool, access: Access | None, broken: ModelUnreachable | None = None) -> None:
        self.settings, self.insisted, self.verbose, self.access, self.broken = settings, insisted, verbose, access, broken

    def plan(self, text: str, index: Index, wanted: Wanted, look_ahead: bool) -> tuple[Plan, Command | None]:
        """The plan of both planners; the local one's alone, with a warning, where the model can't be had."""
        if self.broken is None:
            try:
                return self._planned(text, index, wanted, look_ahead)
            except ModelUnreachable as error:
                if self.insisted:
                    raise
                self.broken = error
        planned, command = pipeline.plan(text, index, wanted, look_ahead)
        why = f": {self.broken.why}" if self.broken.why else ""
        return replace(planned, warnings=(*planned.warnings, f"planned without the model: {self.broken.what}{why}")), command

    def _planned(self, text: str, index: Index, wanted: Wanted, look_ahead: bool) -> tuple[Plan, Command | None]:
        from bccpilot.checking.check import check
        from bccpilot.checking.policy import asked_for
        from bccpilot.planning import openai
        from bccpilot.request.understand import understand

        def checked(planned: Plan) -> Command:
            asked = asked_for(understand(text, index.search), wanted.tool)
            return check(planned, pipeline.tool_of(planned, index), self.settings.unasked, asked)

        if wanted.tool is not None:
            wanted = replace(wanted, tool=pipeline.resolve(wanted.tool, index))
        means = openai.Means(
            session=self._session(),
            check=checked,
            understand=lambda words: understand(words, index.search),
            release=_release(),
            candidates=self.settings.model_candidates,
            tokens=self.settings.plan_tokens,
        )
        try:
            planned = openai.plan(understand(text, index.search), index, wanted, means, pipeline.cannot_run if look_ahead else None)
        finally:
            self._tell(means.session)
        if planned.tool is None:
            return planned, None
        planned = pipeline.within_reach(planned, index) if look_ahead else planned
        return planned, checked(planned)

    def explain(self, findings: Findings, tool: Tool, run: Run, query: str, index_path: str | None, quietly: bool = False) -> Explanation:
        """The model's explanation, shown as it comes. Ctrl-C ends it, a model that fails does, too: what was found is on the screen already."""
        from collections import deque

        from bccpilot.commands.explanation import planner_of
        from bccpilot.explaining import openai
        from bccpilot.explaining.verify import Numbers
        from bccpilot.request.language import language_of

        explanation, session = openai.Explanation(), self._session()
        sample = _sample(run)
        sent = openai.messages(findings, tool, query, language_of(query), sample, session, self.settings.explain_tokens)
        numbers = Numbers(findings, [query, *(str(value) for record in sample for value in record.fields.values())])
        try:
            lines = openai.lines(session, sent, numbers, planner_of(index_path), explanation)
            deque(lines, 0) if quietly else _show(lines)
        except KeyboardInterrupt:
            print("\n(the explanation was stopped)", file=sys.stderr)
        except ModelUnreachable as error:
            print(f"bccpilot: the model's explanation ends here: {_escaped(error.what)}: {_escaped(error.why)}", file=sys.stderr)
        finally:
            self._tell(session)
        return explanation

    def _session(self) -> Session:
        from bccpilot.llm import Session
        from bccpilot.redact import Redactor

        assert self.access is not None
        return Session(self.access, Redactor(self.settings.redact_emails, self.settings.redact_addresses))

    def _tell(self, session: Session) -> None:
        """What was sent and what it cost, where that was asked for."""
        for exchange in session.exchanges if self.verbose else ():
            print(f"sent to {session.access.where}: {_escaped(exchange.sent)}\nreceived: {_escaped(exchange.received)}", file=sys.stderr)
            cost = f"{exchange.tokens_in} tokens in, {exchange.tokens_out} out, {exchange.seconds:g} s"
            print(f"cost: {cost}; {session.redactor.count} texts were hidden", file=sys.stderr)


def explain(query: str, tool: Tool, run: Run, findings: Findings, options: argparse.Namespace, risk: str) -> Explanation | None:
    """The model's explanation below the local one, shown as it comes but for `--json`; None where no model is asked, or may not see this."""
    from bccpilot.explaining.openai import may_send

    asker = asker_of(options)
    if asker is None or asker.broken is not None or not findings.facts:
        return None
    if not may_send(tool, risk, options.send_sensitive):
        print(f"bccpilot: the output of {tool.name} may hold secrets: no model sees it (--send-sensitive allows it)", file=sys.stderr)
        return None
    return asker.explain(findings, tool, run, query, options.index, quietly=options.json)


def _show(lines: Iterator[str]) -> None:
    """Markdown as it comes: set by paragraphs on a terminal, as it is elsewhere."""
    print()
    if not sys.stdout.isatty():
        for line in lines:
            print(line, flush=True)
        return
    from itertools import chain

    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    paragraph: list[str] = []
    for line in chain(lines, ("",)):
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            console.print(Markdown("\n".join(paragraph), hyperlinks=False))
            paragraph = []


def _sample(run: Run) -> list[Record]:
    """The run's first records."""
    from itertools import islice

    from bccpilot.errors import PilotError
    from bccpilot.model import Record
    from bccpilot.running.store import load_run

    try:
        kept = list(islice(load_run(run.id).records(), _SAMPLE))
    except (PilotError, OSError):
        return []
    fields = [record.get("fields") for record in kept if record.get("kind") not in ("note", "unparsed")]
    return [Record("event", field) for field in fields if isinstance(field, dict)]


_SAMPLE = 20


def _release() -> str:
    import os

    return os.uname().release


def _escaped(text: str) -> str:
    from bccpilot.reporting.escape import escaped

    return escaped(text)
