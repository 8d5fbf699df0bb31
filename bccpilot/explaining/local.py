"""Findings -> an explanation, without a model. Losses come first, then the main finding, the top few, what is notable by rules of the
field, what isn't shown, and what one would ask next. Facts only; every number is a finding's."""

from __future__ import annotations

from bccpilot.explaining import told
from bccpilot.explaining.numbers import human, percent
from bccpilot.explaining.rules import Notable, notable
from bccpilot.explaining.sentences import Words, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bccpilot.model import Findings, Run
    from manpages_index.model import Tool

MOST_LINES = 12  # of facts
MOST_NEXT = 3


def explain(
    findings: Findings,
    tool: Tool,
    run: Run,
    language: str = "en",
    plan_of: Callable[[str], str | None] | None = None,
    spark: Callable[[list[float]], str] | None = None,
) -> str:
    """The explanation as lines of plain text. `plan_of` turns a request into the command that a checked plan of it would run, None where
    there is none; `spark` draws a series in a few characters, where the screen can show that."""
    words = Words("zh" if language == "zh" else "en", tool.name)
    lines = [_head(words, tool, run, language), *_losses(words, findings, run), ""]
    first, *rest = [*told.facts(words, findings, spark), ""][:MOST_LINES]
    lines += [first, *(f"  {line}" for line in rest if line)] if first else [words.frame("nothing")]
    lines += _notable(words, findings)
    lines += _aside(words, findings)
    lines += _next(words, tool, run, plan_of)
    return "\n".join(lines)


def _head(words: Words, tool: Tool, run: Run, language: str) -> str:
    """What was traced, how, and for how long."""
    about = (tool.knowledge.about_zh if language == "zh" else "") or tool.knowledge.about or tool.summary
    ended = words.frame(f"ended_{run.ended}") if run.ended in ("itself", "interrupt", "limit", "killed") else ""
    return words.frame("head", command=command_of(run.argv), seconds=human(round(run.traced_s, 1), "s"), ended=ended, about=about)


def command_of(argv: tuple[str, ...]) -> str:
    """The command as a person would type it."""
    from shlex import join

    return short_command(join([argv[0].rsplit("/", 1)[-1], *argv[1:]])) if argv else ""


def short_command(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def _losses(words: Words, findings: Findings, run: Run) -> Iterator[str]:
    if findings.lost:
        counted = findings.lost + findings.records
        yield words.frame("lost", n=human(findings.lost), share=percent(findings.lost, counted))
    if run.not_shown:
        yield words.frame("not_shown", n=human(run.not_shown))
    if findings.unparsed:
        yield words.frame("unparsed", n=human(findings.unparsed), all=human(max(run.lines, findings.unparsed)))


def _notable(words: Words, findings: Findings) -> list[str]:
    found = notable(findings)
    return ["", words.frame("notable"), *(f"  {words.frame(said.level)}{_sentence(words, said)}" for said in found)] if found else []


def _sentence(words: Words, said: Notable) -> str:
    return words.rule(said.rule, value=said.value, subject=short(said.fact.subject), row=short(said.row))


def _aside(words: Words, findings: Findings) -> list[str]:
    """What isn't in the numbers, and what the tool can't show."""
    kinds = ("own", "stale", "implausible")
    lines = [words.frame(fact.kind, n=human(fact.value or 0)) for fact in findings.facts if fact.kind in kinds]
    lines += [words.hides] if words.hides else []
    return ["", words.frame("hidden"), *(f"  {line}" for line in lines)] if lines else []


def _next(words: Words, tool: Tool, run: Run, plan_of: Callable[[str], str | None] | None) -> list[str]:
    """Requests that lead on, with the command of a checked plan; those that can't be served here, or that were just run, are left out."""
    if plan_of is None:
        return []
    planned = ((request, plan_of(request)) for request in words.requests(tool.name))
    just_run = command_of(run.argv)
    served: dict[str, str] = {}
    for request, command in planned:
        typed = (command or "").removeprefix("sudo ")
        if command and typed not in (just_run, tool.command) and command not in served:
            served[command] = request
    offers = list(served.items())[:MOST_NEXT]
    return ["", words.frame("next"), *(f'  bccpilot "{request}"\n      {command}' for command, request in offers)] if offers else []
