"""Reads Postgres' catalog.

In: an asyncpg connection. Out: a `Catalog`. One statement, so that it is one consistent snapshot.
Never: reads rows of user tables, never changes anything.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from asyncpg import Connection
from asyncpg.pool import PoolConnectionProxy

from lictor.engine.catalog.model import (
    Argument,
    Catalog,
    CatalogFunction,
    CatalogTable,
    Column,
    ForeignKey,
)

# Bits of pg_relation_is_updatable.
CAN_UPDATE, CAN_INSERT, CAN_DELETE = 1 << 2, 1 << 3, 1 << 4


@cache
def catalog_sql() -> str:
    """The statement whose only cell is what `read_catalog` reads."""
    return files("lictor.engine.catalog").joinpath("catalog.sql").read_text(encoding="utf-8")


async def introspect(connection: Connection | PoolConnectionProxy) -> Catalog:
    """Tables, keys and functions of every schema that is not a system schema."""
    text = await connection.fetchval(catalog_sql())
    assert isinstance(text, str)  # an aggregate over the catalog has exactly one row
    return read_catalog(text)


def read_catalog(text: str) -> Catalog:
    """What the statement of `catalog_sql` answered."""
    document = orjson.loads(text)
    functions: dict[tuple[str, str], tuple[CatalogFunction, ...]] = {}
    for raw in document["functions"]:
        key = (raw["schema"], raw["name"])
        functions[key] = (*functions.get(key, ()), _function(raw))
    return Catalog(
        tables={(raw["schema"], raw["name"]): _table(raw) for raw in document["tables"]},
        functions=functions,
        server_version=document["server_version"],
    )


def _table(raw: dict[str, Any]) -> CatalogTable:
    primary = next((key for key in raw["keys"] if key["type"] == "p"), None)
    return CatalogTable(
        schema=raw["schema"],
        name=raw["name"],
        kind=raw["kind"],
        comment=raw["comment"],
        columns=tuple(Column(**column) for column in raw["columns"]),
        primary_key=tuple(primary["columns"]) if primary else (),
        primary_key_name=primary["name"] if primary else None,
        unique={key["name"]: tuple(key["columns"]) for key in raw["keys"] if key["type"] in "pu"},
        foreign_keys=tuple(
            ForeignKey(
                columns=tuple(key["columns"]),
                remote_schema=key["remote_schema"],
                remote_table=key["remote_table"],
                remote_columns=tuple(key["remote_columns"]),
            )
            for key in raw["keys"]
            if key["type"] == "f"
        ),
        insertable=bool(raw["updatable"] & CAN_INSERT),
        updatable=bool(raw["updatable"] & CAN_UPDATE),
        deletable=bool(raw["updatable"] & CAN_DELETE),
    )


def _function(raw: dict[str, Any]) -> CatalogFunction:
    table = (raw["table_schema"], raw["table_name"]) if raw["table_name"] else None
    return CatalogFunction(
        schema=raw["schema"],
        name=raw["name"],
        volatility=raw["volatility"],
        returns_set=raw["returns_set"],
        returns_table=table,
        return_type=raw["return_type"],
        return_sql_type=raw["return_sql_type"],
        return_kind=raw["return_kind"],
        variadic=raw["variadic"],
        arguments=tuple(_argument(argument) for argument in raw["arguments"]),
        comment=raw["comment"],
    )


def _argument(raw: dict[str, Any]) -> Argument:
    table = (raw["table_schema"], raw["table_name"]) if raw["table_name"] else None
    return Argument(
        name=raw["name"],
        pg_type=raw["pg_type"],
        sql_type=raw["sql_type"],
        type_kind=raw["type_kind"],
        has_default=raw["has_default"],
        table=table,
    )
