"""The names in the kernel's type information (BTF). fentry programs attach to functions that are described there, and only to those."""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC = 0xEB9F
_HEADER = struct.Struct("<HBBIIIII")


class Types:
    """The strings of a BTF file, read when first asked for (2 to 5 ms). `path` None: only `names`."""

    def __init__(self, path: str | None = None, names: Iterable[str] | None = None) -> None:
        self._path = path
        self._strings = b"\0" + b"".join(n.encode() + b"\0" for n in names) if names is not None else None

    def has(self, name: str) -> bool | None:
        """Is there a function, type or field of this name? None where there is no type information to look into."""
        if self._strings is None and self._path:
            self._strings, self._path = _strings(self._path), None
        if not self._strings:
            return None
        return b"\0%s\0" % name.encode() in self._strings


def _strings(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if len(data) < _HEADER.size:
        return None
    magic, _, _, length, _, _, start, size = _HEADER.unpack_from(data)
    return data[length + start : length + start + size] if magic == _MAGIC else None
