"""Variables: checked against their declarations, and their part of a plan's key.

In: declared variables and the values of a request. Out: the values with defaults applied, and a hashable
`Shape` of those variables whose structure decides the SQL (which are null, the keys of a `where` object, …).
Raises GraphQLFailure of kind "coercion" with Hasura's texts. Never: converts scalar values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphql import value_from_ast_untyped

from lictor.engine.errors import GraphQLFailure, uncoercible
from lictor.engine.request.document import Declared

Shape = tuple[Any, ...]
# How much of a variable is in the key: nothing, whether it is null, its value, its structure, or its structure
# with strings kept because they may be enum values ("cursor": kept if they are an order of a cursor).
Level = Literal["none", "null", "structure", "verbatim", "cursor"]
ABSENT = object()
MAX_DIGITS = 4300  # what int() takes
CURSOR_ORDERINGS = ("ASC", "DESC")


@dataclass(frozen=True, slots=True)
class VariableSpec:
    """A declared variable, ready for every request: its default as a value, and its level in the key."""

    name: str
    type_text: str
    required: bool
    default: Any
    level: Level


def specs(
    declared: Mapping[str, Declared], level_of: Callable[[Declared], Level]
) -> tuple[VariableSpec, ...]:
    """Compiled once per document."""
    return tuple(
        VariableSpec(
            name=variable.name,
            type_text=str(variable.type),
            required=variable.type.non_null and variable.default is None,
            default=ABSENT if variable.default is None else value_from_ast_untyped(variable.default),
            level=level_of(variable),
        )
        for variable in declared.values()
    )


def too_many_digits(number: str, path: str) -> GraphQLFailure:
    """The error for an integer that Python does not read."""
    return uncoercible(
        f"The value {number[:20]}… has more than {MAX_DIGITS} digits, it lies outside the bounds",
        path,
        "parse-failed",
    )


def normalise(
    variables: tuple[VariableSpec, ...],
    given: Mapping[str, Any] | None,
    used: frozenset[str],
    ignore_unexpected: bool,
) -> Mapping[str, Any]:
    """The values of all declared variables that have one. Raises for a missing or null one, and for a value
    whose variable is not in `used`: undeclared, or declared and used nowhere."""
    given = given or {}
    values = {}
    for variable in variables:
        value = given.get(variable.name, ABSENT)
        if value is ABSENT:
            if variable.required:
                raise uncoercible(f'expecting a value for non-nullable variable: "{variable.name}"', "$")
            value = variable.default
            if value is ABSENT:
                continue
        elif value is None and variable.type_text.endswith("!"):
            raise uncoercible(f'null value found for non-nullable type: "{variable.type_text}"', "$")
        values[variable.name] = value
    if not ignore_unexpected and not given.keys() <= used:
        names = ", ".join(sorted(given.keys() - used))
        raise uncoercible(f"unexpected variables in variableValues: {names}", "$")
    return values


def shape(variables: tuple[VariableSpec, ...], values: Mapping[str, Any]) -> Shape:
    """The part of the plan's key that comes from the variables."""
    found = []
    for variable in variables:
        level = variable.level
        if level == "none":
            continue
        value = values.get(variable.name, ABSENT)
        if value is ABSENT:
            found.append(ABSENT)
        elif value is None:
            found.append(None)
        elif level == "null":
            found.append(isinstance(value, list))
        else:
            found.append(_structure(value, level))
    return tuple(found)


def _structure(value: Any, level: Level) -> Any:
    """Keys in order, lists by element, booleans and nulls kept, other leaves by their kind."""
    kind = type(value)
    if kind is dict:
        # the arguments of an aggregate predicate are names of columns
        return (
            "{",
            *(
                (key, _structure(item, "verbatim" if key == "arguments" else level))
                for key, item in value.items()
            ),
        )
    if kind is list:
        items = [_structure(item, level) for item in value]
        if items and level == "structure" and all(isinstance(item, _Kind) for item in items):
            # a list of scalars is one array parameter whatever its length
            return ("[*", *sorted(set(items)))
        return ("[", *items)
    if kind is str:
        kept = level == "verbatim" or (level == "cursor" and value in CURSOR_ORDERINGS)
        return value if kept else _Kind("string")
    if value is None or kind is bool:
        return value
    return _Kind("number")


def weight(found: Shape) -> int:
    """How many keys and items a shape has."""
    count, pending = 0, [found]
    while pending:
        part = pending.pop()
        count += len(part)
        pending += [item for item in part if type(item) is tuple]
    return count


class _Kind(str):
    """A leaf's kind; a class of its own so that no string of a request equals it in type checks."""

    __slots__ = ()
