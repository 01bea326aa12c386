"""Which events automations are owed, and what they do to flows and runs (docs/decisions/0017-automations.md)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration import automations, deliveries
from lictor.orchestration.automation_kind import Automations
from lictor.orchestration.delivery_plans import Delivery, Write
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses
from tests.orchestration.automations import events, group_of, make_action
from tests.orchestration.builders import insert, make_flow, make_tenant
from tests.orchestration.hooks import claim, enter, make_run, rows

ADDRESSES = Addresses("http://ui")


@pytest.fixture
async def tenant_id(pool):
    return await make_tenant(pool)


@pytest.fixture
async def run_id(pool, tenant_id):
    return await make_run(pool, tenant_id, name="my flow")


async def make_hook(pool, action_id, *states: str, groups: list[UUID] | None = None) -> UUID:
    return await automations.create_flow_run_state_changed_hook(
        pool, action_id, states=states, flow_group_ids=groups
    )


@pytest.mark.parametrize(
    ("states", "where", "owed"),
    [
        (["Running", "Success"], "any", ["Running", "Success"]),
        (["SUCCESS"], "any", ["Success"]),
        (["Failed", "Finished"], "any", []),
        (["Running"], "its own", ["Running"]),
        (["Running"], "another", []),
        (["Running"], "both", ["Running"]),
    ],
)
async def test_who_is_owed_what(pool, tenant_id, run_id, states, where, owed):
    own = await group_of(pool, run_id)
    other = await group_of(pool, await make_run(pool, tenant_id))
    groups = {"any": None, "its own": [own], "another": [other], "both": [other, own]}[where]
    hook_id = await make_hook(pool, await make_action(pool, tenant_id), *states, groups=groups)
    # Of another tenant's hooks none is set off.
    await make_hook(pool, await make_action(pool, await make_tenant(pool)), *states)
    for kind in ("Running", "Success"):
        await enter(pool, (run_id, kind))
    assert [event["state"] for event in await events(pool)] == owed
    assert {(row["target_id"], row["subject_id"], row["tenant_id"]) for row in await rows(pool)} <= {
        (hook_id, run_id, tenant_id)
    }


async def test_what_an_event_keeps(pool, tenant_id, run_id):
    await make_hook(pool, await make_action(pool, tenant_id), "Running")
    await enter(pool, (run_id, "Running"))
    [event] = await events(pool)
    flow = await pool.fetchrow("SELECT flow.*, tenant.slug FROM flow JOIN tenant ON tenant.id = tenant_id")
    state_id = await pool.fetchval("SELECT id FROM flow_run_state WHERE state = 'Running'")
    assert datetime.fromisoformat(event.pop("timestamp")).tzinfo is not None
    assert event == {
        "id": str(state_id), "event_name": "FlowRunStateChangedEvent", "tenant_id": str(tenant_id),
        "tenant_slug": flow["slug"], "flow_id": str(flow["id"]), "flow_name": "my flow",
        "flow_group_id": str(flow["flow_group_id"]), "flow_run_id": str(run_id), "flow_run_name": "my run",
        "state": "Running", "state_message": "now Running",
    }  # fmt: skip


async def test_what_a_deleted_hook_or_action_was_owed_goes_with_it(pool, tenant_id, run_id):
    actions = [await make_action(pool, tenant_id) for _ in range(3)]
    hooks = [await make_hook(pool, action_id, "Running") for action_id in actions]
    await enter(pool, (run_id, "Running"))
    assert await automations.delete_hook(pool, hooks[0])
    assert await automations.delete_action(pool, actions[1])
    assert [row["target_id"] for row in await rows(pool)] == [hooks[2]]
    assert await pool.fetchval("SELECT count(*) FROM hook") == 1


async def do(pool: asyncpg.Pool, delivery: Delivery, limit: int = 100) -> bool:
    """What a worker does for an action of our own."""
    kind = Automations(None, limit)
    target = (await kind.load(pool, [delivery.target_id]))[delivery.target_id]
    plan = kind.plan(target, delivery, ADDRESSES)
    assert isinstance(plan, Write)
    async with pool.acquire() as connection:
        return await deliveries.write_delivery(connection, delivery, plan.write)


async def owed(pool: asyncpg.Pool) -> list[Delivery]:
    return (await claim(pool, kinds=["automation"])).deliveries


async def test_a_run_that_sets_off_itself_comes_to_an_end(pool, tenant_id, run_id):
    group_id = await group_of(pool, run_id)
    action_id = await make_action(pool, tenant_id, "create_flow_run", flow_group_id=str(group_id))
    await make_hook(pool, action_id, "Scheduled", "Submitted")
    await enter(pool, (run_id, "Submitted"))
    made, refused = 0, []
    while found := await owed(pool):
        for delivery in found:
            try:
                assert await do(pool, delivery, limit=5)
                made += 1
            except OrchestrationError as error:
                refused.append(str(error))
                await pool.execute("UPDATE hook_delivery SET status = 'Dead', finished = now() WHERE id = $1", delivery.id)  # fmt: skip
    assert made == 5
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 6
    assert len(refused) == 1
    assert f"Because of flow run {run_id} automations have made 5 runs" in refused[0]
    assert "LICTOR_AUTOMATION_RUN_LIMIT" in refused[0]


async def test_many_at_once_make_no_more_runs_than_they_may(pool, tenant_id, run_id):
    other = await make_flow(pool, tenant_id=tenant_id)
    group_id = await pool.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", other)
    for _ in range(6):
        action_id = await make_action(pool, tenant_id, "create_flow_run", flow_group_id=str(group_id))
        await make_hook(pool, action_id, "Running")
    await enter(pool, (run_id, "Running"))
    answers = await asyncio.gather(
        *(do(pool, delivery, limit=3) for delivery in await owed(pool)), return_exceptions=True
    )
    assert sorted(map(str, answers))[-3:] == ["True"] * 3
    assert await pool.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", other) == 3


async def test_an_action_is_done_once_though_two_workers_have_it(pool, tenant_id, run_id):
    group_id = await group_of(pool, run_id)
    action_id = await make_action(
        pool, tenant_id, "create_flow_run", flow_group_id=str(group_id), flow_run_name="after {state}",
        parameters={"why": ["{flow_run_name}"], "n": 1}, labels=["b"],
    )  # fmt: skip
    await make_hook(pool, action_id, "Running")
    await enter(pool, (run_id, "Running"))
    [first] = await owed(pool)
    await pool.execute("UPDATE hook_delivery SET next_attempt = now()")
    [second] = await owed(pool)
    # The first worker was stopped for a while and comes back: its claim is not its own any more.
    assert await do(pool, second)
    assert not await do(pool, first)
    runs = await pool.fetch("SELECT name, parameters, labels, state FROM flow_run WHERE id <> $1", run_id)
    assert [tuple(run) for run in runs] == [
        ("after Running", '{"n": 1, "why": ["my run"]}', '["b"]', "Scheduled")
    ]


async def test_what_fails_halfway_is_not_done(pool, tenant_id, run_id):
    action_id = await make_action(pool, tenant_id, "cancel_flow_run", message="since {state}")
    await make_hook(pool, action_id, "Running")
    await enter(pool, (run_id, "Running"))
    [delivery] = await owed(pool)
    kind = Automations(None)
    plan = kind.plan((await kind.load(pool, [delivery.target_id]))[delivery.target_id], delivery, ADDRESSES)
    assert isinstance(plan, Write)

    async def killed(connection: asyncpg.Connection) -> None:
        await plan.write(connection)
        raise ConnectionError("the worker was killed")

    async with pool.acquire() as connection:
        with pytest.raises(ConnectionError):
            await deliveries.write_delivery(connection, delivery, killed)
    assert await pool.fetchval("SELECT state FROM flow_run") == "Running"
    assert (await rows(pool))[0]["status"] == "Pending"
    assert await do(pool, delivery)
    assert tuple(await pool.fetchrow("SELECT state, state_message FROM flow_run")) == (
        "Cancelling",
        "since Running",
    )
    assert (await rows(pool))[0]["status"] == "Delivered"


@pytest.mark.parametrize("own", [True, False])
async def test_schedules_of_all_versions_are_paused(pool, tenant_id, run_id, own):
    """Of the group that the action names, or of the event's."""
    flow = await pool.fetchrow("SELECT * FROM flow")
    values = {key: flow[key] for key in ("tenant_id", "project_id", "flow_group_id", "version_group_id")}
    second = await insert(pool, "flow", {**values, "name": "flow", "version": 2, "archived": True})
    await pool.execute("UPDATE flow SET is_schedule_active = true")
    run = {
        "tenant_id": tenant_id,
        "flow_id": second,
        "auto_scheduled": True,
        "state": "Scheduled",
        "labels": [],
    }
    await insert(pool, "flow_run", {**run, "id": await pool.fetchval("SELECT uuidv7()"), "scheduled_start_time": "2050-01-01", "version": 1, "times_resurrected": 0, "created": datetime.now(UTC), "updated": datetime.now(UTC)})  # fmt: skip
    cause = run_id if own else await make_run(pool, tenant_id)
    fields = {} if own else {"flow_group_id": str(flow["flow_group_id"])}
    await pool.execute("UPDATE flow SET is_schedule_active = true")
    action_id = await automations.create_action(
        pool, tenant_id=tenant_id, name=None, config={"pause_schedule": fields}
    )
    await make_hook(pool, action_id, "Running")
    await enter(pool, (cause, "Running"))
    [delivery] = await owed(pool)
    assert await do(pool, delivery)
    active = await pool.fetch("SELECT flow_group_id FROM flow WHERE is_schedule_active")
    assert flow["flow_group_id"] not in {row["flow_group_id"] for row in active}
    assert len(active) == (0 if own else 1)
    assert await pool.fetchval("SELECT count(*) FROM flow_run WHERE auto_scheduled") == 0


async def test_of_other_tenants_nothing_is_done(pool, tenant_id, run_id):
    """Even if an action came to name what is not its tenant's."""
    foreign = await group_of(pool, await make_run(pool, await make_tenant(pool)))
    own = await group_of(pool, run_id)
    for kind in ("create_flow_run", "pause_schedule"):
        action_id = await make_action(pool, tenant_id, kind, flow_group_id=str(own))
        await make_hook(pool, action_id, "Running")
    await pool.execute(
        "UPDATE action SET config = replace(config::text, $1, $2)::jsonb", str(own), str(foreign)
    )
    await enter(pool, (run_id, "Running"))
    for delivery in await owed(pool):
        with pytest.raises(OrchestrationError, match=f"Flow group {foreign} not found"):
            await do(pool, delivery)
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 2
