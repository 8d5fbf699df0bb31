"""The lab's scripts, as far as they can be tried without a machine."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def lab(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "lab.d"))
    for name in ("rootfs", "machine"):
        sys.modules.pop(name, None)
    yield importlib.import_module("rootfs"), importlib.import_module("machine")
    for name in ("rootfs", "machine"):
        sys.modules.pop(name, None)


def test_what_is_built_is_kept_by_what_it_is_made_of(lab, tmp_path, monkeypatch):
    rootfs, _ = lab
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def build(work):
        made.append(work.name)
        (work / "disk.img").write_text("disk")

    first = rootfs.kept("system", ["bookworm", "sudo"], build)
    assert rootfs.kept("system", ["bookworm", "sudo"], build) == first
    assert (first / "disk.img").read_text() == "disk"
    assert rootfs.kept("system", ["bookworm", "sudo", "curl"], build) != first
    assert len(made) == 2


def test_a_build_that_failed_is_not_kept(lab, tmp_path, monkeypatch):
    rootfs, _ = lab
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(work):
        (work / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        rootfs.kept("system", ["x"], fail)
    assert [path.name for path in rootfs.kept("system", ["x"], lambda work: None).iterdir()] == []


def test_dependencies_are_the_packages_own(lab):
    rootfs, _ = lab
    wanted = rootfs.dependencies(ROOT)
    assert any(requirement.startswith("rapidfuzz") for requirement in wanted)
    assert "pytest" in wanted


def test_the_machine_has_no_network_and_a_disk_that_forgets(lab):
    _, machine = lab
    argv = machine.command(Path("/system"), Path("/share"), 8)
    assert argv[argv.index("-nic") + 1] == "none"
    assert argv[argv.index("-smp") + 1] == "8"
    assert "-snapshot" in argv
    assert "kvm" not in " ".join(argv)


def offline(machine, monkeypatch, tmp_path):
    """Nothing is built, no second disk is made."""
    monkeypatch.setattr(machine.rootfs, "system", lambda: tmp_path)
    monkeypatch.setattr(machine.rootfs, "packages", lambda project: tmp_path)
    monkeypatch.setattr(machine, "payload", lambda *_: None)


def test_output_streams_through_and_the_status_is_the_jobs(lab, tmp_path, capfd, monkeypatch):
    """A process in the place of qemu that writes what the job would write."""
    _, machine = lab
    offline(machine, monkeypatch, tmp_path)
    script = 'echo out > "$0/stdout"; echo err > "$0/stderr"; echo 3 > "$0/status"; echo "{}" > "$0/results/table.json"'
    monkeypatch.setattr(machine, "command", lambda *paths_and_cpus: ["/bin/sh", "-c", script, str(paths_and_cpus[1])])
    status, results = machine.run(ROOT, machine.Job(("true",), "pilot", False, 30.0))
    assert (status, [path.name for path in results.iterdir()]) == (3, ["table.json"])
    assert capfd.readouterr() == ("out\n", "err\n")


def test_a_machine_that_hangs_is_stopped(lab, tmp_path, capfd, monkeypatch):
    _, machine = lab
    offline(machine, monkeypatch, tmp_path)
    monkeypatch.setattr(machine, "command", lambda *paths_and_cpus: ["/bin/sleep", "60"])
    status, _ = machine.run(ROOT, machine.Job(("true",), "pilot", False, 0.3))
    assert status == 124
    assert "the time was up" in capfd.readouterr().err


def test_the_job_is_quoted_for_the_machines_shell(lab, tmp_path):
    _, machine = lab
    machine.prepare(tmp_path, machine.Job(("bccpilot", "who's there?"), "pilot", True, 1.0))
    lines = (tmp_path / "job").read_text().splitlines()
    assert lines[:2] == ["user=pilot", "load=1"]
    import subprocess

    said = subprocess.run(["/bin/bash", "-c", f'. {tmp_path}/job; eval "printf \'%s|\' $command"'], capture_output=True, text=True).stdout
    assert said == "bccpilot|who's there?|"


def test_no_prop_has_two_probes_of_one_name():
    """bcc enables none of whose name there are two in a program."""
    source = (ROOT / "scripts/lab.d/props/tracee.c").read_text()
    before, _, rest = source.partition("#ifdef NODE")
    node, _, rest = rest.partition("#else")
    others, _, after = rest.partition("#endif")
    for text in (before + node + after, before + others + after):
        names = re.findall(r"DTRACE_PROBE\d?\(\w+, (\w+)", text)
        assert len(names) == len(set(names))
        assert "gc__start" in names


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes namespaces")
def test_a_network_namespace_has_the_number_that_was_asked_for():
    from bench import starts

    child = "import ctypes, os; ctypes.CDLL(None).unshare(0x04000000); print(os.stat('/proc/self/ns/uts').st_ino)"
    free = int(subprocess.check_output([sys.executable, "-c", child]))
    with starts.network_namespaces([free + 40]):
        assert any(_in_namespace(process, free + 40) for process in Path("/proc").glob("[0-9]*"))


def _in_namespace(process: Path, number: int) -> bool:
    try:
        return (process / "ns/net").stat().st_ino == number
    except OSError:
        return False
