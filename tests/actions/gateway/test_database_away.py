"""A database that is away: requests wait a little, then 503; nothing that may have happened is done twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lictor import migrations
from lictor.actions.gateway.calls import patiently
from lictor.actions.gateway.database import Fate, fate
from lictor.actions.gateway.errors import Unavailable
from lictor.actions.gateway.limits import Limits
from lictor.cli.embedded.postgres import PostgresServer
from tests.actions.gateway.conftest import serve, settings_for

BY_SLUG = "query ($slug: String) { tenant(where: {slug: {_eq: $slug}}) { id } }"
READ = "{ tenant(limit: 0) { id } }"
CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with PostgresServer.temporary() as server:
        server.create_database("away")
        migrations.upgrade(server.dsn("away"))
        yield server


async def test_outage_and_return(own_postgres: PostgresServer) -> None:
    settings = settings_for(own_postgres.dsn("away"))
    limits = replace(Limits.of(settings), database_wait=3.0)
    async with serve(settings, limits) as gateway:
        assert (await gateway.post(READ)).status_code == 200
        await asyncio.to_thread(own_postgres.stop, "immediate")

        sick = await gateway.client.get("/ready")
        assert (sick.status_code, sick.json()["status"]) == (503, "fail")
        assert "LICTOR_DATABASE_URL" in sick.json()["checks"]["database"]["message"]
        assert (await gateway.client.get("/health")).status_code == 200
        assert (await gateway.client.get("/livez")).status_code == 200
        assert (await gateway.client.get("/.well-known/apollo/server-health")).status_code == 200
        assert (await gateway.post("{ no_such_field }")).status_code == 400

        slug = f"t-{uuid4()}"
        tenant = {"input": {"name": slug, "slug": slug}}
        began = time.monotonic()
        answers = await asyncio.gather(
            gateway.post(READ),
            gateway.post(CREATE_TENANT, tenant),
            gateway.client.post("/", json=[{"query": READ}] * 3),
        )
        assert time.monotonic() - began < 6
        for answer in answers:
            assert answer.status_code == 503
            assert "retry-after" not in answer.headers
        assert "database" in answers[0].json()["errors"][0]["message"]
        assert len(answers[2].json()) == 3

        # Whoever asks during the outage is answered when it ends in time.
        waiting = [
            asyncio.create_task(gateway.post(READ)),
            asyncio.create_task(gateway.post(CREATE_TENANT, tenant)),
        ]
        await asyncio.to_thread(own_postgres.start)
        for answer in await asyncio.gather(*waiting):
            assert answer.status_code == 200
            assert set(answer.json()) == {"data"}
        found = await gateway.post(BY_SLUG, {"slug": slug})
        assert len(found.json()["data"]["tenant"]) == 1
        assert (await gateway.client.get("/ready?exclude=leader")).status_code == 200


async def test_a_gateway_waits_for_a_postgres_that_starts_later(own_postgres: PostgresServer) -> None:
    dsn = own_postgres.dsn("away")
    port = own_postgres.port
    await asyncio.to_thread(own_postgres.stop)

    async def start_later() -> None:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(own_postgres.start)

    starting = asyncio.create_task(start_later())
    async with serve(settings_for(dsn)) as gateway:
        assert own_postgres.port == port
        assert (await gateway.post(READ)).status_code == 200
    await starting


async def test_connections_ended_by_the_server_are_replaced(own_postgres: PostgresServer) -> None:
    async with serve(settings_for(own_postgres.dsn("away"))) as gateway:
        for _ in range(5):
            await asyncio.gather(*(gateway.post(READ) for _ in range(4)))
            connection = await asyncpg.connect(own_postgres.dsn("postgres"))
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lictor-gateway'"
            )
            await connection.close()
            answers = await asyncio.gather(*(gateway.post(READ) for _ in range(4)))
            assert {answer.status_code for answer in answers} == {200}


async def test_whenever_a_connection_ends_nobody_is_told_that_we_failed(own_postgres: PostgresServer) -> None:
    """In the middle of a statement, between two, while it is idle: answered after all, or 503, which clients repeat."""
    ended, answered = asyncio.Event(), asyncio.Event()
    answers: list[Any] = []
    async with serve(settings_for(own_postgres.dsn("away"))) as gateway:

        async def ask(document: str) -> None:
            while not ended.is_set():
                slug = f"t-{uuid4()}"
                variables = None if document is READ else {"input": {"name": slug, "slug": slug}}
                answers.append(await gateway.post(document, variables))
                answered.set()

        asking = [asyncio.create_task(ask(document)) for document in (READ, CREATE_TENANT) * 4]
        for number in range(30):
            # Each end meets requests under way, however slow the machine is.
            while len(answers) < 4 * number:
                answered.clear()
                await answered.wait()
            connection = await asyncpg.connect(own_postgres.dsn("postgres"))
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lictor-gateway'"
            )
            await connection.close()
        ended.set()
        await asyncio.gather(*asking)
    assert len(answers) > 100
    assert {
        answer.text for answer in answers if answer.status_code == 200 and "errors" in answer.json()
    } == set()
    assert {answer.status_code for answer in answers} <= {200, 503}


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        (ConnectionRefusedError(), Fate.NOT_DONE),
        (asyncpg.CannotConnectNowError(), Fate.NOT_DONE),
        (asyncpg.TooManyConnectionsError(), Fate.NOT_DONE),
        (asyncpg.DeadlockDetectedError(), Fate.NOT_DONE),
        (asyncpg.SerializationError(), Fate.NOT_DONE),
        (asyncpg.InterfaceError("connection is closed"), Fate.NOT_DONE),
        (
            asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
            Fate.NOT_DONE,
        ),
        (asyncpg.InternalClientError("got result for unknown protocol state 3"), Fate.UNKNOWN),
        (asyncpg.ConnectionDoesNotExistError(), Fate.UNKNOWN),
        (asyncpg.AdminShutdownError(), Fate.UNKNOWN),
        (TimeoutError(), Fate.UNKNOWN),
        (asyncpg.UniqueViolationError(), None),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), None),
        (ValueError(), None),
    ],
    ids=repr,
)
def test_fates(exc: Exception, expected: Fate | None) -> None:
    assert fate(exc) is expected


class Work:
    """Fails as told, then answers; counts how often it ran."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


