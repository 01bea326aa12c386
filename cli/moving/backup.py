"""`lictor backup`: the whole database in one file.

In: a DSN and a path. Out: a ZIP file with a member for each table, in COPY's text format, and `manifest.json`: the schema's
revision, and for each table its columns, count and checksum. One snapshot (REPEATABLE READ, READ ONLY): whoever writes
meanwhile is not held up and not in it. The file is there when it is whole, or not at all. Secrets in it are sealed as they
are in the database; the keys are not in it.
"""

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from lictor.cli.moving import catalog, fingerprints
from lictor.cli.moving.errors import MoveError, explained
from lictor.cli.moving.progress import Advance, Progress

MANIFEST = "manifest.json"
_BUFFER = 1 << 18
FORMAT = 1
"""Of the file; a later one that older programs cannot read gets another number."""


def backup(dsn: str, path: Path, progress: Progress) -> dict[str, Any]:
    """Write the database at `dsn` to `path`, which must not exist; returns the manifest. Raises MoveError, OSError."""
    if path.exists():
        raise MoveError(f"{path} exists already. Name another file, or delete it first.")
    partial = path.with_name(path.name + ".partial")
    try:
        # It holds digests of API keys and the settings of hooks.
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                manifest = _write(dsn, archive, progress)
            stream.flush()
            os.fsync(stream.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _pump(copy: psycopg.Copy, stream: IO[bytes], advance: Advance) -> None:
    buffer, rows = bytearray(), 0
    for data in copy:
        buffer += data
        rows += 1
        if len(buffer) >= _BUFFER:
            stream.write(buffer)
            advance(rows)
            buffer.clear()
            rows = 0
    stream.write(buffer)
    advance(rows)


def _write(dsn: str, archive: zipfile.ZipFile, progress: Progress) -> dict[str, Any]:
    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            fingerprints.take_snapshot(connection)
            return _write_snapshot(connection, archive, progress)
    except psycopg.Error as error:
        raise explained("backup", error) from error


def _write_snapshot(
    connection: psycopg.Connection[Any], archive: zipfile.ZipFile, progress: Progress
) -> dict[str, Any]:
    if not connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (
        "alembic_version",
    ):
        raise MoveError("The database is not one of Lictor's: look at LICTOR_DATABASE_URL.")
    revisions = [name for (name,) in connection.execute("SELECT version_num FROM public.alembic_version")]
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revisions[0],
        "months": catalog.months(connection),
        "sequences": catalog.sequences(connection),
        "tables": [],
    }
    for table in catalog.tables(connection):
        member = f"{table.schema}.{table.name}"
        with progress.phase(member) as advance:
            found = fingerprints.of_table(connection, table.relation, table.columns)
            text = f"COPY (SELECT {fingerprints.quoted(*table.columns)} FROM {table.relation}) TO STDOUT"
            with (
                archive.open(member, "w", force_zip64=True) as stream,
                connection.cursor() as cursor,
                cursor.copy(text.encode()) as copy,
            ):
                _pump(copy, stream, advance)
        manifest["tables"].append(
            {
                "schema": table.schema, "name": table.name, "columns": table.columns, "rows": found.rows,
                "checksum": found.checksum,
            }
        )  # fmt: skip
    archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest
