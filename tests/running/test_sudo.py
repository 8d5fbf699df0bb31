"""sudo as it is in the field: a real sudo, an ordinary user whom the tests make, a real terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bccpilot.running import guard, privilege, sudoers
from manpages_index.model import ArgRole, ArgSpec, ArgType, Knowledge, Option, Positional
from manpages_index.model import Tool as IndexedTool
from tests.running import fakes
from tests.running.conftest import PASSWORD, USER, Pilot, gone_within

Start = Callable[..., Pilot]
Rules = Callable[[str], None]
Tool = Callable[[str], str]
SHORT = {"limits": {"duration_s": 0.5}, "ready": "^Tracing"}
LINES = [("out", "Tracing... Hit Ctrl-C to end."), ("out", "summary: 42")]


def finished(pilot: Pilot) -> dict[str, object]:
    """The run that it reports, in which all went well."""
    run = pilot.wait_for(run=...)["run"]
    assert isinstance(run, dict)
    assert [(said["stream"], said["line"]) for said in pilot.said if "line" in said] == LINES
    assert (run["ended"], run["status"]) == ("time", 0)
    return run


def test_root_already(pilot: Start, tool: Tool) -> None:
    assert finished(pilot(tool(fakes.SUMMARY), uid=0, **SHORT))["warnings"] == []


@pytest.mark.parametrize("use_pty", ["use_pty", "!use_pty"])
@pytest.mark.parametrize("terminal", [True, False])
def test_without_a_password(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, terminal: bool) -> None:
    sudoers(f"Defaults:USER {use_pty}\nUSER ALL=(root) NOPASSWD: ALL\n")
    assert finished(pilot(tool(fakes.SUMMARY), terminal=terminal, **SHORT))["warnings"] == []


@pytest.mark.parametrize("use_pty", ["use_pty", "!use_pty"])
def test_a_password_is_asked_for_on_the_terminal(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str) -> None:
    sudoers(f"Defaults:USER {use_pty}\nUSER ALL=(root) ALL\n")
    begun = pilot(tool(fakes.SUMMARY), times=2, **SHORT)
    begun.seen("password for " + USER)
    begun.type("wrong\n")
    begun.seen("Sorry, try again")
    begun.seen("password for " + USER)
    begun.type(PASSWORD + "\n")
    for _ in range(2):  # the second run finds sudo's ticket: same terminal, same session
        assert begun.wait_for(run=...)["run"]["status"] == 0  # type: ignore[index]
    assert [said["line"] for said in begun.said if "line" in said] == [text for _, text in LINES] * 2
    assert not any(PASSWORD in str(said) for said in begun.said)


def test_ctrl_c_at_the_password(pilot: Start, tool: Tool, sudoers: Rules) -> None:
    sudoers("USER ALL=(root) ALL\n")
    path = tool(fakes.SUMMARY)
    begun = pilot(path, **SHORT)
    begun.seen("password for " + USER)
    begun.type("\x03")
    begun.wait_for(error="Interrupted")
    gone_within(5.0, path)


@pytest.mark.parametrize("use_pty", ["use_pty", "!use_pty"])
@pytest.mark.parametrize("terminal", [True, False])
def test_only_the_tool_is_allowed_without_a_password(pilot: Start, tool: Tool, sudoers: Rules, use_pty: str, terminal: bool) -> None:
    path = tool(fakes.SUMMARY)
    sudoers(f"Defaults:USER {use_pty}\nUSER ALL=(root) NOPASSWD: {path}\n")
    run = finished(pilot(path, terminal=terminal, **SHORT))
    assert len(run["warnings"]) == 1  # type: ignore[arg-type]
    gone_within(1.0, path)


def test_the_tool_without_and_the_rest_with_a_password(pilot: Start, tool: Tool, sudoers: Rules) -> None:
    path = tool(fakes.SUMMARY)
    sudoers(f"USER ALL=(root) ALL, NOPASSWD: {path}\n")
    finished(pilot(path, **SHORT))


def test_requiretty(pilot: Start, tool: Tool, sudoers: Rules) -> None:
    sudoers("Defaults:USER requiretty\nUSER ALL=(root) NOPASSWD: ALL\n")
    finished(pilot(tool(fakes.SUMMARY), **SHORT))
    refused = pilot(tool(fakes.SUMMARY), terminal=False, **SHORT).wait_for(error="NotPermitted")
    assert refused["next"] == "run it from a terminal, for example with ssh -t"


@pytest.mark.parametrize(
    ("rules", "terminal", "why"),
    [
        ("", False, "a password is needed and there is no terminal to ask for it"),
        ("USER ALL=(root) ALL\n", False, "a password is needed and there is no terminal to ask for it"),
        ("USER ALL=(root) NOPASSWD: /usr/bin/true\n", True, "this user is not allowed to run it as root"),
    ],
)
def test_not_allowed(pilot: Start, tool: Tool, sudoers: Rules, rules: str, terminal: bool, why: str) -> None:
    sudoers("Defaults:USER use_pty\n" + rules)
    refused = pilot(tool(fakes.SUMMARY), terminal=terminal, **SHORT).wait_for(error="NotPermitted")
    assert (refused["what"], str(refused["why"])[: len(why)], refused["status"]) == (
        "the tool can't be run as root",
        why,
        5,
    )


def test_not_in_the_sudoers_file(pilot: Start, tool: Tool, sudoers: Rules) -> None:
    sudoers("Defaults:USER use_pty\n")
    begun = pilot(tool(fakes.SUMMARY), **SHORT)
    begun.seen("password for " + USER)
    begun.type(PASSWORD + "\n")
    assert str(begun.wait_for(error="NotPermitted")["why"]).startswith("this user is not in the sudoers file")


def indexed(path: str) -> IndexedTool:
    """A tool with an option that starts programs, as memleak has."""
    options = (
        Option(("-p", "--pid"), "pid", type=ArgType("int")),
        Option(("-t", "--trace"), "trace", action="store_true"),
        Option(("-O", "--obj"), "obj"),
        Option(("-c", "--command"), "command"),
    )
    roles = (
        ArgRole("pid", "pid"),
        ArgRole("trace", "switch"),
        ArgRole("obj", "library"),
        ArgRole("interval", "interval"),
        ArgRole("command", "run_command", risk="dangerous"),
    )
    spec = ArgSpec("argparse", options, (Positional("interval", ArgType("int"), "?"),))
    return IndexedTool("fake", "bcc", path, spec=spec, knowledge=Knowledge(roles=roles))


@pytest.fixture
def installed_guard(monkeypatch: pytest.MonkeyPatch) -> str:
    """The guard where the rules say that it is, as its installation puts it."""
    place = Path(sudoers.GUARD)
    if place.exists():
        pytest.skip(f"{place} is installed here")
    made = [each for each in place.parents if not each.exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(Path(guard.__file__).read_bytes())
    yield str(place)
    place.unlink()
    for each in made:
        each.rmdir()


def allowed(*argv: str) -> bool:
    command = ["sudo", "-l", "-U", USER, "--", "/usr/bin/python3", "-I", "-S", sudoers.GUARD, "lines", *argv]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_the_drop_in_allows_exactly_what_is_started(pilot: Start, tool: Tool, sudoers: Rules, installed_guard: str) -> None:
    from bccpilot.running.sudoers import check, text

    path = tool(fakes.ARGUMENTS)
    rules = text(USER, [indexed(path)])
    assert check(rules) is None
    sudoers(rules)
    begun = pilot(path, "--pid", "4711", "--trace", "--obj", "/lib/libc.so.6", "5", terminal=False)
    begun.wait_for(line="0 ['--pid', '4711', '--trace', '--obj', '/lib/libc.so.6', '5']")
    assert begun.wait_for(run=...)["run"]["warnings"] == []  # type: ignore[index]
    assert allowed(path)
    assert allowed(path, "--obj=libc", "--trace")
    for refused in (["--command", "id"], ["--comm", "id"], ["-c", "id"], ["-tc", "id"], ["--pid", "x"], ["--pid"],
                    ["--obj", "a --command id"], ["--obj", "--command=id"], ["-id"], ["5", "-c", "x"]):  # fmt: skip
        assert not allowed(path, *refused), refused
    assert not allowed(path + "x")


def test_secrets_and_dangers_are_left_out_of_the_drop_in() -> None:
    secret = IndexedTool("s", "bcc", "/usr/sbin/s", knowledge=Knowledge(secrets=True))
    danger = IndexedTool("d", "bcc", "/usr/sbin/d", knowledge=Knowledge(risk="dangerous"))
    plain = IndexedTool("p", "bcc", "/usr/sbin/p")
    rules = [line for line in sudoers.text("%ops", [secret, danger, plain]).splitlines() if not line.startswith("# ")]
    assert rules == [f"%ops ALL=(root) NOPASSWD: /usr/bin/python3 ^-I -S {sudoers.GUARD[:-3]}[.]py lines /usr/sbin/p$"]
    assert "/usr/sbin/s$" in sudoers.text("me", [secret], secrets=True)


def test_the_kin_of_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """doas and run0, where sudo is missing; nothing at all is NotPermitted."""
    monkeypatch.setattr(privilege.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(privilege, "has_terminal", lambda: True)
    prefixes = {}
    for name in ("doas", "run0"):
        monkeypatch.setattr(privilege, "find", lambda wanted, name=name: f"/bin/{name}" if wanted == name else None)
        prefixes[name] = [way.prefix for way in privilege.ways(("/bin/tool",), screen=False)]
    assert prefixes == {
        "doas": [("/bin/doas", "-n"), ("/bin/doas",)],
        "run0": [("/bin/run0", "--no-ask-password", "--pipe", "--"), ("/bin/run0", "--pipe", "--")],
    }
    monkeypatch.setattr(privilege, "find", lambda wanted: None)
    with pytest.raises(privilege.NotPermitted, match="bcc tools need root"):
        list(privilege.ways(("/bin/tool",), screen=False))
