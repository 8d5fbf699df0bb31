"""Names on this host: processes by name (psutil), users by name."""

from __future__ import annotations

# How the processes of a runtime are named.
_RUNTIMES = {
    "java": ("java",),
    "node": ("node", "nodejs"),
    "perl": ("perl",),
    "php": ("php", "php-fpm"),
    "python": ("python3", "python"),
    "ruby": ("ruby", "puma", "unicorn"),
    "tcl": ("tclsh",),
}


_FRESH_S = 1.0  # many requests at once look at the same processes
_seen: tuple[float, list[tuple[str, float, int, int]]] = (float("-inf"), [])


def _processes() -> list[tuple[str, float, int, int]]:
    """(name, start time, PID, parent's PID) of all processes, at most a second old."""
    import time

    import psutil

    global _seen
    if time.monotonic() - _seen[0] > _FRESH_S:
        attributes = ["name", "ppid", "create_time"]
        rows = ((p.info["name"] or "", p.info["create_time"] or 0.0, p.pid, p.info["ppid"]) for p in psutil.process_iter(attributes))
        _seen = (time.monotonic(), [(name.lower(), *rest) for name, *rest in rows])
    return _seen[1]


def pids_of(name: str) -> tuple[int, ...]:
    """PIDs of the processes of that name, parents before their children, else oldest first; without ourselves."""
    import os

    found = [
        (created, pid, ppid)
        for own, created, pid, ppid in _processes()
        if pid != os.getpid() and (own in (name, name[:15]) or own.rstrip("0123456789.") == name)
    ]
    pids = {pid for _, pid, _ in found}
    return tuple(pid for _, pid, ppid in sorted(found, key=lambda item: (item[2] in pids, item[0], item[1])))


def pids_of_runtime(language: str) -> tuple[int, ...]:
    """PIDs of a language's interpreters or virtual machines."""
    return tuple(pid for name in _RUNTIMES.get(language, (language,)) for pid in pids_of(name))


def uid_of(name: str) -> int | None:
    """The number of a user, None where there is none of that name."""
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None
