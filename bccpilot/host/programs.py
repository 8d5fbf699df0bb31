"""The processes and shared libraries of this machine, as far as a tool's needs ask for them."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Processes:
    """The names of the processes that run, read when first asked for. `proc` is where procfs is; None: there are none."""

    def __init__(self, proc: str | None = None, names: Iterable[str] = ()) -> None:
        self._proc, self._names = proc, frozenset(names)
        self._read = proc is None

    def any_of(self, names: Iterable[str]) -> bool:
        """Does one of these run? `python` is also found as python3.11."""
        if not self._read:
            self._names, self._read = _names(self._proc or "/proc"), True
        return not self._names.isdisjoint(names)

    def name_of(self, pid: int) -> str | None:
        """The name of a process without its version: `python` is python3.11 too. None where it isn't there."""
        try:
            with open(f"{self._proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
                return _plain(file.read().rstrip("\n"))
        except OSError:
            return None

    def has_usdt(self, pid: int, probe: str) -> bool | None:
        """Was the process's program, or the runtime library that it uses, built with this USDT probe? None where it can't be read."""
        arguments = self.usdt_arguments(pid, probe)
        return None if arguments is None else arguments >= 0

    def usdt_arguments(self, pid: int, probe: str) -> int | None:
        """How many arguments a USDT probe of a process has, the most of all places; -1 where it has no such probe, None where it can't be read."""
        try:
            images = {f"{self._proc}/{pid}/exe", *_runtimes(f"{self._proc}/{pid}/maps")}
            return max(_arguments(image, probe) for image in images)
        except OSError:
            return None


def _names(proc: str) -> frozenset[str]:
    found = set()
    for entry in os.listdir(proc):
        if entry.isdigit():
            try:
                with open(f"{proc}/{entry}/comm", encoding="utf-8", errors="replace") as file:
                    name = file.read().rstrip("\n")
                    found |= {name, _plain(name)}
            except OSError:
                continue
    return frozenset(found)


def _plain(name: str) -> str:
    return re.sub(r"[\d.]+$", "", name)


def _runtimes(maps: str) -> set[str]:
    """The libraries of language runtimes and of the C library, which hold the probes where the program itself doesn't."""
    with open(maps, encoding="utf-8", errors="replace") as file:
        return set(re.findall(r"/\S*/(?:libjvm|libpython|libruby|libperl|libtcl|libpthread|libc)[\w.-]*\.so\S*", file.read()))


def _arguments(image: str, probe: str) -> int:
    """Of the notes of a probe in an ELF file (provider, name, arguments, each ending in a zero byte), the most arguments; -1 where there are none."""
    with open(image, "rb") as file:
        data = file.read()
    notes = re.findall(rb"\0%s\0([^\0]*)" % re.escape(probe.encode()), data) if b"stapsdt\0" in data else ()
    return max((len(note.split()) for note in notes), default=-1)


class Libraries:
    """The shared libraries that the dynamic linker knows. `cache` is its file; None: there are none."""

    def __init__(self, cache: str | None = None, names: Iterable[str] = ()) -> None:
        self._cache, self._data = cache, b"".join(b"lib%s.so\0" % n.encode() for n in names)

    def has(self, name: str) -> bool | None:
        """`ssl` or `libssl`; a path is looked up as it is. None where the linker's cache can't be read."""
        if "/" in name:
            return os.path.exists(name)
        if self._cache:
            try:
                with open(self._cache, "rb") as file:
                    self._data, self._cache = file.read(), None
            except OSError:
                return None
        return b"lib%s.so" % name.removeprefix("lib").encode() in self._data
