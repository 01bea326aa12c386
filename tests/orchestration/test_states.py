"""Setting states: what is accepted, what is refused, what else a state moves (contract server.md 3.6.6)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration import states
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.state_types import STATE_TYPES, WAITING
from lictor.orchestration.states import NewState, prepare_state
from tests.orchestration.builders import insert, make_flow


async def new_run(pool: asyncpg.Pool, tasks: int = 1) -> UUID:
    flow_id = await make_flow(pool, tasks=tasks)
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id)])
    return made.unwrap()


async def set_flow(pool: asyncpg.Pool, run_id: UUID, kind: str, **more) -> str | None:
    async with pool.acquire() as connection:
        [[answer]] = await states.set_flow_run_states(
            connection, [[NewState(run_id, prepare_state({"type": kind, "message": "m"}), **more)]]
        )
    return answer.error


async def set_task(pool: asyncpg.Pool, run_id: UUID, state: dict, **more) -> str | None:
    async with pool.acquire() as connection:
        [[answer]] = await states.set_task_run_states(
            connection, [[NewState(run_id, prepare_state(state), **more)]]
        )
    return answer.error


async def task_runs(pool: asyncpg.Pool, flow_run_id: UUID) -> list[asyncpg.Record]:
    return await pool.fetch("SELECT * FROM task_run WHERE flow_run_id = $1 ORDER BY id", flow_run_id)


async def versions(pool: asyncpg.Pool, run_id: UUID) -> list[int]:
    rows = await pool.fetch("SELECT version FROM flow_run_state WHERE flow_run_id = $1 ORDER BY 1", run_id)
    return [row["version"] for row in rows]


async def test_states_are_counted_without_gaps_and_reach_the_run(pool):
    run_id = await new_run(pool)
    for kind in ("Submitted", "Running", "Success"):
        assert await set_flow(pool, run_id, kind) is None
    run = await pool.fetchrow("SELECT * FROM flow_run WHERE id = $1", run_id)
    assert (run["version"], run["state"]) == (4, "Success")
    assert run["start_time"] <= run["end_time"]
    assert run["heartbeat"] is not None
    assert run["state_start_time"] is None
    assert await versions(pool, run_id) == [1, 2, 3, 4]


async def test_of_many_submitters_exactly_one_wins(pool):
    run_id = await new_run(pool)
    errors = await asyncio.gather(*(set_flow(pool, run_id, "Submitted", version=1) for _ in range(12)))
    assert errors.count(None) == 1
    assert set(errors) == {None, "State update failed: this run has already been submitted."}
    assert await versions(pool, run_id) == [1, 2]


async def test_the_winner_may_repeat_itself_and_nobody_else(pool):
    run_id = await new_run(pool)
    tenant_id = await pool.fetchval("SELECT tenant_id FROM flow_run WHERE id = $1", run_id)
    winner, other = [
        await insert(pool, "agent", {"id": uuid4(), "tenant_id": tenant_id, "name": name, "labels": [],
                                     "created": "now", "updated": "now"})
        for name in "ab"
    ]  # fmt: skip
    assert await set_flow(pool, run_id, "Submitted", version=1, agent_id=winner) is None
    assert await set_flow(pool, run_id, "Submitted", version=1, agent_id=winner) is None
    assert "already been submitted" in str(
        await set_flow(pool, run_id, "Submitted", version=1, agent_id=other)
    )
    assert await versions(pool, run_id) == [1, 2]
    assert await pool.fetchval("SELECT agent_id FROM flow_run WHERE id = $1", run_id) == winner


@pytest.mark.parametrize("kind", [*sorted(WAITING), "Running", "Success", "Cancelled"])
@pytest.mark.parametrize("given", [{}, {"start_time": "2030-01-01T00:00:00+00:00"}], ids=["now", "at a time"])
async def test_a_call_sent_again_writes_nothing_more(pool, kind, given):
    """Its answer got lost: the same state at the version that it was sent at, each time prepared anew."""
    run_id = await new_run(pool)
    await set_flow(pool, run_id, "Running")
    [task_run] = await task_runs(pool, run_id)
    state = {"type": kind, "message": "m", **(given if kind in WAITING else {})}
    for set_states, id, version in (
        (states.set_task_run_states, task_run["id"], 1),
        (states.set_flow_run_states, run_id, 2),
    ):
        for _ in range(3):
            async with pool.acquire() as connection:
                [[answer]] = await set_states(connection, [[NewState(id, prepare_state(state), version)]])
            assert answer.error is None
    assert await versions(pool, run_id) == [1, 2, 3]
    assert await pool.fetchval("SELECT version FROM task_run") == 2


@pytest.mark.parametrize("kind", [*sorted(WAITING)])
@pytest.mark.parametrize("given", [{}, {"start_time": None}], ids=["absent", "null"])
async def test_what_waits_without_a_time_is_due_now_by_the_database_s_clock(pool, kind, given):
    """Paused alone waits for somebody. The JSON that clients read says the same as the columns."""
    run_id = await new_run(pool)
    state = prepare_state({"type": kind, **given})
    async with pool.acquire() as connection, connection.transaction():
        now = await connection.fetchval("SELECT now()")
        await states.set_flow_run_states(connection, [[NewState(run_id, state)]])
    run = await pool.fetchrow("SELECT state_start_time, serialized_state FROM flow_run WHERE id = $1", run_id)
    said = json.loads(run["serialized_state"]).get("start_time")
    assert run["state_start_time"] == (None if kind == "Paused" else now)
    assert (said and datetime.fromisoformat(said)) == run["state_start_time"]


async def test_another_start_time_at_a_stale_version_is_another_wish(pool):
    run_id = await new_run(pool)
    for day in (1, 2):
        state = prepare_state({"type": "Scheduled", "start_time": f"2030-01-0{day}T00:00:00+00:00"})
        async with pool.acquire() as connection:
            await states.set_flow_run_states(connection, [[NewState(run_id, state, 1)]])
    assert await versions(pool, run_id) == [1, 2, 3]


async def test_a_stale_failed_from_the_agent_passes(pool):
    run_id = await new_run(pool)
    await set_flow(pool, run_id, "Submitted", version=1)
    assert await set_flow(pool, run_id, "Failed", version=1) is None


async def test_a_run_that_goes_back_to_the_queue_may_be_submitted_again(pool):
    run_id = await new_run(pool)
    for kind in ("Submitted", "Running", "Failed", "Scheduled", "Submitted"):
        assert await set_flow(pool, run_id, kind) is None


@pytest.mark.parametrize("state", sorted(set(STATE_TYPES) - {"State", "_MetaState", "Submitted"}))
@pytest.mark.parametrize("before", ["Scheduled", "Running", "Success"])
async def test_every_other_move_is_allowed(pool, before, state):
    run_id = await new_run(pool)
    await set_flow(pool, run_id, before)
    assert await set_flow(pool, run_id, state) is None


async def test_task_runs_start_only_in_a_running_flow_run(pool):
    run_id = await new_run(pool)
    [task_run] = await task_runs(pool, run_id)
    error = await set_task(pool, task_run["id"], {"type": "Running"})
    assert "State update failed" in error
    assert "is not in a running state" in error
    await set_flow(pool, run_id, "Running")
    assert await set_task(pool, task_run["id"], {"type": "Running"}) is None
    [task_run] = await task_runs(pool, run_id)
    assert (task_run["state"], task_run["version"]) == ("Running", 2)
    assert task_run["heartbeat"] is not None


async def test_cached_inputs_stay_until_new_ones_come(pool):
    run_id = await new_run(pool)
    [task_run] = await task_runs(pool, run_id)
    for state in (
        {"type": "Paused", "cached_inputs": {"x": 1}},
        {"type": "Pending"},
        {"type": "Failed", "cached_inputs": {}},
    ):
        await set_task(pool, task_run["id"], state)
    [task_run] = await task_runs(pool, run_id)
    assert json.loads(task_run["serialized_state"]) == {"type": "Failed", "cached_inputs": {"x": 1}}
    await set_task(pool, task_run["id"], {"type": "Failed", "cached_inputs": {"x": 2}})
    [task_run] = await task_runs(pool, run_id)
    assert json.loads(task_run["serialized_state"])["cached_inputs"] == {"x": 2}


async def test_a_call_is_all_or_nothing_and_its_neighbours_do_not_suffer(pool):
    good, bad = await new_run(pool), await new_run(pool)
    state = prepare_state({"type": "Running"})
    async with pool.acquire() as connection:
        first, second = await states.set_flow_run_states(
            connection,
            [
                [NewState(bad, state), NewState(uuid4(), state)],
                [NewState(good, state), NewState(good, prepare_state({"type": "Success"}))],
            ],
        )
    assert [answer.error is None for answer in first] == [True, False]
    assert [answer.error for answer in second] == [None, None]
    assert await versions(pool, bad) == [1]
    assert await versions(pool, good) == [1, 2, 3]
    assert await pool.fetchval("SELECT state FROM flow_run WHERE id = $1", good) == "Success"


async def test_cancelling_settles_what_is_left(pool):
    run_id = await new_run(pool, tasks=3)
    await set_flow(pool, run_id, "Running")
    first, second, _ = await task_runs(pool, run_id)
    await set_task(pool, first["id"], {"type": "Success"})
    await set_task(pool, second["id"], {"type": "Running"})
    async with pool.acquire() as connection:
        assert await states.cancel_flow_run(connection, run_id) == "Cancelling"
    assert [row["state"] for row in await task_runs(pool, run_id)] == ["Success", "Running", "Pending"]
    await set_flow(pool, run_id, "Cancelled")
    assert [row["state"] for row in await task_runs(pool, run_id)] == ["Success", "Cancelled", "Cancelled"]
    async with pool.acquire() as connection:
        assert await states.cancel_flow_run(connection, run_id) == "Cancelled"
        with pytest.raises(OrchestrationError, match="Invalid flow run ID"):
            await states.cancel_flow_run(connection, uuid4())


async def test_overlapping_calls_in_any_order_never_deadlock(pool):
    runs = [await new_run(pool) for _ in range(6)]

    async def call(number: int) -> None:
        order = runs[number % 6 :] + runs[: number % 6]
        items = [
            NewState(run, prepare_state({"type": "Running"}))
            for run in (order if number % 2 else reversed(order))
        ]
        async with pool.acquire() as connection:
            await states.set_flow_run_states(connection, [items])

    await asyncio.gather(*(call(number) for number in range(60)))
    for run in runs:
        assert await versions(pool, run) == list(range(1, 62))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "states[0].state must be a JSON object"),
        ({}, "states[0].state.type is None"),
        ({"type": "Nonsense"}, "'Nonsense', which is no state"),
        ({"type": "_MetaState"}, "which is no state"),
        ({"type": []}, "states[0].state.type is []"),
        ({"type": {"a": 1}}, "which is no state"),
        ({"type": "Success", "message": "x" * 1001}, "State payload is too large"),
        ({"type": "Success", "message": "a\0b"}, "NUL"),
        ({"type": "Success", "message": 7}, "states[0].state.message must be text"),
        ({"type": "Scheduled", "start_time": "soon"}, "states[0].state.start_time is not an ISO 8601 time"),
        ({"type": "Scheduled", "start_time": 12}, "states[0].state.start_time is not an ISO 8601 time"),
    ],
)
def test_bad_states_are_told_by_field(state, words):
    with pytest.raises(OrchestrationError) as refused:
        prepare_state(state, field="states[0].state", size_limit=1000)
    assert words in str(refused.value)


def test_states_are_kept_as_sent_but_for_what_clients_cannot_read_back():
    prepared = prepare_state({"type": "Retrying", "_result": None, "x": 1})
    assert (prepared.start_time, prepared.starts_now) == (None, True)
    assert json.loads(prepared.encoded) == {"type": "Retrying", "x": 1}
    naive = prepare_state({"type": "Scheduled", "start_time": "2026-01-01T00:00:00"})
    assert naive.start_time == datetime(2026, 1, 1, tzinfo=UTC)
    submitted = {"type": "Submitted", "state": {"type": "Scheduled", "start_time": "2026-01-01T00:00:00"}}
    prepared = prepare_state(submitted)
    assert (json.loads(prepared.encoded), prepared.start_time) == (submitted, None)
    assert json.loads(prepare_state({"type": "Failed", "message": r"a \u0000 in words"}).encoded)["message"]


async def test_what_waits_for_a_time_is_kept_apart_while_it_waits(pool):
    run_id = await new_run(pool)
    [task_run] = await task_runs(pool, run_id)

    async def waiting() -> list[datetime]:
        rows = await pool.fetch(
            "SELECT start_time FROM utility.waiting_task_run WHERE task_run_id = $1", task_run["id"]
        )
        return [row["start_time"] for row in rows]

    assert await waiting() == []
    first, second = datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    for start in (first, second):
        await set_task(pool, task_run["id"], {"type": "Retrying", "start_time": start.isoformat()})
        assert await waiting() == [start]
    await pool.execute(
        "INSERT INTO task_run_state (tenant_id, task_run_id, state, version, serialized_state)"
        " SELECT tenant_id, id, 'Success', 1, '{}' FROM task_run WHERE id = $1",
        task_run["id"],
    )
    assert await waiting() == [second], "a state of an older version ends no waiting"
    await set_task(pool, task_run["id"], {"type": "Submitted", "state": {"type": "Retrying"}})
    assert await waiting() == []
    await set_task(pool, task_run["id"], {"type": "Paused"})
    assert await waiting() == []
