"""Real servers over HTTP, and small databases of one test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn

from lictor.engine.server import ServerSettings, create_app

SECRET = {"x-hasura-admin-secret": "sesame"}


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The app on a free port of the loopback interface."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Admin:
    """An administrator of one server."""

    http: httpx2.AsyncClient

    async def post(self, path: str, body: Any, headers: dict[str, str] = SECRET) -> tuple[int, Any]:
        response = await self.http.post(path, json=body, headers=headers)
        return response.status_code, response.json()

    async def metadata(self, kind: str, args: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and answer of a metadata command."""
        body = {"type": kind, "args": {} if args is None else args, **more}
        return await self.post("/v1/metadata", body)

    async def does(self, kind: str, args: Any = None, **more: Any) -> Any:
        """The answer of a metadata command that succeeds."""
        status, answer = await self.metadata(kind, args, **more)
        assert status == 200, answer
        return answer

    async def sql(self, sql: str, **args: Any) -> tuple[int, Any]:
        return await self.post("/v2/query", {"type": "run_sql", "args": {"sql": sql, **args}})

    async def ask(self, query: str, **headers: str) -> Any:
        _, answer = await self.post("/v1/graphql", {"query": query}, {**SECRET, **headers})
        return answer.get("data") or answer

    async def export(self) -> dict[str, Any]:
        """The document that is served."""
        return await self.does("export_metadata")

    async def tracked(self) -> list[str]:
        [source] = (await self.export())["sources"]
        return [table["table"]["name"] for table in source["tables"]]


@asynccontextmanager
async def administered(settings: ServerSettings) -> AsyncIterator[Admin]:
    """A server with these settings."""
    async with (
        served(create_app(settings)) as url,
        httpx2.AsyncClient(base_url=url, timeout=30, limits=httpx2.Limits(max_connections=60)) as client,
    ):
        yield Admin(client)
