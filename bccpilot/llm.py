"""Talking to a model: the only module that imports openai, and only when a request leaves.

    session = Session(access, Redactor())
    answer = session.chat([{"role": "user", "content": "..."}], tools=[...])
    for text in session.stream(messages): ...

Everything sent is redacted, everything that comes back restored; `exchanges` keeps what was really sent and what it cost. Every way of
failing is ModelUnreachable with clear words; nothing waits longer than the access says.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from bccpilot.errors import ModelUnreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from bccpilot.access import Access
    from bccpilot.redact import Redactor

    Message = dict[str, Any]

TRIES = 3
LONGEST_ANSWER = 50_000  # characters; a server that goes on is cut off
_PAUSE_S = 0.5
# What a server may not know and a request can do without; left out when its refusal names it.
_DISPENSABLE = ("temperature", "max_completion_tokens", "stream_options", "parallel_tool_calls", "tool_choice")


class Unsupported(ModelUnreachable):
    """The server doesn't take what was asked for: `tools` or `response_format`."""

    def __init__(self, feature: str, why: str) -> None:
        super().__init__(f"the model server doesn't take {feature}", why, "use a model that can call functions")
        self.feature = feature


@dataclass(frozen=True)
class Call:
    """A function that the model wants called; `arguments` is its JSON as it came, which may be anything."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """What a model said: text, calls or both."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent (redacted), what came back, and what it cost. Tokens are 0 where the server doesn't say."""

    sent: str
    received: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


@dataclass
class Session:
    """One conversation's connection. `deadline` is the moment (time.monotonic) after which nothing is asked any more."""

    access: Access
    redactor: Redactor
    exchanges: list[Exchange] = field(default_factory=list)
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.access.timeout_s

    def chat(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]] = (), schema: dict[str, Any] | None = None, limit: int = 2000
    ) -> Answer:
        """One answer of at most `limit` tokens. Raises ModelUnreachable; Unsupported where the server can't do it this way."""
        body: dict[str, Any] = {"messages": list(messages), "temperature": 0, "max_completion_tokens": limit}
        if tools:
            body |= {"tools": [{"type": "function", "function": tool} for tool in tools], "tool_choice": "required"}
            body["parallel_tool_calls"] = False
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "call", "schema": schema}}
        body = self._outgoing(body)
        began = time.monotonic()
        answer, usage = self._tried(body)
        self._keep(body, _shown(answer), usage, began)
        return self._restored(answer)

    def stream(self, messages: Sequence[Message], limit: int = 1500) -> Iterator[str]:
        """An answer's text as it comes. Raises ModelUnreachable, also in the middle."""
        body = self._outgoing({"messages": list(messages), "max_completion_tokens": limit})
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        began, said, usage = time.monotonic(), [], (0, 0)

        def parts() -> Iterator[str]:
            nonlocal usage
            for text, counted in self._streamed(body):
                usage = counted or usage
                if text:
                    said.append(text)
                    yield text
                if sum(map(len, said)) > LONGEST_ANSWER:
                    return

        try:
            yield from self.redactor.restored(parts())
        finally:
            self._keep(body, "".join(said), usage, began)

    def _outgoing(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"model": self.access.model, **body, "messages": _hidden(body["messages"], self.redactor.hide)}

    def _restored(self, answer: Answer) -> Answer:
        def in_json(text: str) -> str:
            return json.dumps(text, ensure_ascii=False)[1:-1]

        calls = tuple(Call(c.id, self.redactor.restore(c.name), self.redactor.restore(c.arguments, in_json)) for c in answer.calls)
        return Answer(self.redactor.restore(answer.text), calls)

    def _keep(self, body: dict[str, Any], received: str, usage: tuple[int, int], began: float) -> None:
        sent = json.dumps(body, ensure_ascii=False)
        self.exchanges.append(Exchange(sent, received, *usage, seconds=round(time.monotonic() - began, 2)))

    def _tried(self, body: dict[str, Any]) -> tuple[Answer, tuple[int, int]]:
        """Asked again where that can help: the server is busy or failed, or doesn't know a parameter."""
        tries = 0
        while True:
            try:
                found: tuple[Answer, tuple[int, int]] = next(_within(self._left(), lambda: iter([self._asked(body)])))
                return found
            except Exception as error:
                tries += 1
                self._mend(body, error, tries)

    def _streamed(self, body: dict[str, Any]) -> Iterator[tuple[str, tuple[int, int] | None]]:
        tries = 0
        begun = False
        while True:
            try:
                for part in _within(self._left(), lambda: self._parts(body), each=self.access.timeout_s):
                    begun = True
                    yield part
                return
            except Exception as error:
                tries += 1
                self._mend(body, error, TRIES if begun else tries)

    def _mend(self, body: dict[str, Any], error: Exception, tries: int) -> None:
        """Wait, or leave a parameter out, so that asking again makes sense; raises ModelUnreachable where it doesn't."""
        unknown = _unknown(error, body)
        if unknown in _DISPENSABLE:
            del body[unknown]
            return
        if unknown == "strict":
            for tool in body["tools"]:
                del tool["function"]["strict"]
            return
        if unknown is not None:
            raise Unsupported(unknown, _words(error, self.access)) from error
        pause = _pause_s(error, tries)
        if pause is None or tries >= TRIES or pause >= self._left():
            raise _explained(error, self.access) from error
        time.sleep(pause)

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _explained(TimeoutError(), self.access)
        return left

    def _client(self) -> Any:
        import openai

        key = self.access.key or "none"  # a server of the user's own may want none, but the library wants one
        return openai.OpenAI(api_key=key, base_url=self.access.url, timeout=self.access.timeout_s, max_retries=0)

    def _asked(self, body: dict[str, Any]) -> tuple[Answer, tuple[int, int]]:
        with self._client() as client:
            completion = client.chat.completions.create(**body)
        message = completion.choices[0].message
        calls = [Call(str(c.id), str(c.function.name), str(c.function.arguments)) for c in message.tool_calls or () if c.type == "function"]
        return Answer(str(message.content or ""), tuple(calls)), _usage(completion)

    def _parts(self, body: dict[str, Any]) -> Iterator[tuple[str, tuple[int, int] | None]]:
        ended = False
        with self._client() as client, client.chat.completions.create(**body) as stream:
            for chunk in stream:
                for choice in chunk.choices[:1]:
                    ended = ended or choice.finish_reason is not None
                    yield str(choice.delta.content or ""), None
                if chunk.usage is not None:
                    yield "", _usage(chunk)
        if not ended:
            raise ConnectionResetError("the stream ended in the middle")


