"""Retention (orchestration/retention.py): what goes, what stays, and that nobody is held up."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.retention import apply_retention, retention_preview, set_retention_policy
from tests.orchestration.builders import insert, make_flow

NOW = datetime(2031, 6, 15, tzinfo=UTC)
OLD, RECENT = datetime(2031, 3, 20, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)


@pytest.fixture
async def pool(fresh_database: str):
    """Partitions are made and dropped here."""
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=4) as pool:
        await pool.execute("SELECT utility.drop_partition(parent, name) FROM utility.history_partition")
        await pool.execute("SELECT utility.ensure_partitions('2031-01-01Z', '2031-06-30Z')")
        yield pool


async def make_tenant_flow(pool: asyncpg.Pool) -> tuple[UUID, UUID]:
    flow_id = await make_flow(pool, tasks=1)
    return await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id), flow_id


async def make_run(pool: asyncpg.Pool, flow_id: UUID, when: datetime, state: str = "Success") -> UUID:
    """A run with a task run, an artifact, states and a line of log, all of `when`."""
    tenant_id = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id)
    run_id = await insert(
        pool, "flow_run",
        {"id": uuid4(), "tenant_id": tenant_id, "flow_id": flow_id, "scheduled_start_time": when, "created": when,
         "updated": when, "auto_scheduled": False, "labels": [], "times_resurrected": 0, "version": 0},
    )  # fmt: skip
    # Made by the trigger.
    task_run_id = await pool.fetchval("SELECT id FROM task_run WHERE flow_run_id = $1", run_id)
    await pool.execute("DELETE FROM task_run_state WHERE task_run_id = $1", task_run_id)
    for table, key, id in (("flow_run_state", "flow_run_id", run_id), ("task_run_state", "task_run_id", task_run_id)):  # fmt: skip
        await pool.execute(
            f'INSERT INTO {table} (tenant_id, {key}, "timestamp", state, version, serialized_state)'
            " VALUES ($1, $2, $3, $4, 1, $5)",
            tenant_id, id, when, state, json.dumps({"type": state}),
        )  # fmt: skip
    await pool.execute(
        'INSERT INTO log (tenant_id, flow_run_id, "timestamp", message) VALUES ($1, $2, $3, $4)',
        tenant_id, run_id, when, "a line",
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO task_run_artifact (tenant_id, task_run_id, kind, created) VALUES ($1, $2, 'markdown', $3)",
        tenant_id, task_run_id, when,
    )  # fmt: skip
    return run_id


async def apply(pool: asyncpg.Pool, **days: int) -> dict[str, int]:
    async with pool.acquire() as connection:
        done = await apply_retention(connection, days, now=NOW)
        return {kind: count for kind, count in done.items() if count}


async def count(pool: asyncpg.Pool, table: str) -> int:
    return await pool.fetchval(f"SELECT count(*) FROM {table}")


async def test_by_default_everything_stays(pool):
    _, flow_id = await make_tenant_flow(pool)
    await make_run(pool, flow_id, OLD)
    assert await apply(pool) == {}
    assert (
        await apply(pool, **dict.fromkeys(("flow_runs", "states", "logs", "artifacts", "messages"), 0)) == {}
    )
    assert await count(pool, "log") == 1


async def test_old_finished_runs_go_with_all_that_is_below_them(pool):
    _, flow_id = await make_tenant_flow(pool)
    for state in ("Success", "Failed", "Skipped"):
        await make_run(pool, flow_id, OLD, state)
    kept = {
        await make_run(pool, flow_id, OLD, state) for state in ("Running", "Scheduled", "Paused", "Submitted")
    }
    kept.add(await make_run(pool, flow_id, RECENT))
    assert await apply(pool, flow_runs=30) == {"flow_runs": 3}
    assert {row["id"] for row in await pool.fetch("SELECT id FROM flow_run")} == kept
    for table in ("task_run", "flow_run_state", "task_run_state", "log", "task_run_artifact"):
        assert await count(pool, table) == 5, table


async def test_a_run_that_was_set_again_lately_stays(pool):
    _, flow_id = await make_tenant_flow(pool)
    run_id = await make_run(pool, flow_id, OLD)
    await pool.execute("UPDATE flow_run SET state_timestamp = $2 WHERE id = $1", run_id, RECENT)
    assert await apply(pool, flow_runs=30) == {}


async def test_many_runs_in_batches_and_beside_each_other(pool):
    tenant_id, flow_id = await make_tenant_flow(pool)
    await pool.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, scheduled_start_time, state, state_timestamp)"
        " SELECT $1, $2, $3::timestamptz + n * interval '1 second', 'Success', $3 FROM generate_series(1, 450) AS n",
        tenant_id, flow_id, OLD,
    )  # fmt: skip
    answers = await asyncio.gather(*(apply(pool, flow_runs=30) for _ in range(3)))
    assert sum(answer.get("flow_runs", 0) for answer in answers) == 450
    assert await count(pool, "flow_run") == 0


async def test_a_tenants_policy_goes_before_the_settings(pool):
    (strict, strict_flow), (lax, lax_flow) = [await make_tenant_flow(pool) for _ in range(2)]
    for flow_id in (strict_flow, lax_flow):
        await make_run(pool, flow_id, OLD)
    await set_retention_policy(pool, strict, {"flow_runs": 30})
    await set_retention_policy(pool, lax, {"flow_runs": 0})
    assert await apply(pool, flow_runs=10_000) == {"flow_runs": 1}
    assert await apply(pool, flow_runs=1) == {}
    assert await pool.fetchval("SELECT tenant_id FROM flow_run") == lax
    await set_retention_policy(pool, lax, {})
    assert await apply(pool, flow_runs=1) == {"flow_runs": 1}


async def test_a_month_that_nobody_keeps_is_dropped(pool):
    _, flow_id = await make_tenant_flow(pool)
    await make_run(pool, flow_id, OLD)
    await make_run(pool, flow_id, RECENT)
    # From May 1 on everything is kept: January to April go.
    assert await apply(pool, logs=45) == {"partitions": 4}
    assert [row["timestamp"] for row in await pool.fetch("SELECT timestamp FROM log")] == [RECENT]
    assert await count(pool, "flow_run_state") == 2
    assert await pool.fetchval("SELECT to_regclass('history.log_2031_04')") is None
    assert await apply(pool, logs=45) == {}


async def test_a_month_that_others_keep_loses_the_rows_of_those_who_do_not(pool):
    (strict, strict_flow), (_, lax_flow) = [await make_tenant_flow(pool) for _ in range(2)]
    for flow_id in (strict_flow, lax_flow):
        await make_run(pool, flow_id, OLD)
    await set_retention_policy(pool, strict, {"logs": 45, "states": 45})
    assert await apply(pool) == {"logs": 1, "states": 2}
    for table in ("log", "flow_run_state", "task_run_state"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", strict) == 0, table
        assert await count(pool, table) == 1, table
    assert await apply(pool) == {}
    assert await pool.fetchval("SELECT count(*) FROM utility.retention_cleaned WHERE partition_name = 'log_2031_03'") == 1  # fmt: skip


async def test_every_page_of_a_partition_is_walked(pool):
    (strict, strict_flow), (lax, _) = [await make_tenant_flow(pool) for _ in range(2)]
    run_id = await make_run(pool, strict_flow, OLD)
    await pool.execute(
        'INSERT INTO log (tenant_id, flow_run_id, "timestamp", message)'
        " SELECT CASE WHEN n % 2 = 0 THEN $1::uuid ELSE $2 END, $3, $4, repeat('x', 700)"
        " FROM generate_series(1, 12000) AS n",
        strict, lax, run_id, OLD,
    )  # fmt: skip
    assert await pool.fetchval("SELECT pg_relation_size('history.log_2031_03') / 8192") > 1000
    await set_retention_policy(pool, strict, {"logs": 45})
    assert await apply(pool) == {"logs": 6001}
    assert await pool.fetchval("SELECT count(*) FROM log WHERE tenant_id = $1", lax) == 6000


async def test_a_partition_that_somebody_reads_is_left_for_another_time(pool):
    await make_tenant_flow(pool)
    async with pool.acquire() as reader, reader.transaction():
        await reader.execute("SELECT FROM log LIMIT 1")
        start = asyncio.get_running_loop().time()
        assert await apply(pool, logs=45) == {}
        assert asyncio.get_running_loop().time() - start < 10
    assert await apply(pool, logs=45) == {"partitions": 4}


async def test_artifacts_and_messages(pool):
    tenant_id, flow_id = await make_tenant_flow(pool)
    for when in (OLD, RECENT):
        await make_run(pool, flow_id, when)
        await pool.execute(
            "INSERT INTO message (tenant_id, type, created) VALUES ($1, 'CLOUD_HOOK', $2)", tenant_id, when
        )
    assert await apply(pool, artifacts=30, messages=60) == {"artifacts": 1, "messages": 1}
    assert await pool.fetchval("SELECT created FROM task_run_artifact") == RECENT
    assert await pool.fetchval("SELECT created FROM message") == RECENT
    assert await count(pool, "flow_run") == 2


async def test_the_preview_says_what_will_go_and_takes_nothing(pool):
    tenant_id, flow_id = await make_tenant_flow(pool)
    await make_run(pool, flow_id, OLD)
    await make_run(pool, flow_id, RECENT)
    days = {"flow_runs": 30, "states": 45, "logs": 45, "artifacts": 30, "messages": 30}
    found = await retention_preview(pool, days, now=NOW)
    assert {(it.tenant_id, it.kind): it.rows for it in found} == {
        (tenant_id, kind): rows
        for kind, rows in {"flow_runs": 1, "states": 2, "logs": 1, "artifacts": 1, "messages": 0}.items()
    }
    assert await count(pool, "flow_run") == 2
    assert await retention_preview(pool, {}, now=NOW) == []


@pytest.mark.parametrize("days", [{"flow_runs": -1}, {"logs": 36_501}, {"runs": 1}])
async def test_what_cannot_be(pool, days):
    tenant_id, _ = await make_tenant_flow(pool)
    with pytest.raises(OrchestrationError):
        await set_retention_policy(pool, tenant_id, days)
    assert await count(pool, "retention_policy") == 0


async def test_an_unknown_tenant(pool):
    assert not await set_retention_policy(pool, uuid4(), {"logs": 1})
