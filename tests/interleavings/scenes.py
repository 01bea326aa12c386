"""What the interleavings start from, and what their sessions do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration import states
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.states import NewState, StateAnswer, prepare_state
from tests.interleavings.tester import Act
from tests.orchestration.builders import every, make_flow

EVERY_MINUTE = every(60_000_000, "2030-01-01T00:00:00")


async def make_run(pool: asyncpg.Pool, *moves: str, flow: UUID | None = None, **request: Any) -> UUID:
    """A flow run that has made `moves`."""
    flow = flow or await make_flow(pool, tasks=2)
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow, **request)])
    run = made.unwrap()
    for move in moves:
        async with pool.acquire() as connection:
            answer = await set_flow(run, move)(connection)
        assert answer.error is None, answer
    return run


async def make_scheduled_flow(pool: asyncpg.Pool) -> UUID:
    """A flow with a schedule that is on and has made no run yet."""
    return await make_flow(pool, schedule=EVERY_MINUTE, is_schedule_active=True)


async def task_runs_of(pool: asyncpg.Pool, run: UUID) -> list[UUID]:
    return [
        row["id"]
        for row in await pool.fetch("SELECT id FROM task_run WHERE flow_run_id = $1 ORDER BY id", run)
    ]


def set_flow(run: UUID, kind: str, version: int | None = None, agent: UUID | None = None) -> Act:
    """A step that sets a flow run's state; returns the StateAnswer."""

    async def act(connection: asyncpg.Connection) -> StateAnswer:
        item = NewState(run, prepare_state({"type": kind, "message": kind}), version, agent)
        [[answer]] = await states.set_flow_run_states(connection, [[item]])
        return answer

    return act


def set_tasks(runs: Sequence[UUID], kind: str, version: int | None = None) -> Act:
    """A step that sets the states of task runs in one call; returns the StateAnswers."""

    async def act(connection: asyncpg.Connection) -> list[StateAnswer]:
        items = [NewState(run, prepare_state({"type": kind, "message": kind}), version) for run in runs]
        [answers] = await states.set_task_run_states(connection, [items])
        return answers

    return act


def cancel(run: UUID) -> Act:
    """A step that cancels a flow run; returns the state it is in then."""

    async def act(connection: asyncpg.Connection) -> str:
        return await states.cancel_flow_run(connection, run)

    return act


async def history(pool: asyncpg.Pool, run: UUID) -> list[str]:
    """The states of a flow run in the order of their versions."""
    rows = await pool.fetch(
        "SELECT state FROM flow_run_state WHERE flow_run_id = $1 ORDER BY version, id", run
    )
    return [row["state"] for row in rows]


async def make_agent(pool: asyncpg.Pool, run: UUID, name: str) -> UUID:
    """An agent of the run's tenant."""
    return await pool.fetchval(
        "INSERT INTO agent (tenant_id, name, labels) SELECT tenant_id, $2, $3::jsonb FROM flow_run WHERE id = $1"
        " RETURNING id",
        run, name, json.dumps([]),
    )  # fmt: skip
