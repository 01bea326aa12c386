"""create_flow_runs: one statement, the rules of contract server.md 3.6.4."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from tests.orchestration.builders import make_flow


async def only(pool: asyncpg.Pool, **request) -> UUID:
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(**request)])
    return made.unwrap()


async def run_row(pool: asyncpg.Pool, run_id: UUID) -> asyncpg.Record:
    return await pool.fetchrow("SELECT * FROM flow_run WHERE id = $1", run_id)


async def test_a_new_run_is_scheduled_at_version_1_with_its_task_runs(pool):
    flow_id = await make_flow(pool, tasks=3)
    run_id = await only(pool, flow_id=flow_id)
    run = await run_row(pool, run_id)
    assert (run["version"], run["state"], run["state_message"]) == (1, "Scheduled", "Flow run scheduled.")
    assert run["state_start_time"] == run["scheduled_start_time"]
    assert run["name"].count("-") >= 1
    states = await pool.fetch("SELECT state, version FROM flow_run_state WHERE flow_run_id = $1", run_id)
    assert [tuple(row) for row in states] == [("Scheduled", 1)]
    tasks = await pool.fetch("SELECT state, version, map_index FROM task_run WHERE flow_run_id = $1", run_id)
    assert [tuple(row) for row in tasks] == [("Pending", 1, -1)] * 3


async def test_an_auto_scheduled_run_costs_one_row_and_one_state(pool):
    flow_id = await make_flow(pool, tasks=3)
    run_id = await only(pool, flow_id=flow_id, auto_scheduled=True)
    assert await pool.fetchval("SELECT count(*) FROM task_run WHERE flow_run_id = $1", run_id) == 0


async def test_a_replay_answers_with_the_first_run(pool):
    flow_id = await make_flow(pool)
    first = await only(pool, flow_id=flow_id, idempotency_key="k", parameters={"x": 1})
    assert await only(pool, flow_id=flow_id, idempotency_key="k", parameters={"x": 2}) == first
    assert (await run_row(pool, first))["parameters"] == '{"x": 1}'
    await pool.execute("UPDATE flow SET archived = true WHERE id = $1", flow_id)
    assert await only(pool, flow_id=flow_id, idempotency_key="k") == first


async def test_one_key_in_one_call_and_in_many_calls_at_once_makes_one_run(pool):
    flow_id = await make_flow(pool, tasks=2)
    request = NewFlowRun(flow_id=flow_id, idempotency_key="k")

    async def call() -> set[UUID]:
        async with pool.acquire() as connection:
            return {made.unwrap() for made in await create_flow_runs(connection, [request, request])}

    answers = await asyncio.gather(*(call() for _ in range(16)))
    assert len(set.union(*answers)) == 1
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 1
    assert await pool.fetchval("SELECT count(*) FROM flow_run_state") == 1
    assert await pool.fetchval("SELECT count(*) FROM task_run") == 2


@pytest.mark.parametrize(
    ("given", "group", "flow", "expected"),
    [
        ({"labels": []}, {"labels": ["g"]}, {}, []),
        ({"labels": ["b", "a", "b"]}, {}, {}, ["a", "b"]),
        ({"run_config": {"labels": ["r"]}}, {"labels": ["g"]}, {}, ["r"]),
        ({"run_config": {"type": "LocalRun"}}, {"labels": ["g"]}, {}, []),
        ({}, {"labels": []}, {"run_config": {"labels": ["f"]}}, []),
        ({}, {"run_config": {"labels": ["gr"]}}, {"run_config": {"labels": ["f"]}}, ["gr"]),
        ({}, {"run_config": {}}, {"run_config": {"labels": ["f"]}}, []),
        ({}, {}, {"run_config": {"labels": ["f"]}, "environment": {"labels": ["e"]}}, ["f"]),
        ({}, {}, {"environment": {"labels": ["e"]}}, ["e"]),
        ({}, {}, {}, []),
    ],
)
async def test_labels_come_from_the_first_place_that_is_set(pool, given, group, flow, expected):
    flow_id = await make_flow(pool, group=group, **flow)
    run = await run_row(pool, await only(pool, flow_id=flow_id, **given))
    assert sorted(json.loads(run["labels"])) == expected


async def test_parameters_are_defaults_then_group_then_given(pool):
    parameters = [
        {"name": "a", "slug": "a", "required": False, "default": 1},
        {"name": "b", "slug": "b", "required": False, "default": 2},
        {"name": "c", "slug": "c", "required": True, "default": None},
        {"name": "z", "slug": "z", "required": False, "default": None},
    ]
    flow_id = await make_flow(pool, parameters=parameters, group={"default_parameters": {"b": 3, "c": 4}})
    run = await run_row(pool, await only(pool, flow_id=flow_id, parameters={"c": 5, "unknown": None}))
    assert json.loads(run["parameters"]) == {"a": 1, "b": 3, "c": 5, "unknown": None}


async def test_what_cannot_be_run_is_said_and_leaves_the_others_alone(pool):
    needy = await make_flow(pool, parameters=[{"name": "p", "slug": "p", "required": True, "default": None}])
    archived = await make_flow(pool, archived=True)
    fine = await make_flow(pool)
    async with pool.acquire() as connection:
        made = await create_flow_runs(
            connection,
            [
                NewFlowRun(flow_id=needy),
                NewFlowRun(flow_id=archived),
                NewFlowRun(flow_id=uuid4()),
                NewFlowRun(version_group_id="no such group"),
                NewFlowRun(flow_id=fine),
            ],
        )
    assert made[0].error == "Required parameters were not supplied: p."
    assert "archived" in str(made[1].error)
    assert "not found" in str(made[2].error)
    assert "no unarchived flows" in str(made[3].error)
    assert made[4].created
    with pytest.raises(OrchestrationError):
        made[0].unwrap()
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 1
