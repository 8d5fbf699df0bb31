"""Whether a file may be run as root: right before it is."""

from __future__ import annotations

import os
import stat

from bccpilot.errors import Rejected

NEXT = "reinstall the tool's package, then run `bccpilot index`"


def verify(
    path: str,
    size: int | None = None,
    mtime_ns: int | None = None,
    sha256: str | None = None,
    *,
    owners: tuple[int, ...] = (0,),
    executable: bool = True,
) -> None:
    """Raise Rejected unless `path` is an absolute path to an executable file that nobody but root can have changed or
    can swap.

    The file and every directory on the way to it, also through symbolic links, must be owned by one of `owners` and be
    writable by nobody else. `size` (bytes), `mtime_ns` and `sha256` (hexadecimal) are those of the index, where known:
    a file that has changed since is not the one that was read and checked. `owners` is for tests, whose tools aren't
    root's; `executable=False` for a file that an interpreter reads.
    """
    if not os.path.isabs(path):
        raise Rejected(f"{path} will not be run", "its path is not absolute", NEXT)
    real = os.path.realpath(path)
    for place in {*_way(os.path.abspath(path)), *_way(real)}:
        _owned(path, place, owners)
    status = os.stat(real)
    if not stat.S_ISREG(status.st_mode) or (executable and not status.st_mode & 0o111):
        raise Rejected(f"{path} will not be run", "it is not an executable file", NEXT)
    if size not in (None, status.st_size) or mtime_ns not in (None, status.st_mtime_ns):
        raise Rejected(f"{path} will not be run", "it has changed since it was indexed", "run `bccpilot index`")
    if sha256 and _sha256(real) != sha256:
        raise Rejected(f"{path} will not be run", "its content has changed since it was indexed", "run `bccpilot index`")


def _way(path: str) -> list[str]:
    """The path itself and all directories above it."""
    places = [path]
    while places[-1] != "/":
        places.append(os.path.dirname(places[-1]))
    return places


def _owned(path: str, place: str, owners: tuple[int, ...]) -> None:
    """Links are checked by their owner alone: their mode says nothing."""
    try:
        status = os.lstat(place)
    except OSError as error:
        raise Rejected(f"{path} will not be run", f"{place}: {error.strerror}", NEXT) from error
    if status.st_uid not in owners:
        why = f"{place} belongs to user {status.st_uid}, who could change what root would run"
        raise Rejected(f"{path} will not be run", why, f"sudo chown root {place}")
    if not stat.S_ISLNK(status.st_mode) and status.st_mode & 0o022:
        why = f"{place} is writable by others than its owner"
        raise Rejected(f"{path} will not be run", why, f"sudo chmod go-w {place}")


def _sha256(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
