from __future__ import annotations

import pytest

from bccpilot.planning.local import plan
from bccpilot.request.understand import understand
from manpages_index.store import Index


def test_what_another_flavour_has_no_argument_for_is_said(index: Index) -> None:
    found = plan(
        understand("opens that fail, with their full paths and flags", index.search),
        index,
        refuses=lambda tool, args: "no kprobes" if (tool.name, tool.flavour) == ("opensnoop", "bcc") else None,
    )
    assert (found.tool, found.flavour, found.args) == ("opensnoop", "libbpf", ("-e", "-x"))
    assert found.warnings == (
        "opensnoop of bcc can't run here: no kprobes",
        "opensnoop of libbpf-tools is used instead",
        "opensnoop of libbpf-tools has nothing like --full-path",
    )


def test_what_can_run_nowhere_has_a_stand_in_that_shows_part_of_it(index: Index) -> None:
    found = plan(
        understand("kernel sections with preemption off for more than 250us", index.search),
        index,
        refuses=lambda tool, args: "no such tracepoint" if tool.name == "criticalstat" else None,
    )
    assert (found.tool, found.args) == ("runqslower", ("250",))
    assert found.warnings == (
        "criticalstat of bcc can't run here: no such tracepoint",
        "runqslower of bcc is used instead: it shows the tasks that such a section kept waiting for a CPU, not the code of the section",
    )


@pytest.mark.parametrize(
    ("text", "gone", "tool", "args", "duration_s"),
    [
        ("top 8 disk users (processes), 5 second windows, 12 of them", ("biotop", "biosnoop"), "filetop", ("-r", "8", "5", "12"), None),
        ("file descriptors passed through sockets by anything named dockerd, one minute only", ("sofdsnoop",),
         "trace", ("-n", "dockerd", "__scm_send", "scm_detach_fds"), 60),
        ("for 45 seconds, how many prefetched pages nobody used", ("readahead",), "biopattern", ("45", "1"), None),
        ("which classes are responsible for most of the bytes allocated in our java service", ("javaobjnew",), "javastat", (), None),
    ],
)  # fmt: skip
def test_stand_ins_get_the_requests_values_and_the_probes_that_they_must_be_told(
    index: Index, text: str, gone: tuple[str, ...], tool: str, args: tuple[str, ...], duration_s: float | None
) -> None:
    found = plan(understand(text, index.search), index, refuses=lambda tool, args: "it is gone" if tool.name in gone else None)
    assert (found.tool, found.args, found.duration_s) == (tool, args, duration_s)
    assert any(warning.startswith(f"{tool} of bcc is used instead: it ") for warning in found.warnings)


def test_a_stand_in_is_about_the_same_things(index: Index) -> None:
    """Names that are looked up are asked for, too; but it's connections that are to be seen."""
    found = plan(
        understand("tcp connections with uid and dns names", index.search),
        index,
        refuses=lambda tool, args: "no kprobes" if tool.name.startswith(("tcp", "solisten")) else None,
    )
    assert (found.tool, found.cannot_run) == ("tcpconnect", "tcpconnect of bcc can't run here: no kprobes")


def test_what_an_expert_would_run_instead_comes_before_what_is_only_ranked_next(index: Index) -> None:
    found = plan(
        understand("print every single disk I/O of pid 1", index.search),
        index,
        refuses=lambda tool, args: "it is inlined" if tool.name == "biosnoop" else None,
    )
    assert (found.tool, found.args[:2], found.args[2].partition(" ")[0]) == ("trace", ("-p", "1"), "t:block:block_rq_issue")
