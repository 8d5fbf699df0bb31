"""The built index: one file in the user's cache that loads in milliseconds, is rebuilt by itself, and is never trusted more than a cache.

The file is JSON lines: a header, the search tables, those of them that few requests need, then one line a tool; the header says where each
line begins, so that a plan reads only the two or three tools that it looks at. JSON, because root may read a cache that its user wrote: data,
never code.
"""

from __future__ import annotations

import functools
import json
import mmap
import os
import zlib

from manpages_index import model, places
from manpages_index.packed import COLUMNS, Packed, Phrases, Tables, flatten, pack, unflatten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import Any

FORMAT = 17
_FLAT = ("lexicon", "triggers", "concepts", "signs", "sure", "first", "handled")  # the search's large tables of texts
_PHRASES = ("lexicon", "triggers", "signs")  # of these, the Chinese half is read for Chinese requests

# Which fields hold other values of the model: (class, one or many).
_NESTED: dict[type, dict[str, tuple[type, bool]]] = {
    model.ArgType: {"limits": (model.Limit, True)},
    model.Option: {"type": (model.ArgType, False)},
    model.Positional: {"type": (model.ArgType, False)},
    model.ArgSpec: {"options": (model.Option, True), "positionals": (model.Positional, True)},
    model.Needs: {"attach": (model.Attach, True)},
    model.OutputShape: {"columns": (model.Column, True)},
    model.Knowledge: {
        "symptoms": (model.Symptom, True),
        "roles": (model.ArgRole, True),
        "rules": (model.Rule, True),
        "costs": (model.Cost, True),
        "outputs": (model.OutputShape, True),
        "instead": (model.StandIn, True),
    },
    model.Tool: {
        "spec": (model.ArgSpec, False),
        "needs": (model.Needs, False),
        "knowledge": (model.Knowledge, False),
        "examples": (model.Example, True),
    },
}


_AS_JSON = frozenset(("default", "const", "value"))  # what a parser yields: a list there is a list


class Damaged(Exception):
    """The file isn't an index of this format, or not whole."""


class Index:
    """An index that has been opened. Tools are read when they are asked for."""

    def __init__(self, header: dict[str, Any], data: bytes | mmap.mmap) -> None:
        self._header, self._data = header, data
        self._tools: dict[str, model.Tool] = {}
        self._lines: dict[str, list[int]] = header["lines"]
        start, length = self._lines["features"]
        features = Packed(data, start, start + length)
        search: dict[str, Any] = self._line("search")
        flat = {name: unflatten(search[name]) for name in _FLAT}
        columns = {name: features.column(name) for name in COLUMNS}
        self.search: dict[str, Any] = Tables(search | flat | columns, lambda: self._line("later"))
        for name in _PHRASES:
            self.search[name] = Phrases(flat[name], functools.partial(self._chinese, name))

    def _chinese(self, name: str) -> dict[str, str]:
        return unflatten(self.search["chinese"][name])

    def names(self) -> tuple[str, ...]:
        """Base names of all tools, each once, sorted."""
        return tuple(sorted({key.split("/", 1)[1] for key in self._lines if "/" in key}))

    def flavours(self, name: str) -> tuple[str, ...]:
        return tuple(flavour for flavour in ("bcc", "libbpf", "bpftrace") if f"{flavour}/{name}" in self._lines)

    def tool(self, name: str, flavour: str) -> model.Tool:
        """The tool of that name and flavour, the same value each time. Raises KeyError where it isn't installed."""
        key = f"{flavour}/{name}"
        if key not in self._tools:
            self._tools[key] = decode(model.Tool, self._line(key))
        return self._tools[key]

    @property
    def tools(self) -> Iterator[model.Tool]:
        for key in self._lines:
            if "/" in key:
                yield decode(model.Tool, self._line(key))

    def _line(self, key: str) -> Any:
        start, length = self._lines[key]
        try:
            return json.loads(self._data[start : start + length])
        except ValueError as error:
            raise Damaged(str(error)) from error


def encode(value: Any) -> Any:
    """A model value as JSON data; fields at their defaults are left out, so that the file stays small."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value) if not _is_default(value, f)}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def _is_default(value: Any, field: Any) -> bool:
    own = getattr(value, field.name)
    return bool(own == field.default or (own == {} and field.default_factory is dict))


def decode(cls: type, data: dict[str, Any]) -> Any:
    """The model value that `encode` made data of."""
    nested = _NESTED.get(cls, {})
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name in nested:
            inner, many = nested[name]
            values[name] = tuple(decode(inner, item) for item in value) if many else decode(inner, value)
        else:
            values[name] = value if name in _AS_JSON else _tuples(value)
    return cls(**values)


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def cache_path() -> str:
    """Where the index lies: $XDG_CACHE_HOME/bccpilot/index, or ~/.cache/..."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "bccpilot", "index.jsonl")


