"""A neutral database (a small library) with its own metadata, served by the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import (
    SESSION_SETTINGS,
    ActionCall,
    Engine,
    EngineOptions,
    GraphQLFailure,
    Session,
)
from tests.engine.live import live, still  # noqa: F401 (fixtures)

HERE = Path(__file__).parent
METADATA = HERE / "metadata"
LIBRARY = "engine_library"
Ask = Callable[..., Awaitable[Any]]


class Handlers:
    """Action handlers in this process; each test sets what it needs."""

    def __init__(self) -> None:
        self.calls: list[ActionCall] = []
        self.answers: dict[str, Any] = {}

    async def call(self, call: ActionCall, session: Session, request_headers: Mapping[str, str]) -> Any:
        self.calls.append(call)
        answer = self.answers[call.name]
        if isinstance(answer, Exception):
            raise answer
        return answer(call) if callable(answer) else answer


@pytest.fixture(scope="session")
async def library_dsn(postgres: PostgresServer) -> str:
    """A database with the library's tables and rows; tests only read it."""
    postgres.create_database(LIBRARY)
    dsn = postgres.dsn(LIBRARY)
    connection = await asyncpg.connect(dsn)
    await connection.execute((HERE / "library.sql").read_text())
    await connection.close()
    return dsn


@pytest.fixture(scope="session")
async def library_pool(library_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    settings = {**SESSION_SETTINGS, "jit": "off"}
    async with asyncpg.create_pool(library_dsn, min_size=1, max_size=4, server_settings=settings) as pool:
        yield pool


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture(scope="session")
async def strict_engine(library_pool: asyncpg.Pool) -> Engine:
    """Null is an error in comparisons, as in Hasura v2 by default."""
    return await Engine.start(library_pool, METADATA)


@pytest.fixture(scope="session")
async def collapsing_engine(library_pool: asyncpg.Pool) -> Engine:
    """A comparison with null is no filter."""
    return await Engine.start(library_pool, METADATA, options=EngineOptions(v1_boolean_null_collapse=True))


@pytest.fixture
async def acting_engine(library_pool: asyncpg.Pool, handlers: Handlers) -> Engine:
    """An engine of this test's own, with `handlers` for its actions."""
    return await Engine.start(library_pool, METADATA, actions=handlers)


def asker(engine: Engine) -> Ask:
    """A function that runs a document and gives its data, or raises GraphQLFailure."""

    async def ask(
        query: str, variables: Mapping[str, Any] | None = None, name: str | None = None, **session: Any
    ):
        body = await engine.execute(query, variables, name, Session(**session))
        document = orjson.loads(body)
        assert set(document) == {"data"}
        return document["data"]

    return ask


@pytest.fixture
def ask(strict_engine: Engine) -> Ask:
    return asker(strict_engine)


@pytest.fixture
def ask_collapsing(collapsing_engine: Engine) -> Ask:
    return asker(collapsing_engine)


@pytest.fixture
def refuses(strict_engine: Engine) -> Ask:
    """A function that runs a document which must fail, and gives (kind, code, path, message)."""

    async def refuse(
        query: str, variables: Mapping[str, Any] | None = None, name: str | None = None, **session: Any
    ):
        with pytest.raises(GraphQLFailure) as caught:
            await strict_engine.execute(query, variables, name, Session(**session))
        failure = caught.value
        assert len(failure.errors) == 1
        extensions = failure.errors[0]["extensions"]
        return failure.kind, extensions["code"], extensions["path"], failure.errors[0]["message"]

    return refuse
