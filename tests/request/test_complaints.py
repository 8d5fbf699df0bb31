from __future__ import annotations

from pathlib import Path

import pytest

from bccpilot.model import Complaint
from bccpilot.request.understand import understand
from manpages_index import knowledge
from manpages_index.store import Index

SIGNS, CASES = knowledge.load_complaints()


def told(text: str, index: Index) -> Complaint | None:
    return understand(text, index.search).complaint


@pytest.mark.parametrize(
    ("text", "first", "signs"),
    [
        ("the load is at 30 and the cores are idle", "offcputime", {"load": "the load", "cpu_idle": "cor are idl"}),
        ("copying to the other site trickles along", "tcpretrans", {"transfer": "copy", "slow": "trickl", "peer": "other sit"}),
        ("memory of the daemon climbs", "memleak", {"memory": "memory", "grows": "climb", "service": "daemon"}),
        ("登录要等半天", "gethostlatency", {"login": "登录", "slow": "要等"}),
        ("磁盘很忙，谁在写", "biotop", {"disk_busy": "磁盘很忙", "unknown_who": "谁在"}),
        ("the daemon dies: 'exited on signal 11'", "exitsnoop", {"fault": "exit on signal", "dies": "die", "service": "daemon"}),
        ("the api grows 200 MB a day", "memleak", {"amount": "200 mb", "grows": "grow", "service": "api"}),
        ("the nic drops packets", "tcpdrop", {"nic": "nic", "drops": "drop packet", "retransmit": "drop packet"}),
        ("perf top shows _raw_spin_lock and threads more gain nothing", "profile", {"scales_badly": "gain noth", "in_a_profile": "perf top"}),
    ],
)
def test_the_case_with_the_most_signs(index: Index, text: str, first: str, signs: dict[str, str]) -> None:
    complaint = told(text, index)
    assert complaint is not None
    assert (complaint.tools[0], complaint.signs) == (first, signs)


@pytest.mark.parametrize(
    "text",
    [
        "which files is nginx opening",
        "disk latency as a histogram",
        "vfs_read is slow for postgres when the disk is busy",  # a function is named: that is what to trace
        "restart nginx whenever its memory grows",  # an order
        "",
    ],
)
def test_what_is_no_complaint(index: Index, text: str) -> None:
    assert told(text, index) is None


def test_a_value_and_a_program_are_signs(index: Index) -> None:
    complaint = told("who hammers sdb", index)
    assert complaint is not None
    assert complaint.signs == {"disk": "sdb", "disk_busy": "hammer", "unknown_who": "who"}
    complaint = told("mysqld commits are slow", index)
    assert complaint is not None
    assert complaint.signs["database"] == "mysqld"


def test_the_why_is_in_the_language_of_the_request(index: Index) -> None:
    english, chinese = told("DNS is slow", index), told("域名解析很慢", index)
    assert english is not None
    assert chinese is not None
    assert english.why == "each lookup of a host name is shown with its time"
    assert chinese.why == "逐次显示域名解析及其耗时"


def test_each_case_is_made_of_known_signs_and_tools() -> None:
    files = {path.stem for path in knowledge.DIRECTORY.glob("*.toml")}
    for case in CASES:
        named = {sign for one_of in (*case["signs"], *case["unless"]) for sign in one_of.split("|")}
        assert named <= set(SIGNS), case
        assert set(case["tools"]) <= files, case
        assert len(case["why_zh"]) > 5, case


def test_each_sign_is_used_and_said() -> None:
    used = {sign for case in CASES for one_of in (*case["signs"], *case["unless"]) for sign in one_of.split("|")}
    assert set(SIGNS) == used
    for name, sign in SIGNS.items():
        assert {"words"} <= set(sign) <= {"words", "words_zh", "values", "programs"}, name


def test_no_two_cases_are_told_by_the_same_signs() -> None:
    tellings = [(tuple(sorted(case["signs"])), tuple(case["unless"])) for case in CASES]
    assert len(tellings) == len(set(tellings))


def test_a_users_own_words_and_cases_come_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "complaints.toml").write_text(
        '[sign.slow]\nwords = ["treacly"]\n[[complaint]]\nsigns = ["slow", "dns"]\ntools = ["tcptop"]\nwhy = "so"\n'
    )
    signs, cases = knowledge.load_complaints([tmp_path])
    assert signs["slow"]["words"] == [*SIGNS["slow"]["words"], "treacly"]
    assert cases == [{"unless": [], "why_zh": "so", "signs": ["slow", "dns"], "tools": ["tcptop"], "why": "so"}, *CASES]


def test_a_case_that_lacks_something_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    file = tmp_path / "lexicon" / "complaints.toml"
    file.write_text('[[complaint]]\nsigns = ["slow"]\n')
    with pytest.raises(ValueError, match="needs `signs`, `tools` and `why`, and this has only signs") as raised:
        knowledge.load_complaints([tmp_path])
    assert str(file) in str(raised.value)
