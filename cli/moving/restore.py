"""`lictor restore`: a database from a file that `lictor backup` made.

In: the file and a DSN. Out: the database as it was in the backup's snapshot, then brought to this release's revision. Rows
are put in by one transaction that ends with the comparison of all counts and checksums: whole, or nothing. Foreign keys are
taken away for that time and checked over all rows when they come back; triggers are off.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy.exc

from lictor import migrations
from lictor.cli.moving import catalog, fingerprints
from lictor.cli.moving.backup import FORMAT, MANIFEST
from lictor.cli.moving.catalog import StoredTable
from lictor.cli.moving.errors import MoveError, explained
from lictor.cli.moving.fingerprints import quoted
from lictor.cli.moving.progress import Progress

_CHUNK = 1 << 18
_STARTER = {"tenant", "auth_user", "membership", "auth_role"}
"""What `lictor up` puts into a new database: it counts as empty."""


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest of a backup. Raises MoveError for a file that is none, or one of a later release."""
    try:
        manifest = json.loads(archive.read(MANIFEST))
        number = manifest["format"]
    except (KeyError, ValueError) as error:
        raise MoveError(f"{archive.filename} is no backup of Lictor's.") from error
    known = migrations.all_revisions()
    if number != FORMAT or manifest["revision"] not in known:
        raise MoveError(
            f"{archive.filename} was made by a later release (revision {manifest['revision']}, newest known "
            f"{known[-1]}). Install that release or a newer one, and restore with it."
        )
    return manifest


def restore(path: Path, dsn: str, progress: Progress, *, force: bool) -> dict[str, Any]:
    """Put the backup at `path` into the database at `dsn`; returns the manifest.

    The database must be empty but for what `lictor up` makes, unless `force` says that it may be emptied. Raises MoveError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive)
            _prepare(dsn, archive, manifest["revision"], force=force)
            with psycopg.connect(dsn, connect_timeout=10) as connection:
                connection.execute(fingerprints.TEXT_SETTINGS)
                connection.execute("SET lock_timeout = '60s'")
                _fill(connection, archive, manifest, progress)
            with progress.phase("upgrade"):
                migrations.upgrade(dsn)
    except OSError as error:
        raise MoveError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise MoveError(f"{path} is damaged or no backup: {error}. The database is as it was.") from error
    except psycopg.Error as error:
        raise explained("restore", error) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise MoveError(f"The schema cannot be changed: {getattr(error, 'orig', error)}") from error
    return manifest


def _prepare(dsn: str, archive: zipfile.ZipFile, revision: str, *, force: bool) -> None:
    """Bring the schema to the backup's revision. If it is at another one the tables are emptied for that, after a look
    whether the file is whole.
    """
    if migrations.current_revision(dsn) is None:
        migrations.upgrade(dsn, revision)
        return
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        connection.execute("SET lock_timeout = '60s'")
        stored = catalog.tables(connection)
        if (full := _rows_in(connection, stored)) and not force:
            raise MoveError(
                f"The database is not empty: there are rows in {', '.join(full)}. Restore into another one "
                "(LICTOR_DATABASE_URL, LICTOR_DATA_DIR), or say --force: then everything in it is deleted first."
            )
        known = migrations.all_revisions()
        here = migrations.current_revision(dsn)
        if here == revision:
            return
        if here not in known:
            raise MoveError(f"The database is at revision {here}, of a later release. Restore with that one.")
        if bad := archive.testzip():
            raise zipfile.BadZipFile(f"{bad} is not as it was written")
        _empty(connection, stored)
    if known.index(here) > known.index(revision):
        migrations.downgrade(dsn, revision)
    else:
        migrations.upgrade(dsn, revision)


def _rows_in(connection: psycopg.Connection[Any], stored: list[StoredTable]) -> list[str]:
    asked = [
        f"SELECT '{table.name}' WHERE EXISTS (SELECT FROM {table.relation} OFFSET {int(table.name == 'tenant')})"
        for table in stored
        if table.schema != "utility" and table.name not in _STARTER - {"tenant"}
    ]
    return [name for (name,) in connection.execute(" UNION ALL ".join(asked).encode())]


def _empty(connection: psycopg.Connection[Any], stored: list[StoredTable]) -> None:
    connection.execute(f"TRUNCATE {', '.join(table.relation for table in stored)}".encode())


def _fill(
    connection: psycopg.Connection[Any],
    archive: zipfile.ZipFile,
    manifest: dict[str, Any],
    progress: Progress,
) -> None:
    stored = [StoredTable(it["schema"], it["name"], tuple(it["columns"])) for it in manifest["tables"]]
    here = {table.relation: table for table in catalog.tables(connection)}
    if unknown := [table.relation for table in stored if table.relation not in here]:
        raise MoveError(
            f"Revision {manifest['revision']} of this release has no table {', '.join(unknown)}. The file was made by "
            "another Lictor: restore it with that one."
        )
    _empty(connection, list(here.values()))
    for month in manifest["months"]:
        connection.execute(
            "SELECT utility.ensure_partitions(%(month)s::timestamptz, %(month)s::timestamptz)",
            {"month": month},
        )
    keys = catalog.foreign_keys(connection)
    for table, name, _ in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for table, described in zip(stored, manifest["tables"], strict=True):
        with progress.phase(f"{table.schema}.{table.name}", described["rows"]) as advance:
            _fill_table(connection, archive, table)
            _check(connection, table, described)
            advance(described["rows"])
    with progress.phase("foreign keys"):
        for table, name, definition in keys:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())
    for schema, name, last in manifest["sequences"]:
        if last is not None:
            connection.execute(
                "SELECT setval(format('%%I.%%I', %s::text, %s::text)::regclass, %s)", (schema, name, last)
            )
    connection.commit()
    connection.autocommit = True
    connection.execute("ANALYZE")


def _fill_table(connection: psycopg.Connection[Any], archive: zipfile.ZipFile, table: StoredTable) -> None:
    connection.execute(f"ALTER TABLE ONLY {table.relation} DISABLE TRIGGER USER".encode())
    text = f"COPY {table.relation} ({quoted(*table.columns)}) FROM STDIN"
    with (
        archive.open(f"{table.schema}.{table.name}") as stream,
        connection.cursor() as cursor,
        cursor.copy(text.encode()) as copy,
    ):
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
    connection.execute(f"ALTER TABLE ONLY {table.relation} ENABLE TRIGGER USER".encode())


def _check(connection: psycopg.Connection[Any], table: StoredTable, described: dict[str, Any]) -> None:
    found = fingerprints.of_table(connection, table.relation, table.columns)
    if (found.rows, found.checksum) != (described["rows"], described["checksum"]):
        raise MoveError(
            f"{table.name}: {found.rows:,} rows with the checksum {found.checksum} are not the {described['rows']:,} with "
            f"{described['checksum']} of the backup: the file was changed or is damaged. The database is as it was."
        )
