"""Lines that are already data: JSON, and the Python dictionaries that biolatency -j prints."""

from __future__ import annotations

from bccpilot.model import Record
from bccpilot.output.columns import units
from bccpilot.output.context import Context

_LONGEST = 1 << 20


def objects(text: str, context: Context) -> list[Record] | None:
    """One object a line -> its records: buckets (`data` with interval-start), rows by name (an object of objects,
    `entries`), or one event."""
    if text[:1] != "{" or text.rstrip()[-1:] != "}" or len(text) > _LONGEST:
        return None
    value = _loaded(text)
    if not isinstance(value, dict) or not value:
        return None
    records = _records({str(name): item for name, item in value.items()}, context)
    first = records[0]
    return [Record(first.kind, first.fields, first.interval, first.key, text), *records[1:]]


def _loaded(text: str) -> object:
    """The value of a JSON object or of a printed dictionary; None where it is neither. A line may be made to look like
    one and be neither short nor shallow: both readers refuse what is nested too deep."""
    import json
    import warnings
    from ast import literal_eval

    try:
        if text[:2] != "{'":
            return json.loads(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd literals, which are the tool's
            return literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _records(value: dict[str, object], context: Context) -> list[Record]:
    data, entries = value.get("data"), value.get("entries")
    if isinstance(data, list) and data and all(isinstance(item, dict) and "count" in item for item in data):
        return _buckets(value, data, context)
    if isinstance(entries, dict):
        rest = {name: item for name, item in value.items() if name != "entries"}
        interval = context.mark()
        rows = [Record("row", {**rest, "name": str(name), "value": item}, interval) for name, item in entries.items()]
        return rows or [Record("note", rest, interval)]
    if all(isinstance(item, dict) for item in value.values()):
        interval = context.mark()
        return [Record("row", dict(item), interval, name) for name, item in value.items() if isinstance(item, dict)]
    return [Record("event", value, context.interval or None)]


def _buckets(value: dict[str, object], data: list[dict[str, object]], context: Context) -> list[Record]:
    unit = units().get(str(value.get("val_type", "")).lower())
    names = [name for name in value if name not in ("ts", "val_type", "data")]
    key = ", ".join(f"{name} = {value[name]}" for name in names) or None
    interval = context.block(("histogram", key))
    time = {"time": value["ts"]} if "ts" in value else {}
    records = []
    for item in data:
        low, high = item.get("interval-start", item.get("value")), item.get("interval-end", item.get("value"))
        fields = {"low": low, "high": high, "count": item["count"], "unit": unit, **time}
        records.append(Record("bucket", fields, interval, key))
    return records
