"""Postgres types as Hasura's GraphQL scalars.

In: a type's internal name (`pg_type.typname`), SQL spelling and kind (`pg_type.typtype`). Out: `Scalar`: its GraphQL name, its family
(which decides operators and which JSON values it takes). Source: Hasura v2 documentation, "Postgres types".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lictor.engine.schema.gtypes import GType, list_of, named

Family = Literal["text", "int", "float", "number", "bool", "json", "array", "enum", "other"]

GRAPHQL_NAMES = {
    "int4": "Int",
    "bool": "Boolean",
    "float4": "Float",
    "text": "String",
    "varchar": "String",
    "int2": "smallint",
    "int8": "bigint",
}
FAMILIES: dict[str, Family] = {
    "int4": "int",
    "int2": "number",
    "int8": "number",
    "float4": "float",
    "float8": "number",
    "numeric": "number",
    "money": "number",
    "bool": "bool",
    "text": "text",
    "varchar": "text",
    "bpchar": "text",
    "citext": "text",
    "json": "json",
    "jsonb": "json",
}
NUMERIC_TYPES = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric", "money"})
# Types whose values have an order Hasura offers min and max for.
COMPARABLE_TYPES = NUMERIC_TYPES | {
    "text", "varchar", "bpchar", "citext", "uuid", "date", "timestamp", "timestamptz", "timetz",
    "ltree", "lquery", "ltxtquery",
}  # fmt: skip
STRINGIFIED_TYPES = frozenset({"int8", "numeric", "float8"})
# Types of Postgres that custom types may name even where no column has them.
POSTGRES_SCALARS = frozenset({
    "bigint", "bit", "bool", "bpchar", "bytea", "char", "cidr", "citext", "date", "float8", "inet", "interval",
    "json", "jsonb", "macaddr", "money", "name", "numeric", "oid", "point", "smallint", "text", "time", "timestamp",
    "timestamptz", "timetz", "uuid", "varbit", "varchar", "xml",
})  # fmt: skip
BUILTIN_SCALARS = frozenset({"Int", "Float", "String", "Boolean", "ID"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """One Postgres type in GraphQL: `uuid`, `String`, `_text`.

    `element` is the name of an array column's elements: to GraphQL it is a list of them, whereas an array that a
    function takes is a scalar. `values` are those of an enum table (value and comment); other scalars have none. `ordered`: it has min and max.
    """

    name: str
    pg_type: str
    sql_type: str
    family: Family
    ordered: bool = False
    values: tuple[tuple[str, str | None], ...] = ()
    element: str | None = None

    @property
    def gtype(self) -> GType:
        """What GraphQL calls it, nullable."""
        return named(self.name) if self.element is None else list_of(named(self.element, True))

    @property
    def comparison_exp(self) -> str:
        """The name of its comparison input type."""
        return f"{self.name if self.element is None else f'{self.element}_array'}_comparison_exp"

    @property
    def is_numeric(self) -> bool:
        """Has sum, avg and the statistical aggregates."""
        return self.family != "enum" and self.pg_type in NUMERIC_TYPES

    @property
    def is_comparable(self) -> bool:
        """Has min and max."""
        return self.ordered

    @property
    def value_names(self) -> tuple[str, ...]:
        """The values of an enum table."""
        return tuple(value for value, _ in self.values)


def scalar(pg_type: str, sql_type: str, type_kind: str = "b") -> Scalar:
    """The GraphQL scalar of a Postgres type; `type_kind` is its typtype."""
    if pg_type.startswith("_") and type_kind == "b":
        return Scalar(pg_type, pg_type, sql_type, "array", ordered=True)
    ordered = pg_type in COMPARABLE_TYPES or type_kind == "e"
    return Scalar(
        GRAPHQL_NAMES.get(pg_type, pg_type), pg_type, sql_type, FAMILIES.get(pg_type, "other"), ordered
    )


def column_scalar(pg_type: str, sql_type: str, type_kind: str) -> Scalar:
    """The type of a column: arrays are lists."""
    found = scalar(pg_type, sql_type, type_kind)
    if found.family != "array":
        return found
    return replace(found, element=GRAPHQL_NAMES.get(pg_type[1:], pg_type[1:]))


def enum_scalar(name: str, pg_type: str, sql_type: str, values: tuple[tuple[str, str | None], ...]) -> Scalar:
    """The type of columns that refer to an enum table. It has no order."""
    return Scalar(name, pg_type, sql_type, "enum", values=values)


STRING = scalar("text", "text")
INT = scalar("int4", "integer")
JSONB = scalar("jsonb", "jsonb")
FLOAT8 = scalar("float8", "double precision")
LQUERY = scalar("lquery", "lquery")
LTXTQUERY = scalar("ltxtquery", "ltxtquery")
BOOLEAN = scalar("bool", "boolean")
