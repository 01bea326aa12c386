"""What /ready says of the database, the schema and the clock, and who may leave which out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from lictor import migrations
from lictor.actions.gateway.health import leader_check, migrations_check
from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration.ops import Leader
from lictor.revision import needed_revision, newest_revision
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

LEADS = """
    INSERT INTO utility.leader (name, leader_id, term, elected_at, expires_at)
    VALUES ('clock', gen_random_uuid(), 3, now(), now() + $1::interval)
    ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
"""


@pytest.fixture
async def own(fresh_database: str) -> AsyncIterator[tuple[RunningGateway, asyncpg.Connection]]:
    connection = await asyncpg.connect(fresh_database)
    async with serve(settings_for(fresh_database, ready_leader_seconds=30)) as running:
        yield running, connection
    await connection.close()


async def checks(gateway: RunningGateway, query: str = "") -> tuple[int, dict[str, str], dict[str, str]]:
    answer = await gateway.client.get(f"/ready{query}")
    found = answer.json()["checks"]
    return (
        answer.status_code,
        {name: check["status"] for name, check in found.items()},
        {name: check["message"] for name, check in found.items()},
    )


ALL_OK = dict.fromkeys(("process", "database", "migrations", "schema", "leader"), "ok")


async def test_each_check(own: tuple[RunningGateway, asyncpg.Connection]) -> None:
    gateway, connection = own
    status, found, said = await checks(gateway)
    assert (status, found) == (503, ALL_OK | {"leader": "fail"})
    assert "python -m lictor.workers.clock" in said["leader"]

    # A balancer goes on sending requests while no clock leads; the answer still says so.
    assert (await checks(gateway, "?exclude=leader"))[0] == 200
    assert (await checks(gateway, "?exclude=schema,leader"))[:2] == (200, ALL_OK | {"leader": "fail"})
    assert (await checks(gateway, "?exclude=nothing"))[0] == 503

    await connection.execute(LEADS, timedelta(seconds=10))
    assert (await checks(gateway))[:2] == (200, ALL_OK)
    # A clock that has just gone is no fault yet.
    await connection.execute(LEADS, timedelta(seconds=-5))
    assert (await checks(gateway))[0] == 200
    await connection.execute(LEADS, timedelta(seconds=-31))
    status, found, said = await checks(gateway)
    assert (status, found) == (503, ALL_OK | {"leader": "fail"})
    assert "No clock has led for 31 s" in said["leader"]

    await connection.execute(LEADS, timedelta(seconds=60))
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    status, found, said = await checks(gateway)
    assert (status, found) == (503, ALL_OK | {"migrations": "fail"})
    assert f"at 0001; this release needs {needed_revision()}" in said["migrations"]


async def test_a_database_that_was_never_migrated(postgres: PostgresServer) -> None:
    name = f"bare_{uuid4().hex}"
    postgres.create_database(name)
    async with serve(settings_for(postgres.dsn(name))) as gateway:
        status, found, said = await checks(gateway)
        assert status == 503
        assert found == {
            "process": "ok",
            "database": "ok",
            "migrations": "fail",
            "schema": "fail",
            "leader": "fail",
        }
        assert "lictor db upgrade" in said["migrations"]
        assert (await gateway.client.get("/health")).status_code == 200
    postgres.drop_database(name)


def test_the_newest_revision_is_alembics_head() -> None:
    assert newest_revision() == migrations.head_revision()


@pytest.mark.parametrize(
    ("present", "ok"),
    [(None, False), ("0001", False), (needed_revision(), True), (newest_revision(), True), ("9999", True)],
)
def test_revisions(present: str | None, ok: bool) -> None:
    assert migrations_check(present).ok is ok


@pytest.mark.parametrize(("vacant", "ok"), [(None, False), (0.0, True), (29.9, True), (30.1, False)])
def test_leaders(vacant: float | None, ok: bool) -> None:
    leader = None if vacant is None else Leader(uuid4(), 1, vacant == 0, vacant)
    assert leader_check(leader, 30).ok is ok
