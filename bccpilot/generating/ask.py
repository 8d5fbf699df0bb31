"""With a model: it writes, the check and the kernel decide, and what they said goes back to it; at most five times, then the composer's best
or an honest no.

What the model says is a stranger's text: only the program in it is looked at, and only by the check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bccpilot.generating.check import Checked, check
from bccpilot.generating.compose import NotUnderstood, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from bccpilot.generating.examples import Example
    from bccpilot.generating.points import Point
    from bccpilot.generating.program import Program
    from bccpilot.host import Host
    from bccpilot.model import Request
    from manpages_index.store import Index

    Load = Callable[[Checked], str | None]  # what speaks against it, in bpftrace's or the verifier's words

    class Model(Protocol):
        """Whoever answers. Raises ModelUnreachable where nobody does."""

        def ask(self, messages: Sequence[dict[str, str]]) -> str: ...

TRIES = 5
_MOST_POINTS, _MOST_EXAMPLES = 20, 3
_FENCED = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)```", re.DOTALL)
_NO = re.compile(r"\ANO:\s*(.+)", re.DOTALL)

RULES = """You write one bpftrace program for a request about a Linux machine. Answer with the program alone, in one ``` block.
- Use only probes from the list of hook points, or BEGIN, END, interval and profile; fields are read as args->name.
- Aggregate in maps (count, sum, avg, min, max, hist, lhist) wherever the request doesn't ask for each event. Never print at a probe that is hit
  thousands of times a second, unless its predicate picks one process out.
- What is kept between two probes is deleted when it was used, and cleared in END.
- No #include or #define, no system(), signal(), override(), cat() of files outside /proc and /sys, no positional parameters.
- Syscall arguments are known at sys_enter_*, results (bytes really read or written, errors) at sys_exit_* as args->ret.
- Begin the block with one comment line for each clause: `// PROBE: why it is there`.
- If these hook points can't answer the request, answer `NO: ` and the reason in one sentence instead.
"""


@dataclass(frozen=True)
class Try:
    """One answer of the model's and what was wrong with it; `why` is empty for the one that was taken."""

    text: str
    why: str = ""


@dataclass(frozen=True)
class Answer:
    """`checked` is None where there is no program, with the `reason`. `planner`: model, or composer where the model had none that holds."""

    checked: Checked | None
    planner: str = "model"
    reason: str = ""
    tries: tuple[Try, ...] = ()


def generate(request: Request, model: Model, host: Host, index: Index, load: Load | None = None) -> Answer:
    """A program for a request. `load` lets the kernel judge too (it needs root); without it the check alone does. Raises ModelUnreachable."""
    from bccpilot.generating.examples import nearest
    from bccpilot.generating.points import ranked

    best, reason = _composed(request, host)
    concepts = {name: probe for name, probe in index.search["probes"].items() if name in request.concepts}
    text = request.asked or request.text
    points = ranked(text, host, _MOST_POINTS, concepts)
    messages = prompt(text, points, nearest(text, index, _MOST_EXAMPLES), best)
    return _asked(messages, model, host, load, best, reason)


def _asked(messages: list[dict[str, str]], model: Model, host: Host, load: Load | None, best: Program | None, reason: str) -> Answer:
    tries: list[Try] = []
    for _ in range(TRIES):
        said = model.ask(messages)
        declined = _NO.match(said.strip())
        if declined:
            return _without(Try(said, "declined"), tries, best, host, declined[1].strip())
        checked = check(program_in(said), host)
        why = problems(checked) or (load(checked) if load is not None else None)
        if not why:
            return Answer(checked, tries=(*tries, Try(said)))
        tries.append(Try(said, why))
        back = f"That program fails:\n{why}\nWrite it again, whole."
        messages = [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": back}]
    last = tries[-1]
    return _without(last, tries[:-1], best, host, reason or f"the model's program failed {TRIES} times, at last with: {last.why}")


def _without(last: Try, before: list[Try], best: Program | None, host: Host, reason: str) -> Answer:
    """The composer's best where it has one that holds, else no program."""
    tries = (*before, last)
    if best is not None and best.cannot_run is None:
        checked = check(best.text, host)
        if checked.ok:
            return Answer(checked, "composer", tries=tries)
    return Answer(None, "model", reason, tries)


def _composed(request: Request, host: Host) -> tuple[Program | None, str]:
    try:
        return compose(request, host), ""
    except NotUnderstood as error:
        return None, str(error)


def prompt(text: str, points: Sequence[Point], examples: Sequence[Example], best: Program | None) -> list[dict[str, str]]:
    """The conversation's begin: the rules, then the request as data, with what exists here."""
    import json

    lines = ["Hook points of this machine, with what can be read there:"]
    lines += [f"- {point.name}" + (f" ({', '.join(f'{kind} {name}' for name, kind in point.fields)})" if point.fields else "") for point in points]
    lines += ["", "Programs for like requests:"]
    lines += [f"# {example.about}\n{example.text.strip()}" for example in examples]
    if best is not None:
        lines += ["", "What a simple composer makes of the request; it may have missed a part of it:", best.text]
    lines += ["", f"The request, as JSON: {json.dumps(text, ensure_ascii=False)}"]
    return [{"role": "system", "content": RULES}, {"role": "user", "content": "\n".join(lines)}]


def program_in(said: str) -> str:
    """The program in an answer: what is in its first fence, else all of it."""
    fenced = _FENCED.search(said)
    return (fenced[1] if fenced else said).strip() + "\n"


def program_of(request: str, answer: Answer) -> Program:
    """A model's program as the composer's are known: its attach points, with the reasons that its comments give."""
    from bccpilot.generating.program import Probe, Program

    assert answer.checked is not None
    assert answer.checked.tree is not None
    said = program_in(answer.tries[-1].text) if answer.tries else ""
    probes = []
    for clause in answer.checked.tree.all("probe"):
        points = tuple(point.text for point in clause.children[0].children)
        why = re.search(rf"^//[ \t]*{re.escape(points[0])}:[ \t]*(\S.*)$", said, re.MULTILINE)
        probes.append(Probe(points, (), "", why[1].strip()[:200] if why else ""))
    return Program(request, tuple(probes), "written by the model")


def problems(checked: Checked) -> str:
    """What is wrong, a line each: the parser's place, the missing probe or field, the policy's reason. Empty where nothing is."""
    return "\n".join(f"{p.argument}: {p.why}" if p.argument else p.why for p in checked.problems)
