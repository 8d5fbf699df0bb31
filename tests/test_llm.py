"""Talking to a model: every way of failing, against a server of the tests' own."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from bccpilot.access import Access
from bccpilot.errors import ModelUnreachable
from bccpilot.llm import Answer, Call, Session, Unsupported
from bccpilot.redact import Redactor
from tests import server as said
from tests.server import Server, call, failure, prose

HELLO = [{"role": "user", "content": "hello"}]
TOOL = {"name": "opensnoop", "description": "opens", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def session(server: Server, timeout_s: float = 5.0, key: str = "sk-test") -> Session:
    return Session(Access("some-model", server.url, key, timeout_s), Redactor())


def test_an_answer(server: Server) -> None:
    server.answer(prose("hello yourself"))
    talk = session(server)
    assert talk.chat(HELLO) == Answer("hello yourself")
    assert server.bodies == [{"model": "some-model", "messages": HELLO, "temperature": 0, "max_completion_tokens": 2000}]
    assert server.keys == ["Bearer sk-test"]
    exchange = talk.exchanges[0]
    assert (json.loads(exchange.sent), exchange.received) == (server.bodies[0], "hello yourself")
    assert (exchange.tokens_in, exchange.tokens_out) == (100, 20)


def test_a_call(server: Server) -> None:
    server.answer(call("opensnoop", pid=1))
    assert session(server).chat(HELLO, tools=[TOOL]) == Answer("", (Call("call_0", "opensnoop", '{"pid": 1}'),))
    assert server.bodies[0]["tools"] == [{"type": "function", "function": TOOL}]


def test_a_stream(server: Server) -> None:
    server.answer(prose("One two three, four.\nFive."))
    talk = session(server)
    assert "".join(talk.stream(HELLO)) == "One two three, four.\nFive."
    assert (talk.exchanges[0].tokens_in, talk.exchanges[0].received) == (300, "One two three, four.\nFive.")


def test_secrets_stay_here_and_come_back(server: Server) -> None:
    token = "ghp_" + "a1B2" * 9
    server.obey(lambda body: call("trace", filter=body["messages"][0]["content"]))
    answer = session(server).chat([{"role": "user", "content": f'token "{token}" from 10.1.2.3'}], tools=[TOOL])
    assert token not in json.dumps(server.bodies)
    assert "10.1.2.3" not in json.dumps(server.bodies)
    assert json.loads(answer.calls[0].arguments) == {"filter": f'token "{token}" from 10.1.2.3'}


FAILURES = {
    "wrong key": (failure(401, "Incorrect API key provided: sk-test", "invalid_api_key"), "refused the key"),
    "forbidden": (failure(403), "refused the key"),
    "no credit": (failure(429, "You exceeded your current quota", "insufficient_quota"), "has no credit left"),
    "payment": (failure(402, "Insufficient balance"), "has no credit left"),
    "too many": (failure(429, "slow down", retry_after="60"), "takes no more requests for now"),
    "no model": (failure(404, "model not found"), "has no model some-model"),
    "server": (failure(503, "overloaded"), "failed (HTTP status 503)"),
    "bad request": (failure(400, "context length exceeded"), "refused the request (HTTP status 400)"),
    "not JSON": (said.raw(b"<html>hello</html>"), "answered something that is no chat completion"),
    "HTML": (said.raw(b"<html>hello</html>", "text/html"), "answered something that is no chat completion"),
    "other JSON": (said.raw(b'{"hello": 1}'), "answered something that is no chat completion"),
    "no choices": (said.raw(b'{"choices": []}'), "answered something that is no chat completion"),
    "hang up": (said.hang_up, "can't be reached"),
}


@pytest.mark.parametrize(("reply", "words"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("streaming", [False, True])
def test_failures(server: Server, reply: object, words: str, streaming: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bccpilot.llm._PAUSE_S", 0.01)
    server.obey(reply)
    with pytest.raises(ModelUnreachable) as failed:
        list(session(server).stream(HELLO)) if streaming else session(server).chat(HELLO)
    assert words in failed.value.what or (streaming and "broke off" in failed.value.what)
    assert failed.value.next
    assert "sk-test" not in failed.value.what + failed.value.why + failed.value.next


def test_busy_servers_are_asked_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bccpilot.llm._PAUSE_S", 0.01)
    server.answer(failure(429, "slow down", retry_after="0.2"), failure(500), prose("now"))
    began = time.monotonic()
    assert session(server).chat(HELLO).text == "now"
    assert 0.2 <= time.monotonic() - began < 3
    assert len(server.bodies) == 3


def test_no_credit_is_not_asked_again(server: Server) -> None:
    server.obey(failure(429, "no money", "insufficient_quota"))
    with pytest.raises(ModelUnreachable):
        session(server).chat(HELLO)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("reply", [said.silence, said.trickle], ids=["silence", "a byte at a time"])
@pytest.mark.parametrize("streaming", [False, True])
def test_nothing_waits_longer_than_the_settings_say(server: Server, reply: object, streaming: bool) -> None:
    server.obey(reply)
    began = time.monotonic()
    with pytest.raises(ModelUnreachable, match="did not answer within 0.7 s"):
        list(session(server, 0.7).stream(HELLO)) if streaming else session(server, 0.7).chat(HELLO)
    assert time.monotonic() - began < 2


def test_a_stream_that_breaks_off(server: Server) -> None:
    server.answer(said.cut_stream)
    parts = session(server).stream(HELLO)
    assert next(parts) == "Half of the "
    with pytest.raises(ModelUnreachable, match="broke off"):
        next(parts)
    assert len(server.bodies) == 1


def test_a_stream_without_an_end_is_cut_off(server: Server) -> None:
    server.answer(prose("x" * 120_000))
    assert 50_000 < len("".join(session(server).stream(HELLO))) < 50_100


def test_no_server(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelUnreachable, match="can't be reached"):
        Session(Access("m", url, "k", 3.0), Redactor()).chat(HELLO)


def test_parameters_that_a_server_does_not_know_are_left_out(server: Server) -> None:
    server.answer(failure(400, "Unsupported parameter: 'temperature'"), failure(422, "max_completion_tokens: extra field"), prose("fine"))
    assert session(server).chat(HELLO).text == "fine"
    assert server.bodies[-1] == {"model": "some-model", "messages": HELLO}


def test_strict_is_left_out_where_it_is_refused(server: Server) -> None:
    server.answer(failure(400, "Invalid schema for function: strict"), call("opensnoop"))
    assert session(server).chat(HELLO, tools=[{**TOOL, "strict": True}]).calls[0].name == "opensnoop"
    assert "strict" not in server.bodies[-1]["tools"][0]["function"]


@pytest.mark.parametrize(("status", "words"), [(400, "this model does not support tools"), (500, "tools param requires --jinja flag")])
def test_a_server_without_tools(server: Server, status: int, words: str) -> None:
    server.obey(failure(status, words))
    with pytest.raises(Unsupported) as refused:
        session(server).chat(HELLO, tools=[TOOL])
    assert (refused.value.feature, refused.value.why) == ("tools", words)
    assert len(server.bodies) == 1
