"""What every test stands on: a pinned environment, and one index of what is installed, built once."""

from __future__ import annotations

import signal

import pytest

from manpages_index import store


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A script's background job ignores SIGINT, one under nohup SIGHUP, and so would all that the tests start: they play
    a person at a terminal."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """80 columns, no settings or state of the person who runs the tests, no key."""
    home = tmp_path_factory.mktemp("home")
    for name, place in (("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(name, str(home / place))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BCCPILOT_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of an index of everything that is installed here."""
    path = str(tmp_path_factory.mktemp("index") / "index.jsonl")
    if not store.build(path).names():
        pytest.skip("no tools are installed")
    return path


@pytest.fixture(scope="session")
def index(index_path: str) -> store.Index:
    return store.load(index_path)
