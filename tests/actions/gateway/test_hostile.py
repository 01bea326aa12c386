"""Clients that are slow, silent or odd on purpose: they get an answer or none, and take nothing from the others."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from lictor.actions.gateway.limits import Limits
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

HELLO = json.dumps({"query": "{ hello }"}).encode()


@asynccontextmanager
async def connections(gateway: RunningGateway, count: int) -> AsyncIterator[list[socket.socket]]:
    """Plain sockets with small buffers, which nobody reads from unless the test does."""
    loop = asyncio.get_running_loop()
    opened = []
    try:
        for _ in range(count):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.setblocking(False)
            await loop.sock_connect(plain, ("127.0.0.1", gateway.port))
            opened.append(plain)
        yield opened
    finally:
        for plain in opened:
            plain.close()


def request(body: bytes, *headers: bytes) -> bytes:
    lines = [
        b"POST / HTTP/1.1",
        b"host: x",
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def served(gateway: RunningGateway) -> None:
    """Another client is answered, soon."""
    async with asyncio.timeout(5):
        assert (await gateway.post("{ hello }")).status_code == 200


async def test_a_body_that_drips(database: str) -> None:
    """Each byte comes in time, the whole does not: what counts is the whole."""
    limits = replace(Limits.of(settings_for(database)), body_seconds=0.5)
    async with serve(settings_for(database), limits) as gateway, connections(gateway, 20) as slow:
        loop = asyncio.get_running_loop()
        for plain in slow:
            await loop.sock_sendall(plain, request(HELLO + b" " * 1000)[: -len(HELLO) - 1000])

        async def drip(plain: socket.socket) -> bytes:
            async def send() -> None:
                while True:
                    await loop.sock_sendall(plain, b" ")
                    await asyncio.sleep(0.05)

            sending = asyncio.create_task(send())
            try:
                return await loop.sock_recv(plain, 4096)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

        dripping = [asyncio.create_task(drip(plain)) for plain in slow]
        await served(gateway)
        async with asyncio.timeout(10):
            answers = await asyncio.gather(*dripping)
        assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
        await served(gateway)


@pytest.mark.parametrize(
    "part", [b"", b"PO", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-le", request(HELLO)[:-5]]
)
async def test_connections_that_stop_half_way(database: str, part: bytes) -> None:
    """More of them than there are places for requests: what is no request takes no place, a body's place is free again."""
    limits = replace(Limits.of(settings_for(database)), requests=10, body_seconds=0.5)
    async with serve(settings_for(database), limits) as gateway, connections(gateway, 50) as silent:
        for plain in silent:
            await asyncio.get_running_loop().sock_sendall(plain, part)
        await asyncio.sleep(0.7)
        for _ in range(5):
            await served(gateway)


@pytest.fixture
def large(database: str) -> str:
    """A document whose answer is far more than any socket buffers."""
    del database
    fields = " ".join(f"a{number}: __schema {{ types {{ name fields {{ name }} }} }}" for number in range(60))
    return f"{{ {fields} }}"


async def test_readers_that_never_read(database: str, large: str) -> None:
    """More of them than there are places for requests, and each has asked for a large answer."""
    limits = replace(Limits.of(settings_for(database)), requests=4)
    async with serve(settings_for(database), limits) as gateway:
        answer = await gateway.post(large)
        assert answer.status_code == 200, answer.text[:300]
        assert len(answer.content) > 4_000_000
        async with connections(gateway, 8) as deaf:
            body = json.dumps({"query": large}).encode()
            for plain in deaf:
                await asyncio.get_running_loop().sock_sendall(plain, request(body))
            await asyncio.sleep(1)
            for _ in range(5):
                await served(gateway)
            # And those who begin to read at last get it whole.
            loop, got = asyncio.get_running_loop(), b""
            async with asyncio.timeout(20):
                while not got.endswith(b"}}") or len(got) < 4_000_000:
                    got += await loop.sock_recv(deaf[0], 1 << 20)
            assert got.startswith(b"HTTP/1.1 200")


async def test_a_reader_that_goes_in_the_middle(database: str, large: str) -> None:
    async with serve(settings_for(database)) as gateway:
        body = json.dumps({"query": large}).encode()
        async with connections(gateway, 3) as leaving:
            for plain in leaving:
                await asyncio.get_running_loop().sock_sendall(plain, request(body))
            await asyncio.sleep(0.05)
        await served(gateway)


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ hello }", "variables": {"a": "\xff"}}',
        b'{"query": "{ hello }", "variables": "{\\"a\\": \\"\xc3\x28\\"}"}',
        b'\xff\xfe{"query": "{ hello }"}',
        b'{"query": "{ hello \xed\xa0\x80 }"}',
        b'{"\xff": 1, "query": "{ hello }"}',
    ],
    ids=["variable", "string variables", "byte order mark of UTF-16", "half a character", "key"],
)
async def test_bad_utf_8_is_told(gateway: RunningGateway, body: bytes) -> None:
    answer = await gateway.client.post("/", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


@pytest.mark.parametrize("url", ["/?query=%ff", "/%ff%fe?query={hello}", "/?query=%7B%20hello%20%7D&%ff=%ff"])
async def test_bad_utf_8_in_a_url_harms_nobody(gateway: RunningGateway, url: str) -> None:
    got = await gateway.raw(f"GET {url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    assert got.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))


async def test_of_a_key_that_comes_twice_the_last_counts(gateway: RunningGateway) -> None:
    """As JavaScript reads JSON, and so the original did. In variables, too, however they are spelt."""
    twice = (
        b'{"query": "{ nothing }", "query": "query($n: Int) { tenant(limit: $n) { id } }", "variables": %s}'
    )
    for variables in (b'{"n": "no", "n": 0}', json.dumps('{"n": "no", "n": 0}').encode()):
        answer = await gateway.client.post(
            "/", content=twice % variables, headers={"content-type": "application/json"}
        )
        assert answer.json() == {"data": {"tenant": []}}
