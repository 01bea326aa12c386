"""Flows and runs of the tests of the UI's run pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from tests.orchestration.builders import insert, make_flow

TASKS = ("list", "clean", "sum")
"""`list`, then `clean` mapped over it, then `sum`."""


@dataclass(frozen=True)
class World:
    """A flow of TASKS, and one run of it whose `clean` has three children, the second of them failed."""

    flow: UUID
    run: UUID
    name: str
    tasks: dict[str, UUID]
    task_runs: dict[tuple[str, int], UUID]


async def make_world(db: asyncpg.Connection, tenant: UUID, state: str = "Failed") -> World:
    """Make one; its run has ended in `state`, five minutes after it began."""
    flow = await make_flow(db, tenant_id=tenant, tasks=0)  # pyright: ignore[reportArgumentType] - a connection does
    tasks = {
        slug: await insert(
            db,  # pyright: ignore[reportArgumentType]
            "task",
            {"tenant_id": tenant, "flow_id": flow, "name": slug, "slug": slug, "mapped": slug == "clean"},
        )
        for slug in TASKS
    }
    for upstream, downstream in (("list", "clean"), ("clean", "sum")):
        await db.execute(
            "INSERT INTO edge (tenant_id, flow_id, upstream_task_id, downstream_task_id, mapped, key)"
            " VALUES ($1, $2, $3, $4, $5, 'x')",
            tenant, flow, tasks[upstream], tasks[downstream], downstream == "clean",
        )  # fmt: skip
    name = f"run-{flow.hex[:10]}"
    run = await insert(
        db,  # pyright: ignore[reportArgumentType]
        "flow_run",
        {
            "tenant_id": tenant,
            "flow_id": flow,
            "name": name,
            "parameters": {"day": "monday"},
            "labels": ["gpu"],
            "scheduled_start_time": datetime.now(UTC),
        },
    )
    await db.execute(
        "INSERT INTO task_run (tenant_id, flow_run_id, task_id, map_index) SELECT $1, $2, $3, n FROM generate_series(0, 2) n",
        tenant, run, tasks["clean"],
    )  # fmt: skip
    rows = await db.fetch("SELECT id, task_id, map_index FROM task_run WHERE flow_run_id = $1", run)
    slugs = {id: slug for slug, id in tasks.items()}
    task_runs = {(slugs[row["task_id"]], row["map_index"]): row["id"] for row in rows}
    ended = {("clean", -1): "Mapped", ("clean", 1): "Failed", ("sum", -1): "TriggerFailed"}
    for key, task_run in task_runs.items():
        await end(db, "task_run", task_run, ended.get(key, "Success"))
    await end(db, "flow_run", run, state)
    return World(flow, run, name, tasks, task_runs)


async def end(db: asyncpg.Connection, kind: str, run: UUID, state: str) -> None:
    """Put a run into `state` through its history, as what sets states does."""
    tenant = await db.fetchval(f"SELECT tenant_id FROM {kind} WHERE id = $1", run)
    for version, (name, minutes) in enumerate((("Running", 5), (state, 0)), start=1):
        await db.execute(
            f"INSERT INTO {kind}_state (tenant_id, {kind}_id, state, version, message, timestamp, serialized_state)"
            " VALUES ($1, $2, $3, $4, $5, now() - make_interval(mins => $6), $7)",
            tenant, run, name, version, f"{name} by the test", minutes,
            json.dumps({"type": name, "message": f"{name} by the test"}),
        )  # fmt: skip


async def state_of(db: asyncpg.Connection, kind: str, run: UUID) -> Any:
    return await db.fetchval(f"SELECT state FROM {kind} WHERE id = $1", run)
