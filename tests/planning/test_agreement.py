"""How far a model is followed: what counts as said in a request, what as made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bccpilot.model import Candidate, Command, Plan
from bccpilot.planning import agreement
from bccpilot.planning.prompt import Offer
from bccpilot.request.understand import understand
from manpages_index.model import ArgRole, Tool
from manpages_index.store import Index

NONE = Command("x", "bcc", ())


@pytest.mark.parametrize(
    ("text", "value", "made_up"),
    [
        ("slower than 10 ms", 10, False), ("slower than 10 ms", 10_000, False), ("slower than 10 ms", 0.01, False), ("slower than 10 ms", 7, True),
        ("for half a minute", 30, False), ("count page faults", "t:exceptions:page_fault_user", False), ("统计缺页", "t:exceptions:page_fault_user", False),
        ("count malloc calls", "c:malloc", False), ("count malloc calls", "/usr/bin/evil", True), ("opens of pid 12", ["12"], False),
        ("opens of pid 12", ["12", "13"], True), ("opens", True, False), ("opens", None, False), ("opens", "-1", True),
    ],
)  # fmt: skip
def test_values(index: Index, text: str, value: object, made_up: bool) -> None:
    command = replace(NONE, values={"it": value}, given=("it",))
    found = agreement.made_up(command, NONE, understand(text, index.search), ())
    assert (found is not None) is made_up
    if made_up:
        assert found.startswith("it: ")
        assert found.endswith(" is not in the request")


def test_a_roles_own_values_and_the_local_planners_are_no_inventions(index: Index) -> None:
    request = understand("uninterruptible sleep", index.search)
    command = replace(NONE, values={"state": 2, "pid": 77}, given=("state", "pid"))
    local = replace(NONE, values={"pid": 77}, given=("pid",))
    assert agreement.made_up(command, local, request, (ArgRole("state", "switch", values={"2": ("uninterruptible",)}),)) is None


def test_what_is_taken_away() -> None:
    local = replace(NONE, values={"pid": 1, "failed": True, "count": 5}, given=("pid", "failed"))
    assert agreement.taken_away(replace(local, values={"pid": 1, "failed": True, "count": 9}), local) == ()
    assert agreement.taken_away(replace(local, values={"pid": 2, "failed": False}), local) == ("pid", "failed")


def offer(name: str, score: float) -> Offer:
    return Offer(Tool(name, "bcc", f"/usr/sbin/{name}-bpfcc"), score, Plan(""))


@pytest.mark.parametrize(
    ("name", "score", "own", "front"),
    [
        ("a", 0.60, "a", True), ("b", 0.55, "a", True), ("b", 0.40, "a", False), ("d", 0.58, "a", False), ("found", 0.55, "a", True),
        ("found", 0.30, "a", False), ("d", 0.31, None, True), ("d", 0.29, None, False),
    ],
)  # fmt: skip
def test_front_runners(name: str, score: float, own: str | None, front: bool) -> None:
    first = [offer("a", 0.6), offer("b", 0.55), offer("c", 0.5), offer("d", 0.45)]
    plan = Plan("", tool=own, confidence=0.6 if own else 0.0, candidates=(Candidate("a", "bcc", 0.6),))
    assert agreement.is_front(offer(name, score), plan, first, 0.3) is front


@pytest.mark.parametrize(("risk", "than", "riskier"), [("safe", None, False), ("costly", None, True), ("costly", "costly", False), ("dangerous", "sensitive", True)])
def test_risks(risk: str, than: str | None, riskier: bool) -> None:
    other = replace(NONE, risk=than) if than else None
    assert agreement.is_riskier(replace(NONE, risk=risk), other) is riskier
