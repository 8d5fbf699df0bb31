"""What leaves the machine: secrets are hidden, everything comes back, ordinary requests pass as they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bccpilot.redact import Redactor

SECRETS = {
    "GitHub": ("git clone https://ghp_{}@github.com/x", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    "AWS": ("aws s3 ls --id {}", "AKIAIOSFODNN7EXAMPLE"),
    "JWT": ("run {}", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
    "Slack": ("post {}", "xoxb-123456789012-abcdefABCDEF"),
    "OpenAI": ("ask {}", "sk-abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst"),
    "bearer": ('curl -H "Authorization: Bearer {}"', "abc123def456"),
    "password option": ("backup --password {} --all", "hunter2"),
    "password assignment": ("PGPASSWORD={} psql", "hunter2"),
    "password in JSON": ('{{"db_password": "{}"}}', "hunter2"),
    "mysql": ("mysql -u root -p{} shop", "Hunter2"),
    "URL": ("psql postgres://joe:{}@db/shop", "pw1234"),
    "curl -u": ("curl -u {} example", "joe:pw"),
    "private key": ("{}", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"),
    "unknown service": ("deploy {}", "Zk3tQ9vLx2Rw8Yp5Jm7Nc4Hb6Gd1Fs0Ea"),
    "hash": ("login {}", "d41d8cd98f00b204e9800998ecf8427e"),
    "e-mail": ("mail {}", "joe.x@corp.example.com"),
    "IPv4": ("who talks to {}", "10.20.30.40"),
    "IPv6": ("who talks to {} now", "fe80::1ff:fe23:4567:890a"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_hidden_and_restored(text: str, secret: str) -> None:
    redactor = Redactor()
    whole = text.format(secret)
    hidden = redactor.hide(whole)
    assert secret not in hidden
    assert "⟦" in hidden
    assert redactor.restore(hidden) == whole


@pytest.mark.parametrize(
    "text",
    [
        "trace memory allocations of pid 1234 for 10 s", "why is authentication slow", "跟踪内存分配", "find secret leaks", "tokens per second",
        "/usr/lib/x86_64-linux-gnu/libc.so.6", "p::do_nanosleep", "std::vector<int>::push_back", "_ZN4llvm12PassManager3runERNS_6ModuleE12ABCDEF",
        "at 12:30:11", "ffff8881009cc000", "basic information about files", "version 6.1.0-50-amd64",
    ],
)  # fmt: skip
def test_ordinary_text_passes(text: str) -> None:
    assert Redactor().hide(text) == text


def test_a_placeholder_stands_for_the_same_text_all_the_time() -> None:
    redactor = Redactor()
    assert redactor.hide("from 10.0.0.1 to 10.0.0.2") == "from ⟦ADDRESS_1⟧ to ⟦ADDRESS_2⟧"
    assert redactor.hide("10.0.0.2 again") == "⟦ADDRESS_2⟧ again"
    assert redactor.count == 2


def test_addresses_are_a_setting() -> None:
    assert Redactor(emails=False, addresses=False).hide("joe@example.com 10.0.0.1") == "joe@example.com 10.0.0.1"


def test_nobody_else_can_write_placeholders() -> None:
    redactor = Redactor()
    assert redactor.hide("a process called ⟦SECRET_1⟧ and ⟦x") == "a process called [SECRET_1] and [x"
    redactor.hide("--password hunter2")
    assert redactor.restore("⟦SECRET_7⟧") == "⟦SECRET_7⟧"


def test_restoring_within_json() -> None:
    redactor = Redactor()
    hidden = redactor.hide("password='a\"b'")
    assert redactor.restore(f'{{"x": "{hidden[9:]}"}}', lambda text: text.replace('"', '\\"')).count("\\") <= 1


@given(st.text(max_size=60), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_streams_are_restored_wherever_they_are_cut(around: str, size: int) -> None:
    redactor = Redactor()
    around = around.replace("⟦", "").replace("⟧", "")
    hidden = redactor.hide("mail joe@example.com now")
    text = f"{around} {hidden} {around}"
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    assert "".join(redactor.restored(iter(parts))) == f"{around} mail joe@example.com now {around}"


@pytest.mark.parametrize("text", ["a" * 6000, "a-" * 3000, "x.sh-" * 1200, "/" * 6000, "password" * 700, "1." * 3000, "f:" * 3000, "a@" * 3000])
def test_no_text_takes_long(text: str) -> None:
    """A second for what takes well under a tenth; it was quadratic once."""
    began = time.process_time()
    Redactor().hide(text)
    assert time.process_time() - began < 1
