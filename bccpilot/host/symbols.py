"""The kernel's functions by name, without reading all of /proc/kallsyms for each question.

/proc/kallsyms has a hundred thousand lines and the kernel takes 40 to 100 ms to write it. So its function names are kept, sorted, in a file
of the user's cache, made anew after a boot or when modules came or went; a question is then a binary search in the mapped file.

Not all of them can be traced: what a source calls `inline` is never instrumented, even where the compiler made a function of it, and
kprobes are refused there. Only root may read which can be; what root has read is kept under /var/cache, where everybody's questions find it.
"""

from __future__ import annotations

import bisect
import os
import re

from manpages_index import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_KALLSYMS = "/proc/kallsyms"
_TRACEABLE = ("/sys/kernel/tracing/available_filter_functions", "/sys/kernel/debug/tracing/available_filter_functions")
_SHARED = "/var/cache/bccpilot"
_FUNCTIONS = b"tTwW"
_NOT_FUNCTIONS = (b"__pfx_", b"__cfi_", b"__SCT__")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


class Symbols:
    """The names of the kernel's functions, those of loaded modules included. Answers are None where they can't be read.

    `kept` is the file's name and `read` what makes the list anew; with `names` it is given.
    """

    def __init__(self, names: Iterable[str] | None = None, kept: str = "", read: Callable[[], list[bytes]] | None = None) -> None:
        self._names: Sequence[bytes] | None = sorted(n.encode() for n in names) if names is not None else None
        self._kept, self._make = kept, read

    @classmethod
    def of_kernel(cls) -> Symbols:
        """All functions of this kernel; nothing is read before the first question."""
        return cls(kept="kallsyms", read=_functions)

    @classmethod
    def traceable(cls) -> Symbols:
        """Those that a probe can be attached to, as far as root has found them out since the boot."""
        return cls(kept="traceable", read=_instrumented)

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
            low, high = _range(names, prefix(alternative).encode())
            found.update((names[i].decode(), None) for i in range(low, high) if expression.match(names[i]))
        return list(found)

    def _read(self) -> Sequence[bytes] | None:
        if self._names is None and self._make:
            self._names = _stored(self._kept) or _store(self._kept, self._make())
            self._make = None
        return self._names


def prefix(expression: str) -> str:
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


def _directories() -> tuple[str, ...]:
    """Where lists are looked for, the last where this user's are written."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return (_SHARED,) if os.geteuid() == 0 else (_SHARED, os.path.join(base, "bccpilot"))


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


def _stored(name: str) -> Sequence[bytes] | None:
    """The list as it was kept, if it is this boot's."""
    return next((found for directory in _directories() if (found := _mapped(os.path.join(directory, name)))), None)


def _mapped(path: str) -> Sequence[bytes] | None:
    """A file is refused when anybody but root or this user could have written it."""
    import mmap

    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
                return None
            data = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    except (OSError, ValueError):
        return None
    stamp = _stamp() + b"\n"
    if bytes(data[: len(stamp)]) != stamp:
        return None
    count = int.from_bytes(data[len(stamp) : len(stamp) + 4], "little")
    start = _aligned(len(stamp) + 4)
    end = start + 4 * (count + 1)
    if end > len(data):
        return None
    lines = _Lines(data[end:], data[start:end].cast("I"))
    return lines if len(data) - end == lines._starts[count] else None  # type: ignore[return-value]


def _aligned(position: int) -> int:
    return position + -position % 4


def _store(name: str, names: list[bytes]) -> Sequence[bytes] | None:
    """Keeps the list for the next time; a cache that can't be written is no error."""
    if not names:
        return None
    from array import array
    from itertools import accumulate

    starts = array("I", accumulate((len(n) + 1 for n in names), initial=0))
    head = _stamp() + b"\n" + len(names).to_bytes(4, "little")
    head += b"\0" * (_aligned(len(head)) - len(head))
    directory = _directories()[-1]
    partial = os.path.join(directory, f"{name}.{os.getpid()}")
    try:
        os.makedirs(directory, 0o755) if directory == _SHARED else places.make(directory)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(head + starts.tobytes() + b"\n".join(names) + b"\n")
        os.replace(partial, os.path.join(directory, name))
    except OSError:
        pass
    return names


def _symbols() -> list[tuple[bytes, bytes]]:
    """(address, name) of every function of /proc/kallsyms. The names are there for every user, the addresses for root alone."""
    try:
        with open(_KALLSYMS, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    parts = (line.split(None, 3) for line in lines)
    return [(p[0], p[2]) for p in parts if len(p) > 2 and p[1] in _FUNCTIONS and not p[2].startswith(_NOT_FUNCTIONS)]


def _functions() -> list[bytes]:
    return sorted({name for _, name in _symbols()})


def _instrumented() -> list[bytes]:
    """The functions at whose addresses the kernel can be patched. One name stands for each address there; its aliases count too."""
    for path in _TRACEABLE:
        try:
            with open(path, "rb") as file:
                listed = {line.split(None, 1)[0] for line in file.read().splitlines()}
        except OSError:
            continue
        symbols = _symbols()
        addresses = {address for address, name in symbols if name in listed}
        return sorted(listed | {name for address, name in symbols if address in addresses and address.strip(b"0")})
    return []
