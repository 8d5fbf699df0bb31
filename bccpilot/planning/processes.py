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


def pids_of(name: str) -> tuple[int, ...]:
    """PIDs of the processes of that name, parents before their children, else oldest first; without ourselves."""
    import os

    import psutil

    found = []
    for process in psutil.process_iter(["name", "ppid", "create_time"]):
        own = (process.info["name"] or "").lower()
        if process.pid != os.getpid() and (own == name or own == name[:15] or own.rstrip("0123456789.") == name):
            found.append((process.info["create_time"] or 0.0, process.pid, process.info["ppid"]))
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
