"""A Prefect Server's database, read in one snapshot that changes nothing.

In: a DSN. Out: counts, rows as COPY gives them, checksums. Everything is read in one REPEATABLE READ, READ ONLY
transaction, on the original or on a standby of it: the original may go on working. Needs SELECT and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lictor.cli.moving import fingerprints
from lictor.cli.moving.errors import MoveError, explained
from lictor.cli.moving.prefect_revisions import check_revision
from lictor.cli.moving.prefect_tables import TABLES, Table, rows_of

_COLUMNS = """
    SELECT relname, array_agg(attname::text)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
    GROUP BY 1
"""


class Source:
    """An open snapshot. Raises MoveError for a database that is no Prefect Server's, or one too old."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        fingerprints.take_snapshot(connection)
        columns: dict[str, set[str]] = {
            name: set(found) for name, found in connection.execute(_COLUMNS).fetchall()
        }
        if "alembic_version" not in columns:
            raise MoveError("The source has no table alembic_version: it is no Prefect Server's database.")
        self.revision = check_revision(
            [name for (name,) in connection.execute("SELECT version_num FROM public.alembic_version")]
        )
        self._rows = {
            table.name: rows_of(table, self._check(table, columns), self.revision) for table in TABLES
        }
        self._columns = columns

    @classmethod
    @contextmanager
    def open(cls, dsn: str) -> Iterator[Self]:
        """Connect to `dsn` and take the snapshot. Raises MoveError, with the DSN's password in no text."""
        try:
            where = conninfo_to_dict(dsn)
        except psycopg.Error as error:
            raise MoveError(
                f"--from is no DSN such as postgresql://prefect:…@localhost:5432/prefect_server: {error}".strip()
            ) from None
        try:
            connection = psycopg.connect(dsn, connect_timeout=10)
        except psycopg.Error as error:
            told = str(error).strip()
            for password in {where.get("password"), dsn} - {None, ""}:
                told = told.replace(str(password), "…")
            raise MoveError(
                f"The source cannot be reached: {told}\nLook at --from: host, port, name, role, password."
            ) from None
        with connection:
            yield cls(connection)

    @staticmethod
    def _check(table: Table, columns: dict[str, set[str]]) -> set[str]:
        present = columns.get(table.name, set())
        if not present and table.came_later:
            return set()
        if missing := set(table.data) - present - table.absent.keys():
            raise MoveError(
                f"{table.name}: the source has no column {', '.join(sorted(missing))}. It says that it is a Prefect "
                "Server's database, and is none: look at --from."
            )
        return present

    @property
    def tenants(self) -> list[Any]:
        """The ids of its tenants, the oldest first."""
        return [id for (id,) in self._connection.execute("SELECT id FROM public.tenant ORDER BY created, id")]

    def slugs(self) -> dict[str, Any]:
        """The tenants' slugs and ids."""
        return dict(self._connection.execute("SELECT slug, id FROM public.tenant").fetchall())

    def first_change(self) -> datetime | None:
        """The time of the oldest row of what is partitioned by time; None if there is none."""
        asked = "least({})".format(
            ", ".join(f'(SELECT min(updated) FROM public."{it.name}")' for it in TABLES if it.is_history)
        )
        return self._one(f"SELECT {asked}")[0]

    def count(self, table: Table, since: datetime | None = None) -> int:
        """How many rows were changed at `since` or later."""
        if not self._columns.get(table.name):
            return 0
        condition = "" if since is None else " WHERE updated >= %(since)s"
        return self._one(
            f"SELECT count(*) FROM ({self._rows[table.name]}) AS source{condition}", since=since
        )[0]

    def adjusted(self, table: Table) -> Iterator[str]:
        """Sentences about rows that are not taken over as they are."""
        present = self._columns.get(table.name, set())
        for column, sentence in table.adjusted.items():
            if column in present:
                (count,) = self._one(
                    f'SELECT count(*) FROM ({self._rows[table.name]}) AS ours JOIN public."{table.name}" AS theirs'
                    f' ON theirs.id = ours.id WHERE ours."{column}" IS DISTINCT FROM theirs."{column}"'
                )
                if count:
                    yield f"{count:,} {sentence}."
        if present and table.name in ("edge", "log"):
            (count,) = self._one(f'SELECT count(*) FROM public."{table.name}"')
            if left := count - self.count(table):
                why = "twins of other edges" if table.name == "edge" else "lines that belong to no run"
                yield f"{left:,} rows of {table.name} are left out: {why}."

    @contextmanager
    def copy(self, table: Table, since: datetime | None) -> Iterator[Iterator[bytes]]:
        """The rows changed at `since` or later in COPY's text format, `updated` before all columns, in its order."""
        condition = "" if since is None else " WHERE updated >= %(since)s"
        order = "archived DESC, updated" if table.name == "flow" else "updated"
        text = (
            f"COPY (SELECT updated, {fingerprints.quoted(*table.data)} FROM ({self._rows[table.name]}) AS source"
            f"{condition} ORDER BY {order}) TO STDOUT"
        )
        try:
            with self._connection.cursor() as cursor, cursor.copy(text.encode(), {"since": since}) as copy:
                yield (bytes(data) for data in copy)
        except psycopg.Error as error:
            raise explained(table.name, error) from error

    def fetch(self, table: Table, make: Any, **parameters: Any) -> list[Any]:
        """What the SQL that `make` (of `fingerprints`) makes of the table gives."""
        text = make(f"({self._rows[table.name]}) AS source", table.data)
        return self._connection.execute(text.encode(), parameters).fetchall()

    def stream(self, table: Table, make: Any, **parameters: Any) -> Iterator[Any]:
        """The same, row by row."""
        text = make(f"({self._rows[table.name]}) AS source", table.data)
        with self._connection.cursor(name="one_by_one") as cursor:
            cursor.execute(text.encode(), parameters)
            yield from cursor

    def _one(self, text: str, **parameters: Any) -> Any:
        return self._connection.execute(text.encode(), parameters).fetchone()
