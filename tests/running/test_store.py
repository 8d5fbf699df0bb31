"""The runs on the disk."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from bccpilot.errors import UsageError
from bccpilot.model import Line, Run
from bccpilot.running import store
from bccpilot.running.store import Keeper, create, list_runs, load_run, prune


def kept(place: Path, out: bytes = b"a\nb\n", started: float = 1000.0) -> Keeper:
    keeper = create({"tool": "x"}, {"kernel": "6.1"}, str(place))
    keeper.output("out", out, 0.5)
    keeper.output("err", b"oops\n", 0.75)
    keeper.output("out", b"rest", 1.0)
    keeper.records([{"kind": "event", "fields": {"path": "\udcff"}}, {"kind": "note"}])
    keeper.result(Run(keeper.id, ("/usr/sbin/x",), started, ended="time", status=0))
    return keeper


def test_a_run_as_it_was(tmp_path: Path) -> None:
    keeper = kept(tmp_path)
    keeper.close()
    run = load_run(keeper.id, str(tmp_path))
    assert list(run.lines()) == [Line("a", "out", 0.5), Line("b", "out", 0.5), Line("oops", "err", 0.75), Line("rest", "out", 1.0)]
    assert list(run.records()) == [{"kind": "event", "fields": {"path": "\udcff"}}, {"kind": "note"}]
    assert (run.plan, run.host, run.started) == ({"tool": "x"}, {"kernel": "6.1"}, 1000.0)
    assert run.result is not None
    assert (run.result["ended"], run.result["argv"]) == ("time", ["/usr/sbin/x"])
    assert run.size == sum(entry.stat().st_size for entry in os.scandir(run.directory))


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    keeper = kept(tmp_path / "state" / "runs")
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(keeper.directory)}
    assert modes == dict.fromkeys(["plan.json", "host.json", "result.json", "out.log", "err.log", "order.tsv", "records.jsonl"], 0o600)
    assert stat.S_IMODE(os.stat(str(keeper.directory)).st_mode) == 0o700


def test_a_run_that_was_cut_off(tmp_path: Path) -> None:
    keeper = create({}, {}, str(tmp_path))
    keeper.output("out", b"half a li", 0.5)
    with open(os.path.join(str(keeper.directory), "records.jsonl"), "a") as file:
        file.write('{"kind": "event"}\n{"kind": "ev')
    run = load_run("last", str(tmp_path))
    assert (run.result, list(run.lines()), list(run.records())) == (None, [Line("half a li", "out", 0.5)], [{"kind": "event"}])


def test_by_id_by_its_beginning_by_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["20260101-000000-aaaa", "20260102-000000-bbbb", "20260102-000000-cccc"])
    monkeypatch.setattr(store, "new_id", lambda: next(ids))
    for _ in range(3):
        kept(tmp_path).close()
    assert [run.id[-4:] for run in list_runs(str(tmp_path))] == ["cccc", "bbbb", "aaaa"]
    assert load_run("20260101", str(tmp_path)).id == "20260101-000000-aaaa"
    assert load_run("last", str(tmp_path)).id == "20260102-000000-cccc"
    with pytest.raises(UsageError, match="is the beginning of 2 runs"):
        load_run("20260102", str(tmp_path))
    with pytest.raises(UsageError, match="there is no run 2027"):
        load_run("2027", str(tmp_path))
    with pytest.raises(UsageError, match="there is no run last"):
        load_run("last", str(tmp_path / "none"))


def test_old_ones_go_by_age_and_size_but_not_those_in_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter([f"2026010{number}-000000-aaaa" for number in range(1, 6)])
    monkeypatch.setattr(store, "new_id", lambda: next(names))
    now = time.time()
    for days in (40, 3, 2):
        kept(tmp_path, b"x" * 10000, now - days * 86400).close()
    running = kept(tmp_path, b"x" * 10000, now - 50 * 86400)
    kept(tmp_path, b"x" * 10000, now).close()
    assert prune(30 * 86400, 1 << 30, str(tmp_path)) == 1
    assert [run.id[7] for run in list_runs(str(tmp_path))] == ["5", "4", "3", "2"]
    assert prune(30 * 86400, 25_000, str(tmp_path)) == 2
    assert [run.id[7] for run in list_runs(str(tmp_path))] == ["5", "4"]
    running.close()
    assert prune(30 * 86400, 25_000, str(tmp_path)) == 1


def test_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert store.runs_directory() == "/state/bccpilot/runs"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert store.runs_directory() == "/home/me/.local/state/bccpilot/runs"


def test_a_home_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keeper = kept(tmp_path / "file" / "runs")
    assert keeper.directory is None
    assert len(keeper.warnings) == 1
    assert keeper.warnings[0].endswith("from here on: Not a directory")


def test_a_full_disk_is_a_warning_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = create({}, {}, str(tmp_path))
    keeper.output("out", b"kept\n", 0.1)
    os.dup2(os.open("/dev/full", os.O_WRONLY), keeper._files["out.log"])
    directory = keeper.directory
    for at in (0.2, 0.3):
        keeper.output("out", b"not kept\n", at)
    keeper.records([{"kind": "event"}])
    keeper.result(Run(keeper.id, (), 0.0))
    assert keeper.warnings == [f"the run is not kept in {directory} from here on: No space left on device"]
    assert [line.text for line in load_run(keeper.id, str(tmp_path)).lines()] == ["kept"]


def test_a_link_in_the_way_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "new_id", lambda: "20260101-000000-aaaa")
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "20260101-000000-aaaa").symlink_to(target)
    assert create({}, {}, str(tmp_path)).directory is None
    assert os.listdir(target) == []


def test_the_documents_are_json(tmp_path: Path) -> None:
    keeper = kept(tmp_path)
    assert json.loads(Path(str(keeper.directory), "plan.json").read_text()) == {"tool": "x"}


def test_a_home_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's user with a home that was never made: the run goes on, and as root no home appears in the file system."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    keeper = kept(Path(store.runs_directory()))
    assert keeper.directory is None
    assert [warning.rpartition(": ")[2] for warning in keeper.warnings] == ["the home directory isn't there"]
    assert not (tmp_path / "nobody").exists()
