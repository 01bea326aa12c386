"""`lictor engine serve` as a process of its own, in the place of a Hasura container, and a gateway before it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2

import lictor
from lictor.actions.gateway.limits import Limits
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

METADATA = Path(lictor.__file__).parent / "hasura" / "metadata"
ADMIN_SECRET, ACTIONS_SECRET = "the admin's", "the handlers'"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class EngineProcess:
    """One server that can be ended and started again on the same port."""

    def __init__(self, database_url: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.actions_url = ""
        self._database_url = database_url
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **environment: str) -> None:
        """Start it, and wait until it serves."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HASURA_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lictor.cli.main", "engine", "serve",
            env=kept | {
                "HASURA_GRAPHQL_DATABASE_URL": self._database_url,
                "HASURA_GRAPHQL_METADATA_DIR": str(METADATA),
                "HASURA_GRAPHQL_SERVER_PORT": str(self._port),
                "HASURA_GRAPHQL_ADMIN_SECRET": ADMIN_SECRET,
                "HASURA_GRAPHQL_V1_BOOLEAN_NULL_COLLAPSE": "true",
                "HASURA_GRAPHQL_PG_CONNECTIONS": "4",
                "HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "100",
                "HASURA_GRAPHQL_STREAMING_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "100",
                "HASURA_GRAPHQL_LOG_LEVEL": "error",
                "LICTOR_ACTIONS_URL": self.actions_url,
                "LICTOR_ACTIONS_SECRET": ACTIONS_SECRET,
                **environment,
            },
        )  # fmt: skip
        async with asyncio.timeout(60), httpx2.AsyncClient() as client:
            while True:
                assert self._process.returncode is None, "the engine ended while starting"
                with suppress(httpx2.HTTPError):
                    if (await client.get(f"{self.url}/healthz")).text == "OK":
                        return
                # Another process: only asking tells.
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def before_an_engine(
    dsn: str, limits: Limits | None = None
) -> AsyncIterator[tuple[RunningGateway, EngineProcess]]:
    """A gateway whose GraphQL is answered by an engine in another process, which calls it back."""
    engine = EngineProcess(dsn, free_port())
    settings = settings_for(
        dsn, graphql_url=engine.url, graphql_admin_secret=ADMIN_SECRET, actions_secret=ACTIONS_SECRET
    )
    async with serve(settings, limits) as gateway:
        engine.actions_url = gateway.url
        try:
            await engine.start()
            yield gateway, engine
        finally:
            await engine.kill()
