"""A reverse proxy that serves a Lictor below a path, as nginx does with `proxy_pass http://…/;`: the path is taken away.

It works on bytes: the address in the request line is changed, all else is passed on as it is, so that websockets go
through as what they are to a proxy, an Upgrade and then bytes both ways.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

_MOST = 65_536


class Proxy:
    """`prefix` begins and ends with a slash; what is outside of it is 404."""

    def __init__(self, upstream: str, prefix: str) -> None:
        split = urlsplit(upstream)
        self._host, self._port = split.hostname, split.port
        self._prefix = prefix.encode()
        self._connections = set[asyncio.Task[None]]()
        self.strays: list[str] = []
        """Request lines that were outside of the prefix."""
        self.upgraded = 0
        """How many connections became websockets."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a browser: one request, which is told to close, or a websocket."""
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, fields = head.partition(b"\r\n")
            method, target, version = line.split(b" ")
            if not target.startswith(self._prefix):
                self.strays.append(line.decode())
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                await writer.drain()
                return
            websocket = b"\r\nupgrade: websocket" in fields.lower()
            self.upgraded += websocket
            if not websocket:
                kept = [one for one in fields.split(b"\r\n") if not one.lower().startswith(b"connection:")]
                fields = b"\r\n".join([b"connection: close", *kept])
            target = target[len(self._prefix) - 1 :]
            await self._pass_on(b" ".join((method, target, version)) + b"\r\n" + fields, reader, writer)

    async def end(self) -> None:
        """Cut what is open."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        with contextlib.closing(back):
            back.write(head)
            ways = [asyncio.create_task(_copy(reader, back)), asyncio.create_task(_copy(there, writer))]
            try:
                # The answer's end is the end; a browser may close its half of the connection only at its own.
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(_MOST):
        writer.write(some)
        await writer.drain()


@contextlib.asynccontextmanager
async def proxy_before(upstream: str, prefix: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy on a free port of the loopback; with it the address below which Lictor is."""
    proxy = Proxy(upstream, prefix)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, f"http://127.0.0.1:{port}{prefix}"
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
