"""The text of a sudoers drop-in that allows exactly what bccpilot starts: its guard, with an indexed tool, with
checked arguments.

Not a wildcard: in sudoers `*` matches blanks too, so that `memleak-bpfcc *` would allow `--command 'sh ...'` as root.
Each rule is a regular expression (sudo 1.9.10 or later) made of the tool's own options by their full names, without
those that start programs, write files or compile what the caller gives. A value has no blank and doesn't begin with a
dash, so that no value can pass for another option.
"""

from __future__ import annotations

from collections.abc import Iterable

from bccpilot.errors import HostCannot
from bccpilot.running.privilege import GUARDS, find
from manpages_index.model import ArgRole, Option, Positional, Tool

GUARD = GUARDS[0]
PYTHON = "/usr/bin/python3"
MOST = 1024  # of a regular expression, in sudoers
OLDEST = (1, 9, 10)
NUMBER = "[0-9]+([.][0-9]+)?"
WORD = "[A-Za-z0-9_./:@%+~*][A-Za-z0-9_./:@%+~*,-]*"  # sudo takes no + right before a *, in brackets either
NUMBERS = ("int", "float")
FORBIDDEN = ("dangerous",)
NEVER = ("run_command", "never")

HEAD = """\
# What bccpilot may start as root for {who}, and nothing else.
# Made by `bccpilot sudoers`; make it again when tools were updated.
# Install it, and the guard that it names, with
#   sudo install -D -o root -g root -m 0644 {source} {guard}
#   bccpilot sudoers | sudo tee /etc/sudoers.d/bccpilot >/dev/null
#   sudo chmod 0440 /etc/sudoers.d/bccpilot
#   sudo visudo -c
"""


def text(who: str, tools: Iterable[Tool], guard: str = GUARD, secrets: bool = False) -> str:
    """The drop-in for `who` (a user, or %group). Tools whose arguments can't be told safe are named in a comment, and so
    are those that show what others type or send, unless `secrets`.
    """
    from bccpilot.running import guard as guard_module

    lines, left_out = [HEAD.format(who=who, source=guard_module.__file__, guard=guard)], []
    for tool in sorted(tools, key=lambda tool: tool.path):
        rule = arguments(tool, guard) if secrets or not tool.knowledge.secrets else None
        if rule is None:
            left_out.append(tool.command)
        else:
            lines.append(f"{who} ALL=(root) NOPASSWD: {PYTHON} {rule}\n")
    if left_out:
        lines.append(f"# Left out, as they show secrets or their arguments can't be bounded: {' '.join(left_out)}\n")
    return "".join(lines)


def arguments(tool: Tool, guard: str = GUARD) -> str | None:
    """The regular expression for what follows Python's path; None where none is safe."""
    roles = {role.dest: role for role in tool.knowledge.roles}
    if tool.knowledge.risk in FORBIDDEN:
        return None
    options = [option for option in tool.spec.options if _safe(option.dest, roles)]
    positionals = [each for each in tool.spec.positionals if _safe(each.dest, roles)]
    kind = "screen" if tool.knowledge.needs_terminal else "lines"
    rule = f"^-I -S {_literal(guard)} {kind} {_literal(tool.path)}{_repeated(options, positionals)}$"
    return rule if len(rule) <= MOST else None


def _safe(dest: str, roles: dict[str, ArgRole]) -> bool:
    """Known to the knowledge, and neither dangerous nor one that is never planned."""
    role = roles.get(dest)
    return role is not None and role.risk not in FORBIDDEN and role.role not in NEVER


def _repeated(options: list[Option], positionals: list[Positional]) -> str:
    """Options with the same kind of value share one alternative: a rule has little room."""
    groups: dict[str, list[str]] = {}
    for option in options:
        value = _value(option) if option.takes_value else ""
        groups.setdefault(value, []).append(option.long)
    found = [_group(value, names) for value, names in groups.items()]
    found += sorted({f" {_value(positional)}" for positional in positionals})
    return f"({'|'.join(found)})*" if found else ""


def _group(value: str, names: list[str]) -> str:
    flags = f" ({'|'.join(map(_literal, sorted(names)))})"
    return f"{flags}[ =]{value}" if value else flags


def _value(argument: Option | Positional) -> str:
    if argument.choices:
        return f"({'|'.join(map(_literal, argument.choices))})"
    return NUMBER if argument.type.kind in NUMBERS else WORD


def _literal(word: str) -> str:
    """As a part of an extended regular expression in sudoers, where # begins a comment."""
    return "".join(char if char.isalnum() or char in "/_-" else "\\#" if char == "#" else f"[{char}]" for char in word)


def check(text: str, version: tuple[int, ...] | None = None) -> str | None:
    """What visudo says against the text; None: nothing. Raises HostCannot where sudo is too old, or there is no
    visudo.
    """
    import subprocess

    visudo, sudo = find("visudo"), find("sudo")
    if not visudo or not sudo:
        raise HostCannot("the rules can't be checked", "there is no visudo here", "install sudo")
    version = version or sudo_version(sudo)
    if version < OLDEST:
        raise HostCannot(
            "this sudo can't bound arguments",
            f"it is {'.'.join(map(str, version))}; regular expressions came with 1.9.10",
            "allow bccpilot's users sudo with a password",
        )
    answer = subprocess.run([visudo, "-cf", "-"], input=text.encode(), capture_output=True, timeout=30)
    return None if answer.returncode == 0 else (answer.stderr + answer.stdout).decode(errors="replace").strip()


def sudo_version(sudo: str) -> tuple[int, ...]:
    """(1, 9, 13) for `Sudo version 1.9.13p3`."""
    import re
    import subprocess

    answer = subprocess.run([sudo, "-V"], capture_output=True, timeout=30, env={"LC_ALL": "C"})
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", answer.stdout.decode(errors="replace"))
    return tuple(map(int, found.groups())) if found else (0,)
