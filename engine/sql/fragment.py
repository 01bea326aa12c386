"""SQL text with parameters inside, immutable.

In: strings of SQL, other fragments, `Param`s. Out: `Sql`, which `render` turns into text with $1, $2, … and the
parameters in that order; equal parameters are sent once. Never: puts a request's value into the text; the only
quoting is of identifiers and of names that come from the document (response keys, type names).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lictor.engine.expressions import Param


@dataclass(frozen=True, slots=True)
class Sql:
    """Text and parameters in order."""

    parts: tuple[str | Param, ...]


def cat(*pieces: str | Param | Sql) -> Sql:
    """The pieces one after the other."""
    parts: list[str | Param] = []
    for piece in pieces:
        if isinstance(piece, Sql):
            parts += piece.parts
        else:
            parts.append(piece)
    return Sql(tuple(parts))


def join(separator: str, items: Iterable[Sql]) -> Sql:
    """The items with the separator between them."""
    parts: list[str | Param] = []
    for index, item in enumerate(items):
        if index:
            parts.append(separator)
        parts += item.parts
    return Sql(tuple(parts))


def ident(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string constant; works whatever standard_conforming_strings says, because names hold no backslash."""
    if "\\" in value or "\0" in value:
        raise ValueError("a name holds a backslash or NUL")
    return "'" + value.replace("'", "''") + "'"


def qualified(schema: str, name: str) -> str:
    """A schema-qualified, quoted name."""
    return f"{ident(schema)}.{ident(name)}"


def render(fragment: Sql, first: int = 1) -> tuple[str, tuple[Param, ...]]:
    """The statement's text and its parameters, numbered from `first`."""
    numbers: dict[Param, str] = {}
    out: list[str] = []
    for part in fragment.parts:
        if isinstance(part, str):
            out.append(part)
            continue
        number = numbers.get(part)
        if number is None:
            number = numbers[part] = f"${len(numbers) + first}"
        out.append(number)
    return "".join(out), tuple(numbers)
