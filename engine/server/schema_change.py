"""What SQL has done to the things the metadata names.

In: a psycopg connection inside a transaction, before and after the SQL. Out: `Watch`, which knows what was renamed and
what is gone, and makes the document follow. Objects are told apart by their OID, which a rename leaves as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from lictor.engine.api import EngineState
from lictor.engine.catalog import Catalog, catalog_sql, read_catalog
from lictor.engine.metadata import Document
from lictor.engine.metadata.document import Node
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.metadata.names import qualified
from lictor.engine.metadata.rename import rename_column, rename_table

# The text has no parameters and no value in it.
_IDENTITIES = b"""
SELECT json_build_object(
    'tables', (
        SELECT json_agg(json_build_object('oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname, 'columns', (
            SELECT json_object_agg(a.attnum, a.attname) FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)))
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')),
    'functions', (
        SELECT json_agg(json_build_object('schema', n.nspname, 'name', p.proname))
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema'))
)::text
"""


@dataclass(frozen=True)
class _Table:
    oid: int
    name: QualifiedName
    columns: dict[str, str]
    """Number of the attribute → its name."""


@dataclass(frozen=True)
class Identities:
    """Tables by OID, and the names of functions."""

    tables: dict[int, _Table]
    functions: frozenset[QualifiedName]

    @classmethod
    async def read(cls, connection: psycopg.AsyncConnection[Any]) -> Identities:
        cell = await _cell(connection, _IDENTITIES)
        found = orjson.loads(cell)
        tables = {
            one["oid"]: _Table(one["oid"], QualifiedName(one["schema"], one["name"]), one["columns"] or {})
            for one in found["tables"] or ()
        }
        functions = (QualifiedName(one["schema"], one["name"]) for one in found["functions"] or ())
        return cls(tables, frozenset(functions))


async def catalog_now(connection: psycopg.AsyncConnection[Any]) -> Catalog:
    """The catalog as the connection's transaction sees it."""
    return read_catalog(await _cell(connection, catalog_sql().encode()))


async def _cell(connection: psycopg.AsyncConnection[Any], statement: bytes) -> str:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None  # an aggregate has exactly one row
    return row[0]


def follow(state: EngineState, document: Document, before: Identities, after: Identities) -> None:
    """Changes `document` (the state's, or a newer one) to what is called what now; takes away what is gone."""
    source = state.metadata.source
    targets = {
        (table.source, relationship.name): relationship.target.source
        for table in state.schema.admin.tables.values()
        for relationship in table.relationships.values()
    }
    names_now = {table.name for table in after.tables.values()}
    moved: dict[QualifiedName, QualifiedName] = {}
    gone: set[QualifiedName] = set()
    for oid, table in before.tables.items():
        now = after.tables.get(oid)
        if now is None:
            if table.name not in names_now:
                gone.add(table.name)
            continue
        renamed = {
            old: new
            for number, old in table.columns.items()
            if (new := now.columns.get(number)) is not None and new != old
        }
        if renamed:
            rename_column(document, source, table.name, renamed, lambda at, key: targets.get((at, key)))
        dropped = {old for number, old in table.columns.items() if number not in now.columns}
        if dropped:
            _forget_columns(document, source, table.name, dropped - set(now.columns.values()))
        if now.name != table.name:
            moved[table.name] = now.name
    _untrack(document, source, gone, before.functions - after.functions)
    _move(document, source, moved)


def _move(document: Document, source: str, moved: dict[QualifiedName, QualifiedName]) -> None:
    """Two tables may have swapped names, hence the detour over names that nothing has."""
    detour = {old: QualifiedName("\0", str(number)) for number, old in enumerate(moved)}
    for old, between in detour.items():
        rename_table(document, source, old, between)
    for old, between in detour.items():
        rename_table(document, source, between, moved[old])


def _untrack(
    document: Document, source: str, tables: set[QualifiedName], functions: frozenset[QualifiedName]
) -> None:
    for entry in document["sources"]:
        if entry["name"] != source:
            continue
        for key, name, lost in (("tables", "table", tables), ("functions", "function", functions)):
            if entry.get(key):
                entry[key] = [one for one in entry[key] if qualified(Node(one[name])) not in lost]


def _forget_columns(document: Document, source: str, table: QualifiedName, columns: set[str]) -> None:
    """What was configured for columns that are no more."""
    for entry in document["sources"]:
        if entry["name"] != source:
            continue
        for one in entry.get("tables") or ():
            if qualified(Node(one["table"])) == table:
                configuration = one.get("configuration") or {}
                for key in ("column_config", "custom_column_names"):
                    if isinstance(configuration.get(key), dict):
                        configuration[key] = {
                            name: value for name, value in configuration[key].items() if name not in columns
                        }
