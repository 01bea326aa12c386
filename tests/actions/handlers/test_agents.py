"""Agents, agent configs and messages through their actions (contract server.md 3.6.8 and 3.6.10)."""

from __future__ import annotations

import json
from uuid import uuid4

import asyncpg
import pytest

from lictor.actions.registry import ActionError
from lictor.orchestration.errors import OrchestrationError
from tests.orchestration.builders import insert, make_flow, make_tenant


@pytest.fixture
async def agent_id(call, tenant_id) -> str:
    return (await call("register_agent", type="LocalAgent", tenant_id=str(tenant_id)))["id"]


@pytest.fixture
async def config_id(call, tenant_id) -> str:
    created = await call("create_agent_config", tenant_id=str(tenant_id), name="c", settings={"a": 1})
    return created["id"]


@pytest.fixture
async def message_id(pool, tenant_id) -> str:
    return str(await insert(pool, "message", {"tenant_id": tenant_id, "type": "CLOUD_HOOK", "content": {}, "read": False}))  # fmt: skip


@pytest.fixture
def ids(agent_id, config_id, message_id) -> dict[str, str]:
    return {"agent": agent_id, "agent_config": config_id, "message": message_id}


BY_ID = [
    ("delete_agent", "agent", {}),
    ("delete_agent_config", "agent_config", {}),
    ("update_agent_config", "agent_config", {"name": "new"}),
    ("delete_message", "message", {}),
    ("mark_message_as_read", "message", {}),
    ("mark_message_as_unread", "message", {}),
]


@pytest.mark.parametrize(("mutation", "table", "values"), BY_ID)
async def test_unknown_and_foreign_ids_are_not_found(pool, call, call_as, ids, mutation, table, values):
    id = ids[table]
    field = f"{table}_id"
    before = await pool.fetch(f"SELECT * FROM {table}")
    assert await call(mutation, **{field: str(uuid4())}, **values) == {"success": False, "error": None}
    foreign = await make_tenant(pool)
    assert await call_as(foreign, mutation, **{field: id}, **values) == {"success": False, "error": None}
    for bad, words in ((None, "got `null`"), (7, "Expected"), ("x", "Could not parse UUID: x")):
        with pytest.raises(ActionError, match=words):
            await call(mutation, **{field: bad}, **values)
    with pytest.raises(ActionError, match=f"missing required field `{field}`"):
        await call(mutation, **values)
    assert await pool.fetch(f"SELECT * FROM {table}") == before


@pytest.mark.parametrize(("mutation", "table"), [(m, t) for m, t, _ in BY_ID if m.startswith("delete")])
async def test_what_is_deleted_is_gone(pool, call, call_as, ids, tenant_id, mutation, table):
    id = ids[table]
    assert (await call_as(tenant_id, mutation, **{f"{table}_id": id}))["success"]
    assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert not (await call(mutation, **{f"{table}_id": id}))["success"]


async def test_runs_of_a_deleted_agent_and_agents_of_a_deleted_config_stay(pool, call, tenant_id, config_id):
    agent = (await call("register_agent", type="LocalAgent", agent_config_id=config_id))["id"]
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    await call("create_flow_run", flow_id=str(flow_id))
    await pool.execute("UPDATE flow_run SET agent_id = $1", agent)
    await call("delete_agent_config", agent_config_id=config_id)
    assert await pool.fetchval("SELECT agent_config_id FROM agent") is None
    await call("delete_agent", agent_id=agent)
    assert await pool.fetchval("SELECT agent_id FROM flow_run") is None
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 1


async def test_messages_are_read_and_unread_again(pool, call, message_id):
    for mutation, read in (
        ("mark_message_as_read", True), ("mark_message_as_read", True), ("mark_message_as_unread", False),
    ):  # fmt: skip
        assert (await call(mutation, message_id=message_id))["success"]
        assert await pool.fetchval("SELECT read FROM message") is read


async def config(pool) -> tuple:
    row = await pool.fetchrow("SELECT name, settings FROM agent_config")
    return row["name"], json.loads(row["settings"])


async def test_an_agent_config_has_empty_settings_unless_they_are_given(pool, call, tenant_id):
    # The original UI gives nothing but a name (ui-and-cloud.md A.2.7).
    await call("create_agent_config", name="only")
    assert await config(pool) == ("only", {})
    assert await pool.fetchval("SELECT tenant_id FROM agent_config") == tenant_id


async def test_an_update_replaces_what_is_given(pool, call, config_id):
    for values, expected in (
        ({"name": "n"}, ("n", {"a": 1})),
        ({"settings": {"b": 2}, "name": None}, ("n", {"b": 2})),
        ({"settings": '{"c": 3}'}, ("n", {"c": 3})),
        ({"settings": {}}, ("n", {})),
    ):
        assert (await call("update_agent_config", agent_config_id=config_id, **values))["success"]
        assert await config(pool) == expected
    with pytest.raises(OrchestrationError, match="give name or settings"):
        await call("update_agent_config", agent_config_id=config_id, name=None)


@pytest.mark.parametrize("mutation", ["create_agent_config", "update_agent_config"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"settings": [1]}, "settings must be a JSON object, not list"),
        ({"settings": "text"}, "settings must be a JSON object, not str"),
        ({"settings": {"k": "\0"}}, "settings holds a NUL"),
        ({"name": 3}, "Expected `str | null`, got `int`"),
    ],
)
async def test_bad_configs_are_told_and_change_nothing(pool, call, config_id, mutation, values, words):
    target = {"agent_config_id": config_id} if mutation == "update_agent_config" else {}
    with pytest.raises((ActionError, OrchestrationError)) as refused:
        await call(mutation, **target, **values)
    assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM agent_config") == 1
    assert await config(pool) == ("c", {"a": 1})


async def test_a_config_of_an_unknown_or_foreign_tenant_is_not_made(pool, call, call_as, tenant_id):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await call("create_agent_config", tenant_id=str(uuid4()))
    other = await make_tenant(pool)
    with pytest.raises(ActionError, match=f"Tenant {other} not found"):
        await call_as(tenant_id, "create_agent_config", tenant_id=str(other))
    assert await pool.fetchval("SELECT count(*) FROM agent_config") == 0


async def test_an_agent_reads_no_config_of_another_tenant(pool, call, call_as, tenant_id, config_id):
    other = await make_tenant(pool)
    for config in (config_id, str(uuid4())):
        with pytest.raises(OrchestrationError, match=f"Agent config {config} not found"):
            await call("register_agent", type="LocalAgent", tenant_id=str(other), agent_config_id=config)
    with pytest.raises(ActionError, match=f"Tenant {other} not found"):
        await call_as(tenant_id, "register_agent", type="LocalAgent", tenant_id=str(other))
    assert await pool.fetchval("SELECT count(*) FROM agent") == 0


async def test_an_agent_is_known_by_tenant_type_name_and_labels(pool, call, config_id):
    async def register(**values) -> str:
        return (await call("register_agent", **{"type": "LocalAgent", "name": "a", "labels": ["x", "y"], **values}))["id"]  # fmt: skip

    first = await register()
    assert await register(labels=["y", "x", "y"]) == first
    # The config is no part of what an agent is known by; the last one given is its.
    assert await register(agent_config_id=config_id) == first
    assert await register() == first
    assert str(await pool.fetchval("SELECT agent_config_id FROM agent")) == config_id
    others = {
        await register(name=None),
        await register(name="b"),
        await register(type="DockerAgent"),
        await register(labels=["x"]),
        await register(labels=None),
    }
    assert len(others | {first}) == 6
    assert await register(labels=[]) in others
