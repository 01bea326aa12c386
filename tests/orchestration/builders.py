"""Small makers of rows for tests: a tenant, a project, a flow with tasks."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg


async def make_tenant(pool: asyncpg.Pool) -> UUID:
    slug = f"t-{uuid4().hex}"
    return await pool.fetchval("INSERT INTO tenant (name, slug) VALUES ($1, $1) RETURNING id", slug)


async def make_flow(
    pool: asyncpg.Pool,
    *,
    tasks: int = 1,
    group: dict[str, Any] | None = None,
    tenant_id: UUID | None = None,
    **flow: Any,
) -> UUID:
    """Insert a flow of `tasks` tasks with its tenant, project and group; returns the flow's id."""
    tenant_id = tenant_id or await make_tenant(pool)
    name = uuid4().hex
    project_id = await pool.fetchval(
        "INSERT INTO project (tenant_id, name) VALUES ($1, $2) RETURNING id", tenant_id, name
    )
    group_id = await insert(pool, "flow_group", {"tenant_id": tenant_id, "name": name, **(group or {})})
    flow_id = await insert(
        pool,
        "flow",
        {
            "tenant_id": tenant_id,
            "project_id": project_id,
            "flow_group_id": group_id,
            "name": "flow",
            "version": 1,
            "version_group_id": name,
            **flow,
        },
    )
    await pool.execute(
        "INSERT INTO task (tenant_id, flow_id, name, slug) "
        "SELECT $1, $2, 'task ' || n, 'task-' || n FROM generate_series(1, $3::int) AS n",
        tenant_id, flow_id, tasks,
    )  # fmt: skip
    return flow_id


async def insert(pool: asyncpg.Pool, table: str, values: dict[str, Any]) -> UUID:
    """Insert one row given as JSON-able values; returns its id."""
    columns = ", ".join(values)
    return await pool.fetchval(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1::jsonb) RETURNING id",
        json.dumps(values, default=str),
    )


async def make_many(pool: asyncpg.Pool, count: int) -> None:
    """`count` flows whose schedule has two hourly clocks, one of them with a label."""
    hourly = {"type": "IntervalClock", "interval": 3600 * 10**6}
    schedule = {"type": "Schedule", "clocks": [hourly, {**hourly, "labels": ["a"]}]}
    tenant_id = await make_tenant(pool)
    project_id = await insert(pool, "project", {"tenant_id": tenant_id, "name": "many"})
    await pool.execute(
        "WITH made AS (INSERT INTO flow_group (tenant_id, name)"
        "              SELECT $1, 'many-' || n FROM generate_series(1, $3::int) AS n RETURNING id, name)"
        "INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, schedule,"
        "                  is_schedule_active)"
        "SELECT $1, $2, id, name, 1, name, $4, true FROM made",
        tenant_id, project_id, count, json.dumps(schedule),
    )  # fmt: skip


def every(microseconds: int, *starts: str) -> dict[str, Any]:
    """A schedule with an interval clock from each of `starts` (UTC) on, as the client serialises it."""
    clocks = [
        {
            "type": "IntervalClock",
            "start_date": {"dt": start, "tz": "UTC"},
            "end_date": None,
            "interval": microseconds,
            "labels": None,
            "parameter_defaults": {},
        }
        for start in starts
    ]
    lists = ("filters", "or_filters", "not_filters", "adjustments")
    return {"type": "Schedule", "clocks": clocks, **{name: [] for name in lists}}
