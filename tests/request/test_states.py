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
        ("how many 502s today", {"!files": "how many 502s"}),
        ("who typed rm -rf on wednesday", {"!past": "on wednesday"}),
        ("did anything touch /etc/hosts over the last few days", {"!past": "over the last few days"}),
        ("how many packets got lost in the incident on 12 june", {"!past": "in the incident"}),
        ("前两天磁盘那次抖动是谁引起的", {"!past": "前两天"}),
        ("礼拜三谁敲的 rm", {"!past": "礼拜三"}),
        ("/var/lib/docker 多大了", {"!state": "/var/lib/docker 多大了"}),
        ("what mount options does /home have", {"!state": "what_has"}),
        ("how big is /var/lib/docker", {"!state": "how_large"}),
        ("free memory?", {"!state": "fragment"}),
        ("when does our domain lapse", {"!state": "when_it_ends"}),
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
        "since the deploy on friday the cpu was always busy",
        "writes have got slow since the upgrade of 12 june",
        "礼拜三升级之后写盘慢了",
        "which tracepoints does the compaction subsystem have",
        "btrfs 大于 30ms 的文件操作",
    ],
)
def test_what_happens_is_no_state(index: Index, text: str) -> None:
    assert states.find(text, index.search["orders"]) == {}
