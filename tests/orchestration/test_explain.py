"""Why a run is not running (orchestration/explain.py): each reason by itself, and several at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.explain import Explanation, why_not_running
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.limits import update_flow_concurrency_limit
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from lictor.orchestration.work_queue import set_work_queue_paused
from tests.orchestration.builders import insert, make_flow


class World:
    """One tenant with a flow."""

    def __init__(self, pool: asyncpg.Pool, flow_id: UUID, tenant_id: UUID) -> None:
        self.pool, self.flow_id, self.tenant_id = pool, flow_id, tenant_id

    async def run(self, *states: str | dict[str, Any], labels: list[str] | None = None) -> UUID:
        """A run that went through these states after Scheduled (now)."""
        request = NewFlowRun(flow_id=self.flow_id, labels=labels or [])
        async with self.pool.acquire() as connection:
            [made] = await create_flow_runs(connection, [request])
            run_id = made.unwrap()
            for state in states:
                document = {"type": state} if isinstance(state, str) else state
                [[answer]] = await set_flow_run_states(
                    connection, [[NewState(run_id, prepare_state(document))]]
                )
                assert answer.error is None
                assert not answer.queued
        return run_id

    async def agent(self, *labels: str, silent: timedelta = timedelta(0), name: str = "hand") -> None:
        agent_id = await insert(
            self.pool, "agent", {"tenant_id": self.tenant_id, "name": name, "type": "LocalAgent", "labels": list(labels)}
        )  # fmt: skip
        await self.pool.execute(
            "UPDATE agent SET last_queried = now() - $2::interval WHERE id = $1", agent_id, silent
        )

    async def ask(self, run_id: UUID) -> Explanation:
        return await why_not_running(self.pool, run_id, tenant_id=self.tenant_id)


@pytest.fixture
async def world(pool: asyncpg.Pool) -> World:
    flow_id = await make_flow(pool)
    return World(pool, flow_id, await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id))


def codes(found: Explanation) -> list[str]:
    return [reason.code for reason in found.reasons]


async def test_next_in_line(world: World):
    await world.agent("gpu", "x")
    run_id = await world.run(labels=["gpu"])
    found = await world.ask(run_id)
    assert codes(found) == ["IN_LINE"]
    assert "as the next one" in found.summary
    assert "'hand'" in found.summary
    later = await world.ask(await world.run(labels=["gpu"]))
    assert "behind 1 older runs" in later.summary
    assert later.reasons[0].details["ahead"] == 1


async def test_not_due(world: World):
    await world.agent()
    run_id = await world.run({"type": "Scheduled", "start_time": "2099-01-02T03:04:05+00:00"})
    found = await world.ask(run_id)
    assert codes(found) == ["NOT_DUE"]
    assert found.summary == "It is not due until 2099-01-02T03:04:05+00:00."
    assert found.reasons[0].until is not None
    assert found.reasons[0].until.year == 2099


async def test_paused(world: World):
    run_id = await world.run("Paused")
    await world.pool.execute("UPDATE flow_run SET state_start_time = NULL WHERE id = $1", run_id)
    assert codes(await world.ask(run_id)) == ["PAUSED"]


async def test_no_agent(world: World):
    run_id = await world.run(labels=["b", "a"])
    [reason] = (await world.ask(run_id)).reasons
    assert reason.code == "NO_AGENT"
    assert reason.remedy == "Start one: prefect agent local start --label a --label b"


@pytest.mark.parametrize(
    ("agents", "labels", "code", "said"),
    [
        ([["a"]], ["a", "b"], "NO_AGENT", "the agent 'hand' lacks 'b'"),
        ([["a"]], [], "NO_AGENT", "a run without any needs an agent without any"),
        ([[]], ["a"], "NO_AGENT", "lacks 'a'"),
        # The one that lacks least is named.
        ([["x"], ["a", "c"]], ["a", "b", "c"], "NO_AGENT", "lacks 'b'"),
    ],
)
async def test_agents_that_do_not_serve_it(world: World, agents, labels, code, said):
    for own in agents:
        await world.agent(*own)
    [reason] = (await world.ask(await world.run(labels=labels))).reasons
    assert reason.code == code
    assert said in reason.message


async def test_an_agent_that_is_silent(world: World):
    await world.agent("a", silent=timedelta(minutes=2), name="sleeper")
    [reason] = (await world.ask(await world.run(labels=["a"]))).reasons
    assert reason.code == "AGENT_SILENT"
    assert "'sleeper'" in reason.message


async def test_a_limit_that_others_hold(world: World):
    await world.agent("gpu")
    await update_flow_concurrency_limit(world.pool, world.tenant_id, "gpu", 2)
    holders = [await world.run("Submitted", "Running", labels=["gpu"]) for _ in range(2)]
    [reason] = (await world.ask(await world.run(labels=["gpu"]))).reasons
    assert reason.code == "LIMIT_REACHED"
    assert {UUID(holder["id"]) for holder in reason.details["holders"]} == set(holders)
    assert "All 2 slots of the label 'gpu'" in reason.message
    await world.pool.execute('UPDATE flow_concurrency_limit SET "limit" = 3')
    assert codes(await world.ask(await world.run(labels=["gpu"]))) == ["IN_LINE"]


async def test_all_that_is_wrong_is_told_at_once(world: World):
    await update_flow_concurrency_limit(world.pool, world.tenant_id, "gpu", 0)
    await set_work_queue_paused(world.pool, world.tenant_id, True)
    start = {"type": "Scheduled", "start_time": "2099-01-01T00:00:00+00:00"}
    found = await world.ask(await world.run(start, labels=["gpu"]))
    assert codes(found) == ["NOT_DUE", "QUEUE_PAUSED", "LIMIT_REACHED", "NO_AGENT"]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["Submitted"], ["STARTING"]),
        (["Submitted", "Running"], []),
        (["Running", "Cancelling"], ["CANCELLING"]),
        (["Running", "Success"], ["FINISHED"]),
        (["Running", "Failed"], ["FINISHED"]),
        (["Pending"], ["NOT_SCHEDULED"]),
    ],
)
async def test_states_beyond_the_queue(world: World, states, expected):
    assert codes(await world.ask(await world.run(*states))) == expected


async def test_running_and_silent(world: World):
    run_id = await world.run("Running")
    await world.pool.execute(
        "UPDATE flow_run SET heartbeat = now() - interval '3 minutes' WHERE id = $1", run_id
    )
    assert codes(await world.ask(run_id)) == ["SILENT"]


async def test_running_with_a_task_that_waits(world: World):
    run_id = await world.run("Running")
    task_run_id = await world.pool.fetchval("SELECT id FROM task_run WHERE flow_run_id = $1 LIMIT 1", run_id)
    if task_run_id is None:
        task_id = await insert(
            world.pool, "task", {"tenant_id": world.tenant_id, "flow_id": world.flow_id, "slug": "t"}
        )
        task_run_id = await insert(
            world.pool, "task_run", {"tenant_id": world.tenant_id, "flow_run_id": run_id, "task_id": task_id}
        )
    await world.pool.execute(
        "INSERT INTO task_run_state (tenant_id, task_run_id, state, version, start_time, serialized_state)"
        " VALUES ($1, $2, 'Retrying', 5, now() + interval '1 hour', $3)",
        world.tenant_id, task_run_id, json.dumps({"type": "Retrying"}),
    )  # fmt: skip
    [reason] = (await world.ask(run_id)).reasons
    assert reason.code == "TASKS_WAIT"
    assert reason.until is not None


async def test_unknown_and_foreign_runs(world: World):
    run_id = await world.run()
    for tenant_id, asked in ((None, uuid4()), (uuid4(), run_id)):
        with pytest.raises(OrchestrationError, match="not found"):
            await why_not_running(world.pool, asked, tenant_id=tenant_id)