def load(path: str | None = None, extra_knowledge: Iterable[Path] = (), on_build: Callable[[], None] | None = None) -> Index:
    """The index, built anew where it is missing, stale or damaged; `on_build` is called before that, as it takes seconds."""
    path = path or cache_path()
    extra = tuple(extra_knowledge)
    try:
        return _fresh(path, extra)
    except (OSError, Damaged):
        if on_build is not None:
            on_build()
        return build(path, extra)


def build(path: str | None = None, extra_knowledge: Iterable[Path] = ()) -> Index:
    """Read everything that is installed and write the index; an index that can't be written is still returned."""
    from manpages_index import discover

    path, extra = path or cache_path(), tuple(extra_knowledge)
    tools = tuple(discover.tools(extra))
    data = _serialise(tools, extra)
    _write(path, data)
    return parse(data)


def parse(data: bytes | mmap.mmap) -> Index:
    """An index from its bytes. Raises Damaged."""
    try:
        begin = data.find(b"\n") + 1
        header = json.loads(data[:begin])
        if header["format"] != FORMAT or header["size"] != len(data) - begin:
            raise Damaged("another format, or cut off")
        return Index({**header, "lines": _shifted(header["lines"], begin)}, data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(str(error)) from error


def _shifted(lines: dict[str, list[int]], by: int) -> dict[str, list[int]]:
    return {key: [start + by, length] for key, (start, length) in lines.items()}


def _fresh(path: str, extra: tuple[Path, ...]) -> Index:
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_uid not in (os.geteuid(), 0):
            raise Damaged("someone else's file")
        data = _mapped(file.fileno())  # of its megabytes a plan reads one
    index = parse(data)
    if index._header["watched"] != _stamps(index._header["watched"]) or index._header["code"] != _code_stamp(extra):
        raise Damaged("stale")
    return index


def _mapped(descriptor: int) -> mmap.mmap:
    """The file's bytes, whole for as long as somebody looks: it is replaced, never written to. Raises Damaged where it's empty."""
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except ValueError as error:
        raise Damaged(str(error)) from error


def _serialise(tools: tuple[model.Tool, ...], extra: tuple[Path, ...]) -> bytes:
    from manpages_index import discover, search

    tables = search.tables(tools, extra)
    later = {"cases": tables.pop("cases"), "chinese": {name: flatten(_half(tables[name], english=False)) for name in _PHRASES}}
    tables |= {name: _half(tables[name], english=True) for name in _PHRASES}
    tables |= {name: flatten(tables[name]) for name in _FLAT}
    packed = pack({name: tables.pop(name) for name in COLUMNS})
    values = {"search": tables, "later": later} | {f"{t.flavour}/{t.name}": encode(t) for t in tools}
    lines = {key: json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n" for key, value in values.items()}
    places: dict[str, list[int]] = {}
    body = bytearray()
    for key, text in (lines | {"features": packed}).items():
        line = text.encode("utf-8", "replace")
        places[key] = [len(body), len(line)]
        body += line
    watched = [*discover.watched(), *(t.path for t in tools)]
    header = {"format": FORMAT, "size": len(body), "code": _code_stamp(extra), "watched": _stamps(watched), "lines": places}
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + bytes(body)


def _half(phrases: dict[str, str], english: bool) -> dict[str, str]:
    return {phrase: says for phrase, says in phrases.items() if phrase.isascii() == english}


def _stamps(paths: Iterable[str]) -> dict[str, int]:
    """Each path's time of change in nanoseconds; 0 where it is gone."""
    stamps = {}
    for path in paths:
        try:
            stamps[path] = os.stat(path).st_mtime_ns
        except OSError:
            stamps[path] = 0
    return stamps


def _code_stamp(extra: tuple[Path, ...]) -> int:
    """Changes when this package, its knowledge or the user's own knowledge does."""
    here = os.path.realpath(os.path.dirname(__file__))  # as `bin/..` or as the package that it is: the same
    stamp = 0
    for directory in (here, f"{here}/knowledge", f"{here}/lexicon", f"{here}/needs", *(str(e) for e in extra), *(f"{e}/lexicon" for e in extra)):
        for entry in _entries(directory):
            status = entry.stat()
            stamp = zlib.crc32(f"{entry.path} {status.st_mtime_ns} {status.st_size}\n".encode(), stamp)
    return stamp


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted((e for e in entries if e.name.endswith((".toml", ".py"))), key=lambda e: e.name)
    except OSError:
        return []


def _write(path: str, data: bytes) -> None:
    """Beside the old one, then renamed over it: a reader sees the old or the new file, never half of one."""
    temporary = f"{path}.{os.getpid()}"
    try:
        places.make(os.path.dirname(path))
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        _remove(temporary)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
