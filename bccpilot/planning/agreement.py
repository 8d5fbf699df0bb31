"""How far a model is followed. It may choose among the front runners and add what the rules missed; it may not take away what the request
says, make up values, or raise the risk. So that the worst answers that are still allowed leave the local plan as it is."""

from __future__ import annotations

import re
import shlex

from bccpilot.checking.policy import LEVELS
from bccpilot.planning import processes, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bccpilot.model import Command, Plan, Request
    from bccpilot.planning.prompt import Offer
    from manpages_index.model import ArgRole

FRONT = 0.12  # a tool whose likeness is less than the best one's by more than this isn't what was asked for
_FACTORS = (1, 1e3, 1e6, 1e9, 1 / 60, 1 / 1024, 1 / 1024**2, 1 / 1000, 1 / 4096, 100)  # the units that a value may be wanted in
_SMALL_WORD = 3


def is_front(offer: Offer, own: Plan, first: Sequence[Offer], least: float) -> bool:
    """Whether the tool is among those that the searches found about as good as the best: of the request's own search the better half,
    within FRONT; of the model's searches whatever is that good. `least` is the likeness below which nothing fits."""
    best = own.confidence if own.tool is not None else least
    if offer.tool.name == own.tool:
        return True
    if offer.score < best - (FRONT if own.tool is not None else 0.0):
        return False
    names = [candidate.tool.name for candidate in first]
    return offer.tool.name not in names or own.tool is None or names.index(offer.tool.name) < (len(names) + 1) // 2


def is_riskier(command: Command, than: Command | None) -> bool:
    """Whether a command is riskier than the local planner's; than nothing, where that has none."""
    return LEVELS.index(command.risk) > LEVELS.index(than.risk if than is not None else "safe")


def taken_away(command: Command, local: Command) -> tuple[str, ...]:
    """The dests that the local planner read from the request and that the model left out or gave otherwise."""
    return tuple(dest for dest in local.given if command.values.get(dest) != local.values.get(dest))


def made_up(command: Command, local: Command, request: Request, roles: Iterable[ArgRole]) -> str | None:
    """The first value that neither the request, nor the host's facts, nor the local planner has; None where there is none.

    Values out of a fixed list are choices, not facts; the roles' own values are, too.
    """
    own = {role.dest: {role.value, *role.values} for role in roles}
    numbers, said = _numbers(request), f"{request.text} {' '.join(request.concepts)}".casefold()
    for dest in command.given:
        if command.values.get(dest) == local.values.get(dest):
            continue
        for value in _values(command.values.get(dest)):
            if str(value) not in own.get(dest, ()) and not _is_said(value, numbers, said):
                return f"{dest}: {value!r} is not in the request"
    return None


def shown(plan: Plan) -> str:
    """A plan's command as a person types it."""
    return shlex.join(("sudo", (plan.path or "").rsplit("/", 1)[-1], *plan.args))


def _values(value: object) -> Iterator[float | int | str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _values(item)
    elif isinstance(value, int | float | str) and not isinstance(value, bool):
        yield value


def _numbers(request: Request) -> set[float]:
    """All numbers that the request says, in all units, and the numbers of the processes and users that it names."""
    found = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", request.text)}
    for value in request.values:
        if isinstance(value.value, int | float):
            found |= {round(float(value.value) * factor, 9) for factor in _FACTORS}
        elif value.kind == "comm":
            found |= {float(pid) for pid in processes.pids_of(value.value)}
        elif value.kind == "user":
            found.add(float(uid if (uid := processes.uid_of(value.value)) is not None else -1))
    return found


def _is_said(value: float | int | str, numbers: set[float], said: str) -> bool:
    """A name is said where it has a word of the request in it, or the request one of its words: page faults, t:exceptions:page_fault_user."""
    if isinstance(value, str) and not re.fullmatch(r"\d+(?:\.\d+)?", value):
        name = value.casefold()
        parts = [part for part in re.findall(r"[^\W_]+", name) if len(part) >= _SMALL_WORD]
        return any(part in said for part in parts) or any(word in name for word in re.findall(r"[a-z]{4,}", said))
    number = float(value)
    return number in numbers or units.plain(number) in numbers
