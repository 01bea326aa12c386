"""Who may claim what is owed, when, and what is written down (docs/decisions/0016-outbox.md)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lictor.orchestration.cloud_hooks import create_hook_message
from lictor.orchestration.deliveries import (
    forget_deliveries,
    record_outcomes,
    retry_hook_delivery,
    seconds_until_due,
    write_delivery,
)
from lictor.orchestration.delivery_plans import Delivery, Outcome
from lictor.orchestration.errors import OrchestrationError
from tests.orchestration.builders import make_tenant
from tests.orchestration.hooks import claim, enter, make_hook, make_run, rows, told


@pytest.fixture
async def tenant_id(pool):
    return await make_tenant(pool)


@pytest.fixture
async def run_id(pool, tenant_id):
    return await make_run(pool, tenant_id, name="my flow", version_group_id="group")


# Claims -------------------------------------------------------------------------------------------


async def record(pool: asyncpg.Pool, delivery: Delivery, result: str, **values: Any) -> None:
    async with pool.acquire() as connection:
        await record_outcomes(connection, [Outcome(delivery, result, **values)])


async def test_a_claim_is_nobody_elses_until_it_runs_out(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    [first] = (await claim(pool, lease=timedelta(seconds=0.2))).deliveries
    assert told(await claim(pool)) == []
    await asyncio.sleep(0.25)
    [second] = (await claim(pool)).deliveries
    assert (first.id, first.attempt, second.attempt) == (second.id, 1, 2)
    # The first, which was stopped for a while, has nothing to say any more.
    await record(pool, first, "Dead", error="late")
    [row] = await rows(pool)
    assert (row["status"], row["claimed_until"], row["last_error"]) == ("Pending", second.claimed_until, None)
    await record(pool, second, "Delivered", status=204, parts_sent=1)
    [row] = await rows(pool)
    assert (row["status"], row["last_status"], row["claimed_until"]) == ("Delivered", 204, None)
    assert row["finished"] is not None
    assert told(await claim(pool)) == []


async def test_many_claim_at_once_and_nobody_claims_twice(pool, tenant_id):
    await make_hook(pool, tenant_id)
    runs = [await make_run(pool, tenant_id, name=f"flow {number}") for number in range(12)]
    await enter(pool, *((run_id, "Running") for run_id in runs))
    claims = await asyncio.gather(*(claim(pool, most=2) for _ in range(8)))
    ids = [delivery.id for claimed in claims for delivery in claimed.deliveries]
    assert len(ids) == len(set(ids))
    while more := (await claim(pool, most=2)).deliveries:
        ids += [delivery.id for delivery in more]
    assert len(ids) == len(set(ids)) == 12


async def test_a_later_event_of_a_run_waits_for_the_earlier(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    other_run = await make_run(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    await enter(pool, (run_id, "Success"))
    await enter(pool, (other_run, "Running"))
    first = await claim(pool)
    assert {(delivery.subject_id, delivery.event["state"]["state"]) for delivery in first.deliveries} == {
        (run_id, "Running"), (other_run, "Running"),
    }  # fmt: skip
    assert first.set_down == 1
    [running] = [delivery for delivery in first.deliveries if delivery.subject_id == run_id]
    [other] = [delivery for delivery in first.deliveries if delivery.subject_id == other_run]
    await record(pool, other, "Delivered")
    # It waits however long that takes …
    await record(pool, running, "Failed", delay=3600, error="refused", status=503)
    assert (await claim(pool)).set_down == 0
    wait = await seconds_until_due(pool)
    assert wait is not None
    assert wait > 200
    # … and comes at once when that one is dead.
    await pool.execute(
        "UPDATE hook_delivery SET next_attempt = now() WHERE status = 'Pending' AND attempts = 1 AND claimed_until IS NULL"
    )
    [again] = (await claim(pool)).deliveries
    assert (again.id, again.attempt) == (running.id, 2)
    await record(pool, again, "Dead", error="refused for good")
    assert told(await claim(pool)) == ["Success"]


@pytest.mark.parametrize("result", ["Delivered", "Dead"])
async def test_what_is_done_calls_up_the_next_of_its_run_only(pool, tenant_id, run_id, result):
    await make_hook(pool, tenant_id)
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    await enter(pool, (run_id, "Success"))
    claimed = await claim(pool)
    assert (told(claimed), claimed.set_down) == (["Running", "Running"], 2)
    await record(pool, claimed.deliveries[0], result)
    [following] = (await claim(pool)).deliveries
    assert following.target_id == claimed.deliveries[0].target_id
    assert following.event["state"]["state"] == "Success"


async def test_a_long_queue_of_one_target_leaves_room_for_others(pool, tenant_id):
    hooks = sorted([await make_hook(pool, tenant_id, states=[state]) for state in ("RUNNING", "FAILED")])
    runs = [await make_run(pool, tenant_id) for _ in range(10)]
    await enter(pool, *((run_id, "Running") for run_id in runs))
    await enter(pool, *((run_id, "Failed") for run_id in runs[:5]))
    first = await claim(pool, most=6, per_target=4)
    by_target = [sum(each.target_id == hook for each in first.deliveries) for hook in hooks]
    assert sorted(by_target) == [2, 4]
    # The next round goes on behind the target that was last.
    assert first.last_target == hooks[1]
    assert (await claim(pool, after=hooks[1])).deliveries == []
    rest = await claim(pool, most=50, per_target=50, busy=[hooks[0]])
    assert {delivery.target_id for delivery in rest.deliveries} == {hooks[1]}
    assert rest.last_target is None


async def test_a_kind_that_this_version_does_not_know_is_left_to_others(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    await pool.execute("UPDATE hook_delivery SET kind = 'newer'")
    assert told(await claim(pool)) == []
    assert (await claim(pool, kinds=["newer"])).deliveries[0].event["state"]["state"] == "Running"


async def test_what_is_given_back_was_never_claimed(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    [delivery] = (await claim(pool)).deliveries
    await record(pool, delivery, "Failed", delay=0, parts_sent=1, status=500, error="HTTP 500")
    [delivery] = (await claim(pool)).deliveries
    assert (delivery.attempt, delivery.parts_sent) == (2, 1)
    await record(pool, delivery, "Returned", parts_sent=1)
    [row] = await rows(pool)
    assert (row["attempts"], row["parts_sent"], row["last_error"], row["last_status"]) == (
        1,
        1,
        "HTTP 500",
        500,
    )
    [delivery] = (await claim(pool)).deliveries
    assert delivery.attempt == 2
    await record(pool, delivery, "Gone")
    assert await rows(pool) == []


async def test_a_write_and_its_delivery_are_one(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id, type="PREFECT_MESSAGE")
    await enter(pool, (run_id, "Running"))
    await enter(pool, (run_id, "Success"))
    [delivery] = (await claim(pool, lease=timedelta(seconds=0.1))).deliveries

    async def message(connection) -> None:
        await create_hook_message(connection, delivery.tenant_id, dict(delivery.event))

    async def broken(connection) -> None:
        await message(connection)
        raise ZeroDivisionError

    async with pool.acquire() as connection:
        with pytest.raises(ZeroDivisionError):
            await write_delivery(connection, delivery, broken)
    assert await pool.fetchval("SELECT count(*) FROM message") == 0
    await asyncio.sleep(0.12)
    [again] = (await claim(pool)).deliveries

    async def write(delivery: Delivery) -> bool:
        async with pool.acquire() as connection:
            return await write_delivery(connection, delivery, message)

    # Whoever holds the claim writes it, however many try and however often.
    assert sorted(await asyncio.gather(*(write(each) for each in (delivery, again, again, again)))) == [
        False, False, False, True,
    ]  # fmt: skip
    content = json.loads(await pool.fetchval("SELECT content FROM message"))
    assert content["type"] == "CLOUD_HOOK"
    assert content["event"].keys() == {"flow_run", "state", "flow", "tenant"}
    # The next of the run is called up.
    assert told(await claim(pool)) == ["Success"]


# Again, and never again ---------------------------------------------------------------------------


async def test_a_dead_letter_is_taken_up_again(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    [delivery] = (await claim(pool)).deliveries
    with pytest.raises(OrchestrationError, match="is being delivered at this moment"):
        await retry_hook_delivery(pool, delivery.id)
    await record(pool, delivery, "Failed", delay=3600, error="HTTP 500")
    assert told(await claim(pool)) == []
    await retry_hook_delivery(pool, delivery.id)
    [delivery] = (await claim(pool)).deliveries
    assert delivery.attempt == 2
    await record(pool, delivery, "Dead", parts_sent=1, error="HTTP 404", status=404)
    with pytest.raises(OrchestrationError, match="not found"):
        await retry_hook_delivery(pool, delivery.id, caller_tenant_id=await make_tenant(pool))
    assert told(await claim(pool)) == []
    await retry_hook_delivery(pool, delivery.id, caller_tenant_id=tenant_id)
    [row] = await rows(pool)
    # What went wrong last stays to be seen.
    assert (row["status"], row["finished"], row["last_error"]) == ("Pending", None, "HTTP 404")
    [delivery] = (await claim(pool)).deliveries
    assert (delivery.attempt, delivery.parts_sent) == (1, 0)
    await record(pool, delivery, "Delivered")
    with pytest.raises(OrchestrationError, match="has been delivered"):
        await retry_hook_delivery(pool, delivery.id)
    with pytest.raises(OrchestrationError, match="not found"):
        await retry_hook_delivery(pool, uuid4())


async def test_old_deliveries_are_forgotten_batch_by_batch_and_what_is_owed_never(pool, tenant_id):
    hook = await make_hook(pool, tenant_id)
    for status, days, number in (
        ("Delivered", 8, 5),
        ("Delivered", 6, 2),
        ("Dead", 8, 1),
        ("Dead", 91, 3),
        ("Pending", 400, 2),
    ):
        await pool.execute(
            "INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event, status, finished)"
            " SELECT $1, 'cloud_hook', $2, uuidv7(), uuidv7(), '{}', $3::text,"
            " CASE WHEN $3::text <> 'Pending' THEN now() - $4 * interval '1 day' END FROM generate_series(1, $5)",
            tenant_id, hook, status, days, number,
        )  # fmt: skip
    kept = {"delivered_for": timedelta(days=7), "dead_for": timedelta(days=90)}
    assert await forget_deliveries(pool, **kept, rows=2) == 8
    assert await forget_deliveries(pool, **kept) == 0
    found = await pool.fetch("SELECT status, count(*) AS n FROM hook_delivery GROUP BY status")
    assert {row["status"]: row["n"] for row in found} == {"Delivered": 2, "Dead": 1, "Pending": 2}
