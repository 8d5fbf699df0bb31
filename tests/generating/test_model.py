"""The configured model as the loop wants it, and that nothing leaves where nothing may."""

from __future__ import annotations

import time

import pytest

from bccpilot.access import Access
from bccpilot.generating.model import LIMIT, Speaker, configured
from bccpilot.llm import Answer, Exchange, Session
from bccpilot.redact import Redactor


class Fake(Session):
    """A session that answers without a server."""

    def chat(self, messages, tools=(), schema=None, limit=1000):  # type: ignore[no-untyped-def]
        self.exchanges.append(Exchange(f"{messages} {limit}", "x"))
        return Answer("BEGIN { }")


def test_each_question_has_the_whole_time() -> None:
    session = Fake(Access("a-model", "http://127.0.0.1:1/v1", "key"), Redactor())
    session.deadline = 0.0
    speaker = Speaker(session)
    assert speaker.ask([{"role": "user", "content": "hello"}]) == "BEGIN { }"
    assert session.deadline > time.monotonic()
    assert speaker.sent == [f"[{{'role': 'user', 'content': 'hello'}}] {LIMIT}"]


def test_without_a_key_there_is_none() -> None:
    assert configured() is None


def test_nothing_is_asked_where_nothing_may_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert configured(no_send=True) is None
    assert configured() is not None
