"""Functions' arguments and structs' fields from the kernel's type information (BTF), as C writes them. Reading it all takes half a second,
so it is done only where somebody asks for arguments. The format: Documentation/bpf/btf.rst of the kernel."""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_HEADER = struct.Struct("<HBBIIIII")
_MAGIC = 0xEB9F
_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM = 1, 2, 3, 4, 5, 6
_VOLATILE, _CONST, _RESTRICT, _FUNC, _PROTO = 9, 10, 11, 12, 13
_VAR, _DATASEC, _DECL, _TAG, _ENUM64 = 14, 15, 17, 18, 19
# Bytes behind a type's twelve: fixed, or for each of its members.
_FIXED = {_INT: 4, _ARRAY: 12, _VAR: 4, _DECL: 4}
_EACH = {_STRUCT: 12, _UNION: 12, _ENUM: 8, _PROTO: 8, _DATASEC: 12, _ENUM64: 12}
_TAGS = {_STRUCT: "struct ", _UNION: "union ", _ENUM: "enum ", _ENUM64: "enum "}
_DEPTH = 12


class Btf:
    """The types of one BTF file, found by name. `data` is the file's content; ValueError where it is none."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER.size:
            raise ValueError("no BTF: too short")
        magic, _, _, head, types, types_size, strings, strings_size = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError("no BTF: another magic number")
        self._data = data
        self._strings = data[head + strings : head + strings + strings_size]
        self._offsets = [0]
        self._named: dict[tuple[int, int], int] = {}  # (kind, name's offset) -> type
        self._walk(head + types, head + types + types_size)

    @classmethod
    def of_kernel(cls, path: str = "/sys/kernel/btf/vmlinux") -> Btf | None:
        """This kernel's; None where it has none."""
        try:
            with open(path, "rb") as file:
                return cls(file.read())
        except (OSError, ValueError):
            return None

    def _walk(self, at: int, end: int) -> None:
        unpack = struct.Struct("<III").unpack_from
        while at < end:
            name, info, _ = unpack(self._data, at)
            kind, count = info >> 24 & 0x1F, info & 0xFFFF
            if kind in (_FUNC, _STRUCT):
                self._named.setdefault((kind, name), len(self._offsets))
            self._offsets.append(at)
            at += 12 + _FIXED.get(kind, 0) + _EACH.get(kind, 0) * count

    def functions(self) -> Iterable[str]:
        """The names of all functions."""
        return (self._text(name) for kind, name in self._named if kind == _FUNC)

    def arguments(self, function: str) -> tuple[tuple[str, str], ...] | None:
        """((name, type), ...) of a function; None where there is none of that name."""
        found = self._find(_FUNC, function)
        if found is None:
            return None
        _, _, proto = self._type(found)
        at, count, _ = self._parts(proto)
        return tuple(self._member(at + 8 * n) for n in range(count))

    def fields(self, name: str) -> tuple[tuple[str, str], ...] | None:
        """((name, type), ...) of a struct; None where there is none of that name."""
        found = self._find(_STRUCT, name)
        if found is None:
            return None
        at, count, _ = self._parts(found)
        return tuple(self._member(at + 12 * n) for n in range(count))

    def _find(self, kind: int, name: str) -> int | None:
        encoded = b"\0" + name.encode() + b"\0"
        at = self._strings.find(encoded)
        while at >= 0:
            found = self._named.get((kind, at + 1))
            if found is not None:
                return found
            at = self._strings.find(encoded, at + 1)
        return None

    def _type(self, number: int) -> tuple[int, int, int]:
        """(name's offset, kind, type or size)."""
        name, info, other = struct.unpack_from("<III", self._data, self._offsets[number])
        return name, info >> 24 & 0x1F, other

    def _parts(self, number: int) -> tuple[int, int, int]:
        """(where the members begin, how many, type or size)."""
        at = self._offsets[number]
        _, info, other = struct.unpack_from("<III", self._data, at)
        return at + 12, info & 0xFFFF, other

    def _member(self, at: int) -> tuple[str, str]:
        name, number = struct.unpack_from("<II", self._data, at)
        return self._text(name), self._written(number)

    def _written(self, number: int, depth: int = 0) -> str:
        """A type as C writes it."""
        if number == 0 or depth > _DEPTH:
            return "void"
        name, kind, other = self._type(number)
        if kind == _PTR:
            inner = self._written(other, depth + 1)
            return f"{inner}{'' if inner.endswith('*') else ' '}*"
        if kind in (_CONST, _VOLATILE, _RESTRICT, _TAG):
            word = {_CONST: "const ", _VOLATILE: "volatile "}.get(kind, "")
            return word + self._written(other, depth + 1)
        if kind == _ARRAY:
            element, _, count = struct.unpack_from("<III", self._data, self._offsets[number] + 12)
            return f"{self._written(element, depth + 1)}[{count}]"
        return _TAGS.get(kind, "") + (self._text(name) or ("(function)" if kind == _PROTO else "(anonymous)"))

    def _text(self, at: int) -> str:
        return self._strings[at : self._strings.index(b"\0", at)].decode(errors="replace")