async def test_work_that_was_not_sent_is_repeated() -> None:
    work = Work(ConnectionRefusedError(), asyncpg.CannotConnectNowError(), asyncpg.DeadlockDetectedError())
    assert await patiently(work, repeatable=False, wait=5) == "done"
    assert work.runs == 4


async def test_work_of_unknown_fate_is_repeated_only_when_harmless() -> None:
    work = Work(asyncpg.ConnectionDoesNotExistError())
    with pytest.raises(Unavailable, match="not known"):
        await patiently(work, repeatable=False, wait=5)
    assert work.runs == 1
    work = Work(asyncpg.ConnectionDoesNotExistError())
    assert await patiently(work, repeatable=True, wait=5) == "done"
    assert work.runs == 2


async def test_other_failures_pass_through_at_once() -> None:
    work = Work(asyncpg.UniqueViolationError("no"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await patiently(work, repeatable=True, wait=5)
    assert work.runs == 1


async def test_time_already_spent_counts() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.3)
        raise TimeoutError

    began = time.monotonic()
    with pytest.raises(Unavailable):
        await patiently(slow, repeatable=True, wait=0.2)
    assert time.monotonic() - began < 0.6


async def test_waiting_ends() -> None:
    work = Work(*[ConnectionRefusedError()] * 1000)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="nothing was changed"):
        await patiently(work, repeatable=True, wait=0.3)
    assert time.monotonic() - began < 1
    assert 2 < work.runs < 30
