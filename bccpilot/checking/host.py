"""Whether what arguments name is there on this host: processes, users, files, devices, and what probes attach to.

Only what was given is looked up, and only by reading. Where this user may not look, that is a warning and no refusal.
"""

from __future__ import annotations

import os

from bccpilot.model import Problem
from manpages_index.frozen import frozen, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bccpilot.checking.probes import Probe
    from bccpilot.checking.spec import Parsed
    from bccpilot.host.symbols import Symbols
    from manpages_index.model import ArgRole, Tool

_FIND_PROGRAMS = ("argdist", "tplist")  # for USDT probes libbcc looks along PATH; the other tools' own search fails under Python 3
PROBE_LIMIT = 1000  # bcc attaches to no more functions at once (BCC_PROBE_LIMIT)
_ALIKE = 72  # of 100: names less alike than this aren't offered


class Missing(Exception):
    """What an argument names is not on this host."""


class Hidden(Exception):
    """This user may not see whether it is there."""


@frozen
class Verdict:
    """What this host says of a command's values."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


@frozen
class Place:
    """The host as it is looked at. `root` goes before every path; `symbols` are the kernel's functions; `pid` is the process traced, and
    `programs` says that the tool finds programs by their bare names, too."""

    root: str = ""
    symbols: Symbols | None = None
    pid: int | None = None
    programs: bool = False

    def path(self, path: str) -> str:
        return self.root + path

    def kernel(self) -> Symbols:
        if self.symbols is not None:
            return self.symbols
        return _kernel()


_symbols: Symbols | None = None


def _kernel() -> Symbols:
    """This kernel's functions, opened once."""
    global _symbols
    if _symbols is None:
        from bccpilot.host.symbols import Symbols

        _symbols = Symbols.of_kernel()
    return _symbols


def look(tool: Tool, parsed: Parsed, probes: Sequence[tuple[str, Probe]] = (), place: Place | None = None) -> Verdict:
    """Look up every value that names something here. `probes` are those that were read, with their arguments."""
    place = place or Place()
    problems: list[Problem] = []
    warnings: list[str] = []
    place = replace(place, pid=_pid(tool, parsed), programs=tool.name in _FIND_PROGRAMS)
    for argument, check in _lookups(tool, parsed, probes, place):
        try:
            check()
        except Missing as missing:
            problems.append(Problem("host", argument, str(missing)))
        except Hidden as hidden:
            warnings.append(f"{argument}: not checked, {hidden}")
        except OSError as error:
            warnings.append(f"{argument}: not checked, {error.strerror or error}")
    return Verdict(tuple(problems), tuple(dict.fromkeys(warnings)))


def _lookups(tool: Tool, parsed: Parsed, probes: Sequence[tuple[str, Probe]], place: Place) -> Iterator[tuple[str, Callable[[], None]]]:
    """(argument, what to look up) for each value given whose role names something."""
    for role in tool.knowledge.roles:
        check = CHECKS.get(role.role)
        if check is not None and role.dest in parsed.given:
            for text in _texts(role, parsed.values.get(role.dest)):
                yield text, _bound(check, text, place)
    if probes:
        from bccpilot.checking import attaching

        for argument, probe in probes:
            yield argument, _bound_probe(attaching.look, probe, place)


def _bound(check: Callable[[str, Place], None], text: str, place: Place) -> Callable[[], None]:
    return lambda: check(text, place)


def _bound_probe(check: Callable[[Probe, Place], None], probe: Probe, place: Place) -> Callable[[], None]:
    return lambda: check(probe, place)


def _texts(role: ArgRole, value: object) -> Iterator[str]:
    """The things that a value names: a list's items, the parts of a comma list where the option takes several."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if item is not None and not isinstance(item, bool):
            yield from str(item).split(",") if role.multiple else [str(item)]


def _pid(tool: Tool, parsed: Parsed) -> int | None:
    """The process that is traced, whose own view of the files counts."""
    for role in tool.knowledge.roles:
        value = parsed.values.get(role.dest)
        if role.role == "pid" and isinstance(value, int) and value > 0:
            return value
    return None


def nearest(name: str, names: Iterable[str], least: int = _ALIKE) -> str:
    """`; did you mean NAME?`, or nothing where nothing is alike."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=least)
    return f"; did you mean {best[0]}?" if best else ""


# processes and users


def _process(text: str, place: Place) -> None:
    _exists(text, "process", place)
    group = _status(text, "Tgid", place)
    if group not in (None, text.strip()):
        raise Missing(f"{text} is a thread of process {group}; give that, or use the tool's option for threads")


def _thread(text: str, place: Place) -> None:
    _exists(text, "thread", place)


def _exists(text: str, kind: str, place: Place) -> None:
    number = int(text)
    if number <= 0:
        raise Missing(f"there is no {kind} {number}")
    if os.path.exists(place.path(f"/proc/{number}")) or (not place.root and _hidden(number)):
        return
    raise Missing(f"no {kind} {number} runs here")


