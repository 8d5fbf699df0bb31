"""A conversation about functions in the way that the server can: tools, else JSON with a schema, else text with one JSON object."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from bccpilot.llm import Answer, Call, Unsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from bccpilot.llm import Message, Session

WAYS = ("tools", "schema", "text")
_IN_JSON = 'Answer with exactly one JSON object and nothing else: {"function": NAME, "arguments": {...}}. The functions:'


@dataclass
class Dialogue:
    """What was said so far. `way` only ever moves on, when the server refuses one or answers past it."""

    session: Session
    system: str
    user: str
    way: str = WAYS[0]
    turns: list[tuple[Answer, str]] = field(default_factory=list)

    def ask(self, functions: Sequence[dict[str, Any]]) -> Answer:
        """The next answer; a call that was written as JSON in the text is a call, too. Raises ModelUnreachable."""
        answer = self._asked(functions)
        calls = answer.calls or tuple(_written_call(answer.text))
        if not calls:
            self._move_on()
        return Answer(answer.text, calls)

    def reply(self, answer: Answer, words: str) -> None:
        """What is said to the last answer."""
        self.turns.append((answer, words))

    def _asked(self, functions: Sequence[dict[str, Any]]) -> Answer:
        while True:
            try:
                if self.way == "tools":
                    return self.session.chat(self._messages(self.system), tools=functions)
                schema = _choice(functions) if self.way == "schema" else None
                listed = "\n".join(json.dumps(_plain(function), ensure_ascii=False) for function in functions)
                return self.session.chat(self._messages(f"{self.system}\n{_IN_JSON}\n{listed}"), schema=schema)
            except Unsupported:
                if self.way == WAYS[-1]:
                    raise
                self._move_on()

    def _move_on(self) -> None:
        self.way = WAYS[min(WAYS.index(self.way) + 1, len(WAYS) - 1)]

    def _messages(self, system: str) -> list[Message]:
        messages: list[Message] = [{"role": "system", "content": system}, {"role": "user", "content": self.user}]
        for answer, words in self.turns:
            messages += _as_tools(answer, words) if self.way == "tools" and answer.calls else _as_text(answer, words)
        return messages


def _as_tools(answer: Answer, words: str) -> list[Message]:
    calls = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in answer.calls]
    said: Message = {"role": "assistant", "content": answer.text or None, "tool_calls": calls}
    return [said, *({"role": "tool", "tool_call_id": call.id, "content": words} for call in answer.calls)]


def _as_text(answer: Answer, words: str) -> list[Message]:
    said = answer.text or json.dumps([{"function": c.name, "arguments": c.arguments} for c in answer.calls], ensure_ascii=False)
    return [{"role": "assistant", "content": said}, {"role": "user", "content": words}]


def _plain(function: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in function.items() if key != "strict"}


def _choice(functions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The schema of an answer that names one of the functions; the arguments are checked by us, since servers differ in what they take."""
    names = {"type": "string", "enum": [function["name"] for function in functions]}
    properties = {"function": names, "arguments": {"type": "object"}}
    return {"type": "object", "properties": properties, "required": ["function", "arguments"]}


def _written_call(text: str) -> list[Call]:
    """The first JSON object of a text that names a function."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            name = found.get("function", found.get("name"))
            if isinstance(name, str):
                own = found.get("arguments", found.get("parameters", {}))
                return [Call("written", name, own if isinstance(own, str) else json.dumps(own, ensure_ascii=False))]
        start = text.find("{", start + 1)
    return []
