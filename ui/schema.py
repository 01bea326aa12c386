"""Writes ui/schema.graphql: the API as the engine serves it to the role admin, for the types of the UI's documents.

    python ui/schema.py

In: the migrations and the metadata. Needs nothing that runs: it starts a Postgres of its own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
from graphql import lexicographic_sort_schema, print_schema

import lictor
from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import Engine

FILE = Path(__file__).parent / "schema.graphql"
METADATA_DIR = Path(lictor.__file__).parent / "hasura" / "metadata"


async def schema_of(dsn: str) -> str:
    """The SDL of what a migrated database serves."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        engine = await Engine.start(pool, METADATA_DIR)
        try:
            return print_schema(lexicographic_sort_schema(engine.graphql_schema())) + "\n"
        finally:
            await engine.close()


def main() -> None:
    """Write the file."""
    with PostgresServer.temporary() as server:
        server.create_database("schema")
        dsn = server.dsn("schema")
        migrations.upgrade(dsn)
        FILE.write_text(asyncio.run(schema_of(dsn)))


if __name__ == "__main__":
    main()
