from __future__ import annotations

from pathlib import Path

import pytest

from manpages_index import discover, knowledge, worded
from manpages_index.model import ArgRole, Column, Rule, StandIn, Symptom

FILE = """
about = "what it shows"
concepts = ["file"]
phrases = ["which files"]
phrases_zh = ["文件"]
ends = "either"
risk = "costly"
risk_why = "it costs"
unlike.other = "it is another"
instead.part = "shows part of it"
instead.trace = { shows = "shows the calls", probes = ["vfs_read"] }

[[symptom]]
words = ["it is slow"]
why = "because"

[bcc]
ready = "^TIME"

[bcc.roles]
pid = { role = "pid" }
min_ms = { role = "threshold", unit = "ms", words = ["slow ones"], value = 10, whole = true }

[[bcc.rules]]
given = ["pid", "tid"]
why = "not both"

[[bcc.output]]
shape = "events"
columns = [{ header = "PID", name = "pid", type = "int", given = ["wide"] }]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "mytool.toml").write_text(FILE)
    return tmp_path


def test_every_file_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert knowledge.main([]) == 0, capsys.readouterr().out


def test_every_installed_tool_has_a_file() -> None:
    have = {path.stem for path in knowledge.DIRECTORY.glob("*.toml")}
    assert sorted({name for name, _, _ in discover.files()} - have) == []


def test_every_tool_with_a_file_has_been_learned() -> None:
    """Else: python -m bench.learn."""
    learned = set(knowledge.load_table("worded")["classes"].split())
    assert learned ^ knowledge.load_files().keys() == {worded.DECLINED}


def test_a_file_of_the_users_own(directory: Path) -> None:
    known = knowledge.knowledge_of(knowledge.load_files([directory])["mytool"], "bcc")
    assert (known.about, known.concepts, known.ends, known.ready) == ("what it shows", ("file",), "either", "^TIME")
    assert (known.risk, known.risk_why, known.unlike) == ("costly", "it costs", {"other": "it is another"})
    assert known.instead == (StandIn("part", "shows part of it"), StandIn("trace", "shows the calls", ("vfs_read",)))
    assert known.symptoms == (Symptom(("it is slow",), (), "because"),)
    assert known.roles == (ArgRole("pid", "pid"), ArgRole("min_ms", "threshold", "ms", ("slow ones",), value="10", whole=True))
    assert known.rules == (Rule(("pid", "tid"), "not both"),)
    assert known.outputs[0].columns == (Column("PID", "pid", "int", None, ("wide",)),)


def test_like_takes_what_is_not_said(directory: Path) -> None:
    (directory / "another.toml").write_text('like = "mytool"\nabout = "another"\n[bcc]\nready = "^X"\n')
    known = knowledge.knowledge_of(knowledge.load_files([directory])["another"], "bcc")
    assert (known.about, known.phrases, known.ready) == ("another", ("which files",), "^X")
    assert [role.dest for role in known.roles] == ["pid", "min_ms"]


def test_a_file_that_is_not_toml_is_named(directory: Path) -> None:
    (directory / "broken.toml").write_text("about = ")
    with pytest.raises(ValueError, match=r"broken\.toml"):
        knowledge.load_files([directory])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"abuot": "x"}, "unknown key 'abuot'"),
        ({}, "'about' is missing"),
        ({"concepts": ["nosuch"]}, "concept 'nosuch' is not known"),
        ({"ends": "never"}, "ends = 'never' is none of ('interrupt', 'itself', 'either')"),
        ({"bcc": {"roles": {"pid": {"role": "nosuch"}}}}, "bcc: roles.pid: role 'nosuch' is not known"),
        ({"bcc": {"roles": {"nosuch": {"role": "pid"}}}}, "bcc: roles.nosuch: the tool has no such argument"),
        ({"bcc": {"roles": {}}}, "bcc: argument 'pid' has no role"),
        ({"instead": {"trace": {"probes": ["f"]}}}, "instead.trace: it has probes; `shows` and perhaps `probes` are meant"),
        ({"like": "x"}, "bcc: installed with arguments, but not described"),
    ],
)
def test_problems_are_told(data: dict[str, object], problem: str) -> None:
    assert problem in list(knowledge.problems_of_file(data, ["file"], ["pid"], {"bcc": {"pid"}}))
