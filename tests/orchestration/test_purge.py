"""Deleting what is large: gone at once for those who read by run, and purged in batches, whoever dies (decision 0011)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration import flow_groups, flow_runs, flows, teams
from lictor.orchestration.purge import purge_deleted
from tests.orchestration.builders import make_flow

RUNS = 300
BELOW = ("task_run", "task_run_state", "flow_run_state", "log", "task_run_artifact")


async def make_history(pool: asyncpg.Pool, flow_id: UUID, runs: int = RUNS, lines: int = 3) -> None:
    """`runs` runs of a flow with task runs, states, `lines` log lines each and an artifact."""
    await pool.execute(
        "INSERT INTO flow_run (tenant_id, flow_id) SELECT tenant_id, id FROM flow, generate_series(1, $2::int) WHERE id = $1",
        flow_id, runs,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, serialized_state)"
        " SELECT tenant_id, id, 'Success', 1, '{}' FROM flow_run WHERE flow_id = $1",
        flow_id,
    )
    await pool.execute(
        "INSERT INTO log (tenant_id, flow_run_id, message, timestamp)"
        " SELECT tenant_id, id, 'line', now() - n * interval '1 ms'"
        " FROM flow_run, generate_series(1, $2::int) AS n WHERE flow_id = $1",
        flow_id, lines,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO task_run_artifact (tenant_id, task_run_id, kind)"
        " SELECT task_run.tenant_id, task_run.id, 'link' FROM task_run JOIN flow_run ON flow_run.id = flow_run_id"
        " WHERE flow_id = $1",
        flow_id,
    )


async def counts(pool: asyncpg.Pool, *tables: str) -> list[int]:
    return [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def delete(pool: asyncpg.Pool, what: str, flow_id: UUID) -> bool:
    project, group = await pool.fetchrow("SELECT project_id, flow_group_id FROM flow WHERE id = $1", flow_id)
    match what:
        case "flow":
            return await flows.delete_flow(pool, flow_id)
        case "flow_group":
            return await flow_groups.delete_flow_group(pool, group)
        case _:
            return await teams.delete_project(pool, project)


@pytest.mark.parametrize("what", ["flow", "flow_group", "project"])
async def test_a_large_delete_leaves_the_rest_to_the_purge(pool, what):
    kept = await make_flow(pool, tasks=2)
    await make_history(pool, kept, runs=2)
    before = await counts(pool, *BELOW)
    flow_id = await make_flow(pool, tasks=2)
    await make_history(pool, flow_id)
    assert await delete(pool, what, flow_id)
    # Whatever a reader reaches through a run is gone; nothing more was done in the call.
    assert await counts(pool, "flow", "flow_run") == [1, 2]
    assert (
        await pool.fetchval("SELECT count(*) FROM task_run WHERE flow_run_id IN (SELECT id FROM flow_run)")
        == before[0]
    )
    assert await pool.fetchval("SELECT count(*) FROM log") == before[3] + 3 * RUNS
    # Several at once, in small steps.
    await asyncio.gather(*(purge_deleted(pool, rows_per_batch=100) for _ in range(3)))
    while await purge_deleted(pool):
        pass
    assert await counts(pool, *BELOW, "utility.purge") == [*before, 0]


async def test_one_run_with_more_than_fits_a_batch_goes_in_steps(pool):
    flow_id = await make_flow(pool, tasks=3)
    await make_history(pool, flow_id, runs=1, lines=2500)
    run_id = await pool.fetchval("SELECT id FROM flow_run")
    assert await flow_runs.delete_flow_run(pool, run_id)
    assert await counts(pool, "flow_run", "utility.purge") == [0, 1]
    left = await pool.fetchval("SELECT count(*) FROM log")
    await pool.fetchval("SELECT utility.purge_deleted(400)")
    assert 0 < left - await pool.fetchval("SELECT count(*) FROM log") <= 400
    await purge_deleted(pool, rows_per_batch=400)
    assert await counts(pool, *BELOW, "utility.purge") == [0] * 6


async def test_a_small_delete_leaves_nothing(pool):
    flow_id = await make_flow(pool, tasks=3)
    await make_history(pool, flow_id, runs=5)
    assert await flows.delete_flow(pool, flow_id)
    assert await counts(pool, *BELOW, "utility.purge", "flow_run", "task") == [0] * 8


async def test_what_somebody_else_purges_is_left_to_him(pool):
    flow_id = await make_flow(pool, tasks=1)
    await make_history(pool, flow_id, runs=30)
    await flows.delete_flow(pool, flow_id)
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM utility.purge FOR UPDATE")
        assert await purge_deleted(pool) == 0
    # The other one died before he was done.
    assert await purge_deleted(pool) > 0
    assert await counts(pool, *BELOW, "utility.purge") == [0] * 6


async def test_a_delete_rolled_back_leaves_everything(pool):
    flow_id = await make_flow(pool, tasks=1)
    await make_history(pool, flow_id, runs=30)
    before = await counts(pool, *BELOW, "utility.purge", "flow_run")
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert await flows.delete_flow(connection, flow_id)
        await transaction.rollback()
    assert await counts(pool, *BELOW, "utility.purge", "flow_run") == before


async def test_a_task_run_needs_and_keeps_its_parents(pool):
    flow_id = await make_flow(pool, tasks=1)
    await make_history(pool, flow_id, runs=1)
    run_id, task_id, tenant_id = await pool.fetchrow("SELECT flow_run_id, task_id, tenant_id FROM task_run")
    unknown = UUID(int=1)
    statement = "INSERT INTO task_run (tenant_id, flow_run_id, task_id, map_index) VALUES ($1, $2, $3, 7)"
    for parents, constraint in (((unknown, task_id), "flow_run_id"), ((run_id, unknown), "task_id")):
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await pool.execute(statement, tenant_id, *parents)
        assert refused.value.constraint_name == f"task_run_{constraint}_fkey"
    for column in ("flow_run_id", "task_id"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute(f"UPDATE task_run SET {column} = $1", unknown)
    # A run that is just being given a task run can not go before that is committed, and takes it along then.
    async with pool.acquire() as writer:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(statement, tenant_id, run_id, task_id)
        deleting = asyncio.create_task(flow_runs.delete_flow_run(pool, run_id))
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        for _ in range(2000):
            if await pool.fetchval(blocked):
                break
            await asyncio.sleep(0.01)
        assert not deleting.done()
        await transaction.commit()
    assert await deleting
    assert await counts(pool, *BELOW) == [0] * 5
