"""What every part of the compiler shares, and reading of scalar arguments.

In: the operation, the role's schema, the variables. Out: parameters (`Param`) and checked enum values.
Raises GraphQLFailure with Hasura's texts and the path of the argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import ArgumentNode

from lictor.engine.errors import at_index, at_key, invalid, one_of, uncoercible
from lictor.engine.expressions import Constant, ListOf, Param, Source, Use
from lictor.engine.plan.values import Raw, Value, ValueReader, whole_source
from lictor.engine.request.document import Operation
from lictor.engine.request.walk import too_many_fields
from lictor.engine.schema.gtypes import GType, list_of, named
from lictor.engine.schema.model import RoleSchema
from lictor.engine.schema.scalars import Scalar
from lictor.engine.types import EngineOptions

Arguments = dict[str, Raw]
# What GraphQL's own scalars expect, in Hasura's words.
EXPECTATIONS = {"Int": "a 32-bit integer", "Float": "a float", "String": "a string", "Boolean": "a boolean"}


class Budget:
    """How many more selected fields one operation may have, fragments expanded."""

    def __init__(self, fields: int) -> None:
        self.limit = self.fields = fields

    def spend(self) -> None:
        """One field more. Raises GraphQLFailure when there are too many."""
        self.fields -= 1
        if self.fields < 0:
            raise too_many_fields(self.limit)


@dataclass(frozen=True)
class Context:
    """One compilation. `reader.variables` is None when a document is only checked."""

    operation: Operation
    schema: RoleSchema
    options: EngineOptions
    reader: ValueReader
    budget: Budget

    # --- arguments of a field ---------------------------------------------------------------------------

    def arguments(
        self, nodes: Sequence[ArgumentNode], allowed: Mapping[str, Any], field: str, path: str
    ) -> Arguments:
        """The field's arguments by name. Raises for one that the field does not have."""
        found = {}
        for node in nodes:
            name = node.name.value
            if name not in allowed:
                raise invalid(f"'{field}' has no argument named '{name}'", path)
            found[name] = Raw(node.value)
        return found

    def read(self, arguments: Arguments, name: str, expected: GType, path: str) -> Value | None:
        """An argument's value: None if left out. An explicit null is a value of kind "null"."""
        raw = arguments.get(name)
        return None if raw is None else self.reader.read(raw, expected, at_key(path, name))

    def required(self, arguments: Arguments, name: str, expected: GType, path: str) -> Value:
        """The same for one that must be there, under its key in the object at `path`."""
        value = self.read(arguments, name, expected, path)
        if value is None:
            raise missing_field(name, at_key(path, name))
        return value

    # --- values -----------------------------------------------------------------------------------------

    def param(self, value: Value, scalar: Scalar, path: str, use: Use = "scalar") -> Param:
        """One operand. The value's fitness is checked when the plan runs, except for null."""
        if value.is_null:
            raise null_value(value, scalar, path)
        if value.kind == "enum" and scalar.name in EXPECTATIONS:
            raise uncoercible(
                f"expected {EXPECTATIONS[scalar.name]} for type '{scalar.name}', but found an enum value",
                path,
            )
        if scalar.family == "enum":
            self.check_enum_value(value, scalar, path)
        source = whole_source(self.reader, value, scalar.gtype, path)
        return Param(source, scalar, use, path)

    def check_enum_value(self, value: Value, scalar: Scalar, path: str) -> None:
        """A literal for a column of an enum table; what is in variables is checked when the plan runs."""
        if value.kind != "opaque" and not value.from_json:
            self.enum(value, scalar.name, scalar.value_names, path)

    def list_param(self, value: Value, scalar: Scalar, path: str) -> Param:
        """A list operand; a single value stands for a list of one."""
        if value.is_null:
            raise uncoercible("expected a list, but found null", path)
        if value.kind == "list" and value.source is None:
            items: list[Source] = []
            for i, raw in enumerate(value.data):
                item = self.reader.read(raw, scalar.gtype.required, at_index(path, i))
                if item is None or item.is_null:
                    raise null_value(item, scalar, at_index(path, i))
                if scalar.family == "enum":
                    self.check_enum_value(item, scalar, at_index(path, i))
                items.append(whole_source(self.reader, item, scalar.gtype, path))
            return Param(ListOf(tuple(items)), scalar, "list", path)
        if scalar.family == "enum" and not value.from_json:
            at = at_index(path, 0) if value.kind == "list" else path
            item = Value("string", None, None, False) if value.kind == "list" else value
            self.check_enum_value(item, scalar, at)
        source = value.source
        if value.kind not in ("list", "opaque"):
            source = ListOf((whole_source(self.reader, value, scalar.gtype, path),))
        assert source is not None
        return Param(source, scalar, "list", path)

    def boolean(self, value: Value, path: str) -> bool:
        """A Boolean whose value is part of the plan."""
        if value.kind == "bool":
            return value.data
        if value.kind == "opaque":
            return True
        raise uncoercible(f"expected a boolean for type 'Boolean', but found {value.noun}", path)

    def enum(self, value: Value, type_name: str, values: Sequence[str], path: str) -> str:
        """An enum value; inside variables it is a string."""
        if value.kind == "opaque":
            return values[0]
        legal = value.kind == "enum" or (
            value.kind == "string" and value.from_json and value.data.isascii() and value.data.isidentifier()
        )
        if not legal:
            raise uncoercible(f"expected an enum value for type '{type_name}', but found {value.noun}", path)
        if value.data not in values:
            raise uncoercible(
                f"expected {one_of(values)} for type '{type_name}', but found '{value.data}'", path
            )
        return value.data

    def pairs(self, value: Value, type_name: str, path: str) -> list[tuple[str, Raw]]:
        """The fields of an input object, in order."""
        if value.kind == "object":
            if value.from_json:
                _check_names(value.data, path)
            return value.data
        if value.kind == "opaque":
            return []
        raise uncoercible(f"expected an object for type '{type_name}', but found {value.noun}", path)

    def items(self, value: Value, item_type: GType, path: str) -> list[tuple[Value, str]]:
        """The elements of a list argument with their paths; a single value stands for a list of one."""
        if value.is_null:
            raise uncoercible("expected a list, but found null", path)
        if value.kind == "opaque":
            return []
        if value.kind != "list":
            return [(value, at_index(path, 0))]
        if value.data is None:  # a lifted list of strings: every element is one
            return [(Value("string", None, Constant(None, "null"), False), at_index(path, 0))]
        found = []
        for i, raw in enumerate(value.data):
            item = self.reader.read(raw, item_type, at_index(path, i))
            if item is not None:
                found.append((item, at_index(path, i)))
        return found


def _check_names(pairs: list[tuple[str, Raw]], path: str) -> None:
    for key, _ in pairs:
        if not (key.isascii() and key.isidentifier()):
            raise invalid(
                f"variable value contains an object with key '{key}', which is not a legal GraphQL name", path
            )


def null_value(value: Value | None, scalar: Scalar, path: str) -> Exception:
    """The error for null where the scalar does not take it."""
    if scalar.name in EXPECTATIONS:
        return uncoercible(
            f"expected {EXPECTATIONS[scalar.name]} for type '{scalar.name}', but found null", path
        )
    return uncoercible(f"unexpected null value for type '{scalar.name}'", path)


def missing_field(name: str, path: str) -> Exception:
    """A field that an input object must have. `path` is where the error points to."""
    return uncoercible(f"missing required field '{name}'", path)


def not_found(name: str, type_name: str, path: str) -> Exception:
    """A field, of an object or an input object, that the type does not have."""
    return invalid(f"field '{name}' not found in type: '{type_name}'", at_key(path, name))


INT = named("Int")
BOOLEAN = named("Boolean")
STRING = named("String")


def non_null_list(name: str) -> GType:
    """`[name!]`"""
    return list_of(named(name, True))
