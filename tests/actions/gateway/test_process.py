"""The gateway as a process of its own: started by uvicorn's command, stopped by a signal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer

COMMAND = [
    sys.executable, "-m", "uvicorn", "--factory", "lictor.actions.gateway.app:create_app",
    "--host", "127.0.0.1", "--port", "0",
]  # fmt: skip
RUNNING = re.compile(rb"running on (http://127\.0\.0\.1:\d+)")


@asynccontextmanager
async def process(database_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {**os.environ, "LICTOR_DATABASE_URL": database_url, "LICTOR_DATABASE_POOL_SIZE": "3"}
    running = await asyncio.create_subprocess_exec(
        *COMMAND, env=environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def address(running: asyncio.subprocess.Process) -> str:
    assert running.stderr is not None
    async with asyncio.timeout(60):
        while line := await running.stderr.readline():
            if found := RUNNING.search(line):
                return found[1].decode()
    raise AssertionError("the gateway has not started")


async def test_a_signal_ends_it_after_the_last_answer(database: str) -> None:
    admin = await asyncpg.connect(database)
    async with process(database) as running, httpx2.AsyncClient(base_url=await address(running)) as client:
        assert (await client.post("/", json={"query": "{ hello }"})).status_code == 200
        async with admin.transaction():
            await admin.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
            waiting = asyncio.create_task(client.post("/", json={"query": "{ agent { id } }"}))
            blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            async with asyncio.timeout(10):
                while not await admin.fetchval(blocked):
                    await asyncio.sleep(0.02)
                    await admin.execute("SELECT pg_stat_clear_snapshot()")
            running.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            assert running.returncode is None
        assert (await waiting).json() == {"data": {"agent": []}}
        async with asyncio.timeout(15):
            assert await running.wait() in (0, -signal.SIGTERM)
    left = await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lictor-gateway' AND datname = current_database()"
    )
    assert left == 0
    await admin.close()


async def test_a_database_without_its_schema_is_ill_until_it_is_migrated(postgres: PostgresServer) -> None:
    postgres.create_database("bare")
    async with (
        process(postgres.dsn("bare")) as running,
        httpx2.AsyncClient(base_url=await address(running), timeout=20) as client,
    ):
        ill = await client.get("/ready")
        assert ill.status_code == 503
        assert "lictor db upgrade" in ill.json()["checks"]["migrations"]["message"]
        assert (await client.get("/livez")).status_code == 200
        await asyncio.to_thread(migrations.upgrade, postgres.dsn("bare"))
        assert (await client.get("/ready?exclude=leader")).status_code == 200
        answer = await client.post("/", json={"query": "{ tenant(limit: 0) { id } }"})
        assert answer.json() == {"data": {"tenant": []}}
    postgres.drop_database("bare")
