"""Clients of both protocols over real sockets, and servers for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from lictor.engine import Session
from lictor.engine.server.websocket import SocketLimits, serve_socket
from tests.engine.live import Live

TRANSPORT, APOLLO = "graphql-transport-ws", "graphql-ws"
WORDS = {TRANSPORT: ("subscribe", "next", "complete"), APOLLO: ("start", "data", "stop")}
SIGNS_OF_LIFE = ("ka", "ping")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The app on a free port; gives the address without its scheme."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def app_of(live: Live, **limits: Any) -> Starlette:
    """A server of its own around a running engine: the roles are what the header `as` says."""

    async def authenticate(headers: Mapping[str, str]) -> Session:
        return Session(headers.get("as", "admin"), {"x-hasura-user-id": headers.get("user", "0")})

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(websocket, live.engine, authenticate, SocketLimits(**limits))

    return Starlette(routes=[WebSocketRoute("/graphql", socket)])


class Client:
    """One connection. Everything it waits for comes within seconds."""

    def __init__(self, socket: websockets.ClientConnection, protocol: str) -> None:
        self.socket = socket
        self.protocol = protocol
        self.start_word, self.next_word, self.stop_word = WORDS[protocol]

    async def send(self, **message: Any) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def receive(self, *, alive: bool = False) -> Any:
        """The next message; signs of life only if asked for."""
        async with asyncio.timeout(10):
            while True:
                message = orjson.loads(await self.socket.recv())
                if alive or message["type"] not in SIGNS_OF_LIFE:
                    return message

    async def initialise(self, **headers: str) -> Client:
        await self.send(type="connection_init", payload={"headers": headers})
        assert await self.receive() == {"type": "connection_ack"}
        return self

    async def start(self, operation: str, query: str, variables: Any = None, **more: Any) -> None:
        payload = {"query": query, "variables": variables, **more}
        await self.send(type=self.start_word, id=operation, payload=payload)

    async def stop(self, operation: str) -> None:
        await self.send(type=self.stop_word, id=operation)

    async def next(self, operation: str) -> Any:
        """The payload of the next message, which is an answer to the operation."""
        message = await self.receive()
        assert (message["type"], message["id"]) == (self.next_word, operation), message
        return message["payload"]

    async def complete(self, operation: str) -> None:
        assert await self.receive() == {"type": "complete", "id": operation}

    async def error(self, operation: str) -> list[Any]:
        """The errors of the next message, which ends the operation."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", operation), message
        if self.protocol == TRANSPORT:
            return message["payload"]
        await self.complete(operation)
        return message["payload"]["errors"]

    async def closed(self) -> tuple[int, str]:
        """Waits for the server to close; the code and the reason."""
        async with asyncio.timeout(10):
            with suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


@asynccontextmanager
async def connected(
    address: str, protocol: str, path: str = "/graphql", **options: Any
) -> AsyncIterator[Client]:
    url = f"ws://{address}{path}"
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol(protocol)], **options) as socket:
        assert socket.subprotocol == protocol
        yield Client(socket, protocol)
