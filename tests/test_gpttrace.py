"""gpttrace: the command line of GPTtrace, and the examples of its documentation."""

from __future__ import annotations

import pytest

from bccpilot.gpttrace import main
from tests.server import Server, call

EXAMPLE = "Trace allocations and display each individual allocator function call"
CHINESE = "跟踪内存分配并显示每个单独的分配器函数调用"


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch, index_path: str) -> None:
    monkeypatch.setattr("manpages_index.store.cache_path", lambda: index_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.mark.parametrize(
    "words",
    [
        [EXAMPLE], [CHINESE], ["-c", "memleak", EXAMPLE], ["-c", "memleak-bpfcc", EXAMPLE], ["-c", "memleak-bpfcc", CHINESE, "superfluous"],
        ["--cmd", "memleak", EXAMPLE],
    ],
)  # fmt: skip
def test_the_examples(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["-n", *words]) == 0
    assert capsys.readouterr() == (" Run:  sudo memleak-bpfcc -t \n", "")


def test_with_a_model(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        server.obey(call("memleak", trace=True))
        assert main(["-n", "-v", "-k", "sk-from-the-option", EXAMPLE]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(" Run:  sudo memleak-bpfcc --trace \n")
    assert server.keys == ["Bearer sk-from-the-option"]
    assert "sk-from-the-option" not in out + err
    assert f"sent to {server.url}: " in err
    assert "cost: 100 tokens in, 20 out, " in err


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (["write me a poem"], 3, "bccpilot: "),
        (["-c", "memlaek", EXAMPLE], 2, "bccpilot: there is no tool 'memlaek' here"),
        (["-c", "memleak"], 2, "bccpilot: argument -c/--cmd: expected 2 arguments"),
        ([], 2, "bccpilot: the request is empty"),
    ],
)
def test_errors(capsys: pytest.CaptureFixture[str], words: list[str], status: int, what: str) -> None:
    assert main(["-n", *words]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(what)
