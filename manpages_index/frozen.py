"""Frozen dataclasses that are cheap to define.

`@dataclass(frozen=True)` writes and compiles six methods a class, 0.4 ms each time the program starts; there are more than forty such classes
between a request and its plan, and a dry run as a whole may take 40 ms. `@frozen` makes the same dataclass (`fields`, `replace`, `asdict` work),
with one compiled method and the others shared.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def frozen(cls: type[T]) -> type[T]: ...

else:

    def frozen(cls):
        """Make a class a frozen dataclass: equal and hashed by its fields."""
        made = dataclass(eq=False, repr=False)(cls)
        made.__setattr__, made.__delattr__ = _set_once, _refuse
        made.__eq__, made.__hash__, made.__repr__ = _equal, _hash, _repr
        return made


__all__ = ["field", "frozen"]


def _set_once(self: object, name: str, value: object) -> None:
    """What the constructor does is the only assignment."""
    if name in self.__dict__ or name not in self.__dataclass_fields__:  # type: ignore[attr-defined]
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    self.__dict__[name] = value


def _refuse(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _equal(self: object, other: object) -> bool:
    return self.__dict__ == other.__dict__ if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(self.__dict__.values()))


def _repr(self: object) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"
