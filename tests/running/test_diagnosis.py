"""Every real failure is told as what it is; what isn't a failure is left alone."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from bccpilot.host import Host
from bccpilot.running import diagnosis
from bccpilot.running.diagnosis import Diagnosis, diagnose

SAMPLES = tomllib.loads((Path(__file__).with_name("failures.toml")).read_text())["sample"]
HOST = Host(release="6.1.0-50-amd64", root=True, tracefs="/sys/kernel/tracing")


def host_of(sample):
    facts = {name: value or None if name == "tracefs" else value for name, value in sample.get("host", {}).items()}
    return dataclasses.replace(HOST, **facts)


@pytest.mark.parametrize("sample", [pytest.param(s, id=s["name"]) for s in SAMPLES])
def test_a_real_failure_is_told_as_what_it_is(sample):
    found = diagnose(sample["text"].splitlines(), [], sample["status"], host_of(sample))
    assert (found.kind, found.cause) == (sample["kind"], sample["cause"])


def test_every_pattern_has_a_real_sample():
    assert {entry["kind"] for entry in diagnosis._entries()} == {sample["kind"] for sample in SAMPLES}


def test_no_sentence_has_holes():
    for sample in SAMPLES:
        found = diagnose(sample["text"].splitlines(), [], sample["status"], host_of(sample))
        for sentence in (found.cause, found.remedy):
            assert "{" not in sentence
            assert "  " not in sentence
            assert not sentence.endswith((" ", ":", "()"))


def test_remedies_name_this_kernel():
    text = next(s["text"] for s in SAMPLES if s["kind"] == "headers")
    assert "linux-headers-6.1.0-50-amd64" in diagnose(text.splitlines(), [], 1, HOST).remedy


@pytest.mark.parametrize("status", [0, None, -2, 130])
def test_ctrl_c_on_a_running_tool_is_no_failure(status):
    traceback = ["Traceback (most recent call last):", '  File "/usr/sbin/memleak-bpfcc", line 566, in <module>', "KeyboardInterrupt"]
    assert diagnose(traceback, ["PID COMM"], status, HOST, started=True) is None


def test_what_a_tool_traced_is_not_its_complaint():
    paths = [f"{n} cat 3 0 /var/log/Operation not permitted/symbol lookup error" for n in range(100)]
    assert diagnose([], ["PID    COMM               FD ERR PATH", "", *paths], 0, HOST) is None


def test_a_complaint_counts_even_with_status_0():
    found = diagnose(["perf_event_open failed: No such file or directory"], [], 0, HOST, started=True)
    assert (found.kind, found.elsewhere) == ("hardware_event", True)


def test_a_tool_that_attached_some_probes_and_then_failed():
    """It seemed to be ready, and ended by itself with an error: the cause is told all the same."""
    text = next(s["text"] for s in SAMPLES if s["name"] == "kprobe_missing")
    assert diagnose(text.splitlines(), [], 1, dataclasses.replace(HOST, kprobes=True), True).kind == "kprobe_missing"


@pytest.mark.parametrize("ended", ["time", "interrupt", "limit"])
def test_the_status_of_a_tool_that_was_asked_to_end_says_nothing(ended):
    assert diagnose(["KeyboardInterrupt"], [], 1, HOST, True, ended) is None


def test_an_unknown_failure_is_told_in_its_own_words():
    assert diagnose(["Traceback (most recent call last):", "Exception: flux capacitor is empty", ""], [], 1, HOST) == Diagnosis(
        "unknown",
        "it ended with status 1: Exception: flux capacitor is empty",
        "its whole output is kept with the run: bccpilot runs",
        "Exception: flux capacitor is empty",
    )


def test_a_silent_death_is_told_too():
    assert diagnose([], [], -11, HOST).cause == "it was killed by signal 11 and said nothing"


def test_an_endless_complaint_is_read_at_both_ends():
    errors = [*["/virtual/main.c:1:1: note: x"] * 5000, "_curses.error: nocbreak() returned ERR"]
    assert diagnose(errors, [], 1, HOST).kind == "curses"
