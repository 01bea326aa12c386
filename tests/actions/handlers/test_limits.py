"""Concurrency limits and version locks through their actions (contract ui-and-cloud.md B.3, 10 to 12)."""

from __future__ import annotations

import dataclasses
from uuid import uuid4

import pytest

from lictor.actions.registry import ActionError, call_action
from lictor.orchestration.errors import OrchestrationError
from tests.orchestration.builders import make_flow, make_tenant

LIMITS = [
    ("flow_concurrency_limit", "label", "flow_concurrency_limit"),
    ("task_tag_limit", "tag", "task_tag_limit"),
    ("task_concurrency_limit", "name", "task_tag_limit"),
]


@pytest.fixture
def of_tenant(caller, tenant_id):
    """`await of_tenant("action", field=…)`, called with the tenant's header."""
    mine = dataclasses.replace(caller, tenant_id=tenant_id)

    async def run(action_name: str, /, **input):
        return await call_action(action_name, {"input": input}, mine)

    return run


@pytest.mark.parametrize(("what", "field", "table"), LIMITS)
async def test_a_limit_is_made_changed_and_deleted(pool, caller, of_tenant, tenant_id, what, field, table):
    first = await of_tenant(f"update_{what}", **{field: "x", "limit": 3})
    assert await of_tenant(f"update_{what}", **{field: "x", "limit": 0}) == first
    row = await pool.fetchrow(f'SELECT id::text, tenant_id, "limit" FROM {table}')
    assert tuple(row) == (first["id"], tenant_id, 0)
    foreign = dataclasses.replace(caller, tenant_id=await make_tenant(pool))
    delete = {"input": {"limit_id": first["id"]}}
    assert not (await call_action(f"delete_{what}", delete, foreign))["success"]
    assert not (await of_tenant(f"delete_{what}", limit_id=str(uuid4())))["success"]
    assert (await of_tenant(f"delete_{what}", limit_id=first["id"]))["success"]
    assert not (await of_tenant(f"delete_{what}", limit_id=first["id"]))["success"]
    assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize(("what", "field", "table"), LIMITS)
@pytest.mark.parametrize(
    ("value", "limit", "words"),
    [
        ("x", -1, ">= 0"),
        ("x", 2**31, "at most"),
        ("x", None, "limit"),
        ("x", "many", "limit"),
        ("", 1, "must not be empty"),
        ("x" * 501, 1, "501 characters"),
        ("a\0b", 1, "NUL"),
        (None, 1, "Expected `str`"),
        (7, 1, "Expected `str`"),
    ],
)
async def test_bad_limits_are_refused_and_nothing_is_written(
    pool, of_tenant, what, field, table, value, limit, words
):
    with pytest.raises((ActionError, OrchestrationError)) as refused:
        await of_tenant(f"update_{what}", **{field: value, "limit": limit})
    assert words in str(refused.value)
    with pytest.raises(ActionError, match="Could not parse UUID"):
        await of_tenant(f"delete_{what}", limit_id="x")
    with pytest.raises(ActionError, match=f"missing required field `{field}`"):
        await of_tenant(f"update_{what}", limit=1)
    assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_usage_is_told_by_label_and_by_tag(pool, caller, of_tenant, tenant_id):
    mine = dataclasses.replace(caller, tenant_id=tenant_id)
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    await pool.execute("UPDATE task SET tags = '[\"t\"]'")
    run_id = (await of_tenant("create_flow_run", flow_id=str(flow_id), labels=["a"]))["id"]
    await of_tenant("update_flow_concurrency_limit", label="a", limit=5)
    await of_tenant("update_task_tag_limit", tag="t", limit=0)
    running = {"type": "Running"}
    await of_tenant("set_flow_run_states", states=[{"flow_run_id": run_id, "state": running}])
    task_run_id = await pool.fetchval("SELECT id::text FROM task_run")
    queued = await of_tenant("set_task_run_states", states=[{"task_run_id": task_run_id, "state": running}])
    assert queued["states"] == [
        {
            "id": task_run_id,
            "status": "QUEUED",
            "message": "All 0 slots of 't' are taken: wait, and ask again.",
        }
    ]
    await of_tenant("update_task_tag_limit", tag="t", limit=1)
    done = await of_tenant("set_task_run_states", states=[{"task_run_id": task_run_id, "state": running}])
    assert done["states"] == [{"id": task_run_id, "status": "SUCCESS", "message": None}]
    assert await call_action("flow_concurrency", {}, mine) == [{"label": "a", "usage": 1}]
    assert await call_action("task_concurrency", {"names": ["t", "u"]}, mine) == [
        {"name": "t", "usage": 1},
        {"name": "u", "usage": 0},
    ]
    assert await call_action("task_tag_usage", {"tags": ["u", "t"]}, mine) == [
        {"tag": "u", "usage": 0},
        {"tag": "t", "usage": 1},
    ]
    assert await call_action("task_tag_usage", {}, mine) == [{"tag": "t", "usage": 1}]


async def test_version_locks_are_switched_for_the_whole_group(pool, call, caller, of_tenant, tenant_id):
    flow_id = await make_flow(pool, tenant_id=tenant_id, group={"settings": {"heartbeat_enabled": True}})
    for action, locked in (("enable", "true"), ("enable", "true"), ("disable", "false")):
        assert (await of_tenant(f"{action}_flow_version_lock", flow_id=str(flow_id)))["success"]
        for table in ("flow_group", "flow"):
            found = await pool.fetchval(f"SELECT settings ->> 'version_locking_enabled' FROM {table}")
            assert found == locked
    assert await pool.fetchval("SELECT settings ->> 'heartbeat_enabled' FROM flow_group") == "true"
    with pytest.raises(OrchestrationError, match="Invalid flow ID"):
        await call("enable_flow_version_lock", flow_id=str(uuid4()))
    foreign = dataclasses.replace(caller, tenant_id=await make_tenant(pool))
    with pytest.raises(OrchestrationError, match="Invalid flow ID"):
        await call_action("enable_flow_version_lock", {"input": {"flow_id": str(flow_id)}}, foreign)


async def test_a_stale_running_is_told_with_the_code_that_clients_know(pool, of_tenant, tenant_id):
    flow_id = str(await make_flow(pool, tenant_id=tenant_id))
    await of_tenant("enable_flow_version_lock", flow_id=flow_id)
    run_id = (await of_tenant("create_flow_run", flow_id=flow_id))["id"]
    state = {"flow_run_id": run_id, "version": 1, "state": {"type": "Running"}}
    await of_tenant("set_flow_run_states", states=[state])
    with pytest.raises(ActionError, match="version 1 is not its version now") as refused:
        await of_tenant("set_flow_run_states", states=[state])
    assert refused.value.code == "VERSION_LOCKING_ERROR"
    ended = {"flow_run_id": run_id, "version": None, "state": {"type": "Success"}}
    assert (await of_tenant("set_flow_run_states", states=[ended]))["states"][0]["status"] == "SUCCESS"
