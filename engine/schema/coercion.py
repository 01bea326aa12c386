"""Coercion of action inputs, compiled to closures.

In: a type of actions.graphql. Out: a function that checks and coerces a JSON value of that type, or None where
every value passes untouched (custom scalars such as UUID, DateTime, JSON). A list of a state per item is
checked 50 at a time on the hot path: unchanged objects and lists are returned as they came, not copied.
Raises `Mismatch` with Hasura's texts and the place inside the value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lictor.engine.errors import GraphQLFailure, at_index, at_key, one_of, scientific, uncoercible
from lictor.engine.schema.action_types import ActionTypes, InputField
from lictor.engine.schema.gtypes import GType

Coerce = Callable[[Any], Any]
INT_BOUND = 2**31


class Mismatch(Exception):
    """A value does not fit. `steps` is the place, innermost first."""

    def __init__(self, message: str, code: str = "validation-failed") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.steps: list[str | int] = []

    def failure(self, path: str) -> GraphQLFailure:
        """The error with the place below `path`."""
        for step in reversed(self.steps):
            path = at_index(path, step) if isinstance(step, int) else at_key(path, step)
        return uncoercible(self.message, path, self.code)


def json_noun(value: Any) -> str:
    """What a JSON value is, in an error text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"


def _mismatch(expected: str, type_name: str, value: Any) -> Mismatch:
    return Mismatch(f"expected {expected} for type '{type_name}', but found {json_noun(value)}")


def _int(value: Any) -> Any:
    if type(value) is int:
        if -INT_BOUND <= value < INT_BOUND:
            return value
    elif type(value) is float and value.is_integer() and -INT_BOUND <= value < INT_BOUND:
        return int(value)
    elif type(value) is not float:
        raise _mismatch("a 32-bit integer", "Int", value)
    raise Mismatch(
        f"The value {scientific(value)} lies outside the bounds or is not an integer. Maybe it is a float, or is there "
        "integer overflow?",
        "parse-failed",
    )


def _float(value: Any) -> Any:
    if type(value) is float or type(value) is int:
        return value
    raise _mismatch("a float", "Float", value)


def _string(value: Any) -> Any:
    if type(value) is str:
        return value
    raise _mismatch("a string", "String", value)


def _boolean(value: Any) -> Any:
    if value is True or value is False:
        return value
    raise _mismatch("a boolean", "Boolean", value)


def _id(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise _mismatch("a String or a 32-bit integer", "ID", value)


BUILTIN: dict[str, Coerce] = {"Int": _int, "Float": _float, "String": _string, "Boolean": _boolean, "ID": _id}


class Coercers:
    """Coercion functions by type, each built once. Types may refer to themselves."""

    def __init__(self, types: ActionTypes) -> None:
        self.types = types
        self._known: dict[str, Coerce | None] = {}

    def of(self, gtype: GType) -> Coerce | None:
        """The coercion of non-null values of `gtype`; nullability is its user's business."""
        key = str(gtype)
        if key not in self._known:
            self._known[key] = self._build(gtype)
        return self._known[key]

    def nullable(self, gtype: GType) -> Coerce | None:
        """The coercion of `gtype` including its nullability."""
        inner = self.of(gtype)
        if not gtype.non_null:
            return None if inner is None else lambda value: None if value is None else inner(value)
        if inner is None:

            def check(value: Any) -> Any:
                if value is None:
                    raise null_mismatch(gtype)
                return value

            return check

        def coerce(value: Any) -> Any:
            if value is None:
                raise null_mismatch(gtype)
            return inner(value)

        return coerce

    def _build(self, gtype: GType) -> Coerce | None:
        if gtype.inner is not None:
            return self._list(gtype.inner)
        name = gtype.name
        if name in self.types.inputs:
            return self._object(name)
        if name in self.types.enums:
            return _enum(name, self.types.enums[name])
        if name in self.types.scalars:
            return None
        return BUILTIN.get(name)

    def _list(self, inner: GType) -> Coerce:
        of_item, non_null = self.of(inner), inner.non_null

        def coerce(value: Any) -> Any:
            if type(value) is not list:
                value = [value]
            result = value
            index = 0
            try:
                for item in value:
                    if item is None:
                        if non_null:
                            raise null_mismatch(inner)
                    elif of_item is not None:
                        fitted = of_item(item)
                        if fitted is not item:
                            if result is value:
                                result = list(value)
                            result[index] = fitted
                    index += 1
            except Mismatch as mismatch:
                mismatch.steps.append(index)
                raise
            return result

        return coerce

    def _object(self, name: str) -> Coerce:
        declared = self.types.inputs[name]
        # filled on first use, because a type may contain itself
        fields: dict[str, Coerce | None] = {}
        not_null = [key for key, field in declared.items() if field.type.non_null]
        defaults = {key: field.default for key, field in declared.items() if field.has_default}

        def coerce(value: Any) -> Any:
            if not fields:
                fields.update({key: self.of(field.type) for key, field in declared.items()})
            if type(value) is not dict:
                raise _mismatch("an object", name, value)
            result = value
            key = ""
            try:
                for key, item in value.items():
                    of_field = fields[key]
                    if of_field is not None and item is not None:
                        fitted = of_field(item)
                        if fitted is not item:
                            if result is value:
                                result = dict(value)
                            result[key] = fitted
                for key in not_null:
                    if value.get(key) is None:
                        _check_present(declared[key], key, value)
            except KeyError:
                mismatch = Mismatch(f"field '{key}' not found in type: '{name}'")
                mismatch.steps.append(key)
                raise mismatch from None
            except Mismatch as mismatch:
                mismatch.steps.append(key)
                raise
            return result if not defaults else {**defaults, **result}

        return coerce


def _check_present(field: InputField, key: str, value: dict[str, Any]) -> None:
    """A non-null field that has no value: left out, which its default may allow, or null."""
    if key in value:
        raise null_mismatch(field.type)
    if field.required:
        raise Mismatch(f"missing required field '{key}'")


def _enum(name: str, values: tuple[str, ...]) -> Coerce:
    allowed = frozenset(values)
    expected = one_of(values)

    def coerce(value: Any) -> Any:
        if type(value) is not str:
            raise _mismatch("an enum value", name, value)
        if value not in allowed:
            raise Mismatch(f"expected {expected} for type '{name}', but found '{value}'")
        return value

    return coerce


def null_mismatch(gtype: GType) -> Mismatch:
    """The error for null where the type forbids it."""
    if gtype.inner is not None:
        return Mismatch("expected a list, but found null")
    expected = {
        "Int": "a 32-bit integer",
        "Float": "a float",
        "String": "a string",
        "Boolean": "a boolean",
        "ID": "a String or a 32-bit integer",
    }
    if gtype.name in expected:
        return Mismatch(f"expected {expected[gtype.name]} for type '{gtype.name}', but found null")
    return Mismatch(f"unexpected null value for type '{gtype.name}'")
