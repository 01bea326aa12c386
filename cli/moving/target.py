"""Lictor's database while a Prefect Server's rows come into it.

In: rows in COPY's text format. Out: rows of Lictor's tables, written in batches of one transaction each with the progress
noted beside them. Triggers that react to what happens are off in these transactions, and only in them: what is copied has
happened long ago. Foreign keys and unique constraints stay on. What the triggers would have kept is set by `finish`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import psycopg

from lictor.cli.moving import fingerprints
from lictor.cli.moving.errors import MoveError, explained
from lictor.cli.moving.fingerprints import quoted
from lictor.cli.moving.prefect_tables import Table
from lictor.cli.moving.progress import Advance
from lictor.cli.moving.statements import Statements

_SQL = Statements("import")
_BUFFER = 1 << 18
_OLDEST_PARTITION = datetime(2019, 1, 1, tzinfo=UTC)
"""Prefect Server is younger. What claims to be older goes to the default partitions, as a wrong clock's rows do."""


class Target:
    """Lictor's database, with rows of the source `source_id` and its `tenants` coming."""

    def __init__(self, connection: psycopg.Connection[Any], source_id: Any, tenants: Sequence[Any]) -> None:
        self._connection = connection
        self._source_id = source_id
        self._tenants = list(tenants)

    @classmethod
    @contextmanager
    def open(cls, dsn: str, source_id: Any, tenants: Sequence[Any]) -> Iterator[Self]:
        """Connect to a migrated database. Raises MoveError if an import into it is under way."""
        with psycopg.connect(dsn, connect_timeout=10, autocommit=True) as connection:
            connection.execute(fingerprints.TEXT_SETTINGS)
            # A batch finds its parents by their keys, however many these are: no statistics are there yet.
            connection.execute(
                "SET enable_hashjoin = off; SET enable_mergejoin = off; SET lock_timeout = '60s'"
            )
            row = _SQL.execute(connection, "lock").fetchone()
            if row is None or not row[0]:
                raise MoveError("Another import into this database is under way. Wait for it.")
            yield cls(connection, source_id, tenants)

    def read_until(self, table: Table) -> datetime | None:
        """Until when the source's rows are here; None before the first batch."""
        row = self._execute("read_until", source_id=self._source_id, table=table.name).fetchone()
        return row[0] if row else None

    def make_partitions(self, since: datetime) -> None:
        """Monthly partitions from `since` to now; those ahead of now are there already."""
        month = (
            max(since, _OLDEST_PARTITION)
            .astimezone(UTC)
            .replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        )
        while month <= datetime.now(UTC):
            try:
                self._execute("make_partitions", month=month)
            except psycopg.Error as error:
                raise explained(f"history of {month:%Y-%m}", error) from error
            month = (month + timedelta(days=32)).replace(day=1)

    # --- rows -------------------------------------------------------------------------------------------------------

    def write_tenants(
        self, slugs: Mapping[str, Any], table: Table, rows: Iterable[bytes], advance: Advance
    ) -> int:
        """Take over the tenants with these slugs and ids. An empty one of Lictor's own gives its slug to the one that
        comes, and what it is to users; one that owns anything is a MoveError.
        """
        with self._connection.transaction():
            taken = self._execute("taken_slugs", slugs=list(slugs), ids=list(slugs.values())).fetchall()
            for slug, old in taken:
                if owned := self._owned_by(old):
                    raise MoveError(
                        f"tenant: {slug!r} is a tenant of this Lictor ({old}) with rows in {owned}, and another one of the "
                        f"source ({slugs[slug]}). Give this one another slug (mutation update_tenant_slug), or import into "
                        "an empty database (LICTOR_DATABASE_URL, LICTOR_DATA_DIR)."
                    )
                self._execute("set_aside", old=old)
            written = self.write(table, rows, sys.maxsize, advance)
            for slug, old in taken:
                self._execute("replace_tenant", old=old, new=slugs[slug])
                self._execute("delete_tenant", old=old)
        return written

    def _owned_by(self, tenant: Any) -> str:
        tables = [name for (name,) in self._execute("tables_of_tenants").fetchall()]
        found = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name} WHERE tenant_id = %(tenant)s)"
            for name in tables
        )
        return ", ".join(name for (name,) in self._connection.execute(found.encode(), {"tenant": tenant}))

    def write(self, table: Table, rows: Iterable[bytes], batch_rows: int, advance: Advance) -> int:
        """Take over `rows`; returns how many were new, or newer than those here. Raises MoveError."""
        size = sys.maxsize if table.is_small else batch_rows
        source, written = iter(rows), 0
        try:
            self._stage(table)
            for first in source:
                written += self._write_batch(table, first, source, size, advance)
            if written:
                self._connection.execute(f'ANALYZE public."{table.name}"'.encode())
        except psycopg.Error as error:
            raise explained(table.name, error) from error
        return written

    def _stage(self, table: Table) -> None:
        self._connection.execute(b"DROP TABLE IF EXISTS pg_temp.staged")
        self._connection.execute(
            f"CREATE TEMPORARY TABLE staged AS SELECT updated AS read_until, {quoted(*table.data)}"
            f' FROM public."{table.name}" LIMIT 0'.encode()
        )

    def _write_batch(
        self, table: Table, first: bytes, rows: Iterator[bytes], size: int, advance: Advance
    ) -> int:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(b"TRUNCATE staged")
            count, last = _copy(cursor, first, rows, size)
            cursor.execute(f'ALTER TABLE ONLY public."{table.name}" DISABLE TRIGGER USER'.encode())
            cursor.execute(_upsert(table).encode())
            written = cursor.rowcount
            cursor.execute(f'ALTER TABLE ONLY public."{table.name}" ENABLE TRIGGER USER'.encode())
            if not table.is_small:
                self._execute(
                    "note_progress", source_id=self._source_id, table=table.name, read_until=last, rows=count
                )
        advance(count)
        return written

    # --- when all rows are here -------------------------------------------------------------------------------------

    def finish(self, flows: Table, rows: Iterator[bytes]) -> None:
        """Set what triggers would have kept, and, from `rows` of all flows, which schedules are on; all or nothing."""
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute(b"SET LOCAL enable_hashjoin = on")
                self._execute("forget_task_runs_that_wait_no_more", tenants=self._tenants)
                self._execute("list_waiting_task_runs", tenants=self._tenants)
                self._execute("add_administrator", tenants=self._tenants)
                self._stage(flows)
                if first := next(rows, b""):
                    _copy(cursor, first, rows, sys.maxsize)
                cursor.execute(b"ALTER TABLE public.flow DISABLE TRIGGER USER")
                self._execute("set_schedules")
                cursor.execute(b"ALTER TABLE public.flow ENABLE TRIGGER USER")
        except psycopg.Error as error:
            raise explained("schedules", error) from error

    def fetch(self, table: Table, make: Any) -> list[Any]:
        """What the SQL that `make` (of `fingerprints`) makes of the tenants' rows of the table gives."""
        text = make(_mine(table), table.data)
        return self._connection.execute(text.encode(), {"tenants": self._tenants}).fetchall()

    def stream(self, table: Table, make: Any, **parameters: Any) -> Iterator[Any]:
        """The same, row by row."""
        text = make(_mine(table), table.data)
        with self._connection.transaction(), self._connection.cursor(name="one_by_one") as cursor:
            cursor.execute(text.encode(), {"tenants": self._tenants, **parameters})
            yield from cursor

    def _execute(self, statement: str, **parameters: Any) -> psycopg.Cursor[Any]:
        return _SQL.execute(self._connection, statement, **parameters)


