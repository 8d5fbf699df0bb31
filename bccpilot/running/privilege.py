"""How the tool becomes root on this machine: root already, sudo, doas or run0; with the guard inside or, where that
isn't allowed, outside.

No password is ever read here. sudo asks for it itself, on the user's own terminal, in the user's own session, so that
its tickets are valid and a second run doesn't ask again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bccpilot.errors import HostCannot, NotPermitted, Rejected
from bccpilot.running import guard as guard_module
from bccpilot.running.trusted import verify

PLACES = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/run/wrappers/bin", "/usr/local/bin")
GUARDS = ("/usr/local/libexec/bccpilot/guard.py", "/usr/libexec/bccpilot/guard.py")
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3", "/usr/libexec/platform-python")
ASKS_S = 15.0  # for `sudo -l`: a directory server may be slow
PASSWORD = (
    "a password is required",
    "a terminal is required",
    "no password was provided",
    "interactive authentication",
)


@dataclass(frozen=True)
class Way:
    """One way to run a tool as root. `kind`: root | sudo | doas | run0. `outside`: the guard is around `prefix`,
    not behind it.
    """

    kind: str
    prefix: tuple[str, ...] = ()
    outside: bool = False
    asks: bool = False

    def argv(self, tool: tuple[str, ...], screen: bool) -> list[str]:
        """The whole command; `screen`: the tool draws on a terminal."""
        kind = "screen" if screen else "terminal" if self.outside else "lines"
        if self.outside:
            return [*guarded(as_root=False), kind, *self.prefix, *tool]
        return [*self.prefix, *guarded(as_root=bool(self.prefix)), kind, *tool]


def guarded(as_root: bool = True) -> tuple[str, ...]:
    """The guard's command. Raises HostCannot where it gains root and there is no Python that nobody but root could
    have changed.
    """
    python = next((path for path in PYTHONS if _trusted(path)), None if as_root else sys.executable)
    if python is None:
        raise HostCannot("no Python that root may run", "none is owned by root alone", "install the system's python3 package")
    return (python, "-I", "-S", *_program())


def _program() -> tuple[str, ...]:
    """The guard's file where nobody but root can change it, else its text: root never reads a file that a user
    could write.
    """
    own = guard_module.__file__
    with open(own, encoding="utf-8") as file:
        text = file.read()
    for place in (*GUARDS, own):
        if _trusted(place, executable=False) and _read(place) == text:
            return (place,)
    return ("-c", text)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _trusted(path: str, executable: bool = True) -> bool:
    try:
        verify(path, executable=executable)
    except (Rejected, OSError):
        return False
    return True


def find(name: str) -> str | None:
    """A set-user-ID program by name, in the system's own directories only."""
    paths = (f"{place}/{name}" for place in PLACES)
    return next((path for path in paths if os.access(path, os.X_OK)), None)


def ways(tool: tuple[str, ...], screen: bool) -> Iterator[Way]:
    """The ways to try, in order. Raises NotPermitted where there is none."""
    if os.geteuid() == 0:
        yield Way("root")
        return
    terminal = has_terminal()
    if sudo := find("sudo"):
        yield from _sudo_ways(sudo, tool, screen, terminal)
    elif doas := find("doas"):
        yield Way("doas", (doas, "-n"))
        if terminal:
            yield Way("doas", (doas,), asks=True)
    elif run0 := find("run0"):
        yield Way("run0", (run0, "--no-ask-password", "--pipe", "--"))
        if terminal:
            yield Way("run0", (run0, "--pipe", "--"), asks=True)
    else:
        raise NotPermitted("bcc tools need root", "there is no sudo, doas or run0 on this machine", "run bccpilot as root")


def _sudo_ways(sudo: str, tool: tuple[str, ...], screen: bool, terminal: bool) -> Iterator[Way]:
    """Asks sudo first what it would allow: an attempt that is refused is mailed to the administrator."""
    inside, outside = Way("sudo", (sudo, "-n", "--")), Way("sudo", (sudo, "-n", "--"), outside=True)
    allowed, said = _listed(sudo, tuple(inside.argv(tool, screen)[3:]))
    secret = any(words in said for words in PASSWORD)  # it says nothing before it has the password
    tool_allowed = not secret and _listed(sudo, tool)[0]
    if allowed:
        yield inside
    if tool_allowed:
        yield outside
    if terminal and (allowed or secret):
        yield Way("sudo", (sudo, "--"), asks=True)
    elif not allowed and not tool_allowed:
        raise refused(said or "not allowed to execute")


def _listed(sudo: str, argv: tuple[str, ...]) -> tuple[bool, str]:
    """Whether `sudo -l` allows the command, and what it says."""
    import subprocess

    try:
        answer = subprocess.run(
            [sudo, "-n", "-l", "--", *argv],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASKS_S,
        )
    except subprocess.TimeoutExpired:
        return False, PASSWORD[0]
    return answer.returncode == 0, answer.stderr.decode(errors="replace").strip()


def environment() -> dict[str, str]:
    """For sudo and its kin: the user's, with messages in English, and nobody else to ask for the password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SUDO_", "LC_", "LD_", "PYTHON"))}
    return {**kept, "LC_ALL": "C"}


def has_terminal() -> bool:
    """Is there a terminal on which a password can be asked for?"""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def refusal(said: str) -> tuple[str, str] | None:
    """Why, and what helps, where these are words with which sudo and its kin refuse."""
    import tomllib
    from importlib.resources import files

    table = tomllib.loads(files("bccpilot.running").joinpath("refusals.toml").read_text(encoding="utf-8"))
    for entry in table["refusal"]:
        if any(sign in said for sign in entry["says"]):
            return entry["why"], entry["next"]
    return None


def refused(said: str) -> NotPermitted:
    """What sudo said, as an error that helps."""
    words = said.strip().splitlines()[-1] if said.strip() else "it didn't say why"
    why, next = refusal(said) or ("", "run bccpilot as root, or ask for the rules that `bccpilot sudoers` prints")
    return NotPermitted("the tool can't be run as root", f"{why} ({words})" if why else words, next)
