"""What a probe can find in a program or library: its function symbols and its USDT probes. Read from the ELF file; nothing is started.

Only what is asked for is read: one look takes well under a millisecond, where pyelftools needs 200 for all of libc's symbols. Sources:
elf(5); the note format of SystemTap's sdt.h.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINKER_CACHE = "/etc/ld.so.cache"
_DEBUG_FILES = "/usr/lib/debug/.build-id"
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SYMTAB, _DYNSYM, _NOTE = 2, 11, 7
_FUNCTIONS = (2, 10)  # STT_FUNC, STT_GNU_IFUNC


class NotElf(Exception):
    """The file isn't a 64-bit little-endian ELF file."""


@dataclass(frozen=True)
class _Section:
    kind: int
    start: int
    size: int
    link: int


class Elf:
    """An ELF file. Raises OSError where it can't be read, NotElf where it isn't one."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self._status = os.fstat(file.fileno())
            if self._status.st_size < 64:
                raise NotElf(path)
            self._data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        if self._data[:6] != b"\x7fELF\x02\x01":
            raise NotElf(path)
        try:
            self._sections = tuple(self._read_sections())
        except (struct.error, OverflowError) as error:
            raise NotElf(path) from error

    def _read_sections(self) -> Iterator[_Section]:
        (start,) = struct.unpack_from("<Q", self._data, 0x28)
        size, count = struct.unpack_from("<HH", self._data, 0x3A)
        for index in range(count if start else 0):
            _, kind, _, _, offset, length, link, _, _, _ = _SECTION.unpack_from(self._data, start + index * size)
            yield _Section(kind, min(offset, len(self._data)), min(length, max(len(self._data) - offset, 0)), link)

    def has_function(self, name: str) -> bool:
        """Can a uprobe find the function, here or in the file of separate symbols?"""
        wanted = name.encode("utf-8", "surrogateescape")
        for table in self._tables():
            strings = self._sections[table.link]
            places = set(_places(self._data, wanted, strings.start, strings.start + strings.size))
            if places and any(entry[0] in places and _is_function(entry) for entry in self._symbols(table)):
                return True
        separate = self._debug_file()
        return separate is not None and Elf(separate).has_function(name)

    def functions(self, matches: Callable[[str], object] | None = None) -> list[str]:
        """The names of all functions, or of those that match."""
        found: dict[str, None] = {}
        for table in self._tables():
            strings = self._sections[table.link].start
            for entry in self._symbols(table):
                if _is_function(entry):
                    start = strings + entry[0]
                    name = self._data[start : self._data.find(b"\0", start)].decode("utf-8", "surrogateescape")
                    if matches is None or matches(name):
                        found[name] = None
        return list(found)

    def usdt(self) -> list[str]:
        """The USDT probes, as `provider:name`."""
        found: dict[str, None] = {}
        for section in self._sections:
            if section.kind == _NOTE:
                content = self._data[section.start : section.start + section.size]
                for note in re.finditer(rb"stapsdt\0.{24}([^\0]+)\0([^\0]+)\0", content, re.DOTALL):
                    found[f"{note.group(1).decode(errors='replace')}:{note.group(2).decode(errors='replace')}"] = None
        return list(found)

    def _tables(self) -> list[_Section]:
        return [s for s in self._sections if s.kind in (_SYMTAB, _DYNSYM) and s.link < len(self._sections)]

    def _symbols(self, table: _Section) -> Iterator[tuple[int, ...]]:
        length = table.size - table.size % _SYMBOL.size
        return _SYMBOL.iter_unpack(self._data[table.start : table.start + length])

    def _debug_file(self) -> str | None:
        """The file with this build's separate symbols, as bcc looks for it."""
        notes = (self._data[s.start : s.start + s.size] for s in self._sections if s.kind == _NOTE)
        build = next((note[16:36].hex() for note in notes if note[8:16] == b"\x03\0\0\0GNU\0"), "")
        path = f"{_DEBUG_FILES}/{build[:2]}/{build[2:]}.debug"
        return path if build and os.path.exists(path) and not os.path.samestat(os.stat(path), self._status) else None


def _is_function(entry: tuple[int, ...]) -> bool:
    """A function that is defined here, not one that is imported."""
    return entry[1] & 0xF in _FUNCTIONS and entry[3] != 0


def _places(data: mmap.mmap, name: bytes, start: int, end: int) -> Iterator[int]:
    """Where in a string table the name stands; linkers let a name share the end of a longer one."""
    at = data.find(name + b"\0", start, end)
    while at >= 0:
        yield at - start
        at = data.find(name + b"\0", at + 1, end)


def library(name: str) -> str | None:
    """The path of a library as bcc finds it: `c` is libc.so.6 in the dynamic linker's cache. None where there is none of that name."""
    try:
        with open(_LINKER_CACHE, "rb") as file:
            data = file.read()
    except OSError:
        return None
    found = re.search(rb"\0(/[^\0]*/lib%s\.so[^\0]*)\0" % re.escape(name.encode("utf-8", "surrogateescape")), data)
    return found.group(1).decode() if found else None


def libraries() -> list[str]:
    """The names of all libraries that the linker knows, as a probe names them."""
    try:
        with open(_LINKER_CACHE, "rb") as file:
            data = file.read()
    except OSError:
        return []
    return list(dict.fromkeys(name.decode() for name in re.findall(rb"/lib([\w.+-]+?)\.so[^\0/]*\0", data)))
