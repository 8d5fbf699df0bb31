"""Which signal does what to a run."""

from __future__ import annotations

import os
import signal

import pytest

from bccpilot.running.signals import handling


class Asked:
    """Stands for a Tracing: notes what is asked of it."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def stop(self, hurry: bool = False) -> None:
        self.of.append("hurry" if hurry else "stop")

    def kill(self) -> None:
        self.of.append("kill")


@pytest.mark.parametrize(
    ("signals", "asked", "must_end"),
    [
        ([signal.SIGINT], ["stop"], False),
        ([signal.SIGINT, signal.SIGINT], ["stop", "kill"], False),
        ([signal.SIGTERM], ["hurry"], True),
        ([signal.SIGHUP, signal.SIGTERM], ["hurry", "hurry"], True),
        ([signal.SIGINT, signal.SIGTERM], ["stop", "hurry"], True),
    ],
)
def test_what_is_asked(signals: list[int], asked: list[str], must_end: bool) -> None:
    before = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    tracing = Asked()
    with handling(tracing) as received:  # type: ignore[arg-type]
        for signum in signals:
            os.kill(os.getpid(), signum)
    assert (tracing.of, received.must_end, received.signals) == (asked, must_end, signals)
    assert [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_what_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        tracing = Asked()
        with handling(tracing):  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGHUP)
        assert tracing.of == []
    finally:
        signal.signal(signal.SIGHUP, before)
