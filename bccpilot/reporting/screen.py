"""What a person sees while a tool runs: how far it is, how long it still takes, how to stop it. Only on a terminal's standard error."""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.running.run import Tracing


def passing(text: str) -> None:
    """A line that the next one replaces; nothing where standard error is no terminal."""
    if sys.stderr.isatty():
        print(f"\x1b[2m{text}\x1b[0m\r", end="", file=sys.stderr, flush=True)


class Status:
    """One line that is rewritten while a tool runs; silent where standard error is no terminal."""

    TICK_S = 0.25

    def __init__(self, command: str) -> None:
        self._command = command
        self._shown = sys.stderr.isatty()
        self._tracing: Tracing | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = False

    def watch(self, tracing: Tracing) -> None:
        """Begin to show how a run goes."""
        self._tracing = tracing
        if self._shown:
            self._began = True
            self._thread.start()

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        self._over.set()
        if self._began:
            self._thread.join()
            self.clear()

    def _run(self) -> None:
        while not self._over.wait(self.TICK_S):
            text = self._text()
            if text:
                print(f"\r\x1b[K\x1b[2m{text}\x1b[0m", end="", file=sys.stderr, flush=True)

    def _text(self) -> str:
        tracing = self._tracing
        if tracing is None:
            return ""
        left = tracing.left_s
        if tracing.state == "starting":
            return f"{self._command} is compiling and attaching its probes; Ctrl-C gives up"
        if tracing.state == "attached":
            rest = f"{left:.0f} s left" if left is not None else f"{tracing.traced_s:.0f} s so far"
            return f"tracing, {rest}; Ctrl-C ends it now and keeps what was seen"
        if tracing.state in ("ending", "killing"):
            return f"waiting for the summary of {self._command}; Ctrl-C again ends everything"
        return ""
