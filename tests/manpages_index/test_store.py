"""The index on the disk: whole, shared, mended by itself."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from manpages_index import discover, store


def test_every_tool_comes_back_as_it_was(index: store.Index) -> None:
    read = {(tool.name, tool.flavour): tool for tool in discover.tools()}
    assert len(read) > 200
    assert {(tool.name, tool.flavour): tool for tool in index.tools} == read


def test_everything_installed_is_in_it(index: store.Index) -> None:
    listed = {(name, flavour) for name, flavour, _ in discover.files()}
    assert {(name, flavour) for name in index.names() for flavour in index.flavours(name)} == listed
    assert sum(flavour == "bcc" for _, flavour in listed) == 127


def test_building_runs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    for name in ("posix_spawn", "fork", "execv", "execve", "system"):
        monkeypatch.setattr(os, name, started)
    monkeypatch.setattr("subprocess.Popen", started)
    assert store.build(str(tmp_path / "index")).names()


def test_a_fresh_index_is_not_built_again(index_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "build", lambda *_: pytest.fail("built again"))
    assert store.load(index_path).names()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: b"\0" * 100,
        lambda data: b"{}\n",
        lambda data: b"[1]\n" + data,
        lambda data: data.replace(b'"format":', b'"format":9', 1),
        lambda data: os.urandom(5000),
    ],
    ids=["empty", "half", "a byte short", "zeros", "no header", "another line first", "another format", "noise"],
)
def test_a_damaged_index_is_built_anew(index_path: str, tmp_path: Path, damage) -> None:
    path = tmp_path / "index"
    path.write_bytes(damage(Path(index_path).read_bytes()))
    assert store.load(str(path)).names() == store.load(index_path).names()
    assert path.read_bytes()[:10] == Path(index_path).read_bytes()[:10]


def test_it_is_built_anew_when_a_tool_has_changed(index_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store._stamps
    monkeypatch.setattr(store, "_stamps", lambda paths: real(paths) | {"/usr/sbin/memleak-bpfcc": 1})
    built: list[object] = []
    monkeypatch.setattr(store, "build", lambda *given: built.append(given))
    store.load(index_path)
    assert len(built) == 1


def test_it_is_built_anew_when_a_directory_of_tools_comes_into_being(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, directory = str(tmp_path / "index"), tmp_path / "tools"
    monkeypatch.setattr(discover, "_BCC_DIRECTORY", str(directory))
    assert "watchsnoop" not in store.load(path).names()
    directory.mkdir()
    tool = directory / "watchsnoop"
    tool.write_text("#!/usr/bin/python3\nimport argparse\nargparse.ArgumentParser().parse_args()\n")
    tool.chmod(0o755)
    assert "watchsnoop" in store.load(path).names()


def test_someone_elses_index_is_not_read(index_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file somebody else's")
    path = tmp_path / "index"
    path.write_bytes(Path(index_path).read_bytes())
    os.chown(path, 65534, 65534)
    monkeypatch.setattr(store, "build", lambda *_: "built")
    assert store.load(str(path)) == "built"


def test_a_cache_that_cannot_be_written_is_no_error() -> None:
    assert store.build("/proc/nowhere/index").names()


def _load(path: str) -> int:
    return len(store.load(path).names())


def test_processes_at_once_share_it(index_path: str, tmp_path: Path) -> None:
    path = str(tmp_path / "cache" / "index")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        counts = pool.map(_load, [path] * 4)
    assert set(counts) == {len(store.load(index_path).names())}
    assert os.listdir(tmp_path / "cache") == ["index"]


def test_it_loads_in_milliseconds(index_path: str) -> None:
    began = time.process_time()
    store.load(index_path)
    assert time.process_time() - began < 0.25  # a stuck second would be a rebuild; the benchmark has the real number
