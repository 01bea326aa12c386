"""Gateways over a filled database: one that is read only, and one for each module that changes things."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration.sealing import new_key
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve
from tests.actions.ui_documents import documents
from tests.actions.ui_documents.world import World, fill

FILLED = "ui_filled"
_numbers = itertools.count(1)


@dataclass
class UI:
    """The original UI before a Lictor: it sends batches and reads answers."""

    gateway: RunningGateway
    database: asyncpg.Connection
    world: World = field(default_factory=World)
    headers: dict[str, str] = field(default_factory=lambda: dict(documents.HEADERS))

    async def batch(self, calls: list[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """The answers to one batch of operations."""
        body = [documents.item(*call) for call in calls]
        response = await self.gateway.client.post("/graphql", json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        answers = response.json()
        assert len(answers) == len(calls)
        return answers

    async def ask(self, file: str, name: str, /, **variables: Any) -> Any:
        """The data of one operation, which must not fail."""
        (answer,) = await self.batch([(file, name, variables)])
        assert "errors" not in answer, answer
        return answer["data"]

    async def value(self, query: str, *values: Any) -> Any:
        """What the database itself says."""
        return await self.database.fetchval(query, *values)


@pytest.fixture(scope="session")
async def filled(postgres: PostgresServer, template_database: str) -> str:
    """The name of a filled database that others are copied from."""
    postgres.create_database(FILLED, template=template_database)
    connection = await asyncpg.connect(postgres.dsn(FILLED, user="postgres"))
    try:
        await fill(connection, World())
    finally:
        await connection.close()
    return FILLED


@asynccontextmanager
async def ui_on_copy(postgres: PostgresServer, filled: str) -> AsyncIterator[UI]:
    """A UI before a Lictor with a filled database of its own."""
    name = f"ui_{next(_numbers)}"
    postgres.create_database(name, template=filled)
    try:
        settings = Settings(
            database_url=postgres.dsn(name), database_pool_size=4, secret_key=SecretStr(new_key())
        )
        async with serve(settings) as gateway:
            connection = await asyncpg.connect(postgres.dsn(name))
            try:
                yield UI(gateway, connection)
            finally:
                await connection.close()
    finally:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
async def reader(postgres: PostgresServer, filled: str) -> AsyncIterator[UI]:
    """A UI that changes nothing."""
    async with ui_on_copy(postgres, filled) as ui:
        yield ui


@pytest.fixture
async def ui(postgres: PostgresServer, filled: str) -> AsyncIterator[UI]:
    """A UI that may change anything: nobody else sees its database."""
    async with ui_on_copy(postgres, filled) as ui:
        yield ui