def _hidden(pid: int) -> bool:
    """With hidepid, /proc doesn't show other users' processes."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _status(pid: str, key: str, place: Place) -> str | None:
    try:
        with open(place.path(f"/proc/{int(pid)}/status"), encoding="utf-8", errors="replace") as file:
            return next((line.split()[1] for line in file if line.startswith(key + ":")), None)
    except OSError:
        return None


def _user(text: str, place: Place) -> None:
    """A number without a name is no mistake: containers have them."""
    import pwd

    try:
        pwd.getpwuid(int(text))
    except (KeyError, OverflowError):
        raise Hidden(f"no user of this host has the number {text}") from None


# files and devices


def _file(text: str, place: Place) -> None:
    """A file or directory, as a pattern too; a terminal may be named by its number alone."""
    import glob

    if not any(os.path.lexists(place.path(path)) for path in (text, f"/dev/pts/{text}")) and not glob.glob(place.path(text)):
        raise Missing(f"there is no {text}{_near_file(text, place)}")


def _near_file(text: str, place: Place) -> str:
    directory, _, name = text.rpartition("/")
    try:
        names = os.listdir(place.path(directory or "/"))
    except OSError:
        return ""
    hint = nearest(name, names)
    return hint.replace("mean ", f"mean {directory}/") if hint else ""


def _directory(text: str, place: Place) -> None:
    if not os.path.isdir(place.path(text)):
        raise Missing(f"there is no directory {text}{_near_file(text, place)}")


def _map(text: str, place: Place) -> None:
    """A map pinned in the BPF file system, which mostly only root may read."""
    try:
        os.stat(place.path(text))
    except PermissionError:
        raise Hidden("only root can see pinned maps") from None
    except OSError:
        raise Missing(f"no map is pinned at {text}") from None


def _disk(text: str, place: Place) -> None:
    name = text.removeprefix("/dev/")
    if ":" in name:
        known = os.path.exists(place.path(f"/sys/dev/block/{name}"))
    else:
        known = "/" not in name and name not in ("", ".", "..") and os.path.exists(place.path(f"/sys/class/block/{name}"))
    if not known:
        raise Missing(f"there is no block device {text}{_near_entry(name, '/sys/class/block', place)}")


def _interface(text: str, place: Place) -> None:
    if "/" in text or text in (".", "..") or not os.path.exists(place.path(f"/sys/class/net/{text}")):
        raise Missing(f"there is no network interface {text}{_near_entry(text, '/sys/class/net', place)}")


def _near_entry(name: str, directory: str, place: Place) -> str:
    """The nearest name; all of them where there are few."""
    try:
        names = sorted(os.listdir(place.path(directory)))
    except OSError:
        return ""
    return nearest(name, names) or (f"; here are {', '.join(names)}" if 0 < len(names) <= 6 else "")


def _cpu(text: str, place: Place) -> None:
    if not os.path.isdir(place.path(f"/sys/devices/system/cpu/cpu{int(text)}")):
        raise Missing(f"there is no CPU {text}")


def _netns(text: str, place: Place) -> None:
    """A network namespace by its inode number: one that some process is in."""
    seen = False
    for entry in os.listdir(place.path("/proc")):
        if entry.isdigit():
            try:
                if os.stat(place.path(f"/proc/{entry}/ns/net")).st_ino == int(text):
                    return
                seen = True
            except PermissionError:
                raise Hidden("only root can see the namespaces of all processes") from None
            except OSError:
                continue
    if seen:
        raise Missing(f"no process is in a network namespace {text}")


def _library(text: str, place: Place) -> None:
    from bccpilot.checking import attaching

    attaching.image(text, place)


# system calls

_TABLE = "/usr/lib/python3/dist-packages/bcc/syscall.py"


def _syscall(text: str, place: Place) -> None:
    """bcc's own table; the module itself isn't loaded, since it starts a program when it is."""
    import re

    try:
        with open(place.path(_TABLE), encoding="utf-8") as file:
            known = re.findall(r'^\s+\d+: b"(\w+)"', file.read(), re.MULTILINE)
    except OSError:
        raise Hidden("bcc's table of system calls isn't where it should be") from None
    if text not in known:
        raise Missing(f"no system call {text}{nearest(text, known)}")


CHECKS: dict[str, Callable[[str, Place], None]] = {
    "pid": _process,
    "ppid": _process,
    "tid": _thread,
    "uid": _user,
    "user": _user,
    "path": _file,
    "cgroup_path": _directory,
    "cgroup_map": _map,
    "mntns_map": _map,
    "disk": _disk,
    "interface": _interface,
    "cpu": _cpu,
    "netns": _netns,
    "library": _library,
    "syscall": _syscall,
}
