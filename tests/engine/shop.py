"""A small shop of articles for the servers of the metadata API: its SQL, its metadata, and a database for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine.server import ServerSettings

SHOP = """
CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL, bio text);
CREATE TABLE article (id integer PRIMARY KEY, title text NOT NULL, author_id integer REFERENCES author (id));
CREATE TABLE lonely (id integer PRIMARY KEY);
CREATE FUNCTION search_articles(search text) RETURNS SETOF article LANGUAGE sql STABLE
    AS 'SELECT * FROM article WHERE title ILIKE search';
INSERT INTO author VALUES (1, 'Ada', NULL), (2, 'Bob', 'b');
INSERT INTO article VALUES (1, 'Engines', 1), (2, 'Beer', 2);
"""
AUTHOR, ARTICLE = {"name": "author", "schema": "public"}, {"name": "article", "schema": "public"}
CONNECTION = {"connection_info": {"database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"}}}


def document(*tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    source = {"name": "default", "kind": "postgres", "tables": list(tables), "configuration": CONNECTION}
    return {"version": 3, "sources": [source], **more}


BOTH = document(
    {
        "table": AUTHOR,
        "array_relationships": [
            {
                "name": "articles",
                "using": {"foreign_key_constraint_on": {"column": "author_id", "table": ARTICLE}},
            }
        ],
    },
    {
        "table": ARTICLE,
        "object_relationships": [{"name": "author", "using": {"foreign_key_constraint_on": "author_id"}}],
    },
)
TRACK = [{"type": "pg_track_table", "args": {"table": name}} for name in ("author", "article", "lonely")]
SUCCESS = {"message": "success"}
_numbers = itertools.count(1)


@asynccontextmanager
async def shop_settings(postgres: PostgresServer, sql: str = SHOP) -> AsyncIterator[ServerSettings]:
    """Settings of a server over a database of one test's own, made by `sql`."""
    name = f"managed_{next(_numbers)}"
    postgres.create_database(name)
    connection = await asyncpg.connect(postgres.dsn(name))
    await connection.execute(sql)
    await connection.close()
    yield ServerSettings(
        postgres.dsn(name), admin_secret="sesame", pool_size=4, schema_sync_poll_interval=0.05
    )
    postgres.drop_database(name)
