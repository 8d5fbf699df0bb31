"""The kernel's functions by name, without reading all of /proc/kallsyms for each question.

/proc/kallsyms has a hundred thousand lines and the kernel takes 40 to 100 ms to write it. So its function names are kept, sorted, in a file
of the user's cache, made anew after a boot or when modules came or went; a question is then a binary search in the mapped file.
"""

from __future__ import annotations

import bisect
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KALLSYMS = "/proc/kallsyms"
_FUNCTIONS = b"tTwW"
_NOT_FUNCTIONS = (b"__pfx_", b"__cfi_", b"__SCT__")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


class Symbols:
    """The names of the kernel's functions, those of loaded modules included. Answers are None where they can't be read."""

    def __init__(self, names: Iterable[str] | None = None) -> None:
        self._names: Sequence[bytes] | None = sorted(n.encode() for n in names) if names is not None else None
        self._kernel = False

    @classmethod
    def of_kernel(cls) -> Symbols:
        """This kernel's; nothing is read before the first question."""
        symbols = cls()
        symbols._kernel = True
        return symbols

    def has(self, name: str) -> bool | None:
        names = self._read()
        if not names:
            return None
        key = name.encode()
        at = bisect.bisect_left(names, key)
        return at < len(names) and names[at] == key

    def matching(self, pattern: str) -> list[str] | None:
        """The functions that a regular expression matches from their start, as bcc's `event_re` does it."""
        names = self._read()
        if not names:
            return None
        found: dict[str, None] = {}
        for alternative in pattern.split("|") if "(" not in pattern else [pattern]:
            expression = re.compile(alternative.encode())
            low, high = _range(names, _prefix(alternative).encode())
            found.update((names[i].decode(), None) for i in range(low, high) if expression.match(names[i]))
        return list(found)

    def _read(self) -> Sequence[bytes] | None:
        if self._names is None and self._kernel:
            self._names = _kept() or _keep(_names())
        return self._names


def _prefix(expression: str) -> str:
    """What every match begins with: `finish_task_switch` of ^finish_task_switch\\.isra\\.\\d$."""
    expression = expression.removeprefix("^")
    special = _SPECIAL.search(expression)
    if not special:
        return expression
    end = special.start() - (1 if special.group() in "*?{" else 0)
    return expression[: max(end, 0)]


def _range(names: Sequence[bytes], prefix: bytes) -> tuple[int, int]:
    return bisect.bisect_left(names, prefix), bisect.bisect_right(names, prefix + b"\x7f")


class _Lines:
    """The lines of a sorted file as a sequence: an index of their starts stands before them, four bytes each."""

    def __init__(self, data: memoryview, starts: memoryview) -> None:
        self._data, self._starts = data, starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._data[self._starts[index] : self._starts[index + 1] - 1])


def _path() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "bccpilot", "kallsyms")


def _stamp() -> bytes:
    """What the kept names belong to: the boot, and the modules that are loaded."""
    parts = []
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/version", "/proc/modules"):
        try:
            with open(path, "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            lines = []
        parts += [line.split(b" ", 1)[0] for line in lines] if path == "/proc/modules" else lines
    import zlib

    return b"%08x %d %s" % (zlib.crc32(b"\n".join(parts)), len(parts), parts[0] if parts else b"")


def _kept() -> Sequence[bytes] | None:
    """The names as they were kept, if they are this boot's. The file is refused when another user could have written it."""
    import mmap

    try:
        with open(_path(), "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return None
            data = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    except (OSError, ValueError):
        return None
    stamp = _stamp()
    head = len(stamp) + 1
    if bytes(data[:head]) != stamp + b"\n":
        return None
    count = int.from_bytes(data[head : head + 4], "little")
    start = head + 4 + (-(head + 4)) % 4
    end = start + 4 * (count + 1)
    if end > len(data):
        return None
    lines = _Lines(data[end:], data[start:end].cast("I"))
    return lines if len(data) - end == lines._starts[count] else None  # type: ignore[return-value]


def _keep(names: list[bytes]) -> Sequence[bytes] | None:
    """Writes them for the next time; a cache that can't be written is no error."""
    if not names:
        return None
    from array import array
    from itertools import accumulate

    starts = array("I", accumulate((len(n) + 1 for n in names), initial=0))
    head = _stamp() + b"\n"
    head += len(names).to_bytes(4, "little")
    head += b"\0" * (-len(head) % 4)
    path = _path()
    partial = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(head + starts.tobytes() + b"\n".join(names) + b"\n")
        os.replace(partial, path)
    except OSError:
        pass
    return names


def _names() -> list[bytes]:
    """Every function of /proc/kallsyms, sorted. Its names are there for every user, only the addresses are hidden."""
    try:
        with open(_KALLSYMS, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    parts = (line.split(None, 3) for line in lines)
    return sorted({p[2] for p in parts if len(p) > 2 and p[1] in _FUNCTIONS and not p[2].startswith(_NOT_FUNCTIONS)})
