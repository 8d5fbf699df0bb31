"""A small chat-completions server of the tests' own, on loopback: says what a test wants it to say, fails in every way that servers do.

    with Server() as server:
        server.answer(call("memleak", trace=True))   # the next answer; a callable gets the request's body
        server.obey(lambda body: call(...))          # all answers from now on
        ... OPENAI_BASE_URL = server.url
        server.bodies                                 # what was received
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
Reply = Callable[["Handler", Body], None]


def call(name: str, /, **arguments: Any) -> Body:
    """A message that calls one function."""
    return calls((name, json.dumps(arguments, ensure_ascii=False)))


def calls(*named: tuple[str, str]) -> Body:
    """A message that calls functions, each with its arguments as they are, JSON or not."""
    made = [{"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": text}} for n, (name, text) in enumerate(named)]
    return {"role": "assistant", "content": None, "tool_calls": made}


def prose(text: str) -> Body:
    return {"role": "assistant", "content": text}


def failure(status: int, message: str = "it failed", code: str | None = None, **headers: str) -> Reply:
    """An error of the protocol's own shape."""

    def reply(handler: Handler, body: Body) -> None:
        handler.send(status, {"error": {"message": message, "type": "error", "code": code}}, {k.replace("_", "-"): v for k, v in headers.items()})

    return reply


def raw(data: bytes, content_type: str = "application/json") -> Reply:
    def reply(handler: Handler, body: Body) -> None:
        handler.send_bytes(200, data, content_type, {})

    return reply


def silence(handler: Handler, body: Body) -> None:
    """Says nothing until the server is closed."""
    handler.server.over.wait(20)  # type: ignore[attr-defined]
    handler.close_connection = True


def trickle(handler: Handler, body: Body) -> None:
    """A byte from time to time, for ever."""
    handler.begin(200, {"Content-Type": "application/json", "Content-Length": "100000"})
    while not handler.server.over.wait(0.1):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")
        handler.wfile.flush()


def cut_stream(handler: Handler, body: Body) -> None:
    """A stream that breaks off after a few words."""
    handler.begin(200, {"Content-Type": "text/event-stream"})
    handler.event({"choices": [{"index": 0, "delta": {"content": "Half of the "}}]})
    handler.close_connection = True


def hang_up(handler: Handler, body: Body) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Server = self.server.owner  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.bodies.append(body)
        server.keys.append(self.headers.get("authorization", ""))
        try:
            self.reply(server.next(body), body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, said: Any, body: Body) -> None:
        if callable(said):
            said = said(self, body) if said.__code__.co_argcount == 2 else said(body)
        if said is None:
            return
        if body.get("stream"):
            self.stream(said["content"] or "")
        else:
            choice = {"index": 0, "finish_reason": "stop", "message": said}
            usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
            self.send(200, {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice], "usage": usage})

    def stream(self, text: str) -> None:
        self.begin(200, {"Content-Type": "text/event-stream"})
        for start in range(0, len(text), 7):
            self.event({"choices": [{"index": 0, "delta": {"content": text[start : start + 7]}}]})
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.event({"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340}})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def event(self, data: Body) -> None:
        self.wfile.write(b"data: " + json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", **data}).encode() + b"\n\n")
        self.wfile.flush()

    def send(self, status: int, data: Body, headers: dict[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(data).encode(), "application/json", headers or {})

    def send_bytes(self, status: int, data: bytes, content_type: str, headers: dict[str, str]) -> None:
        self.begin(status, {"Content-Type": content_type, "Content-Length": str(len(data)), **headers})
        self.wfile.write(data)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is theirs."""


class Server:
    """Answers in turn with what was queued, then for ever with what `obey` was given."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []
        self.keys: list[str] = []
        self._queue: list[Any] = []
        self._always: Any = failure(500, "the test did not say what to answer")
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._http.owner = self  # type: ignore[attr-defined]
        self._http.over = threading.Event()  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def answer(self, *said: Any) -> None:
        self._queue += said

    def obey(self, said: Any) -> None:
        self._always = said

    def next(self, body: Body) -> Any:
        return self._queue.pop(0) if self._queue else self._always

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.over.set()  # type: ignore[attr-defined]
        self._http.shutdown()
        self._http.server_close()
