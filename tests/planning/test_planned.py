from __future__ import annotations

import pytest

from bccpilot.planning.local import plan
from bccpilot.planning.wanted import Wanted
from bccpilot.request.understand import understand
from manpages_index.store import Index

BCC = Wanted(flavour="bcc")


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("trace opens, as csv", ("opensnoop prints no CSV; --format csv makes its records into it",)),
        ("trace opens, as json", ("opensnoop prints no JSON; --format jsonl makes its records into it",)),
        ("tcp state changes as csv", ()),
    ],
)
def test_other_formats_are_had_all_the_same(index: Index, text: str, warnings: tuple[str, ...]) -> None:
    assert plan(understand(text, index.search), index, BCC).warnings == warnings


def test_who_suffers_is_no_filter_where_the_cause_is_elsewhere(index: Index) -> None:
    with open("/proc/self/comm") as file:
        own = file.read().strip()  # a program that runs, and so would be found
    request = understand(f"our {own} service gets slow every hour on the hour, nothing in the slowlog", index.search)
    found = plan(request, index, BCC)
    assert request.complaint is not None
    assert (request.complaint.system_wide, found.tool, found.args, found.warnings) == (True, "execsnoop", (), ())


def test_a_complaint_gets_the_reason_for_the_tool(index: Index) -> None:
    found = plan(understand("the load is at 30 and all cores are idle", index.search), index, BCC)
    assert (found.tool, found.reason.partition(" — ")[2]) == (
        "offcputime",
        "tasks blocked in the kernel count into the load average without using a CPU; the stacks say what they wait for",
    )
    assert "case: load (the load), cpu_idle (cor are idl)" in found.understood


def test_a_request_worded_like_a_symptom_gets_its_reason(index: Index) -> None:
    own = index.tool("criticalstat", "bcc").knowledge.symptoms[0]
    found = plan(understand("interrupts are missed: missed interrupts", index.search), index, BCC)
    assert (found.tool, found.reason.partition(" — ")[2]) == ("criticalstat", own.why)
