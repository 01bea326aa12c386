"""Deleted tenants go in batches: all of theirs, nothing of others, whoever works and dies on the way."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.tenant_purge import purge_at_once, purge_tenants
from lictor.orchestration.tenants import delete_tenant
from tests.orchestration.builders import insert, make_flow, make_tenant

OWNED = (
    "agent", "agent_config", "cloud_hook", "edge", "flow", "flow_group", "flow_run", "flow_run_state",
    "hook_delivery", "log", "message",
    "project", "task", "task_run", "task_run_artifact", "task_run_state",
)  # fmt: skip


async def make_full_tenant(pool: asyncpg.Pool, *, runs: int = 3, logs: int = 4):
    """A tenant with rows in every table, two flows (one archived) of two tasks with `runs` runs."""
    tenant_id = await make_tenant(pool)
    config = await insert(pool, "agent_config", {"tenant_id": tenant_id, "settings": {}})
    await insert(pool, "agent", {"tenant_id": tenant_id, "agent_config_id": config, "labels": []})
    for _ in range(3):
        await insert(pool, "message", {"tenant_id": tenant_id, "content": {}, "read": False})
    await insert(
        pool,
        "cloud_hook",
        {"tenant_id": tenant_id, "type": "WEBHOOK", "states": ["SCHEDULED"], "config": {}, "active": True},
    )
    for archived in (False, True):
        flow_id = await make_flow(pool, tasks=2, tenant_id=tenant_id)
        await pool.execute(
            "INSERT INTO edge (tenant_id, flow_id, upstream_task_id, downstream_task_id)"
            " SELECT $1, $2, min(id::text)::uuid, max(id::text)::uuid FROM task WHERE flow_id = $2",
            tenant_id, flow_id,
        )  # fmt: skip
        async with pool.acquire() as connection:
            made = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id) for _ in range(runs)])
        await pool.execute("UPDATE flow SET archived = $2 WHERE id = $1", flow_id, archived)
        await pool.execute(
            "INSERT INTO log (tenant_id, flow_run_id, message)"
            " SELECT $1, run, n::text FROM unnest($2::uuid[]) AS run, generate_series(1, $3::int) AS n",
            tenant_id, [run.id for run in made], logs,
        )  # fmt: skip
    await pool.execute(
        "INSERT INTO task_run_artifact (tenant_id, task_run_id, kind)"
        " SELECT tenant_id, id, 'x' FROM task_run WHERE tenant_id = $1", tenant_id
    )  # fmt: skip
    return tenant_id


async def counts(pool: asyncpg.Pool, tenant_id) -> dict[str, int]:
    return {
        table: await pool.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", tenant_id)
        for table in OWNED
    }


async def purge(pool: asyncpg.Pool, **options) -> int:
    async with pool.acquire() as connection:
        return await purge_tenants(connection, **options)


@pytest.mark.parametrize("rows", [1, 3, 1000])
async def test_everything_of_a_deleted_tenant_goes_and_nothing_else(pool, rows):
    doomed, other = await make_full_tenant(pool), await make_full_tenant(pool)
    before = await counts(pool, other)
    assert min(before.values()) > 0
    assert await delete_tenant(pool, doomed)
    assert await purge(pool, rows=rows) > 0
    assert set((await counts(pool, doomed)).values()) == {0}
    assert await counts(pool, other) == before
    assert [row["id"] for row in await pool.fetch("SELECT id FROM tenant")] == [other]
    assert await purge(pool) == 0


async def test_no_tenant_is_touched_that_was_not_deleted(pool):
    tenant_id = await make_full_tenant(pool)
    before = await counts(pool, tenant_id)
    assert await purge(pool) == 0
    async with pool.acquire() as connection:
        await purge_at_once(connection, tenant_id)
    assert await counts(pool, tenant_id) == before


async def test_batches_are_bounded_and_each_is_kept(pool):
    """Whoever dies after some batches has not worked in vain, and none takes more than it may."""
    tenant_id = await make_full_tenant(pool, runs=5, logs=20)
    await delete_tenant(pool, tenant_id)
    await pool.execute(
        """
        CREATE TABLE gone (transaction xid8, rows bigint);
        CREATE FUNCTION count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO gone SELECT pg_current_xact_id(), count(*) FROM old_row;
            RETURN NULL;
        END $$;
        CREATE TRIGGER count_gone AFTER DELETE ON log REFERENCING OLD TABLE AS old_row
        FOR EACH STATEMENT EXECUTE FUNCTION count_gone();
        """
    )
    try:
        await purge(pool, rows=30)
        batches = await pool.fetch(
            "SELECT sum(rows)::int FROM gone GROUP BY transaction HAVING sum(rows) > 0"
        )
    finally:
        await pool.execute("DROP TABLE gone; DROP FUNCTION count_gone CASCADE")
    sizes = [row[0] for row in batches]
    assert sum(sizes) == 200
    assert max(sizes) <= 30


async def test_many_workers_share_the_work(pool):
    doomed = [await make_full_tenant(pool) for _ in range(4)]
    for tenant_id in doomed:
        await delete_tenant(pool, tenant_id)
    await asyncio.gather(*(purge(pool, rows=5) for _ in range(4)))
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 0
    assert await pool.fetchval("SELECT count(*) FROM utility.tenant_deletion") == 0
    for table in ("log", "flow_run_state", "task_run_state"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_a_tenant_that_another_worker_holds_is_left_to_it(pool):
    held, free = await make_full_tenant(pool), await make_full_tenant(pool)
    for tenant_id in (held, free):
        await delete_tenant(pool, tenant_id)
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM utility.tenant_deletion WHERE tenant_id = $1 FOR UPDATE", held)
        await purge(pool)
        assert [row["id"] for row in await pool.fetch("SELECT id FROM tenant")] == [held]
    await purge(pool)
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 0


async def test_a_tenant_that_cannot_be_purged_stops_no_other_and_is_told(pool):
    stuck, free = await make_full_tenant(pool), await make_full_tenant(pool)
    for tenant_id in (stuck, free):
        await delete_tenant(pool, tenant_id)
    await pool.execute(
        "CREATE TABLE in_the_way (tenant_id uuid REFERENCES tenant); "
        f"INSERT INTO in_the_way VALUES ('{stuck}')"
    )
    try:
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="in_the_way"):
            await purge(pool)
        assert [row["id"] for row in await pool.fetch("SELECT id FROM tenant")] == [stuck]
    finally:
        await pool.execute("DROP TABLE in_the_way")
    await purge(pool)
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 0


async def test_the_first_attempt_takes_no_longer_than_it_may(pool):
    tenant_id = await make_full_tenant(pool)
    await delete_tenant(pool, tenant_id)
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE flow")
        async with pool.acquire() as connection:
            await asyncio.wait_for(purge_at_once(connection, tenant_id, within=0.1), 10)
            # The connection is as good as before.
            assert await connection.fetchval("SELECT 1") == 1
    assert await pool.fetchval("SELECT count(*) FROM utility.tenant_deletion") == 1
    await purge(pool)
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 0


async def test_the_scheduler_and_new_runs_leave_a_deleted_tenant_alone(pool):
    tenant_id = await make_full_tenant(pool)
    await pool.execute("UPDATE flow SET is_schedule_active = true WHERE tenant_id = $1", tenant_id)
    flow_id = await pool.fetchval("SELECT id FROM flow WHERE tenant_id = $1 AND NOT archived", tenant_id)
    await delete_tenant(pool, tenant_id)
    async with pool.acquire() as other, other.transaction():
        # Somebody reads on a run's row for long: the purge comes as far as archiving the flows.
        await other.execute("SELECT FROM flow_run FOR UPDATE")
        async with pool.acquire() as connection:
            await purge_at_once(connection, tenant_id, within=0.3)
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id)])
    assert made.id is None
