from __future__ import annotations

import pytest

from bccpilot.request import states
from manpages_index.store import Index


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is swap on?", {"!state": "yes_or_no"}),
        ("tell me how much ram is free", {"!state": "how_much"}),
        ("how large is the database", {"!state": "how_large"}),
        ("list the systemd timers on this machine", {"!state": "inventory"}),
        ("which dns server is configured", {"!state": "which"}),
        ("what is the pid of nginx", {"!state": "attribute"}),
        ("how many vcpus does this vm have", {"!state": "how_many_has"}),
        ("what does sigpipe mean", {"!writing": "general"}),
        ("how does a futex work", {"!writing": "how_it_works"}),
        ("what should vm.dirty_ratio be", {"!writing": "good_value"}),
        ("stack traces in app.log grouped by count", {"!files": "in app.log"}),
        ("统计 data.csv 里的行数", {"!files": "data.csv 里"}),
    ],
)
def test_questions_for_a_state_are_found(index: Index, text: str, expected: dict[str, str]) -> None:
    assert states.find(text, index.search["orders"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "is any other tracer running",
        "is the listen queue filling up",
        "how big are the requests hitting the disk",
        "how many retransmits does each connection have",
        "how much memory is read per second",
        "what gets mounted inside containers",
        "print the contents of local socket messages",
        "which processes read from app.log",
        "list the files that nginx opens, with the process",
    ],
)
def test_what_happens_is_no_state(index: Index, text: str) -> None:
    assert states.find(text, index.search["orders"]) == {}
