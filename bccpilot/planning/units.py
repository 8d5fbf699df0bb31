"""Values in the unit that an option wants."""

from __future__ import annotations

from bccpilot.model import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import ArgRole

# How many of each unit make a second, or how many bytes make one.
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "min": 1 / 60}
_BYTES = {"B": 1.0, "b": 1.0, "bytes": 1.0, "KB": 1024.0, "kb": 1024.0, "MB": 1024.0**2, "pages": 4096.0}
_TIME_KINDS = frozenset("interval duration threshold threshold_max time".split())
_SIZE_KINDS = frozenset("size_min size_max size".split())


def plain(number: float) -> int | float:
    """2.0 as 2, 0.3 as 0.3."""
    rounded = round(number, 9)
    return int(rounded) if rounded == int(rounded) else rounded


def convert(value: Value, role: ArgRole, whole: bool, warnings: list[str]) -> str:
    """A value as text in the role's unit; rounded up, with a warning, where the option takes whole numbers only."""
    number = float(value.value)
    if value.kind in _TIME_KINDS:
        number *= _PER_SECOND.get(role.unit or "s", 1.0)
    elif value.kind in _SIZE_KINDS:
        number /= _BYTES.get(role.unit or "B", 1.0)
    elif value.kind == "probability" and role.unit == "%":
        number *= 100
    exact = plain(number)
    if whole and not isinstance(exact, int):
        rounded = max(1, round(number))
        warnings.append(f"{value.text or exact} is not a whole number of {role.unit or 'units'}: {rounded} is used")
        return str(rounded)
    return str(exact)
