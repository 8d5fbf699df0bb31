"""Large tables as they lie in the index file. Of some a plan needs a dozen lines: looked up by bisection, never loaded whole. Of others it needs
nothing, or only what is English: read when it's asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from mmap import mmap
    from typing import Any

COLUMNS = ("idf", "postings", "likeness", "odds", "worded")


def flatten(table: Mapping[str, str]) -> str:
    """A mapping of texts without tabs as one text: JSON reads one long string ten times as fast as many short ones."""
    return "\t".join(text for pair in table.items() for text in pair)


def unflatten(text: str) -> dict[str, str]:
    """The mapping that `flatten` made a text of."""
    parts = iter(text.split("\t") if text else ())
    return dict(zip(parts, parts, strict=True))


def pack(columns: Mapping[str, Mapping[str, object]]) -> str:
    """The columns' values by key as lines `key TAB value TAB value ...`, sorted by the key's bytes."""
    keys = sorted({key for column in columns.values() for key in column}, key=lambda key: key.encode())
    return "".join("\t".join((key, *(str(columns[name].get(key, "")) for name in COLUMNS))) + "\n" for key in keys)


class Packed:
    """The lines of `pack`, in `data[start:end]`. Rows that were found are remembered."""

    def __init__(self, data: bytes | mmap, start: int, end: int) -> None:
        self._data, self._start, self._end = data, start, end
        self._rows: dict[str, tuple[str, ...] | None] = {}

    def row(self, key: str) -> tuple[str, ...] | None:
        """The values of a key in the order of COLUMNS; None where there is none."""
        if key not in self._rows:
            self._rows[key] = self._find(key.encode("utf-8", "surrogatepass"))
        return self._rows[key]

    def _find(self, key: bytes) -> tuple[str, ...] | None:
        low, high = self._start, self._end
        while low < high:
            middle = max(self._data.rfind(b"\n", low, (low + high) // 2) + 1, low)
            end = self._data.find(b"\n", middle)
            found = self._data[middle : self._data.find(b"\t", middle)]
            if found == key:
                return tuple(self._data[middle + len(key) + 1 : end].decode().split("\t"))
            low, high = (end + 1, high) if found < key else (low, middle)
        return None

    def column(self, name: str) -> Column:
        return Column(self, COLUMNS.index(name))


class Column:
    """One column of a packed table, read like a mapping from keys to text."""

    def __init__(self, table: Packed, number: int) -> None:
        self._table, self._number = table, number

    def __contains__(self, key: object) -> bool:
        return self.text(str(key)) != ""

    def text(self, key: str) -> str:
        """The value; empty where the key has none."""
        row = self._table.row(key)
        return row[self._number] if row is not None else ""

    def get(self, key: str, default: float) -> float:
        """The value as a number."""
        text = self.text(key)
        return float(text) if text else default


class Tables(dict[str, "Any"]):
    """Tables by name; those that few requests need are read when the first of them is asked for."""

    def __init__(self, tables: Mapping[str, Any], later: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(tables)
        self._later: Callable[[], Mapping[str, Any]] | None = later

    def __missing__(self, name: str) -> Any:
        if self._later is None:
            raise KeyError(name)
        later, self._later = self._later, None
        self.update(later())
        return self[name]


class Phrases:
    """What phrases say, the English ones and, from when the first Chinese one is looked up, the Chinese."""

    def __init__(self, english: Mapping[str, str], chinese: Callable[[], Mapping[str, str]]) -> None:
        self._english, self._read = english, chinese
        self._chinese: Mapping[str, str] | None = None

    def __contains__(self, phrase: str) -> bool:
        return phrase in self._of(phrase)

    def __getitem__(self, phrase: str) -> str:
        return self._of(phrase)[phrase]

    def _of(self, phrase: str) -> Mapping[str, str]:
        if phrase.isascii():
            return self._english
        if self._chinese is None:
            self._chinese = self._read()
        return self._chinese
