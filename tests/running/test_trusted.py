"""What root may run. The files are in a directory below a world-writable one, so the tests trust nothing above `tmp_path`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bccpilot.errors import Rejected
from bccpilot.running.trusted import verify

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes files of several owners")


@pytest.fixture
def place() -> Path:
    """A directory that is root's all the way up."""
    path = Path("/root", f".bccpilot-test-{os.getpid()}")
    (path / "sbin").mkdir(parents=True)
    tool = path / "sbin" / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    yield path
    for each in sorted(path.rglob("*"), reverse=True):
        each.unlink() if each.is_symlink() or each.is_file() else each.rmdir()
    path.rmdir()


def refused(path: object, **known: object) -> str:
    with pytest.raises(Rejected) as caught:
        verify(str(path), **known)  # type: ignore[arg-type]
    return caught.value.why


def test_a_tool_of_the_system_and_one_of_ours(place: Path) -> None:
    verify(os.path.realpath("/usr/bin/env"))
    tool = place / "sbin/tool"
    status = tool.stat()
    known = "2cb24f8e5b1af0c8a6d9d2c5d2f2d1c7"
    verify(str(tool), status.st_size, status.st_mtime_ns)
    assert refused(tool, size=status.st_size + 1) == "it has changed since it was indexed"
    assert refused(tool, mtime_ns=1) == "it has changed since it was indexed"
    assert refused(tool, sha256=known) == "its content has changed since it was indexed"


def test_the_sha256_of_the_content(place: Path) -> None:
    import hashlib

    verify(str(place / "sbin/tool"), sha256=hashlib.sha256(b"#!/bin/sh\n").hexdigest())


def test_relative_missing_not_executable(place: Path) -> None:
    assert refused("sbin/tool") == "its path is not absolute"
    assert refused(place / "none") == f"{place}/none: No such file or directory"
    (place / "sbin/tool").chmod(0o644)
    assert refused(place / "sbin/tool") == "it is not an executable file"
    assert refused(place / "sbin") == "it is not an executable file"
    verify(str(place / "sbin/tool"), executable=False)


@pytest.mark.parametrize("name", ["sbin/tool", "sbin", "."])
def test_others_could_change_it_or_swap_it(place: Path, name: str) -> None:
    victim = place / name
    mode = victim.stat().st_mode
    victim.chmod(mode | 0o002)
    assert refused(place / "sbin/tool") == f"{victim} is writable by others than its owner"
    victim.chmod(mode | 0o020)
    assert refused(place / "sbin/tool") == f"{victim} is writable by others than its owner"
    victim.chmod(mode)
    os.chown(victim, 12345, 0)
    assert refused(place / "sbin/tool") == f"{victim} belongs to user 12345, who could change what root would run"
    verify(str(place / "sbin/tool"), owners=(0, 12345))
    os.chown(victim, 0, 0)


def test_links_are_followed_and_checked(place: Path) -> None:
    link = place / "link"
    link.symlink_to(place / "sbin/tool")
    verify(str(link))
    (place / "sbin").chmod(0o777)
    assert refused(link) == f"{place}/sbin is writable by others than its owner"
    (place / "sbin").chmod(0o755)
    os.lchown(link, 12345, 0)
    assert refused(link).startswith(f"{link} belongs to user 12345")
