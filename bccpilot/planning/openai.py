"""Planning with a model: it ranks the candidates and fills in arguments by function calling; what it answers is checked like a stranger's.

The local plan comes first and is what remains where the model fails, is refused three times, or disagrees without a good reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from bccpilot.model import Request
from bccpilot.planning import agreement, local, prompt, schema
from bccpilot.planning.arguments import fill
from bccpilot.planning.dialogue import Dialogue
from bccpilot.planning.prompt import Offer
from bccpilot.planning.ranking import FITS
from bccpilot.planning.wanted import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bccpilot.llm import Answer, Session
    from bccpilot.model import Candidate, Command, Plan
    from bccpilot.planning.choosing import Refuses
    from manpages_index.store import Index

    Check = Callable[[Plan], Command]
    Understand = Callable[[str], Request]

SEARCHES, CORRECTIONS = 2, 3
_WORDS = 300  # characters of the model's own words that are shown, or said back to it


class Wrong(Exception):
    """An answer that can't be taken; the words go back to the model."""


@dataclass(frozen=True)
class Outcome:
    """How the conversation ended: a plan that the check accepts, a refusal, a question, or none of these and why."""

    offer: Offer | None = None
    plan: Plan | None = None
    command: Command | None = None
    refusal: str = ""
    question: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Means:
    """What planning with a model needs beside what the local planner needs. `tokens` is the most that a prompt may have."""

    session: Session
    check: Check
    understand: Understand
    release: str
    candidates: int = 8
    tokens: int = 4000


def plan(request: Request, index: Index, wanted: Wanted, means: Means, refuses: Refuses | None = None) -> Plan:
    """The plan of model and local planner together; `planner` says whose it is. Raises ModelUnreachable."""
    own = local.plan(request, index, wanted, refuses)
    if own.tool is None and any(own.reason in reasons for reasons in index.search["declined"].values()):
        return own  # what is never served isn't asked about
    talk = _Talk(request, index, wanted, means, refuses, own)
    return _decide(own, talk.run(), talk)


@dataclass
class _Talk:
    """One conversation with the model, up to the first answer that can be taken."""

    request: Request
    index: Index
    wanted: Wanted
    means: Means
    refuses: Refuses | None
    own: Plan
    offers: list[Offer] = field(default_factory=list)
    first: tuple[Offer, ...] = ()
    searches: int = 0
    corrections: int = 0

    def run(self) -> Outcome:
        """Ask, correct, ask again."""
        self.offers = [*self._offers(self.own.candidates)]
        self.first = tuple(self.offers)
        dialogue = Dialogue(self.means.session, prompt.SYSTEM, self._user())
        words = ""
        while self.corrections <= CORRECTIONS:
            answer = dialogue.ask(self._functions(dialogue))
            try:
                outcome = self._taken(answer)
            except Wrong as wrong:
                self.corrections += 1
                words = str(wrong)[:_WORDS]
            else:
                if isinstance(outcome, Outcome):
                    return outcome
                words = outcome
            dialogue.reply(answer, words)
        return Outcome(failure=f"the model's answers were refused {self.corrections} times, the last one because of: {words}")

    def _user(self) -> str:
        """The first message, redacted before it is put into JSON, so that what is hidden leaves the JSON whole."""
        return prompt.user(self.request, self.means.release, self.means.session.redactor.hide)

    def unserved(self, planned: Plan) -> int:
        """How many values of the request a plan's tool has no argument for, and how many that it needs the request doesn't say."""
        if planned.tool is None or planned.flavour is None:
            return 0
        filled = fill(self.request, self.index.tool(planned.tool, planned.flavour), self.index.search)
        return len(filled.unmet) + len(filled.missing)

    def _functions(self, dialogue: Dialogue) -> list[dict[str, object]]:
        said = "".join(part for answer, words in dialogue.turns for part in (answer.text, str(answer.calls), words))
        used = prompt.used(dialogue.system, dialogue.user + said)
        more, strict = self.searches < SEARCHES, self.means.session.access.url is None
        return prompt.functions(self.offers, self.means.tokens, used, more and self.wanted.tool is None, strict)

    def _offers(self, candidates: tuple[Candidate, ...]) -> list[Offer]:
        """Candidates as offers, each with the local planner's plan for it; what is offered already isn't again."""
        found: dict[str, Offer] = {offer.tool.name: offer for offer in self.offers}
        for candidate in candidates[: self.means.candidates]:
            try:
                planned = local.plan(self.request, self.index, replace(self.wanted, tool=candidate.tool), self.refuses)
            except KeyError:  # not of the flavour that is wanted
                continue
            if planned.tool is not None and planned.flavour is not None and planned.tool not in found:
                found[planned.tool] = Offer(self.index.tool(planned.tool, planned.flavour), candidate.score, planned)
        return [offer for name, offer in found.items() if all(offer is not old for old in self.offers)]

    def _taken(self, answer: Answer) -> Outcome | str:
        """What an answer comes to; a string is said back. Raises Wrong."""
        if len(answer.calls) != 1:
            raise Wrong("call exactly one function" if answer.calls else "that is no function call; answer with exactly one")
        name, arguments = answer.calls[0].name, _arguments(answer.calls[0].arguments)
        match name:
            case "search_tools":
                return self._searched(_text(arguments, "words"))
            case "no_tool_fits":
                return Outcome(refusal=_text(arguments, "reason"))
            case "ask_user":
                return Outcome(question=_text(arguments, "question"))
        offer = next((offer for offer in self.offers if offer.tool.name == name), None)
        if offer is None:
            raise Wrong(f"there is no function {name[:60]!r}; choose among those offered, or search")
        return self._proposed(offer, arguments)

    def _searched(self, words: str) -> str:
        if self.searches >= SEARCHES or self.wanted.tool is not None:
            raise Wrong("no more searches; choose among the functions offered, or call no_tool_fits")
        self.searches += 1
        found = local.plan(self.means.understand(words[:_WORDS]), self.index, replace(self.wanted, tool=None))
        new = self._offers(found.candidates)
        self.offers = [*new, *self.offers]
        return f"found: {', '.join(candidate.tool for candidate in found.candidates) or 'nothing'}; they are functions now"

    def _proposed(self, offer: Offer, arguments: dict[str, object]) -> Outcome:
        """The call as a plan that passes the check. Raises Wrong with the checker's words."""
        try:
            args = schema.arguments(offer.tool, arguments)
        except schema.Unfit as unfit:
            raise Wrong(str(unfit)) from None
        cannot_run = self.refuses(offer.tool, args) if self.refuses is not None else None
        proposed = replace(offer.plan, args=args, planner="openai", cannot_run=cannot_run)
        proposed = replace(proposed, candidates=self.own.candidates, confidence=round(min(1.0, offer.score), 2))
        command, known = self.means.check(proposed), self.means.check(offer.plan)
        problem = next((problem for problem in command.problems if problem not in known.problems), None)
        if problem is not None:
            raise Wrong(f"{problem.argument}: {problem.why}")
        made_up = agreement.made_up(command, known, self.request, offer.tool.knowledge.roles)
        if made_up is not None:
            raise Wrong(f"{made_up}; leave it out")
        return Outcome(offer, proposed, command)


