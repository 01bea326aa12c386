"""Runs, task runs, logs, agents and artifacts through their actions (contract server.md 3.6.4 to 3.6.9)."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest

from lictor.actions.registry import ActionError, call_action
from lictor.orchestration.errors import OrchestrationError
from tests.orchestration.builders import make_flow


@pytest.fixture
async def run_id(pool, call, tenant_id):
    flow_id = await make_flow(pool, tasks=2, tenant_id=tenant_id)
    return (await call("create_flow_run", flow_id=str(flow_id)))["id"]


async def queue(call, tenant_id, *labels, **more) -> list[str]:
    return (await call("get_runs_in_queue", tenant_id=str(tenant_id), labels=list(labels), **more))[
        "flow_run_ids"
    ]


async def test_a_run_needs_a_flow(call):
    with pytest.raises(ActionError, match="flow_id or version_group_id"):
        await call("create_flow_run")


async def test_names_and_labels(pool, call, run_id):
    assert (await call("set_flow_run_name", flow_run_id=run_id, name="new"))["success"]
    assert (await call("set_flow_run_labels", flow_run_id=run_id, labels=["b", "a", "b"]))["success"]
    row = await pool.fetchrow("SELECT name, labels FROM flow_run")
    assert (row["name"], json.loads(row["labels"])) == ("new", ["a", "b"])
    assert not (await call("set_flow_run_name", flow_run_id=str(uuid4()), name="x"))["success"]
    with pytest.raises(OrchestrationError, match="Invalid name"):
        await call("set_flow_run_name", flow_run_id=run_id, name="")
    task_run_id = await pool.fetchval("SELECT id::text FROM task_run LIMIT 1")
    assert (await call("set_task_run_name", task_run_id=task_run_id, name="t"))["success"]
    with pytest.raises(OrchestrationError, match="Invalid name"):
        await call("set_task_run_name", task_run_id=task_run_id, name=" ")


async def test_labels_decide_who_gets_a_run(pool, call, tenant_id):
    flow_id = str(await make_flow(pool, tenant_id=tenant_id))
    runs = {}
    for labels in ((), ("a",), ("a", "b"), ("c",)):
        runs[labels] = (await call("create_flow_run", flow_id=flow_id, labels=list(labels)))["id"]
    assert await queue(call, tenant_id) == [runs[()]]
    assert set(await queue(call, tenant_id, "b", "a")) == {runs["a",], runs["a", "b"]}
    assert await queue(call, tenant_id, "c", "x") == [runs["c",]]
    assert await queue(call, uuid4(), "a") == []


async def test_foreign_labels_starve_nobody(pool, call, tenant_id):
    flow_id = str(await make_flow(pool, tenant_id=tenant_id))
    for number in range(200):
        await call("create_flow_run", flow_id=flow_id, labels=["foreign", str(number % 7)])
    mine = (await call("create_flow_run", flow_id=flow_id, labels=["mine"]))["id"]
    assert await queue(call, tenant_id, "mine") == [mine]


async def test_the_queue_gives_25_oldest_due_runs_and_keeps_them(pool, call, tenant_id):
    flow_id = str(await make_flow(pool, tenant_id=tenant_id))
    now = datetime.now(UTC)
    ids = [
        (
            await call(
                "create_flow_run",
                flow_id=flow_id,
                scheduled_start_time=(now - timedelta(minutes=n)).isoformat(),
            )
        )["id"]
        for n in range(30)
    ]
    later = (
        await call(
            "create_flow_run", flow_id=flow_id, scheduled_start_time=(now + timedelta(seconds=5)).isoformat()
        )
    )["id"]
    assert await queue(call, tenant_id) == ids[:4:-1]
    assert await queue(call, tenant_id) == ids[:4:-1]
    await pool.execute("UPDATE flow_run SET state = 'Running' WHERE id = ANY($1)", ids)
    assert await queue(call, tenant_id) == []
    assert await queue(call, tenant_id, before=(now + timedelta(seconds=10)).isoformat()) == [later]


async def test_a_running_run_whose_task_retry_is_due_comes_back(pool, call, tenant_id, run_id):
    task_run_id = await pool.fetchval("SELECT id::text FROM task_run LIMIT 1")
    await call("set_flow_run_states", states=[{"flow_run_id": run_id, "state": {"type": "Running"}}])
    assert await queue(call, tenant_id) == []
    start = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    state = {"type": "Retrying", "start_time": start, "run_count": 1}
    await call("set_task_run_states", states=[{"task_run_id": task_run_id, "state": state}])
    assert await queue(call, tenant_id) == []
    assert await queue(call, tenant_id, before=start) == [run_id]
    await call(
        "set_task_run_states",
        states=[{"task_run_id": task_run_id, "state": {"type": "Submitted", "state": state}}],
    )
    assert await queue(call, tenant_id, before=start) == []


async def test_a_scheduled_run_has_its_task_runs_when_it_is_handed_out(pool, call, tenant_id, run_id):
    await pool.execute("DELETE FROM task_run")
    await pool.execute("UPDATE flow_run SET auto_scheduled = true")
    assert await queue(call, tenant_id) == [run_id]
    assert await pool.fetchval("SELECT count(*) FROM task_run WHERE state = 'Pending'") == 2


async def test_agents_are_one_row_per_identity(pool, call, caller, tenant_id):
    async def register(**more):
        return (
            await call(
                "register_agent",
                **{
                    "type": "LocalAgent",
                    "name": "n",
                    "labels": ["b", "a"],
                    "tenant_id": str(tenant_id),
                    **more,
                },
            )
        )["id"]

    first = await register()
    assert await register(labels=["a", "b"]) == first
    assert (
        len({first, await register(name=None), await register(type="DockerAgent"), await register(labels=[])})
        == 4
    )
    assert len(set(await asyncio.gather(*(register(name="crowd") for _ in range(8))))) == 1
    await pool.execute("UPDATE agent SET last_queried = now() - interval '1 day'")
    as_agent = dataclasses.replace(caller, agent_id=first)
    await call_action("get_runs_in_queue", {"input": {"tenant_id": str(tenant_id)}}, as_agent)
    seen = await pool.fetch("SELECT id::text FROM agent WHERE last_queried > now() - interval '1 minute'")
    assert [row["id"] for row in seen] == [first]


async def test_mapped_children_are_made_on_demand(pool, call, run_id):
    task_id = await pool.fetchval("SELECT task_id::text FROM task_run LIMIT 1")
    key = {"flow_run_id": run_id, "task_id": task_id}
    parent = await call("get_or_create_task_run_info", **key, map_index=-1)
    assert parent["version"] == 1
    children = await asyncio.gather(
        *(call("get_or_create_task_run_info", **key, map_index=n % 5) for n in range(20))
    )
    assert len({child["id"] for child in children}) == 5
    assert {child["version"] for child in children} == {1}
    assert (await call("get_or_create_task_run", **key))["id"] == parent["id"]
    states = await pool.fetch(
        "SELECT state, version FROM task_run_state WHERE task_run_id = $1", children[0]["id"]
    )
    assert [tuple(row) for row in states] == [("Pending", 1)]
    await call("set_flow_run_states", states=[{"flow_run_id": run_id, "state": {"type": "Running"}}])
    await call(
        "set_task_run_states",
        states=[
            {"task_run_id": child, "state": {"type": "Running"}} for child in {c["id"] for c in children}
        ],
    )


async def test_what_has_no_parent_is_told(pool, call, run_id):
    task_id = await pool.fetchval("SELECT task_id::text FROM task_run LIMIT 1")
    with pytest.raises(OrchestrationError, match="Invalid task ID"):
        await call("get_or_create_task_run_info", flow_run_id=run_id, task_id=str(uuid4()), map_index=0)
    with pytest.raises(OrchestrationError, match=r"^Foreign key violation\.$"):
        await call("get_or_create_task_run_info", flow_run_id=str(uuid4()), task_id=task_id, map_index=0)
    with pytest.raises(ActionError, match="Invalid ID"):
        await call("get_or_create_task_run", flow_run_id=str(uuid4()), task_id=task_id)
    with pytest.raises(ActionError, match="map_index"):
        await call("get_or_create_task_run", flow_run_id=run_id, task_id=task_id, map_index=2**31)


async def test_mapped_children_are_summed_up(pool, caller, call, run_id):
    task_id, parent = await pool.fetchrow("SELECT task_id::text, id::text FROM task_run LIMIT 1")
    await call("set_flow_run_states", states=[{"flow_run_id": run_id, "state": {"type": "Running"}}])
    for index, kind in enumerate(("Success", "Success", "Failed")):
        child = (await call("get_or_create_task_run", flow_run_id=run_id, task_id=task_id, map_index=index))[
            "id"
        ]
        for state in ("Running", kind):
            await call("set_task_run_states", states=[{"task_run_id": child, "state": {"type": state}}])
    summary = await call_action("mapped_children", {"task_run_id": parent}, caller)
    summary = orjson.loads(orjson.dumps(summary))
    assert summary["state_counts"] == {"Success": 2, "Failed": 1}
    assert summary["min_start_time"] < summary["max_end_time"]
    unknown = await call_action("mapped_children", {"task_run_id": str(uuid4())}, caller)
    assert unknown["min_start_time"] is None


async def test_logs_are_written_whole_or_not_at_all(pool, call, run_id):
    lines = [{"flow_run_id": run_id, "message": str(n), "level": "ERROR"} for n in range(3)]
    await call("write_run_logs", logs=[*lines, {"flow_run_id": run_id, "message": None}])
    rows = await pool.fetch("SELECT level, message, tenant_id, timestamp FROM log ORDER BY id")
    assert [row["message"] for row in rows] == ["0", "1", "2", None]
    assert [row["level"] for row in rows] == ["ERROR"] * 3 + ["INFO"]
    for bad, words in (
        ({"flow_run_id": str(uuid4())}, "Foreign key violation."),
        ({"flow_run_id": run_id, "task_run_id": str(uuid4())}, "Foreign key violation."),
        ({"flow_run_id": run_id, "message": "a\0b"}, "logs[3].message holds a NUL"),
        ({"flow_run_id": run_id, "level": "LOUD"}, "logs[3].level"),
        ({"flow_run_id": run_id, "timestamp": "soon"}, "Could not parse DateTime: soon"),
    ):
        with pytest.raises(ActionError) as refused:
            await call("write_run_logs", logs=[*lines, bad])
        assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM log") == 4
    assert (await call("write_run_logs", logs=[]))["success"]


async def test_heartbeats_answer_for_anyone(pool, call, run_id):
    task_run_id = await pool.fetchval("SELECT id::text FROM task_run LIMIT 1")
    assert (await call("update_flow_run_heartbeat", flow_run_id=run_id))["success"]
    assert (await call("update_flow_run_heartbeat", flow_run_id=str(uuid4())))["success"]
    assert (await call("update_task_run_heartbeat", task_run_id=task_run_id))["success"]
    assert await pool.fetchval("SELECT heartbeat IS NOT NULL FROM flow_run")
    assert await pool.fetchval("SELECT count(*) FROM task_run WHERE heartbeat IS NOT NULL") == 1


async def test_artifacts(pool, call, run_id, tenant_id):
    task_run_id = await pool.fetchval("SELECT id::text FROM task_run LIMIT 1")
    artifact_id = (
        await call(
            "create_task_run_artifact",
            task_run_id=task_run_id,
            kind="link",
            data={"link": "x"},
            tenant_id=None,
        )
    )["id"]
    assert (await call("update_task_run_artifact", task_run_artifact_id=artifact_id, data='{"link": "y"}'))[
        "success"
    ]
    row = await pool.fetchrow("SELECT data, tenant_id FROM task_run_artifact")
    assert (json.loads(row["data"]), row["tenant_id"]) == ({"link": "y"}, tenant_id)
    with pytest.raises(OrchestrationError, match="not found"):
        await call("create_task_run_artifact", task_run_id=str(uuid4()), kind="link", data={})
    with pytest.raises(OrchestrationError, match="1,000,000"):
        await call(
            "create_task_run_artifact", task_run_id=task_run_id, kind="link", data={"x": "y" * 1_000_000}
        )
    assert (await call("delete_task_run_artifact", task_run_artifact_id=artifact_id))["success"]
    assert not (await call("delete_task_run_artifact", task_run_artifact_id=artifact_id))["success"]


async def test_a_state_that_is_too_large_is_told_and_nothing_is_written(pool, call, run_id):
    states = [
        {"flow_run_id": run_id, "state": {"type": "Running"}},
        {"flow_run_id": run_id, "state": {"type": "Failed", "message": "x" * 1_000_001}},
    ]
    with pytest.raises(OrchestrationError, match=r"State payload is too large: states\[1\]\.state"):
        await call("set_flow_run_states", states=states)
    assert await pool.fetchval("SELECT version FROM flow_run") == 1


async def test_tenants_need_a_slug(call):
    with pytest.raises(OrchestrationError, match='Slug must be "slugified"'):
        await call("create_tenant", name="My Team", slug="My Team")
    assert (await call("create_tenant", name="My Team", slug="my-team"))["id"]
