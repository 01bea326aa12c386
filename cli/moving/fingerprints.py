"""Counts and checksums of tables, computed by the database that has the rows.

A row's checksum is the first half of the MD5 of its text; a table's is the sum of its rows', which no order changes. The
text of a row is the same on every Postgres once the session's settings of `TEXT_SETTINGS` are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

TEXT_SETTINGS = (
    "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex';"
    " SET extra_float_digits = 1; SET xmloption = 'content'; SET client_encoding = 'UTF8';"
    " SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET jit = off; SET work_mem = '64MB'"
)
"""What decides how values are written, and that long statements may be long."""


def take_snapshot(connection: psycopg.Connection[Any]) -> None:
    """From now on the connection sees one moment, changes nothing, and writes values as `TEXT_SETTINGS` say."""
    connection.execute(TEXT_SETTINGS)
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def quoted(*names: str) -> str:
    """A list of column names as SQL."""
    return ", ".join(f'"{name}"' for name in names)


def checksum_of_row(columns: Sequence[str]) -> str:
    """The SQL of a row's checksum, a bigint, from the columns in scope."""
    return f"('x' || substr(md5(ROW({quoted(*columns)})::text), 1, 16))::bit(64)::bigint"


@dataclass(frozen=True)
class Fingerprint:
    """How many rows, and the sum of their checksums."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: "Fingerprint") -> "Fingerprint":
        return Fingerprint(self.rows + other.rows, self.total + other.total)

    @property
    def checksum(self) -> str:
        """The sum as 16 hexadecimal digits."""
        return f"{self.total % 2**64:016x}"


def of_table(connection: psycopg.Connection[Any], relation: str, columns: Sequence[str]) -> Fingerprint:
    """The fingerprint of all rows of a table."""
    text = f"SELECT count(*), coalesce(sum({checksum_of_row(columns)}::numeric), 0) FROM {relation}"
    rows, total = connection.execute(text.encode()).fetchone() or (0, 0)
    return Fingerprint(rows, int(total))


def in_buckets(relation: str, columns: Sequence[str]) -> str:
    """The SQL of (bucket, count, sum): the bucket of a row, 0 to 255, is the first byte of its `id`."""
    return (
        f'SELECT get_byte(uuid_send("id"), 0), count(*), sum({checksum_of_row(columns)}::numeric)'
        f" FROM {relation} GROUP BY 1"
    )


def one_by_one(relation: str, columns: Sequence[str]) -> str:
    """The SQL of (id, checksum, updated) of the rows in the buckets of the parameter `%(buckets)s`, ordered by id."""
    return (
        f'SELECT "id", {checksum_of_row(columns)}, "updated" FROM {relation}'
        ' WHERE get_byte(uuid_send("id"), 0) = ANY (%(buckets)s) ORDER BY 1, 2'
    )
