"""Reads the rows of enum tables.

In: a connection, the catalog, and the names of the tables that the metadata declares as enums. Out: the catalog with
their values. Never: reads rows of other tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from asyncpg import Connection, PostgresError
from asyncpg.pool import PoolConnectionProxy

from lictor.engine.catalog.model import Catalog, CatalogTable, EnumValues


async def with_enum_values(
    connection: Connection | PoolConnectionProxy, catalog: Catalog, tables: Iterable[tuple[str, str]]
) -> Catalog:
    """The catalog with the values of `tables`; those that cannot be enums, or be read, have none."""
    known = [(name, catalog.tables[name]) for name in tables if name in catalog.tables]
    return replace(catalog, enum_values={name: await _values(connection, table) for name, table in known})


async def _values(connection: Connection | PoolConnectionProxy, table: CatalogTable) -> EnumValues:
    """Values and comments in order of the values."""
    others = [column.name for column in table.columns if column.name not in table.primary_key]
    if len(table.primary_key) != 1 or len(others) > 1:
        return ()
    value, comment = _quoted(table.primary_key[0]), _quoted(others[0]) if others else "NULL"
    try:
        rows = await connection.fetch(
            f"SELECT {value}::text AS value, {comment}::text AS comment"
            f' FROM {_quoted(table.schema)}.{_quoted(table.name)} ORDER BY {value}::text COLLATE "C"'
        )
    except PostgresError:  # dropped meanwhile, or not ours to read
        return ()
    return tuple((row["value"], row["comment"]) for row in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
