"""Slots of concurrency limits: who gets one, what frees it, what the queue hands out (contract ui-and-cloud.md B.3)."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration import limits, queue, states
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import delete_flow_run
from lictor.orchestration.flows import delete_flow
from lictor.orchestration.states import NewState, StateAnswer, prepare_state
from tests.orchestration.builders import make_flow, make_tenant


async def make_runs(pool: asyncpg.Pool, tenant_id: UUID, count: int, *labels: str) -> list[UUID]:
    """Scheduled runs with `labels`, the oldest first."""
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    await pool.execute("UPDATE task SET tags = '[\"tag\"]' WHERE flow_id = $1", flow_id)
    rows = await pool.fetch(
        """
        INSERT INTO flow_run (tenant_id, flow_id, labels, version, state, state_start_time, serialized_state)
        SELECT $1, $2, $3::jsonb, 1, 'Scheduled', now() - interval '1 hour' + n * interval '1 s', '{"type": "Scheduled"}'
        FROM generate_series(1, $4::int) AS n
        RETURNING id
        """,
        tenant_id, flow_id, json.dumps(list(labels)), count,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def set_flow(pool: asyncpg.Pool, run_id: UUID, kind: str, version: int | None = None) -> StateAnswer:
    async with pool.acquire() as connection:
        state = prepare_state({"type": kind, "message": "m"})
        [[answer]] = await states.set_flow_run_states(connection, [[NewState(run_id, state, version)]])
    return answer


async def set_task(pool: asyncpg.Pool, run_id: UUID, kind: str, **state) -> StateAnswer:
    async with pool.acquire() as connection:
        prepared = prepare_state({"type": kind, **state})
        [[answer]] = await states.set_task_run_states(connection, [[NewState(run_id, prepared)]])
    return answer


async def task_run_of(pool: asyncpg.Pool, flow_run_id: UUID) -> UUID:
    return await pool.fetchval("SELECT id FROM task_run WHERE flow_run_id = $1", flow_run_id)


async def test_a_slot_is_held_until_the_run_ends_in_whatever_way(pool):
    tenant_id = await make_tenant(pool)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 1)

    async def deleted(run_id: UUID) -> None:
        await delete_flow_run(pool, run_id)

    async def flow_deleted(run_id: UUID) -> None:
        flow_id = await pool.fetchval("SELECT flow_id FROM flow_run WHERE id = $1", run_id)
        async with pool.acquire() as connection:
            await delete_flow(connection, flow_id)

    def becomes(*kinds: str):
        async def end(run_id: UUID) -> None:
            for kind in kinds:
                assert (await set_flow(pool, run_id, kind)).error is None

        return end

    for end in (
        becomes("Success"), becomes("Failed"), becomes("Cancelling", "Cancelled"), becomes("TimedOut"),
        becomes("Scheduled"), becomes("Pending"), becomes("Retrying"), deleted, flow_deleted,
    ):  # fmt: skip
        [run_id] = await make_runs(pool, tenant_id, 1, "a")
        [waiting] = await make_runs(pool, tenant_id, 1, "a")
        for kind in ("Submitted", "Running"):
            answer = await set_flow(pool, run_id, kind)
            assert (answer.error, answer.queued) == (None, False)
            assert "all 1 slots of its label 'a' are taken" in str(
                (await set_flow(pool, waiting, "Submitted")).error
            )
        assert await limits.flow_concurrency(pool, tenant_id) == [limits.Usage("a", 1)]
        await end(run_id)
        assert await limits.flow_concurrency(pool, tenant_id, ["b", "a"]) == [
            limits.Usage("b", 0),
            limits.Usage("a", 0),
        ]


async def test_a_run_needs_a_slot_of_each_of_its_labels(pool):
    tenant_id = await make_tenant(pool)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 2)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "b", 1)
    both, also_both = await make_runs(pool, tenant_id, 2, "a", "b")
    [only_a] = await make_runs(pool, tenant_id, 1, "a")
    [free] = await make_runs(pool, await make_tenant(pool), 1, "a", "b")
    assert (await set_flow(pool, both, "Running")).queued is False
    assert (await set_flow(pool, also_both, "Running")).message == (
        "All 1 slots of 'b' are taken: wait, and ask again."
    )
    assert (await set_flow(pool, only_a, "Running")).queued is False
    assert (await set_flow(pool, free, "Running")).queued is False, "another tenant's limits are its own"
    await set_flow(pool, both, "Success")
    assert (await set_flow(pool, also_both, "Running")).queued is False


async def test_of_one_call_as_many_start_as_there_are_slots(pool):
    tenant_id = await make_tenant(pool)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 3)
    runs = await make_runs(pool, tenant_id, 5, "a")
    running = prepare_state({"type": "Running"})
    async with pool.acquire() as connection:
        [answers] = await states.set_flow_run_states(connection, [[NewState(run, running) for run in runs]])
    assert [answer.queued for answer in answers] == [False, False, False, True, True]


async def test_the_same_call_again_gets_the_same_answer(pool):
    tenant_id = await make_tenant(pool)
    [run_id, other] = await make_runs(pool, tenant_id, 2, "a")
    for _ in range(2):
        assert (await set_flow(pool, run_id, "Running", version=1)).error is None
    assert await pool.fetchval("SELECT version FROM flow_run WHERE id = $1", run_id) == 2
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 1)
    for _ in range(3):
        assert (await set_flow(pool, other, "Running", version=1)).queued
    assert await pool.fetchval("SELECT version FROM flow_run WHERE id = $1", other) == 2, "asked once"
    assert (await set_flow(pool, other, "Running", version=2)).queued
    assert await pool.fetchval("SELECT version FROM flow_run WHERE id = $1", other) == 3, "asked again"
    task_run_id = await task_run_of(pool, run_id)
    async with pool.acquire() as connection:
        for _ in range(2):
            state = prepare_state({"type": "Running", "message": "m"})
            [[answer]] = await states.set_task_run_states(connection, [[NewState(task_run_id, state, 1)]])
            assert answer.error is None
    assert await pool.fetchval("SELECT version FROM task_run WHERE id = $1", task_run_id) == 2
    await limits.update_task_tag_limit(pool, tenant_id, "tag", 1)
    await pool.execute("UPDATE flow_run SET state = 'Running' WHERE id = $1", other)
    task_run_id = await task_run_of(pool, other)
    async with pool.acquire() as connection:
        for version, after in ((1, 2), (1, 2), (2, 3), (2, 3)):
            state = prepare_state({"type": "Running", "message": "m"})
            [[answer]] = await states.set_task_run_states(
                connection, [[NewState(task_run_id, state, version)]]
            )
            assert answer.queued
            assert await pool.fetchval("SELECT version FROM task_run WHERE id = $1", task_run_id) == after


@pytest.mark.parametrize("limit", [0, 1, 7])
async def test_many_at_once_never_take_more_flow_run_slots(pool, limit):
    tenant_id = await make_tenant(pool)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", limit)
    runs = await make_runs(pool, tenant_id, 24, "a")
    kinds = ("Running", "Submitted")
    await asyncio.gather(*(set_flow(pool, run, kinds[n % 2]) for n, run in enumerate(runs)))
    assert await limits.flow_concurrency(pool, tenant_id) == [limits.Usage("a", limit)]


@pytest.mark.parametrize("limit", [0, 1, 7])
async def test_many_at_once_never_take_more_task_run_slots(pool, limit):
    tenant_id = await make_tenant(pool)
    await limits.update_task_tag_limit(pool, tenant_id, "tag", limit)
    runs = await make_runs(pool, tenant_id, 20)
    await pool.execute("UPDATE flow_run SET state = 'Running'")
    task_runs = [await task_run_of(pool, run) for run in runs]
    answers = await asyncio.gather(*(set_task(pool, run, "Running") for run in task_runs))
    assert [answer.queued for answer in answers].count(False) == limit
    assert await limits.task_concurrency(pool, tenant_id) == [limits.Usage("tag", limit)]
    assert await pool.fetchval("SELECT count(*) FROM task_run WHERE state = 'Running'") == limit


async def test_task_run_slots_are_freed_by_the_state_and_by_deletion(pool):
    tenant_id = await make_tenant(pool)
    limit_id = await limits.update_task_tag_limit(pool, tenant_id, "tag", 1)
    first, second, third = await make_runs(pool, tenant_id, 3)
    await pool.execute("UPDATE flow_run SET state = 'Running'")
    one, two, three = [await task_run_of(pool, run) for run in (first, second, third)]
    assert not (await set_task(pool, one, "Running")).queued
    assert (await set_task(pool, two, "Running")).queued
    await set_task(pool, one, "Failed")
    await set_task(pool, one, "Retrying", run_count=1)
    assert not (await set_task(pool, two, "Running")).queued, (
        "a task run that waits for its retry holds no slot"
    )
    assert (await set_task(pool, one, "Running")).queued
    await delete_flow_run(pool, second)
    assert not (await set_task(pool, three, "Running")).queued
    assert await limits.delete_task_tag_limit(pool, limit_id, tenant_id)
    assert not (await set_task(pool, one, "Running")).queued
    assert await pool.fetchval("SELECT count(*) FROM utility.task_run_slot") == 0


@pytest.mark.parametrize("end", ["Failed", "Cancelled", "TimedOut", "Success"])
async def test_task_runs_of_a_dead_process_free_their_slots_when_its_flow_run_has_ended(pool, end):
    tenant_id = await make_tenant(pool)
    await limits.update_task_tag_limit(pool, tenant_id, "tag", 1)
    dead, other = await make_runs(pool, tenant_id, 2)
    await pool.execute("UPDATE flow_run SET state = 'Running'")
    assert not (await set_task(pool, await task_run_of(pool, dead), "Running")).queued
    assert (await set_task(pool, await task_run_of(pool, other), "Running")).queued
    await set_flow(pool, dead, "Cancelling")
    assert (await set_task(pool, await task_run_of(pool, other), "Running")).queued, "its process is ending"
    await set_flow(pool, dead, end)
    assert await limits.task_concurrency(pool, tenant_id) == [limits.Usage("tag", 0)]
    assert not (await set_task(pool, await task_run_of(pool, other), "Running")).queued
    assert await limits.task_concurrency(pool, tenant_id) == [limits.Usage("tag", 1)]


async def test_tags_are_those_the_process_names_else_those_of_the_task(pool):
    tenant_id = await make_tenant(pool)
    for tag in ("tag", "x", "y"):
        await limits.update_task_tag_limit(pool, tenant_id, tag, 0)
    [flow_run_id] = await make_runs(pool, tenant_id, 1)
    await pool.execute("UPDATE flow_run SET state = 'Running'")
    run_id = await task_run_of(pool, flow_run_id)
    assert (await set_task(pool, run_id, "Running")).message == (
        "All 0 slots of 'tag' are taken: wait, and ask again."
    )
    assert "'y'" in str((await set_task(pool, run_id, "Running", context={"tags": ["y", "z"]})).message)
    assert not (await set_task(pool, run_id, "Running", context={"tags": ["z"]})).queued


async def test_a_limit_counts_those_that_run_when_it_comes_and_ends_none(pool):
    tenant_id = await make_tenant(pool)
    runs = await make_runs(pool, tenant_id, 3, "a")
    task_runs = [await task_run_of(pool, run) for run in runs]
    for run, task_run in zip(runs[:2], task_runs, strict=False):
        await set_flow(pool, run, "Running")
        await set_task(pool, task_run, "Running")
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 1)
    await limits.update_task_tag_limit(pool, tenant_id, "tag", 1)
    assert await limits.flow_concurrency(pool, tenant_id) == [limits.Usage("a", 2)]
    assert await limits.task_concurrency(pool, tenant_id) == [limits.Usage("tag", 2)]
    await set_task(pool, task_runs[0], "Success")
    await set_flow(pool, runs[0], "Success")
    assert (await set_flow(pool, runs[2], "Running")).queued
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 2)
    assert not (await set_flow(pool, runs[2], "Running")).queued
    assert (await set_task(pool, task_runs[2], "Running")).queued


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
async def test_what_is_not_limited_pays_nothing_for_the_limits_of_others(pool, kind):
    """A look into an index for each label or tag: a few pages, whether the tenant has one limit or thousands."""
    tenant_id = await make_tenant(pool)
    [run_id] = await make_runs(pool, tenant_id, 1, "free", "x")
    if kind == "task_run":
        await pool.execute("UPDATE flow_run SET state = 'Running'")
    table, column = ("flow_concurrency_limit", "name") if kind == "flow_run" else ("task_tag_limit", "tag")
    id = run_id if kind == "flow_run" else await task_run_of(pool, run_id)
    state = prepare_state({"type": "Running", "context": {"tags": ["tag", "free"]}})
    demands = states.flow_run_demands if kind == "flow_run" else states.task_run_demands
    items = states._encode([[NewState(id, state)]], demands)
    statement = states._sql.set_flow_run_states if kind == "flow_run" else states._sql.set_task_run_states

    async def pages() -> int:
        async with pool.acquire() as connection:
            # The first time also reads what a connection then keeps.
            for _ in range(2):
                transaction = connection.transaction()
                await transaction.start()
                text = await connection.fetchval(
                    f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement.text}", items
                )
                await transaction.rollback()
        [plan] = json.loads(text)
        return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]

    await pool.execute(f"ANALYZE {table}")
    before = await pages()
    await pool.execute(
        f"INSERT INTO {table} (tenant_id, {column}, \"limit\") SELECT $1, 'other ' || n, 0 FROM generate_series(1, 4000) AS n",
        tenant_id,
    )
    await pool.execute(f"ANALYZE {table}")
    assert await pages() <= before + 8


async def test_queued_keeps_the_state_to_go_on_from(pool):
    tenant_id = await make_tenant(pool)
    await limits.update_task_tag_limit(pool, tenant_id, "tag", 0)
    [flow_run_id] = await make_runs(pool, tenant_id, 1)
    await pool.execute("UPDATE flow_run SET state = 'Running'")
    run_id = await task_run_of(pool, flow_run_id)
    await set_task(pool, run_id, "Retrying", run_count=2, start_time="2026-01-01T00:00:00+00:00")

    async def state() -> dict:
        return json.loads(await pool.fetchval("SELECT serialized_state FROM task_run WHERE id = $1", run_id))

    retrying = await state()
    for _ in range(3):
        assert (await set_task(pool, run_id, "Running")).queued
        queued = await state()
        assert (queued["type"], queued["state"]) == ("Queued", retrying)
        await set_task(pool, run_id, "Submitted", state=queued)


async def test_the_queue_hands_out_the_free_slots_to_the_oldest(pool):
    tenant_id = await make_tenant(pool)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 3)
    await limits.update_flow_concurrency_limit(pool, tenant_id, "b", 1)
    old = await make_runs(pool, tenant_id, 40, "a")
    both = await make_runs(pool, tenant_id, 2, "a", "b")
    others = await make_runs(pool, tenant_id, 2, "c")

    async def handed_out() -> list[UUID]:
        return await queue.runs_in_queue(pool, tenant_id, ["a", "b", "c"])

    def only(runs: list[UUID], *among: UUID) -> list[UUID]:
        return [run for run in runs if run in among]

    found = await handed_out()
    assert only(found, *others) == others, "runs without a limit stand behind nobody"
    assert len(only(found, *old, *both)) <= 3
    assert found[0] in {old[0], both[0]}
    for run in old[:3]:
        await set_flow(pool, run, "Submitted")
    assert await handed_out() == others
    await set_flow(pool, old[0], "Success")
    await set_flow(pool, old[1], "Success")
    await pool.execute(
        "UPDATE flow_run SET state_start_time = now() - interval '1 day' WHERE id = ANY ($1)", both
    )
    found = await handed_out()
    assert (found[0], only(found, *both)) == (both[0], [both[0]])
    await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 0)
    assert await handed_out() == others


async def test_a_queued_run_that_nobody_asks_for_goes_back_to_the_agents(pool):
    tenant_id = await make_tenant(pool)
    limit_id = await limits.update_flow_concurrency_limit(pool, tenant_id, "a", 0)
    [run_id] = await make_runs(pool, tenant_id, 1, "a")
    assert (await set_flow(pool, run_id, "Running")).queued
    await limits.delete_flow_concurrency_limit(pool, limit_id)
    assert await queue.runs_in_queue(pool, tenant_id, ["a"]) == [], "its process may still ask"
    await pool.execute("UPDATE flow_run SET state_start_time = now() - interval '1 s'")
    both = await asyncio.gather(*(queue.runs_in_queue(pool, tenant_id, ["a"]) for _ in range(2)))
    assert both == [[run_id], [run_id]]
    row = await pool.fetchrow("SELECT state, version FROM flow_run")
    assert tuple(row) == ("Scheduled", 3)
    assert (await set_flow(pool, run_id, "Submitted", version=3)).error is None


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("", 1, "must not be empty"),
        (" ", 1, "must not be empty"),
        ("x" * 501, 1, "501 characters; the limit is 500"),
        ("a\0b", 1, "NUL"),
        ("a", -1, "Concurrency limits must be >= 0"),
        ("a", 2**31, "at most 2,147,483,647"),
    ],
)
async def test_bad_limits_are_told_by_field(pool, name, limit, words):
    tenant_id = await make_tenant(pool)
    for make in (limits.update_flow_concurrency_limit, limits.update_task_tag_limit):
        with pytest.raises(OrchestrationError) as refused:
            await make(pool, tenant_id, name, limit)
        assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM flow_concurrency_limit") == 0
    assert await pool.fetchval("SELECT count(*) FROM task_tag_limit") == 0


async def test_limits_are_made_once_changed_and_deleted(pool):
    tenant_id = await make_tenant(pool)
    for make, delete, table in (
        (
            limits.update_flow_concurrency_limit,
            limits.delete_flow_concurrency_limit,
            "flow_concurrency_limit",
        ),
        (limits.update_task_tag_limit, limits.delete_task_tag_limit, "task_concurrency_limit"),
    ):
        first = await make(pool, tenant_id, "x" * 500, 3)
        assert await make(pool, tenant_id, "x" * 500, 4) == first
        assert await pool.fetchval(f'SELECT "limit" FROM {table}') == 4
        assert not await delete(pool, first, await make_tenant(pool)), "another tenant's"
        assert await delete(pool, first, tenant_id)
        assert not await delete(pool, first, tenant_id)
        assert not await delete(pool, uuid4())
