"""A database under load breaks no invariant at any moment that anybody looks."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta
from uuid import UUID

import asyncpg

from lictor.orchestration import flows, limits, logs, ops, purge, queue, scheduling, states, task_runs
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs, delete_flow_run
from lictor.orchestration.logs import LogLine
from lictor.orchestration.states import NewState, prepare_state
from lictor.orchestration.task_runs import TaskRunKey
from tests.orchestration.builders import make_flow, make_tenant

SECONDS = 4.0
SCHEDULE = {
    "type": "Schedule",
    "clocks": [{"type": "IntervalClock", "interval": 60_000_000, "start_date": {"dt": "2026-01-01T00:00:00", "tz": "UTC"}}],
}  # fmt: skip
TASK_STATES = ("Running", "Success", "Failed", "Retrying", "Mapped", "Cancelled", "Paused")


class Traffic:
    """Agents, flow processes and people, at random."""

    def __init__(self, pool: asyncpg.Pool, tenant_id: UUID, flow_ids: list[UUID], seed: int) -> None:
        self.pool = pool
        self.tenant_id = tenant_id
        self.flow_ids = flow_ids
        self.random = random.Random(seed)
        self.done = 0

    async def run(self, until: float) -> None:
        steps = (self.agent, self.agent, self.task, self.task, self.create, self.schedule, self.person)
        while time.monotonic() < until:
            async with self.pool.acquire() as connection:
                try:
                    await self.random.choice(steps)(connection)
                    self.done += 1
                # A run that is not running refuses its tasks' states, a deleted one everything.
                except (OrchestrationError, asyncpg.ForeignKeyViolationError):
                    pass

    async def some_run(self, connection, *kinds: str) -> UUID | None:
        return await connection.fetchval(
            "SELECT id FROM flow_run WHERE tenant_id = $1 AND state = ANY ($2) ORDER BY random() LIMIT 1",
            self.tenant_id, list(kinds),
        )  # fmt: skip

    async def set(self, connection, run_id: UUID | None, kind: str) -> None:
        if run_id is not None:
            await states.set_flow_run_states(connection, [[NewState(run_id, prepare_state({"type": kind}))]])

    async def agent(self, connection) -> None:
        found = await queue.runs_in_queue(connection, self.tenant_id, ["cpu", "gpu"])
        if found:
            await self.set(connection, found[0], "Submitted")
        await self.set(connection, await self.some_run(connection, "Submitted"), "Running")
        await self.set(
            connection, await self.some_run(connection, "Running", "Cancelling"), self.random.choice(("Success", "Failed", "Scheduled"))
        )  # fmt: skip

    async def task(self, connection) -> None:
        run_id = await self.some_run(connection, "Running")
        task_run = await connection.fetchrow(
            "SELECT id, task_id FROM task_run WHERE flow_run_id = $1 ORDER BY random() LIMIT 1", run_id
        )
        if task_run is None:
            return
        state = prepare_state({"type": self.random.choice(TASK_STATES)})
        await states.set_task_run_states(connection, [[NewState(task_run["id"], state)]])
        child = TaskRunKey(run_id, task_run["task_id"], self.random.randrange(5))
        await task_runs.get_or_create_task_runs(connection, [child])
        await logs.write_logs(
            connection, [[LogLine(run_id, task_run["id"], None, "test", "INFO", "a line")] * 3]
        )

    async def create(self, connection) -> None:
        request = NewFlowRun(flow_id=self.random.choice(self.flow_ids), labels=["cpu", "gpu"], idempotency_key=str(self.random.randrange(200)))  # fmt: skip
        await create_flow_runs(connection, [request])

    async def schedule(self, connection) -> None:
        await scheduling.schedule_flow_runs(connection, max_runs=5)
        await scheduling.prepare_due_task_runs(connection, timedelta(minutes=1))
        await purge.purge_deleted(connection)

    async def person(self, connection) -> None:
        flow_id = self.random.choice(self.flow_ids)
        match self.random.randrange(6):
            case 0:
                await flows.set_schedule_inactive(connection, flow_id)
            case 1 | 2:
                await flows.set_schedule_active(connection, flow_id, max_runs=5)
            case 3:
                await limits.update_flow_concurrency_limit(
                    connection, self.tenant_id, "cpu", self.random.randint(1, 4)
                )
            case 4:
                run_id = await self.some_run(connection, "Success", "Failed", "Running")
                if run_id is not None:
                    await delete_flow_run(connection, run_id)
            case _:
                run_id = await self.some_run(connection, "Scheduled", "Running")
                if run_id is not None:
                    await states.cancel_flow_run(connection, run_id)


async def test_a_busy_database_breaks_nothing(pool: asyncpg.Pool) -> None:
    tenant_id = await make_tenant(pool)
    flow_ids = [
        await make_flow(pool, tenant_id=tenant_id, tasks=3, schedule=SCHEDULE, is_schedule_active=True)
        for _ in range(4)
    ]
    await pool.execute("UPDATE task SET tags = '[\"db\"]' WHERE tenant_id = $1", tenant_id)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "gpu", 3)
    await limits.update_task_tag_limit(pool, tenant_id, "db", 2)
    # Of a limit that was changed a moment ago nothing is said.
    for table in ("flow_concurrency_limit", "task_tag_limit"):
        await pool.execute(f"UPDATE {table} SET updated = now() - interval '1 hour'")
    until = time.monotonic() + SECONDS
    traffic = [Traffic(pool, tenant_id, flow_ids, seed) for seed in range(5)]
    running = [asyncio.create_task(each.run(until)) for each in traffic]
    looks = 0
    while time.monotonic() < until:
        assert await ops.violations(pool, back=timedelta(hours=1)) == []
        looks += 1
    await asyncio.gather(*running)
    assert await ops.violations(pool, back=timedelta(days=10_000)) == []
    assert looks > 1
    # It was busy: everything that is judged has happened.
    counts = await pool.fetchrow(
        "SELECT (SELECT count(*) FROM flow_run_state) AS states, (SELECT count(*) FROM task_run_state WHERE version > 1) AS tasks,"
        " (SELECT count(*) FROM log) AS lines, (SELECT count(*) FROM flow_run WHERE auto_scheduled) AS scheduled"
    )
    assert sum(each.done for each in traffic) > 30
    assert counts["states"] > 20
    assert min(counts["tasks"], counts["lines"], counts["scheduled"]) > 0
