"""Where metadata outlives the process: Hasura's own table, hdb_catalog.hdb_metadata.

In: a pool on the metadata database. Out: the document and its resource version. The schema and the table are made
when something is first saved, and need nothing but the right to create them. Raises asyncpg's errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
import orjson

from lictor.engine.metadata import Document

FIRST_VERSION = 1
"""The resource version of a database in which nothing was saved yet."""

# Two servers may create them at the same moment, which IF NOT EXISTS does not stand.
_CREATE = """
SELECT pg_advisory_xact_lock(hashtext('hdb_catalog.hdb_metadata'));
CREATE SCHEMA IF NOT EXISTS hdb_catalog;
CREATE TABLE IF NOT EXISTS hdb_catalog.hdb_metadata (
    id integer PRIMARY KEY,
    metadata json NOT NULL,
    resource_version integer NOT NULL DEFAULT 1 UNIQUE
);
"""

_SAVE = """
INSERT INTO hdb_catalog.hdb_metadata AS stored (id, metadata, resource_version)
SELECT 1, $1::text::json, $2::int + 1
WHERE $2::int = $3::int OR EXISTS (SELECT FROM hdb_catalog.hdb_metadata WHERE id = 1)
ON CONFLICT (id) DO UPDATE
    SET metadata = excluded.metadata, resource_version = stored.resource_version + 1
    WHERE stored.resource_version = $2::int
RETURNING resource_version
"""


class VersionConflict(Exception):
    """Somebody else has saved since `expected` was read."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"metadata resource version referenced ({expected}) did not match current version")


@dataclass(frozen=True)
class Stored:
    document: Document
    version: int


class MetadataStore:
    """The table, read and written."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._exists = False

    async def version(self) -> int:
        """The resource version that is stored."""
        if not await self._made():
            return FIRST_VERSION
        version = await self.pool.fetchval(
            "SELECT resource_version FROM hdb_catalog.hdb_metadata WHERE id = 1"
        )
        return FIRST_VERSION if version is None else version

    async def fetch(self) -> Stored | None:
        """What is stored, None if nothing ever was."""
        if not await self._made():
            return None
        row = await self.pool.fetchrow(
            "SELECT metadata::text, resource_version FROM hdb_catalog.hdb_metadata WHERE id = 1"
        )
        return None if row is None else Stored(orjson.loads(row[0]), row[1])

    async def save(self, document: Document, expected: int) -> int:
        """Stores `document` over the version `expected`; the new version. Raises VersionConflict."""
        text = orjson.dumps(document).decode()
        async with self.pool.acquire() as connection, connection.transaction():
            if not self._exists:
                await connection.execute(_CREATE)
            version = await connection.fetchval(_SAVE, text, expected, FIRST_VERSION)
        self._exists = True
        if version is None:
            raise VersionConflict(expected)
        return version

    async def _made(self) -> bool:
        if not self._exists:
            self._exists = await self.pool.fetchval(
                "SELECT to_regclass('hdb_catalog.hdb_metadata') IS NOT NULL"
            )
        return self._exists
