"""Tenants through their actions (contract server.md 3.6.1)."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import asyncpg
import pytest

from lictor.actions.registry import ActionError
from lictor.orchestration import teams
from lictor.orchestration.errors import OrchestrationError
from tests.orchestration.builders import make_flow, make_tenant

UPDATES = [
    ("update_tenant_name", {"name": "New name"}),
    ("update_tenant_slug", {"slug": "new-slug"}),
    ("update_tenant_settings", {"settings": {"a": 1}}),
]


async def tenant_row(pool, tenant_id) -> dict:
    row = await pool.fetchrow("SELECT name, slug, settings FROM tenant WHERE id = $1", tenant_id)
    return {**row, "settings": json.loads(row["settings"])}


@pytest.mark.parametrize(("mutation", "values"), UPDATES)
async def test_an_update_is_done_once_or_twice(pool, call, tenant_id, mutation, values):
    for _ in range(2):
        assert await call(mutation, tenant_id=str(tenant_id), **values) == {"id": str(tenant_id)}
        row = await tenant_row(pool, tenant_id)
        assert {key: row[key] for key in values} == values


@pytest.mark.parametrize(("mutation", "values"), UPDATES)
async def test_the_header_or_the_only_tenant_is_meant_when_none_is_named(
    pool, call, call_as, tenant_id, mutation, values
):
    assert await call(mutation, **values) == {"id": str(tenant_id)}
    other = await make_tenant(pool)
    before = await tenant_row(pool, other)
    with pytest.raises(ActionError, match="give tenant_id or the header X-Prefect-Tenant-ID"):
        await call(mutation, tenant_id=None, **values)
    assert await call_as(tenant_id, mutation, **values) == {"id": str(tenant_id)}
    assert await tenant_row(pool, other) == before


@pytest.mark.parametrize(("mutation", "values"), UPDATES)
async def test_unknown_and_foreign_tenants_are_not_found(pool, call, call_as, tenant_id, mutation, values):
    nobody = str(uuid4())
    with pytest.raises(OrchestrationError, match=f"Update failed: tenant {nobody} not found"):
        await call(mutation, tenant_id=nobody, **values)
    other = await make_tenant(pool)
    before = await tenant_row(pool, other)
    with pytest.raises(ActionError, match=f"Tenant {other} not found"):
        await call_as(tenant_id, mutation, tenant_id=str(other), **values)
    assert await tenant_row(pool, other) == before
    await pool.execute("DELETE FROM tenant")
    with pytest.raises(ActionError, match="give tenant_id"):
        await call(mutation, **values)


@pytest.mark.parametrize(
    ("mutation", "values", "words"),
    [
        ("update_tenant_name", {}, "missing required field `name`"),
        ("update_tenant_name", {"name": None}, "Expected `str`, got `null`"),
        ("update_tenant_name", {"name": 7}, "Expected `str`, got `int`"),
        ("update_tenant_name", {"name": "x" * 256}, "name has 256 characters; the limit is 255"),
        ("update_tenant_slug", {"slug": "x" * 256}, "slug has 256 characters; the limit is 255"),
        ("update_tenant_slug", {"slug": "Not A Slug"}, "Slug must be \"slugified\": try 'not-a-slug'"),
        ("update_tenant_slug", {"slug": ""}, 'Slug must be "slugified"'),
        ("update_tenant_settings", {"settings": [1]}, "settings must be a JSON object, not list"),
        ("update_tenant_settings", {"settings": '{"a":'}, "Could not parse JSON"),
        ("update_tenant_settings", {"settings": {"a": "\0"}}, "settings holds a NUL"),
        ("update_tenant_name", {"name": "x", "tenant_id": "nonsense"}, "Could not parse UUID: nonsense"),
        ("delete_tenant", {"confirm": False, "tenant_id": str(uuid4())}, "confirm=True"),
        ("delete_tenant", {"tenant_id": str(uuid4())}, "missing required field `confirm`"),
        ("delete_tenant", {"confirm": True}, "missing required field `tenant_id`"),
        ("create_tenant", {"name": "x" * 256, "slug": "x"}, "name has 256 characters"),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(pool, call, tenant_id, mutation, values, words):
    before = await pool.fetch("SELECT * FROM tenant")
    with pytest.raises((ActionError, OrchestrationError)) as refused:
        await call(mutation, **values)
    assert words in str(refused.value)
    assert await pool.fetch("SELECT * FROM tenant") == before


async def test_a_slug_is_taken_once(pool, call, tenant_id):
    other = await make_tenant(pool)
    slug = (await tenant_row(pool, other))["slug"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await call("update_tenant_slug", tenant_id=str(tenant_id), slug=slug)


async def test_settings_are_merged_and_none_is_lost(pool, call, tenant_id):
    await call("update_tenant_settings", settings={"a": {"deep": 1}, "b": 2})
    await call("update_tenant_settings", settings='{"a": {"other": null}}')
    await call("update_tenant_settings", settings=None)
    await call("update_tenant_settings")
    assert (await tenant_row(pool, tenant_id))["settings"] == {"a": {"other": None}, "b": 2}
    await asyncio.gather(*(call("update_tenant_settings", settings={f"k{n}": n}) for n in range(16)))
    assert len((await tenant_row(pool, tenant_id))["settings"]) == 18


async def test_a_small_tenant_is_gone_when_the_answer_comes(pool, call, tenant_id):
    flow_id = await make_flow(pool, tasks=3, tenant_id=tenant_id)
    run_id = (await call("create_flow_run", flow_id=str(flow_id)))["id"]
    await call("write_run_logs", logs=[{"flow_run_id": run_id, "message": "m"}])
    other = await make_flow(pool)
    await call("create_flow_run", flow_id=str(other))
    assert (await call("delete_tenant", tenant_id=str(tenant_id), confirm=True))["success"]
    for table in ("tenant", "flow", "project", "flow_run", "flow_run_state"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 1, table
    assert await pool.fetchval("SELECT count(*) FROM log") == 0
    assert not (await call("delete_tenant", tenant_id=str(tenant_id), confirm=True))["success"]


async def test_unknown_and_foreign_tenants_are_not_deleted(pool, call, call_as, tenant_id):
    assert not (await call("delete_tenant", tenant_id=str(uuid4()), confirm=True))["success"]
    other = await make_tenant(pool)
    assert not (await call_as(tenant_id, "delete_tenant", tenant_id=str(other), confirm=True))["success"]
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 2
    assert await pool.fetchval("SELECT count(*) FROM utility.tenant_deletion") == 0


async def test_a_tenant_whose_rows_are_still_going_is_not_found(pool, call, tenant_id):
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    slug = (await tenant_row(pool, tenant_id))["slug"]
    await call("create_flow_run", flow_id=str(flow_id))
    project_id = await pool.fetchval("SELECT id::text FROM project")
    async with pool.acquire() as other, other.transaction():
        # Somebody holds the flow, so that the purge does not come to an end.
        await other.execute("SELECT FROM flow FOR UPDATE")
        assert (await call("delete_tenant", tenant_id=str(tenant_id), confirm=True))["success"]
        assert (await call("delete_tenant", tenant_id=str(tenant_id), confirm=True))["success"]
        assert await pool.fetchval("SELECT count(*) FROM flow_run") == 1
        assert (await call("get_runs_in_queue", tenant_id=str(tenant_id)))["flow_run_ids"] == []
        with pytest.raises(OrchestrationError, match="not found"):
            await call("update_tenant_name", tenant_id=str(tenant_id), name="x")
        with pytest.raises(ActionError, match="No tenant found"):
            await call("register_agent", type="LocalAgent")
        for mutation, values in (
            ("create_project", {"name": "p"}),
            ("register_agent", {"type": "LocalAgent"}),
            ("create_agent_config", {}),
            ("create_cloud_hook", {"type": "PREFECT_MESSAGE", "states": ["FAILED"]}),
        ):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await call(mutation, tenant_id=str(tenant_id), **values)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await call("create_flow", serialized_flow={"name": "f", "tasks": []}, project_id=project_id)
        # Its slug is free, and who has no tenant gets one.
        again = (await call("create_tenant", name="again", slug=slug))["id"]
        assert str(await teams.default_tenant(pool)) == again
    assert (await call("delete_tenant", tenant_id=str(tenant_id), confirm=True))["success"]
    assert [str(row["id"]) for row in await pool.fetch("SELECT id FROM tenant")] == [again]


async def test_a_default_tenant_is_made_beside_a_deleted_one(pool, tenant_id):
    await pool.execute("INSERT INTO utility.tenant_deletion VALUES ($1)", tenant_id)
    await teams.ensure_default_tenant(pool)
    await teams.ensure_default_tenant(pool)
    assert await pool.fetchval("SELECT count(*) FROM tenant WHERE slug = 'default'") == 1
    assert await pool.fetchval("SELECT count(*) FROM tenant") == 2
