"""The outbox: what a state of a flow run owes to whom (docs/decisions/0016-outbox.md)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lictor.orchestration import deliveries
from lictor.orchestration.states import NewState, cancel_flow_run, prepare_state, set_flow_run_states
from tests.orchestration.builders import insert, make_tenant
from tests.orchestration.hooks import claim, enter, make_hook, make_run, rows, told


@pytest.fixture
async def tenant_id(pool):
    return await make_tenant(pool)


@pytest.fixture
async def run_id(pool, tenant_id):
    return await make_run(pool, tenant_id, name="my flow", version_group_id="group")


@pytest.mark.parametrize(
    ("hook", "owed"),
    [
        ({}, ["Running", "Success"]),
        ({"states": ["SUCCESS"]}, ["Success"]),
        ({"states": ["FAILED", "FINISHED"]}, []),
        ({"states": []}, []),
        ({"states": None}, []),
        ({"active": False}, []),
        ({"version_group_id": "group"}, ["Running", "Success"]),
        ({"version_group_id": "other"}, []),
    ],
)
async def test_who_is_owed_what(pool, tenant_id, run_id, hook, owed):
    hook_id = await make_hook(pool, tenant_id, **hook)
    await make_hook(pool, await make_tenant(pool))
    for kind in ("Running", "Success"):
        await enter(pool, (run_id, kind))
    found = await rows(pool)
    assert [json.loads(row["event"])["state"]["state"] for row in found] == owed
    assert {(row["kind"], row["tenant_id"], row["target_id"], row["subject_id"]) for row in found} <= {
        ("cloud_hook", tenant_id, hook_id, run_id)
    }


async def test_every_hook_is_owed_the_same_event(pool, tenant_id, run_id):
    hooks = {await make_hook(pool, tenant_id) for _ in range(3)}
    await enter(pool, (run_id, "Running"))
    found = await rows(pool)
    assert {row["target_id"] for row in found} == hooks
    state_id = await pool.fetchval("SELECT id FROM flow_run_state WHERE state = 'Running'")
    assert {row["event_id"] for row in found} == {state_id}
    assert {json.loads(row["event"])["id"] for row in found} == {str(state_id)}


async def test_what_is_told_is_the_contracts_event(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Submitted"))
    await enter(pool, (run_id, "Running"))
    [delivery] = (await claim(pool)).deliveries
    event = delivery.event
    run = await pool.fetchrow("SELECT * FROM flow_run")
    flow = await pool.fetchrow("SELECT * FROM flow")
    state = await pool.fetchrow("SELECT * FROM flow_run_state WHERE state = 'Running'")

    def given(part: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in part.items() if value is not None}

    assert (event["type"], event["is_test_event"], event["id"]) == (
        "FlowRunStateChange",
        False,
        str(delivery.event_id),
    )
    inner = {key: event["flow_run"].pop(key) for key in ("flow", "tenant")}
    assert inner == {"flow": event["flow"], "tenant": event["tenant"]}
    # The old state and version; every column is there.
    assert given(event["flow_run"]) == {
        "id": str(run_id), "name": "my run", "state": "Submitted", "version": run["version"] - 1,
    }  # fmt: skip
    assert event["flow_run"].keys() == dict(run).keys()
    assert event["flow"].keys() == dict(flow).keys()
    assert event["state"].keys() == dict(state).keys()
    assert given(event["flow"]) == {
        "id": str(flow["id"]), "name": "my flow", "flow_group_id": str(flow["flow_group_id"]), "version_group_id": "group",
    }  # fmt: skip
    assert event["tenant"]["id"] == str(tenant_id)
    assert given(event["tenant"]).keys() == {"id", "slug"}
    assert (event["state"]["state"], event["state"]["version"]) == ("Running", run["version"])
    assert (event["state"]["message"], event["state"]["flow_run_id"]) == ("now Running", str(run_id))
    assert event["state"]["serialized_state"] == json.loads(state["serialized_state"])


async def test_whoever_writes_a_state_owes_it(pool, tenant_id):
    await make_hook(pool, tenant_id, states=["SCHEDULED", "CANCELLED"])
    run_id = await make_run(pool, tenant_id)
    async with pool.acquire() as connection:
        await cancel_flow_run(connection, run_id)
    events = [json.loads(row["event"]) for row in await rows(pool)]
    assert [event["state"]["state"] for event in events] == ["Scheduled", "Cancelled"]
    # Before its first state a run has none.
    assert (events[0]["flow_run"]["state"], events[0]["flow_run"]["version"]) == (None, 0)
    assert (events[1]["flow_run"]["state"], events[1]["flow_run"]["version"]) == ("Scheduled", 1)


async def test_states_of_one_call_are_owed_in_their_order(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id, states=["RUNNING", "SUCCESS", "FAILED"])
    await enter(pool, (run_id, "Running"), (run_id, "Failed"), (run_id, "Success"))
    events = [json.loads(row["event"]) for row in await rows(pool)]
    assert [(event["flow_run"]["state"], event["state"]["state"]) for event in events] == [
        ("Scheduled", "Running"), ("Running", "Failed"), ("Failed", "Success"),
    ]  # fmt: skip


async def test_history_that_somebody_adds_is_no_change(pool, tenant_id, run_id):
    await enter(pool, (run_id, "Running"))
    await make_hook(pool, tenant_id)
    old = {"tenant_id": tenant_id, "flow_run_id": run_id, "state": "Running", "serialized_state": {}}
    await insert(pool, "flow_run_state", {**old, "id": uuid4(), "timestamp": "2026-01-01", "version": 0})
    assert await rows(pool) == []


async def test_what_is_rolled_back_is_not_owed(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    state = prepare_state({"type": "Running"})
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await set_flow_run_states(connection, [[NewState(run_id, state)]])
        assert await connection.fetchval("SELECT count(*) FROM hook_delivery") == 1
        await transaction.rollback()
    assert await rows(pool) == []


async def test_workers_are_told_when_it_is_committed(database, pool, tenant_id, run_id):
    await make_hook(pool, tenant_id, states=["SUCCESS"])
    told: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database)
    await listener.add_listener(deliveries.CHANNEL, lambda *_: told.put_nowait("woken"))
    await enter(pool, (run_id, "Running"))
    await enter(pool, (run_id, "Success"))
    assert await asyncio.wait_for(told.get(), 10) == "woken"
    await listener.execute("SELECT 1")
    assert told.empty()
    await listener.close()


async def test_what_a_deleted_hook_was_owed_goes_with_it(pool, tenant_id, run_id):
    gone, kept = [await make_hook(pool, tenant_id) for _ in range(2)]
    await enter(pool, (run_id, "Running"))
    await pool.execute("DELETE FROM cloud_hook WHERE id = $1", gone)
    assert [row["target_id"] for row in await rows(pool)] == [kept]


async def test_a_deleted_run_is_told_all_the_same(pool, tenant_id, run_id):
    await make_hook(pool, tenant_id)
    await enter(pool, (run_id, "Running"))
    await pool.execute("DELETE FROM flow_run")
    assert told(await claim(pool)) == ["Running"]
