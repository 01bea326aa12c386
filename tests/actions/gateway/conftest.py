"""A real gateway on a real port, served by uvicorn in the tests' own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn

from lictor.actions.gateway.app import create_app
from lictor.actions.gateway.limits import Limits
from lictor.cli.embedded.postgres import PostgresServer
from lictor.settings import Settings

MIB = 1024 * 1024


@dataclass
class RunningGateway:
    """A gateway that serves, and a client of it."""

    url: str
    client: httpx2.AsyncClient

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    async def post(self, query: str, variables: Any = None, path: str = "/", **more: Any) -> httpx2.Response:
        """POST one operation as clients of today do."""
        return await self.client.post(path, json={"query": query, "variables": variables}, **more)

    async def raw(self, *parts: bytes) -> bytes:
        """Send bytes as they are and read until the server closes or answers `connection: close` requests."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            async with asyncio.timeout(20):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def serve(settings: Settings, limits: Limits | None = None) -> AsyncIterator[RunningGateway]:
    """A gateway with `settings` on a free port, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(settings, limits), http="httptools", lifespan="on", access_log=False, log_level="warning"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with asyncio.timeout(60):
            while not server.started:
                if serving.done():
                    serving.result()
                    raise RuntimeError("the gateway ended while starting")
                await asyncio.sleep(0.01)
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
            yield RunningGateway(url, client)
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
        listener.close()


def settings_for(dsn: str, **more: Any) -> Settings:
    """Settings of a small gateway on `dsn`."""
    # Whether the UI has been built in this checkout is of no concern.
    usual = {"body_limit": MIB, "depth_limit": 7, "ui_dir": Path(__file__).parent / "no-ui"}
    return Settings(database_url=dsn, database_pool_size=4, **{**usual, **more})


@pytest.fixture(scope="session")
async def gateway(request: pytest.FixtureRequest) -> AsyncIterator[RunningGateway]:
    """A gateway on a database that all tests of the session share; or what --stack names."""
    if url := request.config.getoption("--stack"):
        async with httpx2.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
            yield RunningGateway(url, client)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    template_database = request.getfixturevalue("template_database")
    postgres.create_database("gateway", template=template_database)
    async with serve(settings_for(postgres.dsn("gateway"))) as running:
        yield running
    postgres.drop_database("gateway")
