"""The clock is pure: every test is a list of (what happens, which signal is due)."""

from __future__ import annotations

import signal

from bccpilot.running.clock import Clock, Limits

INT, TERM, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL
LIMITS = Limits(duration_s=10.0, attach_s=100.0, summary_s=20.0, summary_most_s=60.0, terminate_s=5.0)


def clock(ready_at: float | None = 40.0) -> Clock:
    made = Clock(LIMITS, 0.0)
    if ready_at is not None:
        made.attached(ready_at)
    return made


def signals(made: Clock, until: float, since: float = 0.0, step: float = 0.5) -> list[tuple[float, int]]:
    """Which signal is due when."""
    moments = [since + step * i for i in range(int((until - since) / step) + 1)]
    return [(now, due) for now in moments if (due := made.due(now)) is not None]


def test_ten_seconds_of_tracing_after_forty_of_compiling() -> None:
    made = clock()
    assert signals(made, 300.0) == [(50.0, INT), (70.0, TERM), (75.0, KILL)]
    assert (made.reason, made.ready_s, made.traced_s(300.0)) == ("killed", 40.0, 10.0)


def test_a_tool_that_ends_in_time_is_left_alone() -> None:
    made = clock()
    assert signals(made, 55.0) == [(50.0, INT)]
    made.ended(55.5)
    assert (signals(made, 300.0, 56.0), made.state, made.reason) == ([], "ended", "time")


def test_output_renews_the_patience_up_to_a_limit() -> None:
    made = clock()
    assert made.due(50.0) == INT
    due = []
    for now in range(51, 200):
        made.heard(float(now))
        due += [(now, signum) for signum in [made.due(float(now))] if signum]
    assert due == [(110, TERM), (115, KILL)]


def test_what_never_attaches_has_nothing_to_summarise() -> None:
    made = clock(None)
    assert made.left_s(30.0) == 70.0
    assert signals(made, 300.0) == [(100.0, INT), (103.0, TERM), (108.0, KILL)]
    assert (made.ready_s, made.traced_s(300.0)) == (None, 0.0)


def test_a_hurry_shortens_an_end_that_has_begun() -> None:
    made = clock()
    made.end("interrupt", 45.0)
    assert signals(made, 46.0, 45.0) == [(45.0, INT)]
    made.end("interrupt", 47.0, hurry=True)
    assert signals(made, 300.0, 47.0) == [(50.0, TERM), (53.0, KILL)]


def test_kill_needs_no_sigint() -> None:
    made = clock()
    made.kill(41.0)
    assert (signals(made, 300.0, 41.0), made.state) == ([(41.0, KILL)], "killing")


def test_states_and_what_is_left() -> None:
    made = Clock(LIMITS, 0.0)
    states = [made.state]
    made.attached(5.0)
    assert (made.left_s(8.0), made.traced_s(8.0)) == (7.0, 3.0)
    states.append(made.state)
    for now in (15.0, 35.0):
        made.due(now)
        states.append(made.state)
    made.ended(36.0)
    assert [*states, made.state] == ["starting", "attached", "ending", "killing", "ended"]


def test_no_duration_no_limit() -> None:
    made = Clock(Limits(duration_s=None), 0.0)
    made.attached(1.0)
    assert (signals(made, 5000.0, step=50.0), made.left_s(100.0)) == ([], None)
    assert (Limits().at_most_s, LIMITS.at_most_s) == (None, 100.0 + 10.0 + 60.0 + 5.0 + 10.0)
