"""Reads references to functions: `{fn: qualified name, kwargs: {...}}`, as the client writes filters and adjustments.

In: JSON lists. Out: functions made by filters.py and adjustments.py. Raises InvalidSchedule with the name of the
field, UnsupportedSchedule with the name of a function that is not Prefect's own; never imports what is named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lictor.orchestration.schedules.errors import InvalidSchedule, UnsupportedSchedule
from lictor.orchestration.schedules.values import kind_of

F = TypeVar("F")


@dataclass(frozen=True, kw_only=True)
class Factory(Generic[F]):
    """How a function is made of its arguments.

    `arguments`: by name, how each is read (value, where). `make`: called with all of them. `bare`: the function that
    the reference without arguments stands for; None if there is none.
    """

    make: Callable[..., F]
    arguments: Mapping[str, Callable[[Any, str], Any]]
    bare: F | None = None


def plain(function: F) -> Factory[F]:
    """A function that takes no arguments but the time."""
    return Factory(make=lambda: function, arguments={}, bare=function)


def number(value: Any, where: str) -> int | float:
    """An argument that is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidSchedule(f"{where}: expected a number, got {kind_of(value)}")
    return value


def read_functions(document: Any, where: str, module: str, known: Mapping[str, Factory[F]]) -> tuple[F, ...]:
    """The functions of a list of references to functions of `module`; none for null."""
    if document is None:
        return ()
    if not isinstance(document, list):
        raise InvalidSchedule(f"{where}: expected a list, got {kind_of(document)}")
    return tuple(_function(item, f"{where}[{i}]", module, known) for i, item in enumerate(document))


def _function(document: Any, where: str, module: str, known: Mapping[str, Factory[F]]) -> F:
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object with fn and kwargs, got {kind_of(document)}")
    name = document.get("fn")
    if not isinstance(name, str):
        raise InvalidSchedule(f"{where}.fn: expected the name of a function, got {kind_of(name)}")
    factory = known.get(name.removeprefix(module)) if name.startswith(module) else None
    if factory is None:
        raise UnsupportedSchedule(
            f"{where}.fn: {name!r} is not supported; known are {module}{{{', '.join(known)}}}"
        )
    given = document.get("kwargs", {})
    if not isinstance(given, Mapping):
        raise InvalidSchedule(f"{where}.kwargs: expected an object, got {kind_of(given)}")
    if not given and factory.bare is not None:
        return factory.bare
    if given.keys() != factory.arguments.keys():
        expected = ", ".join(factory.arguments) or "none"
        raise InvalidSchedule(f"{where}.kwargs: {name} takes {expected}, got {', '.join(given) or 'none'}")
    read = {key: factory.arguments[key](value, f"{where}.kwargs.{key}") for key, value in given.items()}
    return factory.make(**read)
