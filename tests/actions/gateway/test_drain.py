"""Gateways that are told to end: real processes on one socket, clients that never pause, and no request lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx2
import pytest
import uvicorn
import websockets

from lictor.actions.gateway.serve import Server
from tests.actions.gateway.test_metrics import one, samples

CLIENTS = 6


@asynccontextmanager
async def gateway(
    listener: socket.socket, database_url: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway process on `listener`; killed at the end if it still runs."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lictor.actions.gateway.serve", "--fd", str(listener.fileno()),
        pass_fds=[listener.fileno()],
        env={
            **os.environ,
            "LICTOR_DATABASE_URL": database_url,
            "LICTOR_DATABASE_POOL_SIZE": "3",
            "LICTOR_LOG_FORMAT": "json",
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await log_line(running, "Uvicorn running")
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def log_line(running: asyncio.subprocess.Process, text: str) -> dict[str, str]:
    """The first line of the log that holds `text`; every line before it is JSON too."""
    assert running.stderr is not None
    async with asyncio.timeout(60):
        while line := await running.stderr.readline():
            event = json.loads(line)
            if text in event["event"]:
                return event
    raise AssertionError(f"the process ended before it said {text!r}")


@pytest.fixture
def listener() -> socket.socket:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as made:
        yield made


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def hammer(url: str, stop: asyncio.Event, seen: list[int | str]) -> None:
    """One client on one connection, which it keeps as long as the server lets it."""
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        while not stop.is_set():
            try:
                answer = await client.post("/", json={"query": "{ tenant(limit: 1) { id } }"})
                seen.append(answer.status_code if "data" in answer.json() else answer.text)
            except httpx2.HTTPError as error:
                seen.append(repr(error))


async def more(seen: list[int | str], count: int = 50) -> None:
    """Until so many more answers have been seen."""
    wanted = len(seen) + count
    async with asyncio.timeout(60):
        while len(seen) < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_one_of_two_gateways_ends_and_no_request_fails(listener: socket.socket, database: str) -> None:
    async with gateway(listener, database) as first, gateway(listener, database) as second:
        stop, seen = asyncio.Event(), list[int | str]()
        clients = [asyncio.create_task(hammer(url_of(listener), stop, seen)) for _ in range(CLIENTS)]
        try:
            for ending in (first, second):
                await more(seen)
                if ending is first:
                    ending.send_signal(signal.SIGTERM)
                    async with asyncio.timeout(20):
                        assert await ending.wait() == 0
            await more(seen)
        finally:
            stop.set()
            await asyncio.gather(*clients)
        assert [one for one in seen if one != 200] == []
        assert second.returncode is None


async def test_what_is_under_way_is_answered_and_open_connections_are_told(
    listener: socket.socket, database: str
) -> None:
    admin = await asyncpg.connect(database)
    async with (
        gateway(listener, database) as running,
        httpx2.AsyncClient(base_url=url_of(listener), timeout=30) as client,
        httpx2.AsyncClient(base_url=url_of(listener), timeout=30) as other,
    ):
        assert (await other.get("/health")).headers.get("connection") != "close"
        async with admin.transaction():
            await admin.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
            waiting = asyncio.create_task(client.post("/", json={"query": "{ agent { id } }"}))
            await blocked(admin)
            running.send_signal(signal.SIGTERM)
            await log_line(running, "draining")
            ready = await other.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["process"]["status"] == "fail"
        assert ready.headers["connection"] == "close"
        answer = await waiting
        assert answer.json() == {"data": {"agent": []}}
        async with asyncio.timeout(20):
            assert await running.wait() == 0
    await admin.close()


async def test_a_call_that_takes_too_long_does_not_hold_the_end_up(
    listener: socket.socket, database: str
) -> None:
    admin = await asyncpg.connect(database)
    async with (
        gateway(listener, database, LICTOR_DRAIN_SECONDS="1") as running,
        httpx2.AsyncClient(base_url=url_of(listener), timeout=30) as client,
    ):
        async with admin.transaction():
            await admin.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
            waiting = asyncio.create_task(client.post("/", json={"query": "{ agent { id } }"}))
            await blocked(admin)
            began = time.monotonic()
            running.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                assert await running.wait() == 0
            assert 1 < time.monotonic() - began < 20
        result = await asyncio.gather(waiting, return_exceptions=True)
        assert isinstance(result[0], httpx2.HTTPError) or result[0].status_code == 500
    await admin.close()


async def blocked(admin: asyncpg.Connection) -> None:
    """Until a statement waits for a lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(20):
        while not await admin.fetchval(waits):
            await asyncio.sleep(0.02)
            await admin.execute("SELECT pg_stat_clear_snapshot()")


async def test_one_scrape_sees_all_processes_the_killed_ones_too(
    listener: socket.socket, database: str, tmp_path: Path
) -> None:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    async def scraped() -> dict[str, float]:
        # A connection of its own each time: whichever process takes it.
        async with httpx2.AsyncClient(base_url=url_of(listener), timeout=30) as client:
            found = samples((await client.get("/metrics")).text)
        return {
            "processes": one(found, "lictor_gateway_processes"),
            "calls": one(found, "lictor_call_seconds_count", operation="hello", outcome="ok"),
            "places": one(found, "lictor_pool_connections_limit"),
        }

    async with gateway(listener, database, **shared) as first, gateway(listener, database, **shared):
        for _ in range(20):
            async with httpx2.AsyncClient(base_url=url_of(listener), timeout=30) as client:
                await client.post("/", json={"query": "{ hello }"})
        assert await scraped() == {"processes": 2, "calls": 20, "places": 6}
        first.kill()
        await first.wait()
        assert await scraped() == {"processes": 1, "calls": 20, "places": 3}


async def test_websockets_are_closed_with_service_restart(listener: socket.socket) -> None:
    async def echo(scope, receive, send) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": message["text"]})

    drained = list[bool]()
    config = uvicorn.Config(
        echo, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=5
    )
    server = Server(config, lambda: drained.append(True))
    serving = asyncio.create_task(server.serve(sockets=[listener.dup()]))
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    async with websockets.connect(url_of(listener).replace("http", "ws")) as client:
        await client.send("hello")
        assert await client.recv() == "hello"
        server.should_exit = True
        with pytest.raises(websockets.ConnectionClosed) as caught:
            async with asyncio.timeout(10):
                await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
    await serving
    assert drained == [True]
