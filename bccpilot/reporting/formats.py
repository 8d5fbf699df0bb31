"""Records -> text in the format that was asked for, one piece at a time, in constant memory.

    for piece in FORMATS["jsonl"](records, raw=False): file.write(piece)

Each writer takes an iterator of records and yields text that ends in a newline. `raw` is the tool's own output;
`table`, `csv` begin a new header where the fields change; `folded` and `speedscope` take the stacks alone.
"""

from __future__ import annotations

from bccpilot.reporting.escape import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bccpilot.model import Record

    Writer = Callable[..., Iterator[str]]

_INFINITE = (float("inf"), float("-inf"))
_WIDEST = 40  # of a table's column, in characters


def jsonl(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """One object a line: kind, fields, and interval, key, raw where there are any. Undecodable bytes are escaped as
    lone surrogates."""
    from json import dumps

    for record in records:
        line: dict[str, object] = {
            "kind": record.kind,
            "fields": {name: plain(value) for name, value in record.fields.items()},
        }
        if record.interval is not None:
            line["interval"] = record.interval
        if record.key is not None:
            line["key"] = record.key
        if raw:
            line["raw"] = record.raw
        yield dumps(line, separators=(",", ":")) + "\n"


def plain(value: object) -> object:
    """A value as JSON can hold it: there is no NaN and no infinity in JSON."""
    if isinstance(value, float) and (value != value or value in _INFINITE):
        return None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value


def raw(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """The tool's lines as they came (blank lines left out)."""
    for record in records:
        if record.raw:
            yield record.raw + "\n"


def csv(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """Comma-separated values, quoted as RFC 4180 has it. Notes are left out; a header precedes each run of records with
    the same fields."""
    header: tuple[str, ...] = ()
    for record in records:
        if record.kind == "note":
            continue
        fields: dict[str, object] = {
            "kind": record.kind,
            "interval": record.interval,
            "key": record.key,
            **record.fields,
        }
        if raw:
            fields["raw"] = record.raw
        if header != tuple(fields):
            header = tuple(fields)
            yield ",".join(map(_quoted, header)) + "\n"
        yield ",".join(_quoted(_cell(value)) for value in fields.values()) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text


def _cell(value: object) -> str:
    """One value as text: lists as folded stacks have them, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return str(value)


def table(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """Columns for the eye, everything escaped. Widths come from the first row and grow; notes stand between the tables
    as they are."""
    header: tuple[str, ...] = ()
    widths: list[int] = []
    for record in records:
        if record.kind in ("note", "unparsed", "lost"):
            yield "".join(f"{escaped(line)}\n" for line in record.raw.split("\n"))
            continue
        fields = ({"key": record.key} if record.key else {}) | record.fields
        cells = [escaped(_cell(value)) for value in fields.values()]
        if header != tuple(fields):
            header = tuple(fields)
            widths = [min(_WIDEST, max(len(name), len(cell))) for name, cell in zip(header, cells, strict=True)]
            yield _row([escaped(name.upper()) for name in header], widths, record)
        yield _row(cells, widths, record)


def _row(cells: list[str], widths: list[int], record: Record) -> str:
    """Numbers to the right, text to the left."""
    values = [*([record.key] if record.key else []), *record.fields.values()]
    aligned = (
        cell.rjust(width) if isinstance(value, int | float) else cell.ljust(width)
        for cell, width, value in zip(cells, widths, values, strict=True)
    )
    return "  ".join(aligned).rstrip() + "\n"


def folded(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """`comm;root;...;leaf value`, as flame-graph viewers read it."""
    for record in records:
        if record.kind == "stack":
            yield (
                ";".join(name.replace(";", ":").replace("\n", " ") for name in _path(record)) + f" {_weight(record)}\n"
            )


def speedscope(records: Iterable[Record], raw: bool = False) -> Iterator[str]:
    """speedscope's file format (https://www.speedscope.app/file-format-schema.json), one sampled profile."""
    from json import dumps

    numbers: dict[str, int] = {}
    samples: list[list[int]] = []
    weights: list[int | float] = []
    unit = "none"
    for record in records:
        if record.kind == "stack":
            samples.append([numbers.setdefault(name, len(numbers)) for name in _path(record)])
            weights.append(_weight(record))
            unit = _SPEEDSCOPE_UNITS.get(str(record.fields.get("unit")), "none")
    profile: dict[str, object] = {"type": "sampled", "name": "stacks", "unit": unit, "startValue": 0}
    profile |= {"endValue": sum(weights), "samples": samples, "weights": weights}
    shared = {"frames": [{"name": name} for name in numbers]}
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": shared,
        "profiles": [profile],
    }
    yield dumps(document) + "\n"


_SPEEDSCOPE_UNITS = {"us": "microseconds", "ms": "milliseconds", "ns": "nanoseconds", "s": "seconds", "B": "bytes"}


def _path(record: Record) -> list[str]:
    """Root first: the process, its frames, and the waker's where there is one."""
    fields = record.fields
    owner = fields.get("comm") or fields.get("target") or record.key
    waker = fields.get("waker_frames")
    path = [str(owner)] if owner else []
    path += [str(name) for name in _listed(fields.get("frames"))]
    if waker is not None or fields.get("waker"):
        path += ["--", *[str(name) for name in reversed(_listed(waker))], str(fields.get("waker", ""))]
    return path or ["[unknown]"]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _weight(record: Record) -> int | float:
    """What the stack counts for; one where it stands below an event."""
    value = record.fields.get("value")
    return value if isinstance(value, int | float) else 1


FORMATS: dict[str, Writer] = {
    "raw": raw, "table": table, "jsonl": jsonl, "csv": csv, "folded": folded, "speedscope": speedscope,
}  # fmt: skip