def _within(seconds: float, work: Callable[[], Iterator[Any]], each: float | None = None) -> Iterator[Any]:
    """What `work` yields, each within `each` seconds or else all within `seconds`; TimeoutError after that.

    It works in a thread of its own: neither a name's look-up nor a server that sends a byte a second can be timed out otherwise.
    """
    import queue
    import threading

    ready: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            for item in work():
                ready.put((item, None))
            ready.put((None, StopIteration()))
        except BaseException as error:
            ready.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    end = time.monotonic() + seconds
    while True:
        try:
            item, error = ready.get(timeout=each if each is not None else max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(error, StopIteration):
            return
        if error is not None:
            raise error
        yield item


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    """The same data with every text in it redacted; the names of its fields are ours."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {key: _hidden(item, hide) for key, item in value.items()}
    return [_hidden(item, hide) for item in value] if isinstance(value, list) else value


def _shown(answer: Answer) -> str:
    return "\n".join([answer.text, *(f"{call.name}({call.arguments})" for call in answer.calls)]).strip()


def _usage(completion: Any) -> tuple[int, int]:
    usage = completion.usage
    return (int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0)) if usage else (0, 0)


# -- what went wrong


def _status(error: Exception) -> int:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else 0


def _unknown(error: Exception, body: dict[str, Any]) -> str | None:
    """The parameter of the request that a server's refusal names."""
    if _status(error) not in (400, 404, 405, 422, 500, 501):
        return None
    words = str(error).lower()
    for name in _DISPENSABLE:
        if name in words and name in body:
            return name
    if "tools" in body and ("tool" in words or "function" in words or "schema" in words or "strict" in words):
        strict = any("strict" in tool["function"] for tool in body["tools"])
        return "strict" if strict and ("schema" in words or "strict" in words) else "tools"
    wants_json = "response_format" in body and any(word in words for word in ("response_format", "json", "schema", "grammar"))
    return "response_format" if wants_json else None


def _pause_s(error: Exception, tries: int) -> float | None:
    """How long to wait before asking again, in seconds; None where asking again is of no use."""
    status = _status(error)
    if status == 429 and not _no_credit(error):
        return _retry_after(error) or _PAUSE_S * 2**tries
    if status >= 500 or (status == 0 and isinstance(error, ConnectionResetError)):
        return _retry_after(error) or _PAUSE_S * tries
    return None


def _retry_after(error: Exception) -> float | None:
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers["retry-after"])) if response is not None else None
    except (KeyError, ValueError):
        return None


def _no_credit(error: Exception) -> bool:
    return _status(error) == 402 or getattr(error, "code", None) == "insufficient_quota" or "insufficient_quota" in str(error)


def _explained(error: Exception, access: Access) -> ModelUnreachable:
    """An error in words: what, why, what to do next."""
    if isinstance(error, ModelUnreachable):
        return error
    what, next = _plainly(error, access)
    return ModelUnreachable(what, _words(error, access), next)


def _plainly(error: Exception, access: Access) -> tuple[str, str]:
    status = _status(error)
    if _no_credit(error):
        return "the account behind the key has no credit left", "look at the account's billing page; --planner local needs no model"
    if status in (401, 403):
        return f"{access.where} refused the key", "correct OPENAI_API_KEY or the key settings (bccpilot config)"
    if status == 404:
        return f"{access.where} has no model {access.model}", "name another: --model, BCCPILOT_MODEL or bccpilot config model"
    if status == 429:
        return f"{access.where} takes no more requests for now", "wait a while; --planner local needs no model"
    if status >= 500:
        return f"{access.where} failed (HTTP status {status})", "try again later; --planner local needs no model"
    if status:
        return f"{access.where} refused the request (HTTP status {status})", "bccpilot config shows the model and the server that are set"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"TimeoutError", "APITimeoutError", "TimeoutException"}:
        return f"{access.where} did not answer within {access.timeout_s:g} s", "bccpilot config model_timeout_s sets another limit"
    if kinds & {"RemoteProtocolError", "ReadError", "ConnectionResetError", "IncompleteRead"}:
        return f"the answer of {access.where} broke off", "try again; --planner local needs no model"
    if kinds & {"APIConnectionError", "ConnectError", "OSError"}:
        return f"{access.where} can't be reached", "look at the network, a proxy, OPENAI_BASE_URL; --planner local needs no model"
    return f"{access.where} answered something that is no chat completion", "is OPENAI_BASE_URL right? It mostly ends in /v1"


def _words(error: Exception, access: Access) -> str:
    """What the server or the system said, in one line, without the key."""
    cause = error.__cause__ if _status(error) == 0 and error.__cause__ is not None else error
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    text = " ".join(str(said or cause).split())[:300]
    return text.replace(access.key, "(the key)") if access.key else text
