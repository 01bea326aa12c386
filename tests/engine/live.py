"""A database that changes: rooms and messages, served by an engine that polls often; statements are counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import yaml

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import SESSION_SETTINGS, Engine, EngineOptions, Session
from lictor.engine.subscriptions import Subscription

SQL = """
CREATE TABLE room (id integer PRIMARY KEY, name text NOT NULL, topic text, owner integer);
CREATE TABLE message (
    id bigint PRIMARY KEY,
    room_id integer NOT NULL REFERENCES room (id),
    body text NOT NULL,
    sent timestamptz,
    price float8,
    ref uuid
);
INSERT INTO room SELECT i, 'room ' || i, NULL, i % 10 FROM generate_series(1, 300) AS i;
-- refuses an argument, and fails on what a row says
CREATE FUNCTION picky(wanted integer) RETURNS SETOF room LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF wanted < 0 THEN RAISE EXCEPTION 'no negatives'; END IF;
    IF EXISTS (SELECT FROM room WHERE id = wanted AND topic = 'broken') THEN RAISE EXCEPTION 'it is broken'; END IF;
    RETURN QUERY SELECT * FROM room WHERE id = wanted;
END $$;
CREATE FUNCTION my_rooms(hasura_session json) RETURNS SETOF room LANGUAGE sql STABLE AS $$
    SELECT * FROM room WHERE owner = (hasura_session ->> 'x-hasura-user-id')::integer AND id < 100
$$;
"""
POLLS = EngineOptions(live_queries_refetch_interval=0.02, streaming_refetch_interval=0.02)
ADMIN = Session()
_numbers = count(1)


def metadata() -> list[dict[str, Any]]:
    """The tables' entries; tests change them and write them with `write_metadata`."""
    own = {"owner": {"_eq": "X-Hasura-User-Id"}}
    return [
        {
            "table": {"schema": "public", "name": "room"},
            "array_relationships": [
                {
                    "name": "messages",
                    "using": {
                        "foreign_key_constraint_on": {
                            "column": "room_id",
                            "table": {"schema": "public", "name": "message"},
                        }
                    },
                }
            ],
            "select_permissions": [
                {"role": "owner", "permission": {"columns": ["id", "name"], "filter": own}},
                {
                    "role": "listener",
                    "permission": {
                        "columns": ["id", "name"],
                        "filter": {},
                        "query_root_fields": ["select"],
                        "subscription_root_fields": ["select_by_pk", "select_stream"],
                    },
                },
            ],
        },
        {
            "table": {"schema": "public", "name": "message"},
            "configuration": {
                "custom_root_fields": {"select_stream": "news"},
                "column_config": {"sent": {"custom_name": "sent_at", "comment": "when it was sent"}},
            },
            "select_permissions": [
                {
                    "role": "owner",
                    "permission": {"columns": ["id", "body"], "filter": {"room_id": {"_lt": 3}}},
                }
            ],
        },
    ]


def write_metadata(root: Path, tables: list[dict[str, Any]]) -> None:
    source = {
        "name": "default",
        "kind": "postgres",
        "configuration": {"connection_info": {"database_url": {"from_env": "X"}}},
        "tables": tables,
        "functions": [
            {"function": {"schema": "public", "name": "picky"}},
            {
                "function": {"schema": "public", "name": "my_rooms"},
                "configuration": {"session_argument": "hasura_session"},
            },
        ],
    }
    (root / "databases").mkdir(parents=True, exist_ok=True)
    (root / "version.yaml").write_text("version: 3\n")
    (root / "databases" / "databases.yaml").write_text(yaml.safe_dump([source]))


class Live:
    """The engine, and what it asks the database for subscriptions."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, engine: Engine, directory: Path, polls: Polls) -> None:
        self.dsn = dsn
        self.pool = pool
        self.engine = engine
        self.directory = directory
        self.polls = polls

    async def change(self, sql: str, *arguments: Any) -> None:
        await self.pool.execute(sql, *arguments)

    @asynccontextmanager
    async def subscribed(
        self, query: str, variables: dict[str, Any] | None = None, session: Session = ADMIN
    ) -> AsyncIterator[Subscription]:
        subscription = self.engine.subscribe(query, variables, None, session)
        try:
            yield subscription
        finally:
            await subscription.aclose()


class Polls:
    """The statements of subscriptions that Postgres has answered."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self.texts)

    async def watch(self, connection: Any) -> None:
        """For a pool's `init`."""
        connection.add_query_logger(self._note)

    def _note(self, logged: Any) -> None:
        if '"the cohort"' in logged.query:
            self.texts.append(logged.query)
            self._more.set()

    async def more(self, number: int) -> None:
        """Returns when so many more statements are answered."""
        wanted = len(self.texts) + number
        while len(self.texts) < wanted:
            self._more.clear()
            await self._more.wait()


@asynccontextmanager
async def live_engine(
    postgres: PostgresServer, directory: Path, options: EngineOptions = POLLS, **changes: Any
) -> AsyncIterator[Live]:
    """An engine over a database of its own."""
    name = f"engine_live_{next(_numbers)}"
    postgres.create_database(name)
    polls = Polls()
    settings = {**SESSION_SETTINGS, "jit": "off"}
    async with asyncpg.create_pool(
        postgres.dsn(name), min_size=1, max_size=4, server_settings=settings, init=polls.watch
    ) as pool:
        await pool.execute(SQL)
        write_metadata(directory, metadata())
        engine = await Engine.start(pool, directory, options=replace(options, **changes))
        assert not engine.inconsistencies
        yield Live(postgres.dsn(name), pool, engine, directory, polls)
        await engine.close()
    postgres.drop_database(name)


@pytest.fixture
async def live(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_engine(postgres, tmp_path / "metadata") as made:
        yield made


@pytest.fixture(scope="session")
async def still(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """One for all tests that change nothing."""
    async with live_engine(postgres, tmp_path_factory.mktemp("still")) as made:
        yield made


async def soon(subscription: Subscription) -> Any:
    """The next answer, as JSON; it comes within seconds or not at all."""
    async with asyncio.timeout(10):
        return orjson.loads(await anext(subscription))


async def data(subscription: Subscription) -> Any:
    """The next answer's only root field."""
    answer = await soon(subscription)
    assert list(answer) == ["data"], answer
    (value,) = answer["data"].values()
    return value
