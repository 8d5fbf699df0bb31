"""Frozen dataclasses that cost nothing to define.

`@dataclass(frozen=True)` writes and compiles six methods a class, and the module it comes from imports `inspect`, `ast` and `dis`: with the
forty such classes between a request and its plan a quarter of a dry run. `@frozen` makes the same values of methods that all of them share.
`dataclasses.fields`, `replace` and `asdict` take them for the dataclasses that they are, and only then is that module imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeVar, dataclass_transform

    T = TypeVar("T")


class _Factory:
    """A default that is made anew for each value."""

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


if TYPE_CHECKING:

    def field(*, default_factory: Callable[[], T]) -> T: ...

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def frozen(cls: type[T]) -> type[T]: ...

else:

    def field(*, default_factory):
        return _Factory(default_factory)

    def frozen(cls):
        """Make a class a frozen dataclass: equal and hashed by its fields."""
        names = tuple(cls.__dict__.get("__annotations__", ()))
        cls.__match_args__ = names
        cls._defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
        for name, default in cls._defaults.items():
            if type(default) is _Factory:
                delattr(cls, name)
        cls.__init__, cls.__setattr__, cls.__delattr__ = _construct, _refuse, _refuse
        cls.__eq__, cls.__hash__ = _equal, _hash
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = _repr
        cls.__dataclass_fields__ = _Fields()
        return cls


def replace(value: T, **changes: object) -> T:
    """The value with other fields. Raises TypeError for a field that it hasn't."""
    return type(value)(**{**vars(value), **changes})


__all__ = ["field", "frozen", "replace"]


def _construct(self: Any, *args: object, **given: object) -> None:
    """The constructor: fields in their order, so that equal values hash alike however they were made."""
    cls, values = type(self), self.__dict__
    names, defaults = cls.__match_args__, cls._defaults
    values.update(zip(names, args, strict=False))
    if len(args) > len(names):
        raise TypeError(f"{cls.__name__} has {len(names)} fields, not {len(args)}")
    for name in names[len(args) :]:
        if name in given:
            values[name] = given.pop(name)
        elif name in defaults:
            default = defaults[name]
            values[name] = default.make() if type(default) is _Factory else default
        else:
            raise TypeError(f"{cls.__name__} needs a {name}")
    if given:
        raise TypeError(f"{cls.__name__} has no {', '.join(given)}, or has it twice")


def _refuse(self: object, name: str, _: object = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__name__}.{name} can't be changed")


def _equal(self: object, other: object) -> bool:
    return self.__dict__ == other.__dict__ if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(self.__dict__.values()))


def _repr(self: object) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class _Fields:
    """`__dataclass_fields__`, made when somebody asks for it."""

    def __get__(self, value: object, cls: Any) -> dict[str, Any]:
        import dataclasses

        defaults = {
            name: dataclasses.field(default_factory=default.make) if isinstance(default, _Factory) else default
            for name, default in cls._defaults.items()
        }
        body = {**defaults, "__annotations__": cls.__annotations__, "__module__": cls.__module__}
        made: Any = dataclasses.dataclass(type(cls.__name__, (), body))
        found: dict[str, Any] = made.__dataclass_fields__
        cls.__dataclass_fields__ = found
        return found
