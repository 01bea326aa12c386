"""What the database has: tables, columns, keys, functions.

Out of the introspection, into the schema stage. `Catalog.tables` and `Catalog.functions` are keyed by
(schema, name). Partitions of a partitioned table are left out: they are reached through their parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """`pg_type` is the base type's internal name (int4, timestamptz, _uuid), `sql_type` its SQL spelling.

    `type_kind` is Postgres' typtype of it: b(ase), e(num), r(ange), c(omposite), …
    `default_sql` is the expression of its default, `generated` columns take no value from anybody.
    """

    name: str
    pg_type: str
    sql_type: str
    type_kind: str
    nullable: bool
    default_sql: str | None
    generated: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    columns: tuple[str, ...]
    remote_schema: str
    remote_table: str
    remote_columns: tuple[str, ...]


@dataclass(frozen=True)
class CatalogTable:
    """`unique` lists every unique key including the primary one, as constraint name → columns.

    `insertable`, `updatable`, `deletable`: Postgres can do so, for a view because it is simple enough.
    """

    schema: str
    name: str
    kind: str
    comment: str | None
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    primary_key_name: str | None
    unique: Mapping[str, tuple[str, ...]]
    foreign_keys: tuple[ForeignKey, ...]
    insertable: bool
    updatable: bool
    deletable: bool


@dataclass(frozen=True, slots=True)
class Argument:
    """An input argument; `table` is the (schema, name) of the table of whose rows it takes one, else None."""

    name: str
    pg_type: str
    sql_type: str
    type_kind: str
    has_default: bool
    table: tuple[str, str] | None


@dataclass(frozen=True)
class CatalogFunction:
    """`returns_table` is the (schema, name) of the table whose rows it returns, else None.

    `return_type` is the returned type's internal name, `return_kind` its typtype: b(ase), c(omposite), p(seudo) …
    """

    schema: str
    name: str
    volatility: str
    returns_set: bool
    returns_table: tuple[str, str] | None
    return_type: str
    return_sql_type: str
    return_kind: str
    variadic: bool
    arguments: tuple[Argument, ...]
    comment: str | None


EnumValues = tuple[tuple[str, str | None], ...]  # value and comment


@dataclass(frozen=True)
class Catalog:
    """`enum_values` has the rows of the tables that the metadata declares as enums, as far as they can be ones."""

    tables: Mapping[tuple[str, str], CatalogTable]
    functions: Mapping[tuple[str, str], tuple[CatalogFunction, ...]]
    server_version: int
    enum_values: Mapping[tuple[str, str], EnumValues] = field(default_factory=dict)
