from __future__ import annotations

import pytest

from bccpilot.planning.ranking import rank
from bccpilot.request.understand import understand
from manpages_index import numbered, worded
from manpages_index.packed import COLUMNS, Packed, pack
from manpages_index.packed import Column as PackedColumn
from manpages_index.store import Index

LEARNED = {"classes": "! biolatency biosnoop gone", "weights": {"#": "0:50 1:-20", "disk": "1:200 2:200 3:400", "histogram": "1:300 2:-300"}}


def weights(*documents: str) -> PackedColumn:
    columns = {name: {} for name in COLUMNS} | {"worded": worded.column(LEARNED, documents)}
    data = pack(columns).encode()
    return Packed(data, 0, len(data)).column("worded")


def test_numbers_come_back() -> None:
    pairs = [(0, -3.27), (7, 0.0), (32767, 250.5)]
    assert list(numbered.pairs(numbered.pack(pairs))) == [(0, -327), (7, 0), (32767, 25050)]


def test_what_is_said_for_one_speaks_against_the_others() -> None:
    histogram = worded.likely(weights("biolatency", "biosnoop"), worded.features({"disk": 1.0, "histogram": 1.0}, ()))
    assert {number: round(share, 2) for number, share in histogram.items()} == {0: 0.98, 1: 0.0, 2: 0.01}  # the last is what is declined


def test_what_is_not_installed_is_not_likely() -> None:
    assert set(worded.likely(weights("biosnoop"), {"disk": 1.0})) == {0, 1}


def test_without_features_what_is_always_so_counts() -> None:
    assert max((share, number) for number, share in worded.likely(weights("biolatency", "biosnoop"), {}).items())[1] == 2


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("spread of the operation times on our xfs volume", "xfsdist"),
        ("just a counter: processes spawned per second", "pidpersec"),
        ("overview of all node processes, gc counts and so on, live", "nodestat"),
        ("谁在往 /dev/md0 发 flush", "mdflush"),
    ],
)
def test_siblings_are_told_apart_by_what_people_ask_them(index: Index, text: str, tool: str) -> None:
    assert rank(understand(text, index.search), index.search)[0].name == tool
