"""Recovery beside others: what is written between the evidence and the act, two workers, late writes of the dead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration import queries, recovery, states
from lictor.orchestration.flow_runs import beat
from lictor.orchestration.states import NewState, StateAnswer, prepare_state
from lictor.orchestration.types import Beat
from tests.orchestration.deathbed import SILENCE, api_was_up, make_run, state_of, task_runs_of, task_states

_sql = queries.load("recovery")
EVIDENCE = SILENCE.values()
FIRST = UUID(int=0)


@pytest.fixture(autouse=True)
async def _api_is_up(pool):
    await pool.execute("DELETE FROM utility.runner_read")
    await api_was_up(pool)


async def revive(pool: asyncpg.Pool) -> int:
    async with pool.acquire() as connection:
        return await recovery.revive_flow_runs(connection, SILENCE)


async def kill(pool: asyncpg.Pool) -> int:
    async with pool.acquire() as connection:
        return await recovery.kill_zombies(connection, SILENCE)


async def set_state(
    pool: asyncpg.Pool, kind: str, run_id: UUID, state: str | dict[str, Any], version: int | None = None
) -> StateAnswer:
    act = states.set_flow_run_states if kind == "flow_run" else states.set_task_run_states
    document = {"type": state, "message": "late"} if isinstance(state, str) else state
    async with pool.acquire() as connection:
        [[answer]] = await act(connection, [[NewState(run_id, prepare_state(document), version)]])
    return answer


async def waiting(pool: asyncpg.Pool, work: Awaitable[Any]) -> asyncio.Task[Any]:
    """Start `work` and return once it waits for a lock."""
    task = asyncio.ensure_future(work)
    async with asyncio.timeout(10):
        while not await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            assert not task.done(), "it did not wait"
            await asyncio.sleep(0.01)
    return task


# --- Between the evidence and the act ----------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["commit", "rollback"])
async def test_a_run_that_somebody_holds_is_left_to_him(pool, outcome):
    run_id = await make_run(pool)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await beat(other, [Beat(run_id)])
        assert await revive(pool) == 0
        await getattr(transaction, outcome)()
    assert await revive(pool) == int(outcome == "rollback")


async def test_a_heartbeat_that_comes_after_the_claim_changes_nothing_and_is_not_lost(pool):
    run_id = await make_run(pool)
    async with pool.acquire() as worker, pool.acquire() as client:
        async with worker.transaction():
            await _sql.claim_lost_flow_runs.fetch(worker, after=FIRST, batch_size=9, **EVIDENCE)
            late = await waiting(pool, beat(client, [Beat(run_id)]))
            await _sql.hold_task_runs.execute(worker, flow_run_ids=[run_id])
            assert await _sql.revive_flow_runs.fetch(worker, flow_run_ids=[run_id], limit=10, **EVIDENCE)
        await late
    assert await state_of(pool, run_id) == ("Scheduled", 6)
    assert await pool.fetchval(
        "SELECT heartbeat > now() - interval '1 minute' FROM flow_run WHERE id = $1", run_id
    )


@pytest.mark.parametrize("state", ["Running", "Retrying"])
async def test_a_task_run_that_starts_after_the_claim_saves_its_flow_run(pool, state):
    run_id = await make_run(pool, tasks=("Pending",))
    [task_run_id] = await task_runs_of(pool, run_id)
    async with pool.acquire() as worker, worker.transaction():
        assert await _sql.claim_lost_flow_runs.fetch(worker, after=FIRST, batch_size=9, **EVIDENCE)
        assert (await set_state(pool, "task_run", task_run_id, state)).error is None
        await _sql.hold_task_runs.execute(worker, flow_run_ids=[run_id])
        assert not await _sql.revive_flow_runs.fetch(worker, flow_run_ids=[run_id], limit=10, **EVIDENCE)
    assert await state_of(pool, run_id) == ("Running", 5)


async def test_a_zombie_that_ends_after_the_claim_has_ended(pool):
    run_id = await make_run(pool, tasks=("Running", "Running"))
    first, second = await task_runs_of(pool, run_id)
    async with pool.acquire() as worker, worker.transaction():
        assert await _sql.claim_flow_runs_of_zombies.fetch(worker, after=FIRST, batch_size=9, **EVIDENCE)
        assert (await set_state(pool, "task_run", first, "Success")).error is None
        await _sql.hold_task_runs.execute(worker, flow_run_ids=[run_id])
        late = await waiting(pool, set_state(pool, "task_run", second, "Running", 3))
        done = await _sql.settle_zombie_task_runs.fetch(worker, flow_run_ids=[run_id], **EVIDENCE)
        assert [row["id"] for row in done] == [second]
    answer = await late
    assert answer.code == "VERSION_LOCKING_ERROR"
    assert await task_states(pool, run_id) == ["Success", "Failed"]


async def test_a_late_end_that_waits_for_the_zombie_killer_is_refused(pool):
    run_id = await make_run(pool, tasks=("Running",), task={"max_retries": 1})
    [task_run_id] = await task_runs_of(pool, run_id)
    async with pool.acquire() as worker:
        async with worker.transaction():
            await _sql.claim_flow_runs_of_zombies.fetch(worker, after=FIRST, batch_size=9, **EVIDENCE)
            await _sql.hold_task_runs.execute(worker, flow_run_ids=[run_id])
            await _sql.settle_zombie_task_runs.fetch(worker, flow_run_ids=[run_id], **EVIDENCE)
            late = await waiting(pool, set_state(pool, "task_run", task_run_id, "Success"))
        answer = await late
    assert answer.error is not None
    assert "was given up" in answer.error
    assert await state_of(pool, task_run_id, "task_run") == ("Retrying", 4)


async def test_a_late_end_that_waits_for_lazarus_is_refused(pool):
    run_id = await make_run(pool)
    async with pool.acquire() as worker:
        async with worker.transaction():
            await _sql.claim_lost_flow_runs.fetch(worker, after=FIRST, batch_size=9, **EVIDENCE)
            await _sql.revive_flow_runs.fetch(worker, flow_run_ids=[run_id], limit=10, **EVIDENCE)
            late = await waiting(pool, set_state(pool, "flow_run", run_id, "Success"))
        assert (await late).code == "VERSION_LOCKING_ERROR"
    assert await state_of(pool, run_id) == ("Scheduled", 6)


# --- Many at once ------------------------------------------------------------------------------------------


async def test_of_two_workers_one_acts(pool):
    lost = [await make_run(pool) for _ in range(12)]
    zombies = [await make_run(pool, tasks=("Running", "Pending")) for _ in range(12)]
    cancelling = [await make_run(pool, "Cancelling") for _ in range(6)]
    done = await asyncio.gather(*(act(pool) for act in (revive, kill) for _ in range(3)))
    # A run that one holds is skipped by the other, who may be done before: what is left is the next pass's.
    total = sum(done) + await kill(pool) + await revive(pool)
    # The zombies' runs have lost their last task run then, and are Lazarus's.
    assert total == 12 + 12 + 6 + 12
    for run_id in (*lost, *zombies):
        assert await state_of(pool, run_id) == ("Scheduled", 6)
        assert await pool.fetchval("SELECT times_resurrected FROM flow_run WHERE id = $1", run_id) == 1
    for run_id in cancelling:
        assert await state_of(pool, run_id) == ("Failed", 6)


async def test_nothing_deadlocks_and_versions_have_no_gaps(pool):
    runs = [await make_run(pool, tasks=("Running",) * 5, version=0) for _ in range(15)]
    task_runs = [id for run in runs for id in await task_runs_of(pool, run)]

    async def cancel(run: UUID) -> None:
        async with pool.acquire() as connection:
            await states.cancel_flow_run(connection, run)

    async def end(ids: list[UUID]) -> None:
        async with pool.acquire() as connection:
            call = [NewState(id, prepare_state({"type": "Success"})) for id in ids]
            await states.set_task_run_states(connection, [call])

    async def cancelled(ids: list[UUID]) -> None:
        async with pool.acquire() as connection:
            call = [NewState(id, prepare_state({"type": "Cancelled"})) for id in ids]
            await states.set_flow_run_states(connection, [call])

    await asyncio.gather(
        *(cancel(run) for run in runs[::3]), *(end(task_runs[n::7][::-1]) for n in range(7)),
        cancelled(runs[4:0:-1]), *(kill(pool) for _ in range(3)), *(revive(pool) for _ in range(3)),
    )  # fmt: skip
    for kind, ids in (("flow_run", runs), ("task_run", task_runs)):
        rows = await pool.fetch(
            f"""SELECT {kind}.version, array_agg(state.version ORDER BY state.version) AS versions
                FROM {kind} JOIN {kind}_state AS state ON state.{kind}_id = {kind}.id
                WHERE {kind}.id = ANY ($1) AND state.version > $2 GROUP BY {kind}.id""",
            ids, 0 if kind == "flow_run" else 3,
        )  # fmt: skip
        first = 1 if kind == "flow_run" else 4
        for row in rows:
            assert row["versions"] == list(range(first, row["version"] + 1))


# --- Processes that were given up --------------------------------------------------------------------------


async def revived(pool: asyncpg.Pool, tasks: tuple[str, ...] = ("Pending",)) -> UUID:
    run_id = await make_run(pool, tasks=tasks)
    assert await revive(pool) == 1
    return run_id


@pytest.mark.parametrize(
    ("state", "version", "code"),
    [
        ("Success", None, "VERSION_LOCKING_ERROR"),
        ("Failed", None, "VERSION_LOCKING_ERROR"),
        ("TimedOut", None, "VERSION_LOCKING_ERROR"),
        ("Running", 5, "VERSION_LOCKING_ERROR"),
        ("Running", 4, "VERSION_LOCKING_ERROR"),
        # The one who takes it up, a person who says so, an agent that could not start it, whoever cancels it.
        ("Submitted", 6, None), ("Running", 6, None), ("Running", None, None), ("Success", 6, None),
        ("Failed", 5, None), ("Cancelled", None, None), ("Scheduled", None, None),
    ],
)  # fmt: skip
async def test_what_may_be_said_of_a_revived_run(pool, state, version, code):
    run_id = await revived(pool)
    answer = await set_state(pool, "flow_run", run_id, state, version)
    assert (answer.code, answer.error is None) == (code, code is None)
    assert await state_of(pool, run_id) == (("Scheduled", 6) if code else (state, 7))


@pytest.mark.parametrize(
    ("state", "version", "accepted"),
    [("Success", None, False), ("Running", 5, False), ("Running", 6, False), ("Running", 7, True), ("Failed", None, True),
     ("Failed", 6, True), ("Cancelled", None, True)],
)  # fmt: skip
async def test_what_may_be_said_of_a_revived_run_that_was_submitted(pool, state, version, accepted):
    """As a 1.4.1 agent wraps it: with its context."""
    run_id = await revived(pool)
    scheduled = json.loads(await pool.fetchval("SELECT serialized_state FROM flow_run WHERE id = $1", run_id))
    submitted = {"type": "Submitted", "message": "Submitted for execution", "context": {}, "state": scheduled}
    assert (await set_state(pool, "flow_run", run_id, submitted, 6)).error is None
    assert ((await set_state(pool, "flow_run", run_id, state, version)).error is None) == accepted


async def test_what_may_be_said_of_a_revived_run_that_runs_again(pool):
    run_id = await revived(pool, ("Pending", "Pending"))
    first, second = await task_runs_of(pool, run_id)
    assert (await set_state(pool, "flow_run", run_id, "Running", 6)).error is None
    assert (await set_state(pool, "task_run", first, "Running", 3)).error is None
    late = await set_state(pool, "flow_run", run_id, "Success")
    assert late.code == "VERSION_LOCKING_ERROR", "a task run of the new process is at work"
    assert (await set_state(pool, "flow_run", run_id, "Running", 5)).code == "VERSION_LOCKING_ERROR"
    assert (await set_state(pool, "task_run", first, "Success")).error is None
    assert (await set_state(pool, "task_run", second, "Running", 3)).error is None
    assert (await set_state(pool, "task_run", second, "Success")).error is None
    assert (await set_state(pool, "flow_run", run_id, "Success")).error is None


async def test_a_repeat_of_the_new_process_is_no_late_write(pool):
    run_id = await revived(pool)
    for _ in range(2):
        assert (await set_state(pool, "flow_run", run_id, "Running", 6)).error is None
    assert await state_of(pool, run_id) == ("Running", 7)


@pytest.mark.parametrize(
    ("state", "version", "accepted"),
    [
        ("Success", None, False), ("Failed", None, False), ("TimedOut", None, False), ("Running", 3, False),
        ("Running", 4, True), ("Submitted", 4, True), ("Success", 4, True), ("Failed", 3, True), ("Cached", None, True),
        ("TriggerFailed", None, True), ("Cancelled", None, True), ("Retrying", None, True),
    ],
)  # fmt: skip
async def test_what_may_be_said_of_a_task_run_that_waits_for_its_retry(pool, state, version, accepted):
    run_id = await make_run(pool, tasks=("Running",), task={"max_retries": 1})
    await kill(pool)
    [task_run_id] = await task_runs_of(pool, run_id)
    answer = await set_state(pool, "task_run", task_run_id, state, version)
    assert (answer.error is None) == accepted
    assert await state_of(pool, task_run_id, "task_run") == ((state, 5) if accepted else ("Retrying", 4))


async def test_the_retry_goes_its_way(pool):
    run_id = await make_run(pool, tasks=("Running",), task={"max_retries": 1})
    await kill(pool)
    [task_run_id] = await task_runs_of(pool, run_id)
    retrying = json.loads(
        await pool.fetchval("SELECT serialized_state FROM task_run WHERE id = $1", task_run_id)
    )
    submitted = {"type": "Submitted", "context": {}, "state": retrying}
    assert (await set_state(pool, "task_run", task_run_id, submitted, 4)).error is None
    assert (await set_state(pool, "task_run", task_run_id, "Success")).error is not None, "the old process"
    assert (await set_state(pool, "task_run", task_run_id, "Running", 5)).error is None
    assert (await set_state(pool, "task_run", task_run_id, "Running", 3)).code == "VERSION_LOCKING_ERROR"
    assert (await set_state(pool, "task_run", task_run_id, "Success")).error is None


async def test_a_client_that_retries_by_itself_is_not_refused(pool):
    run_id = await make_run(pool, tasks=("Retrying",), beat=0)
    [task_run_id] = await task_runs_of(pool, run_id)
    for state, version in (
        ("Success", None),
        ("Running", 2),
        ("Failed", None),
        ("Retrying", None),
        ("Failed", None),
    ):
        assert (await set_state(pool, "task_run", task_run_id, state, version)).error is None