def _mine(table: Table) -> str:
    owner = "id" if table.name == "tenant" else "tenant_id"
    return (
        f'(SELECT {quoted(*table.data)} FROM public."{table.name}" WHERE {owner} = ANY (%(tenants)s)) AS mine'
    )


def _copy(cursor: psycopg.Cursor[Any], chunk: bytes, rows: Iterator[bytes], size: int) -> tuple[int, str]:
    """Copy `chunk` and more of `rows` to the staging table, until it has `size` rows: (how many, `read_until` of the last)."""
    count, last, buffer = 0, chunk, bytearray()
    with cursor.copy(b"COPY staged FROM STDIN") as copy:
        while chunk:
            last = chunk
            buffer += chunk
            count += chunk.count(b"\n")
            if len(buffer) >= _BUFFER:
                copy.write(bytes(buffer))
                buffer.clear()
            if count >= size:
                break
            chunk = next(rows, b"")
        copy.write(bytes(buffer))
    return count, last.rstrip(b"\n").rsplit(b"\n", 1)[-1].split(b"\t", 1)[0].decode()


_HELD_BACK = {"is_schedule_active": "false"}
"""Set by `finish`."""


def _upsert(table: Table) -> str:
    """The statement that brings the staged rows into the table: new ones, and those that were changed since."""
    tenant = table.tenant if table.parents else ()
    parents = [
        f'LEFT JOIN public."{parent}" AS parent_{number} ON parent_{number}.id = staged."{column}"'
        for number, (column, parent) in enumerate(table.parents.items())
    ]
    values = [_HELD_BACK.get(name, f'staged."{name}"') for name in table.data]
    if tenant:
        values.append(
            f"coalesce({', '.join(f'parent_{number}.tenant_id' for number in range(len(parents)))})"
        )
    key = '"id", "timestamp"' if table.is_history else '"id"'
    text = (
        f'INSERT INTO public."{table.name}" AS mine ({quoted(*table.data, *tenant)})'
        f" SELECT {', '.join(values)} FROM staged {' '.join(parents)}"
        # Twins come last: the one that makes room goes before the one that takes it.
        f"{' ORDER BY staged.archived DESC' if table.name == 'flow' else ''} ON CONFLICT ({key}) DO"
    )
    if table.name == "log":
        return f"{text} NOTHING"
    fixed = {"id", "tenant_id", "timestamp", *table.parents, *_HELD_BACK}
    changing = [name for name in table.data if name not in fixed]
    assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in changing)
    before, after = (", ".join(f'{row}."{name}"' for name in changing) for row in ("mine", "excluded"))
    return (
        f"{text} UPDATE SET {assignments} WHERE mine.updated <= excluded.updated"
        f" AND ({before}) IS DISTINCT FROM ({after})"
    )
