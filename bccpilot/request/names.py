"""Names of programs in a request: `the nginx process`, `made by java`, `进程 mysqld`. Found by the words around them, by the programs that
everyone knows (lexicon/programs.toml), and by what runs on this machine."""

from __future__ import annotations

import os
import re

from bccpilot.model import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NAME = r"[a-z][a-z0-9_.+-]*[a-z0-9]"
_QUOTED = rf"[\"'“‘`]?({_NAME})[\"'”’`]?"
# Words around a name that make it one, even when nobody knows it.
_CUED = (
    rf"(?:process(?:es)? (?:named|called)|program (?:named|called)|named|called|command name|comm(?:and)? is|anything named"
    rf"|名为|名叫|叫做|名字是|名字叫|进程名为?|程序名为?|进程名是) ?{_QUOTED}"
    rf"|(?:names?|名字?|名称) ?(?:that )?(?:contain\w*|match\w*|includ\w*|里?[包含带有]{{1,3}}) ?{_QUOTED}"
    rf"|(?<![a-z]){_QUOTED} ?(?:processes|process|daemon|的进程|进程|这个进程|那个进程|这个程序)"
    rf"|\b(?:with|has|having|have|contains?) {_QUOTED} (?:any|some)?(?:where )?in (?:its|their|the|his) (?:process |program |command )?names?"
    rf"|(?:\b(?:by the|by|of the) |进程 ?|程序 ?){_QUOTED} ?(?:process|daemon|进程|$|[,，。])"
)
_CONTAINING = (
    rf"(?:process|program|command|name|processes|进程|程序)[^\"'“]{{0,40}}(?:contain\w*|match\w*|is|like|includ\w*|包含|含有) ?[\"'“]({_NAME})[\"'”]"
)
_WORD = re.compile(_NAME)
_NEVER = frozenset(
    "the a an each every which what this that any all one some by per same other my our new single whole user kernel child parent".split()
)


# `node` is a word for a machine, too: behind words that only a machine has, and before none that makes a program of it all the same.
_MACHINE = (
    r"(\b(?:same|each|every|other|another|this|worker|compute|login|head|gpu|edge|cluster|k8s|kubernetes|numa|storage|db|database|master|per|one|any|which"
    r"|whole|(?:on(?:to)?|across|of|in) (?:the|a|our|that|which)|though the|but the) )node\b"
    r"(?!\.?js|['’]s (?:gc|heap|event)"
    r"| (?:process|program|app|application|server|service|backend|api|daemon|instance|event loop|heap|code|script)(?:e?s)?\b)"
)


def without_machines(folded: str) -> str:
    """A folded text that calls a machine one, and no node."""
    return re.sub(_MACHINE, r"\1host", folded) if "node" in folded else folded


def find(folded: str, values: tuple[Value, ...], tables: Mapping[str, Any]) -> tuple[Value, ...]:
    """The program names of a folded request as `comm` values, each once, at their places."""
    taken = [(v.start, v.start + len(v.text)) for v in values]
    programs: Mapping[str, str] = tables["programs"]
    machines = {match.end(1) for match in re.finditer(_MACHINE, folded)} if "node" in folded else ()
    found: dict[str, Value] = {}
    for match in _said_to_be_names(folded):
        group = match.lastindex or 1
        name, start = match.group(group), match.start(group)
        quoted = folded[start - 1 : start] in tuple("\"'“")
        does = match.group().startswith("by ") and name not in _NEVER and is_running(name)  # `made by bash`
        if quoted or ((does or not _is_ordinary(name, tables)) and not _within(start, taken)):
            found.setdefault(name, Value("comm", name, name, start))
    for match in _WORD.finditer(folded):
        name = match.group()
        if name in found or match.start() in machines or _within(match.start(), taken) or folded[: match.start()].endswith(("/", ".", "_")):
            continue
        if name in programs or (name not in _NEVER and not _is_ordinary(name, tables) and is_running(name)):
            program = programs.get(name, name)
            found[name] = Value("comm", name if name in program else program, name, match.start())  # the jvm is java
    return (*found.values(), *_syscalls(folded, taken, tables), *_of_libc(folded, taken, tables), *_users(folded, taken), *_interfaces(folded))


