"""Fake tools, and a real bccpilot in small that runs as an ordinary user on a terminal of its own."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import termios
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import fakes

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"
USER, PASSWORD = "bccpilot-test", "correct-horse-7"
PATIENCE_S = 300.0  # under emulation twenty of them at once take minutes to start
DROP_IN = Path("/etc/sudoers.d/bccpilot-test")


@pytest.fixture
def tool(tmp_path: Path) -> Callable[[str], str]:
    """Writes a fake tool; its path is unlike any other process's arguments."""
    tmp_path.chmod(0o755)

    def write(body: str) -> str:
        path = tmp_path / f"fake-{uuid.uuid4().hex}"
        path.write_text(fakes.HEAD + body)
        path.chmod(0o755)
        return str(path)

    return write


def alive(mark: str) -> list[str]:
    """The commands of all processes that have `mark` in their arguments, the tests' own drivers left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in command and "driver.py" not in command:
            found.append(command)
    return found


def gone_within(seconds: float, *marks: str) -> float:
    """How long it takes until none of them runs any more; fails after `seconds`."""
    began = time.monotonic()
    while left := [command for mark in marks for command in alive(mark)]:
        assert time.monotonic() < began + seconds, left
        time.sleep(0.1)
    return time.monotonic() - began


class Pilot:
    """A driver on a terminal, as a user. `master` is the terminal's other side: what the user types, what the user sees."""

    def __init__(self, package: Path, uid: int, task: dict[str, object], terminal: bool = True) -> None:
        self.master, slave = os.openpty()
        reading, writing = os.pipe()
        arguments = [PYTHON, str(package / "driver.py"), json.dumps(task)]
        self.pid = os.fork()
        if not self.pid:
            try:
                os.setsid()
                if terminal:
                    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                os.dup2(slave if terminal else os.open("/dev/null", os.O_RDWR), 0)
                os.dup2(writing, 1)
                os.closerange(3, 1024)
                entry = pwd.getpwuid(uid)
                os.initgroups(entry.pw_name, entry.pw_gid)
                os.setgid(entry.pw_gid)
                os.setuid(uid)
                os.chdir("/")
                home = {"HOME": entry.pw_dir, "USER": entry.pw_name, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(package)}
                os.execve(PYTHON, arguments, {**home, "PYTHONDONTWRITEBYTECODE": "1"})
            finally:
                os._exit(127)
        os.close(slave)
        os.close(writing)
        self.out, self._rest, self._shown = reading, b"", ""
        self.said: list[dict[str, object]] = []

    def wait_for(self, seconds: float = PATIENCE_S, **what: object) -> dict[str, object]:
        """The first thing it says that has all of `what`."""
        until = time.monotonic() + seconds
        for said in self._saying(until):
            if what.items() <= said.items() or (set(what) <= set(said) and list(what.values()) == [...]):
                return said
        raise AssertionError(f"{what} not said; {self.said}")

    def _saying(self, until: float) -> Iterator[dict[str, object]]:
        while select.select([self.out], [], [], max(0.0, until - time.monotonic()))[0]:
            chunk = os.read(self.out, 65536)
            if not chunk:
                return
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self.said.append(json.loads(line))
            yield from self.said[len(self.said) - len(lines) :]

    def seen(self, words: str, seconds: float = 15.0) -> None:
        """Waits until the terminal shows `words`, after what was seen before."""
        until = time.monotonic() + seconds
        while words not in self._shown:
            assert select.select([self.master], [], [], max(0.0, until - time.monotonic()))[0], self._shown
            self._shown += os.read(self.master, 4096).decode()
        self._shown = self._shown.partition(words)[2]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def kill(self, signum: int = signal.SIGKILL) -> None:
        os.kill(self.pid, signum)

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        if self.master >= 0:
            os.close(self.master)
        self.kill()
        os.waitpid(self.pid, 0)
        os.close(self.out)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy that an ordinary user can read, wherever the project is, and that is his own: root must not trust it."""
    place = Path("/var/tmp") / f"bccpilot-test-{uuid.uuid4().hex}"
    for name in ("bccpilot", "manpages_index"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "knowledge"))
    shutil.copy(Path(__file__).with_name("driver.py"), place)
    subprocess.run(["chmod", "-R", "a+rX", str(place)], check=True)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def user(package: Path) -> Iterator[int]:
    """An ordinary user with a password, who goes again afterwards."""
    if os.geteuid() != 0 or not shutil.which("sudo") or not shutil.which("useradd"):
        pytest.skip("needs root, sudo and useradd: it makes an ordinary user")
    ours = USER not in (entry.pw_name for entry in pwd.getpwall())  # tests/kernel uses this fixture too
    if ours:
        subprocess.run(["useradd", "-M", "-d", "/nonexistent", "-s", "/bin/sh", USER], check=True)
        subprocess.run(["chpasswd"], input=f"{USER}:{PASSWORD}".encode(), check=True)
    subprocess.run(["chown", "-R", USER, str(package)], check=True)
    yield pwd.getpwnam(USER).pw_uid
    DROP_IN.unlink(missing_ok=True)
    if ours:
        subprocess.run(["userdel", USER], check=True, stderr=subprocess.DEVNULL)


@pytest.fixture
def sudoers(user: int) -> Iterator[Callable[[str], None]]:
    """Sets what sudo allows the user; nothing before and afterwards. Tickets of earlier tests don't count."""

    def write(rules: str) -> None:
        temporary = DROP_IN.with_name("bccpilot-test.new~")
        temporary.write_text(rules.replace("USER", USER))
        temporary.chmod(0o440)
        subprocess.run(["visudo", "-cqf", str(temporary)], check=True)
        temporary.rename(DROP_IN)

    write("Defaults:USER timestamp_timeout=5\n")
    yield write
    DROP_IN.unlink(missing_ok=True)
    shutil.rmtree(f"/run/sudo/ts/{USER}", ignore_errors=True)
    Path(f"/run/sudo/ts/{USER}").unlink(missing_ok=True)


@pytest.fixture
def pilot(package: Path, user: int) -> Iterator[Callable[..., Pilot]]:
    """Starts drivers as the ordinary user."""
    started: list[Pilot] = []

    def begin(*argv: str, terminal: bool = True, uid: int = user, **task: object) -> Pilot:
        started.append(Pilot(package, uid, {"argv": argv, **task}, terminal))
        return started[-1]

    yield begin
    for each in started:
        each.close()
