"""bccpilot on a stock Debian 12, as an ordinary user: what people would do first, and what must never be left behind."""

from __future__ import annotations

import json
import os

import pytest

from tests.lab.pilot import left, pilot


def test_this_is_an_ordinary_user():
    assert os.geteuid() != 0


def test_doctor_finds_what_this_kernel_lacks():
    ran = pilot("doctor", "--json")
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)
    states = {capability["name"]: capability["state"] for capability in data["capabilities"]}
    assert {name: states[name] for name in ("root", "kprobes", "fentry", "tracepoints", "headers", "BTF")} == dict.fromkeys(
        ("root", "kprobes", "fentry", "tracepoints", "headers", "BTF"), "yes"
    )
    cannot = {(tool["flavour"], tool["tool"]): group["cause"] for group in data["cannot"] for tool in group["tools"]}
    expected = {
        ("bcc", "biolatency"): "function",
        ("bcc", "biosnoop"): "function",
        ("bcc", "biotop"): "function",
        ("bcc", "readahead"): "function",
        ("bcc", "slabratetop"): "compile",
        ("bcc", "tcprtt"): "compile",
        ("bcc", "llcstat"): "hardware",
    }
    assert {tool: cannot.get(tool) for tool in expected} == expected
    assert ("libbpf", "biolatency") not in cannot


def test_the_plan_steps_around_a_tool_that_cannot_start():
    ran = pilot("--dry-run", "--json", "disk I/O latency as a histogram")
    assert ran.returncode == 0, ran.stderr
    plan = json.loads(ran.stdout)
    assert (plan["tool"], plan["flavour"]) != ("biolatency", "bcc")
    assert plan["warnings"]


def test_a_real_histogram_of_disk_latency():
    ran = pilot("-y", "-d", "5", "disk I/O latency as a histogram")
    assert ran.returncode == 0, ran.stderr
    assert "usecs" in ran.stdout or "distribution" in ran.stdout or "|@" in ran.stdout, ran.stdout
    assert left() == []


def test_memory_leaks_are_found():
    ran = pilot("-y", "-d", "5", "memory leaks in the kernel")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    assert left() == []


@pytest.mark.slow
def test_what_fails_says_why_and_leaves_nothing():
    ran = pilot("-y", "-d", "5", "--tool", "biolatency", "--flavour", "bcc", "--no-preflight", "disk latency")
    assert ran.returncode == 6, ran.stdout
    assert "blk_account_io_done" in ran.stderr
    assert left() == []
