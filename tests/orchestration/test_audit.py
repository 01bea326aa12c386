"""Rows of the audit trail: added, never changed, and gone by whole months only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration import audit
from lictor.orchestration.audit import Asked, Entry
from lictor.orchestration.audit_summary import LARGEST, LONGEST_TEXT, summary
from lictor.orchestration.retention import apply_retention, retention_preview
from tests.orchestration.builders import make_tenant

FOREVER = dict.fromkeys(("flow_runs", "states", "logs", "artifacts", "messages"), 0)


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=2) as pool:
        yield pool


def entry(**more: Any) -> Entry:
    return Entry(**{"operation": "set_secret", "outcome": "done", "message": " did it.", **more})


CHANGES = [
    "UPDATE audit_log SET message = 'never'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "UPDATE {partition} SET message = 'never'",
    "DELETE FROM {partition}",
    "TRUNCATE {partition}",
    "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (id, \"timestamp\") DO UPDATE SET message = 'never'",
    "MERGE INTO audit_log USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM audit_log RETURNING id) SELECT count(*) FROM gone",
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("old", [False, True], ids=["this month", "the default partition"])
async def test_nobody_changes_a_row_not_even_the_owner(pool: asyncpg.Pool, change: str, old: bool) -> None:
    moment = datetime(2019, 1, 1, tzinfo=UTC) if old else datetime.now(UTC)
    await audit.write(pool, [entry(timestamp=moment)])
    owner = await pool.fetchval(
        "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'audit_log'"
    )
    assert owner
    partition = await pool.fetchval("SELECT tableoid::regclass::text FROM audit_log")
    assert partition.endswith("_default") == old
    before = await pool.fetch("SELECT audit_log::text FROM audit_log")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await pool.execute(change.format(partition=partition))
    assert await pool.fetch("SELECT audit_log::text FROM audit_log") == before


async def test_other_roles_with_every_right_are_refused_too(
    pool: asyncpg.Pool, postgres: PostgresServer
) -> None:
    await audit.write(pool, [entry()])
    role = f"auditor_{uuid4().hex}"
    name = await pool.fetchval("SELECT current_database()")
    admin = await asyncpg.connect(postgres.dsn(name, user="postgres", socket=True))
    try:
        await admin.execute(f"CREATE ROLE {role}")
        await admin.execute(f"GRANT USAGE ON SCHEMA public, history, utility TO {role}")
        await admin.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public, history TO {role}")
        for who in (role, "postgres"):
            await admin.execute(f"SET ROLE {who}")
            for change in CHANGES[:3]:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                    await admin.execute(change)
            await admin.execute("RESET ROLE")
    finally:
        await admin.execute(f"DROP OWNED BY {role}")
        await admin.execute(f"DROP ROLE {role}")
        await admin.close()
    assert await pool.fetchval("SELECT count(*) FROM audit_log") == 1


async def test_a_new_month_has_the_trigger_too(pool: asyncpg.Pool) -> None:
    moment = datetime(2041, 5, 5, tzinfo=UTC)
    await audit.write(pool, [entry(timestamp=moment)])
    await pool.execute("SELECT utility.ensure_partitions($1, $1)", moment)
    assert (
        await pool.fetchval("SELECT tableoid::regclass::text FROM audit_log") == "history.audit_log_2041_05"
    )
    for change in CHANGES[3:6]:
        for partition in ("history.audit_log_2041_05", "history.audit_log_default"):
            if "TRUNCATE" in change and "default" in partition:
                continue  # It is empty.
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(change.format(partition=partition))


async def test_an_entry_written_twice_is_there_once(pool: asyncpg.Pool) -> None:
    entries = [entry(), entry()]
    await audit.write(pool, entries)
    await audit.write(pool, entries)
    assert await pool.fetchval("SELECT count(*) FROM audit_log") == 2


async def test_old_months_go_by_the_setting_and_by_nothing_else(pool: asyncpg.Pool) -> None:
    now = await pool.fetchval("SELECT now()")
    moments = [now - timedelta(days=400), now - timedelta(days=200), now]
    for moment in moments:
        await pool.execute("SELECT utility.ensure_partitions($1, $1)", moment)
        await audit.write(pool, [entry(timestamp=moment)])

    async def left() -> list[datetime]:
        return [row[0] for row in await pool.fetch('SELECT "timestamp" FROM audit_log ORDER BY 1')]

    await make_tenant(pool)
    strict = dict.fromkeys(FOREVER, 1)
    async with pool.acquire() as connection:
        # Neither a tenant's policy nor that of other history touches it.
        await apply_retention(connection, strict)
        assert await left() == moments
        for days in (0, -1):
            await apply_retention(connection, FOREVER, audit_days=days)
        assert await left() == moments
        done = await apply_retention(connection, FOREVER, audit_days=300)
        assert (done["partitions"], await left()) == (1, moments[1:])
        await apply_retention(connection, FOREVER, audit_days=1)
        assert await left() == moments[2:]
    assert await retention_preview(pool, FOREVER) == []


async def test_lists_and_exports(pool: asyncpg.Pool) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    tenant, user, thing = uuid4(), uuid4(), uuid4()
    entries = [
        entry(timestamp=start + timedelta(hours=hour), tenant_id=tenant if hour % 2 else None,
              user_id=user if hour % 3 else None, object_id=thing if hour == 5 else None,
              address="2001:db8::1", info={"arguments": {"hour": hour}})
        for hour in range(12)
    ]  # fmt: skip
    await audit.write(pool, entries)

    async def hours(asked: Asked) -> list[int]:
        async with pool.acquire() as connection:
            return [row["info"]["arguments"]["hour"] async for row in audit.exported(connection, asked)]

    assert await hours(Asked()) == list(range(12))
    assert await hours(Asked(since=start + timedelta(hours=3), until=start + timedelta(hours=6))) == [3, 4, 5]
    assert await hours(Asked(tenant_id=tenant)) == [1, 3, 5, 7, 9, 11]
    assert await hours(Asked(user_id=user, tenant_id=tenant)) == [1, 5, 7, 11]
    assert await hours(Asked(object_id=thing)) == [5]
    newest = await audit.listed(pool, Asked(), 2)
    assert [row["info"]["arguments"]["hour"] for row in newest] == [11, 10]
    assert newest[0]["address"] == "2001:db8::1"
    assert newest[0]["message"] == "A deleted user did it."


def test_a_summary_is_never_long() -> None:
    arguments = {"input": {f"field_{number}": "x" * 10_000 for number in range(500)} | {"name": "n" * 10_000}}
    assert len(str(summary(arguments))) < LARGEST
    assert summary({"name": "n" * 1000})["name"] == "n" * LONGEST_TEXT + "…"
    many = summary({"objects": [{"name": "é" * 1000}] * 1000, "name": "n"})
    assert len(str(many)) < LARGEST
    assert many["name"] != ""


def test_a_summary_shows_what_is_known_to_be_harmless() -> None:
    identifier = str(uuid4())
    given = {
        "name": "n", "flow_id": identifier, "key_id": "no id", "limit": 3, "labels": ["a"], "config": {"name": "x"},
        "value": 7, "unheard_of": "x", "state": '{"type": "Running"}',
        "where": {"name": {"_eq": "n"}, "value": {"_eq": "x"}}, "states": [{"state": {"type": "Failed", "message": "x"}}],
    }  # fmt: skip
    assert summary(given) == {
        "name": "n", "flow_id": identifier, "key_id": "<text of 5 characters>", "limit": 3, "labels": ["a"],
        "config": "<object of 1 fields>", "value": "<hidden>", "unheard_of": "<text of 1 characters>",
        "state": "<text of 19 characters>",
        "where": {"name": {"_eq": "n"}, "value": {"_eq": "<text of 1 characters>"}},
        "states": [{"state": {"type": "Failed"}}],
    }  # fmt: skip