def _syscalls(folded: str, taken: list[tuple[int, int]], tables: Mapping[str, Any]) -> list[Value]:
    """System calls whose names aren't ordinary words."""
    known = frozenset(tables["syscalls"].split())
    words = (m for m in _WORD.finditer(folded) if m.group() in known and not _within(m.start(), taken))
    return [Value("syscall", match.group(), match.group(), match.start()) for match in words]


# Who speaks of functions, or of the time that a call takes.
_AS_FUNCTIONS = ("libc", "function", "函数", "latency", "how long", " takes", " took", "slow", "耗时", "花多", "多久", "延迟", "调一次", "每次调")


def _of_libc(folded: str, taken: list[tuple[int, int]], tables: Mapping[str, Any]) -> list[Value]:
    """Functions of the C library whose names are words of the field (`getaddrinfo of libc`), where functions are spoken of."""
    if not any(word in folded for word in _AS_FUNCTIONS):
        return []
    known = frozenset(f"{tables['libc']} {tables['libc_too'] if 'libc' in folded else ''}".split())
    words = (m for m in _WORD.finditer(folded) if m.group() in known and not _within(m.start(), taken))
    return [Value("function", match.group(), match.group(), match.start()) for match in words]


_USER = (
    rf"(?a)(?:users?|owned by|(?<!works )(?<!fine )(?<!ok )as|for|用户名?|账号) ?[\"'“]?({_NAME})|\bby (root)\b|\b(www-data)\b"
    r"|\b(root)(?:'s| users?\b| only| ?用户| ?账号| ?的)"
)
_INTERFACE = r"(?a)(?:interface|device|nic|on|网卡|接口) ?(lo)\b|\b(lo) ?(?:interface|device|网卡|接口)"


def _users(folded: str, taken: list[tuple[int, int]]) -> list[Value]:
    """Users by name: those that this host has."""
    if not any(hint in folded for hint in ("user", "owned by", "as ", "for ", "root", "www-data", "用户", "账号")):
        return []
    import pwd

    found = []
    for match in re.finditer(_USER, folded):
        group = match.lastindex or 1
        name, start = match.group(group), match.start(group)
        if not _within(start, taken):
            try:
                pwd.getpwnam(name)
            except (KeyError, ValueError):
                continue
            found.append(Value("user", name, name, start))
    return found


def _interfaces(folded: str) -> list[Value]:
    """The loopback interface: its name is too short to be known by itself."""
    if "lo" not in folded:
        return []
    return [Value("interface", "lo", "lo", m.start(m.lastindex or 0)) for m in re.finditer(_INTERFACE, folded)]


# Words without which neither pattern can match: compiling them takes longer than the rest of the work.
_HINTS = ("process", "program", "named", "called", "daemon", "comm", "name", "by ", "of the", "进程", "程序", "名")


def _said_to_be_names(folded: str) -> list[re.Match[str]]:
    if not any(hint in folded for hint in _HINTS):
        return []
    containing = re.finditer(_CONTAINING, folded) if _QUOTES.intersection(folded) else ()
    return [*containing, *re.finditer(_CUED, folded)]


_QUOTES = frozenset("\"'“")


def _within(start: int, taken: list[tuple[int, int]]) -> bool:
    return any(one <= start < other for one, other in taken)


def _is_ordinary(name: str, tables: Mapping[str, Any]) -> bool:
    """A word of the language or of the field, which isn't a program's name only because something so named runs."""
    from manpages_index import words

    if name in tables["programs"]:
        return False
    stem = words.stem(name)
    return name in _NEVER or name in words.STOP or stem in tables["idf"] or name in tables["lexicon"] or name in tables["names"]


_running: frozenset[str] | None = None


def is_running(name: str) -> bool:
    """Whether a process of that name runs now; read once. The kernel cuts names at 15 bytes."""
    global _running
    if _running is None:
        _running = frozenset(_comms())
    return name[:15] in _running


_KTHREADD = "2"  # the parent of the kernel's threads


def _comms() -> list[str]:
    """The names of all processes but the kernel's threads (kswapd0 is what somebody saw), from /proc/PID/stat: `PID (NAME) STATE PPID ...`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    before, _, behind = file.read().rpartition(")")
            except OSError:
                continue
            if behind.split()[1:2] != [_KTHREADD]:
                found.append(before.partition("(")[2].lower())
    return found
