"""Numbers with their units, for reading: 8191 us is 8.2 ms, 9854400 B is 9.4 MiB."""

from __future__ import annotations

MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_SUFFIXES = {"%": " %", "1/s": "/s", "/s": "/s"}
_NAMES = {"ns": "ns", "us": "µs", "ms": "ms", "s": "s", "B": "B", "KB": "KiB", "MB": "MiB", "GB": "GiB"}
_TIMES = (("s", 1e6), ("ms", 1e3), ("µs", 1.0), ("ns", 1e-3))
_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))


def human(value: float | int | str, unit: str | None = None) -> str:
    """A value with its unit; times and sizes in the unit that keeps the number short, all with three digits or so."""
    if isinstance(value, str):
        return value
    if value == 0 and unit in _NAMES:
        return f"0 {_NAMES[unit]}"
    if unit in MICROSECONDS:
        return _scaled(value * MICROSECONDS[unit], _TIMES)
    if unit in BYTES:
        return _scaled(value * BYTES[unit], _SIZES)
    if unit == "B/s":
        return _scaled(value, _SIZES) + "/s"
    return _plain(value) + _SUFFIXES.get(unit or "", "")  # what is counted (threads, pages) is in the sentence


def base(value: float | int, unit: str | None) -> float | int:
    """The value in microseconds or bytes where it is a time or a size; else as it is."""
    return value * MICROSECONDS.get(unit or "", BYTES.get(unit or "", 1))


def percent(part: float | int, whole: float | int) -> str:
    """A share as text; what is very small but there is said to be."""
    share = 100 * part / whole if whole else 0.0
    return "<1 %" if 0 < share < 1 else f"{share:.0f} %"


def _scaled(value: float, scale: tuple[tuple[str, float], ...]) -> str:
    unit, factor = next(((u, f) for u, f in scale if abs(value) >= f), scale[-1])
    return f"{_plain(value / factor)} {unit}"


def _plain(value: float | int) -> str:
    """Thousands separated; three digits where there are decimals."""
    if isinstance(value, int) or abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) >= 1 else f"{value:.3g}"
