"""When a model is asked and what happens when it can't be, through the command line; bccpilot config."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bccpilot import config
from bccpilot.cli import main
from tests.server import Server, call, failure

OPENS = ("which", "files", "does", "process", "1", "open")


@pytest.fixture(autouse=True)
def _no_server_of_the_persons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "BCCPILOT_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        yield running


@pytest.fixture
def plan(capsys: pytest.CaptureFixture[str], index_path: str):
    def planned(*options: str) -> tuple[int, dict, str]:
        status = main([*OPENS, "-n", "--json", "--flavour", "bcc", "--no-preflight", "--index", index_path, *options])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else {}, err

    return planned


def test_without_a_key_nothing_is_asked(plan) -> None:
    status, planned, err = plan()
    assert (status, planned["planner"], planned["warnings"], err) == (0, "local", [], "")


def test_auto_asks_where_a_server_is_configured(plan, server: Server) -> None:
    server.obey(call("opensnoop", pid=1, timestamp=True))
    status, planned, err = plan()
    assert (status, planned["planner"], planned["args"], planned["command"], err) == (
        0, "openai", ["--timestamp", "--pid", "1"], "sudo opensnoop-bpfcc --timestamp --pid 1", "",
    )  # fmt: skip


@pytest.mark.parametrize("options", [("--planner", "local"), ("--no-send",)])
def test_nothing_is_sent_where_that_was_said(plan, server: Server, options: tuple[str, ...]) -> None:
    status, planned, _ = plan(*options)
    assert (status, planned["planner"], server.bodies) == (0, "local", [])


def test_the_settings_can_forbid_sending(plan, server: Server) -> None:
    main(["config", "send", "no"])
    status, planned, err = plan()
    assert planned["planner"] == "local"
    status, _, err = plan("--planner", "openai")
    assert (status, server.bodies) == (7, [])
    assert json.loads(err)["why"] == "the setting send is false"


def test_auto_goes_on_without_a_model_that_fails(plan, server: Server) -> None:
    server.obey(failure(401, "no such key"))
    status, planned, err = plan()
    assert (status, planned["planner"], planned["args"], err) == (0, "local", ["-p", "1"], "")
    assert planned["warnings"] == [f"planned without the model: {server.url} refused the key: no such key"]


def test_insisted_on_it_fails(plan, server: Server) -> None:
    server.obey(failure(401, "no such key"))
    status, planned, err = plan("--planner", "openai")
    assert (status, planned) == (7, {})
    assert json.loads(err) == {
        "error": "ModelUnreachable",
        "what": f"{server.url} refused the key",
        "why": "no such key",
        "next": "correct OPENAI_API_KEY or the key settings (bccpilot config)",
        "status": 7,
    }


def test_insisted_on_without_a_key(plan) -> None:
    status, _, err = plan("--planner", "openai")
    assert status == 7
    assert json.loads(err)["what"] == "there is no key for the model"


def test_a_batch_asks_a_model_that_fails_only_once(capsys, index_path: str, server: Server, tmp_path: Path) -> None:
    server.obey(failure(402, "no money"))
    (tmp_path / "requests").write_text("opens\ndisk latency histogram\nmemory leaks\n")
    assert main(["-n", "--json", "--index", index_path, "--batch", str(tmp_path / "requests")]) == 0
    plans = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(plans) == 3
    told = [sum("planned without the model: " in warning for warning in planned["warnings"]) for planned in plans if planned["tool"]]
    assert told == [1] * len(told)
    assert len(server.bodies) == 1


def test_the_models_name(plan, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.obey(call("opensnoop", pid=1))
    main(["config", "model", "of-the-settings"])
    plan()
    monkeypatch.setenv("BCCPILOT_MODEL", "of-the-environment")
    plan()
    plan("--model", "of-the-option")
    assert [body["model"] for body in server.bodies] == ["of-the-settings", "of-the-environment", "of-the-option"]


def test_verbose_shows_what_was_sent_and_what_it_cost(plan, server: Server) -> None:
    server.obey(call("opensnoop", pid=1))
    _, _, err = plan("-v")
    sent, received, cost = err.splitlines()
    assert json.loads(sent.removeprefix(f"sent to {server.url}: ")) == server.bodies[0]
    assert received == 'received: opensnoop({"pid": 1})'
    assert cost.startswith("cost: 100 tokens in, 20 out, ")
    assert cost.endswith(" s; 0 texts were hidden")


def test_the_local_path_imports_nothing_of_the_model(index_path: str) -> None:
    import subprocess

    code = "import sys; from bccpilot.cli import main; main(sys.argv[1:]); print(sorted({'openai', 'httpx', 'detect_secrets', 'bccpilot.llm'} & set(sys.modules)))"
    words = [sys.executable, "-c", code, *OPENS, "-n", "--index", index_path]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENAI")}
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


# -- where the key comes from


def test_a_key_from_a_file_and_from_a_command(plan, server: Server, tmp_path: Path, capsys) -> None:
    server.obey(call("opensnoop", pid=1))
    key = tmp_path / "key"
    key.write_text("sk-of-the-file\n")
    key.chmod(0o600)
    main(["config", "key_command", f"cat {key}"])
    plan()
    other = tmp_path / "other"
    other.write_text("sk-of-the-command\nlogin: me\n")
    main(["config", "key_command", f"cat '{other}'"])
    plan()
    main(["config", "key_file", str(key)])
    plan()
    assert server.keys == ["Bearer sk-of-the-file", "Bearer sk-of-the-command", "Bearer sk-of-the-file"]
    main(["config"])
    assert "sk-of" not in capsys.readouterr().out


def test_a_key_file_that_others_can_read(plan, server: Server, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-x")
    key.chmod(0o644)
    main(["config", "key_file", str(key)])
    status, _, err = plan()
    assert (status, server.bodies) == (2, [])
    assert json.loads(err)["next"] == f"chmod 600 {key}"


def test_a_key_command_that_fails_says_nothing_of_what_it_printed(plan, server: Server) -> None:
    main(["config", "key_command", "sh -c 'echo sk-half; exit 3'"])
    status, planned, err = plan()
    assert (status, planned["planner"]) == (0, "local")
    assert planned["warnings"] == ["planned without the model: the key command \"sh -c 'echo sk-half; exit 3'\" failed: exit status 3"]


# -- bccpilot config


def test_settings_are_shown_and_set(capsys) -> None:
    assert main(["config", "model_timeout_s", "7"]) == 0
    assert main(["config", "unasked", "bashreadline, memleak --pid"]) == 0
    assert main(["config", "redact_emails", "off"]) == 0
    settings = config.load()
    assert (settings.model_timeout_s, settings.unasked, settings.redact_emails) == (7.0, ("bashreadline", "memleak --pid"), False)
    assert main(["config", "model_timeout_s"]) == 0
    assert main(["config", "--unset", "model_timeout_s"]) == 0
    assert config.load().model_timeout_s == 30.0
    assert capsys.readouterr().out == "model_timeout_s = 7.0    # changed\n"


def test_lines_of_the_persons_own_stay() -> None:
    path = Path(config.directory(), "config.toml")
    path.parent.mkdir(parents=True)
    path.write_text('# mine\nmodel = "a"\nshown_lines = 5\n')
    assert main(["config", "model", "b"]) == 0
    assert path.read_text() == '# mine\nshown_lines = 5\nmodel = "b"\n'
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["openai_api_key", "sk-very-secret"], "bccpilot: keys aren't kept in the settings"),
        (["colour", "red"], "bccpilot: there is no setting 'colour'"),
        (["shown_lines", "many"], "is not TOML"),
        (["shown_lines", "true"], "shown_lines = True"),
    ],
)
def test_what_cannot_be_set(capsys, words: list[str], what: str) -> None:
    assert main(["config", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert what in err
    assert "sk-very-secret" not in err
    assert config.load() == config.Settings()
