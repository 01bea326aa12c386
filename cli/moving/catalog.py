"""What of Lictor's database a backup holds: every table, whatever it may be called, without a list to keep up to date.

In: a connection. Out: tables with their columns, sequences, foreign keys, months of partitions, read from Postgres' catalog.
Partitions are not among the tables: their rows are read and written through their parents.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

_SCHEMAS = ["public", "utility", "vault", "ops"]

_TABLES = """
    SELECT nspname::text, relname::text,
           array_agg(attname::text ORDER BY attnum) FILTER (WHERE attgenerated = '')
    FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE nspname = ANY (%s) AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_SEQUENCES = (
    "SELECT schemaname::text, sequencename::text, last_value FROM pg_sequences WHERE schemaname = ANY (%s)"
)
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(pg_constraint.oid)
    FROM pg_constraint
    JOIN pg_namespace ON pg_namespace.oid = connamespace
    WHERE contype = 'f' AND nspname = ANY (%s) AND conparentid = 0 AND conislocal
    ORDER BY 1, 2
"""
_MONTHS = """
    SELECT DISTINCT to_date(right(child.relname, 7), 'YYYY_MM')::text
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE child.relnamespace = 'history'::regnamespace AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
    ORDER BY 1
"""


@dataclass(frozen=True)
class StoredTable:
    """A table and its columns, in a fixed order, without those that Postgres computes."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def relation(self) -> str:
        """Its name as SQL."""
        return f'"{self.schema}"."{self.name}"'


def tables(connection: psycopg.Connection[Any]) -> list[StoredTable]:
    """All tables but Alembic's own."""
    found = connection.execute(_TABLES, (_SCHEMAS,)).fetchall()
    return [StoredTable(schema, name, tuple(columns)) for schema, name, columns in found]


def sequences(connection: psycopg.Connection[Any]) -> list[tuple[str, str, int | None]]:
    """(schema, name, last value; None: never used) of all sequences."""
    return connection.execute(_SEQUENCES, (_SCHEMAS,)).fetchall()


def foreign_keys(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str]]:
    """(table, name, definition) of all foreign keys, as SQL."""
    return connection.execute(_FOREIGN_KEYS, (_SCHEMAS,)).fetchall()


def months(connection: psycopg.Connection[Any]) -> list[str]:
    """The months (first days) that have partitions of their own."""
    return [month for (month,) in connection.execute(_MONTHS.encode())]
