"""Three witnesses of the attachment."""

from __future__ import annotations

from bccpilot.running.attach import Attachment


def test_a_ready_line_counts_from_when_it_came() -> None:
    evidence = Attachment("^PID +COMM")
    evidence.text("err", "warning: unused", 1.0)
    assert evidence.at(50.0) is None
    evidence.text("out", "some banner\nPID  COMM", 40.0)
    assert (evidence.at(40.1), evidence.at(40.3), evidence.at(99.0)) == (None, 40.0, 40.0)


def test_a_ready_line_that_came_too_early_waits_for_the_last_attachment() -> None:
    evidence = Attachment("^Attaching")
    evidence.text("out", "Attaching 1000 probes", 10.0)
    for number in range(1, 11):
        evidence.count(number, 10.0 + number / 10)
    assert (evidence.at(11.1), evidence.at(11.4)) == (None, 11.0)


def test_links_that_stopped_growing() -> None:
    evidence = Attachment()
    evidence.text("out", "Attaching 2 probes...", 1.0)
    evidence.count(1, 2.9)
    assert evidence.at(3.0) is None
    evidence.count(2, 3.1)
    assert (evidence.at(3.3), evidence.at(3.5)) == (None, 3.1)


def test_the_first_line_alone_must_stand_for_a_while() -> None:
    evidence = Attachment()
    evidence.text("err", "libbpf: loading", 0.5)
    evidence.text("out", "\n", 0.7)
    evidence.text("out", "TIME PID", 1.0)
    assert (evidence.at(2.0), evidence.at(3.0), evidence.at_end()) == (None, 1.0, 1.0)


def test_no_witness() -> None:
    assert Attachment().at_end() is None
    assert Attachment("^x").at_end() is None


def test_a_slow_machine_is_given_more_time() -> None:
    evidence = Attachment(started=100.0)
    evidence.count(1, 140.0)
    assert evidence.at(143.9) is None
    evidence.count(2, 143.9)
    assert evidence.at(147.0) is None
    assert evidence.at(148.4) == 143.9