def _decide(own: Plan, outcome: Outcome, talk: _Talk) -> Plan:
    """Whose plan it is, with the other one and the reason among the warnings where they differ."""
    check = talk.means.check
    if outcome.offer is None or outcome.plan is None or outcome.command is None:
        return _without_a_call(own, outcome)
    own_command = check(own) if own.tool is not None else None
    reason = ""
    if agreement.is_riskier(outcome.command, own_command):
        reason = f"it is {outcome.command.risk}, which the request doesn't ask for"
    elif not agreement.is_front(outcome.offer, own, talk.first, FITS):
        reason = "the search finds it much less likely"
    elif own.tool is not None and talk.unserved(outcome.plan) > talk.unserved(own):
        reason = "it has no argument for all that the request says"
    elif outcome.plan.cannot_run is not None and own.tool is not None and own.cannot_run is None:
        reason = f"it can't run here: {outcome.plan.cannot_run}"
    if reason:
        return _warned(own, f"the model would run {agreement.shown(outcome.plan)}; not taken, because {reason}")
    return _filled(own, outcome.offer, outcome.plan, check)


def _filled(own: Plan, offer: Offer, proposed: Plan, check: Check) -> Plan:
    """The tool is the model's; the arguments are its own where they keep what the request says, else the local planner's."""
    known = check(offer.plan)
    # What isn't on this host was said all the same; what the tool itself would refuse is nothing to hold on to.
    sound = all(problem.stage not in ("spec", "tool") for problem in known.problems)
    lost = agreement.taken_away(check(proposed), known) if sound else ()
    chosen = proposed if not lost else replace(proposed, args=offer.plan.args, cannot_run=offer.plan.cannot_run)
    if lost:
        reason = f"that leaves out {', '.join(lost)}, which the request says"
        chosen = _warned(chosen, f"the model would run {agreement.shown(proposed)}; {reason}")
    if offer.tool.name != own.tool and own.tool is not None:
        chosen = _warned(chosen, f"the local planner would run {agreement.shown(own)}")
    return chosen


def _without_a_call(own: Plan, outcome: Outcome) -> Plan:
    said = outcome.failure
    if outcome.refusal:
        said = f"the model finds that no tool fits: {outcome.refusal}"
    elif outcome.question:
        said = f"the model asks: {outcome.question}"
    return _warned(own, said)


def _warned(plan: Plan, words: str) -> Plan:
    """A plan with one more warning; where there is no tool, it is part of the reason, which is all that is shown then."""
    if plan.tool is None:
        return replace(plan, reason=f"{plan.reason} ({words})")
    return replace(plan, warnings=(*plan.warnings, words))


def _arguments(text: str) -> dict[str, object]:
    """A call's arguments. Raises Wrong where they aren't one JSON object."""
    try:
        found = json.loads(text or "{}", parse_constant=lambda name: name)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"the arguments are not JSON: {str(error)[:80]}") from None
    if not isinstance(found, dict):
        raise Wrong("the arguments are not a JSON object")
    return found


def _text(arguments: dict[str, object], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Wrong(f"{name} must be a text")
    return " ".join(value.split())[:_WORDS]
