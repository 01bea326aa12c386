"""A fast HTTP server on loopback that stands for a hook's listener: it can fail, be slow, and ask to wait."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.receiver import Received


@dataclass
class Listener:
    """Answers a POST with 200, or, `failing` of 1 times, with an error; after `delay` seconds."""

    failing: float = 0.0
    delay: float = 0.0
    failure: tuple[int, str] = (503, "")
    """Status and further header lines of a failure."""
    seed: int = 1
    requests: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    """The requests that were answered with 200, in the order of the answers."""
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0

    async def __aenter__(self) -> Listener:
        self._random = random.Random(self.seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    def events(self) -> dict[str, list[Any]]:
        """Of each run the versions of the states that were taken, in their order; repeated ones again."""
        told: defaultdict[str, list[Any]] = defaultdict(list)
        for request in self.taken:
            state = request.json["event"]["state"]
            told[state["flow_run_id"]].append(state["version"])
        return told

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while True:
                await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Received(head[0].split()[1], headers, body)
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
        finally:
            self.at_once -= 1
        if self._random.random() < self.failing:
            status, lines = self.failure
            writer.write(f"HTTP/1.1 {status} no\r\n{lines}content-length: 0\r\n\r\n".encode())
        else:
            self.taken.append(request)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + orjson.dumps({}))
        await writer.drain()
