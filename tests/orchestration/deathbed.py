"""Runs in the states that Lazarus and the zombie killer judge, made by the shortest way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration.recovery import Silence
from tests.orchestration.builders import insert, make_flow

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC)
SILENCE = Silence(beats=10 * MINUTE, reads=30 * MINUTE, now=NOW)


def ago(minutes: float) -> datetime:
    return NOW - minutes * MINUTE


async def api_was_up(
    pool: asyncpg.Pool,
    outages: Sequence[tuple[float, float]] = (),
    *,
    since: float = 60 * 24 * 30,
    last_seen: float = 0,
) -> None:
    """The API's life: up since so many minutes ago, but for `outages` (began, ended), last seen so many minutes ago."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM utility.api_life")
        await connection.execute("DELETE FROM utility.api_outage")
        await connection.execute(
            "INSERT INTO utility.api_life (since, last_seen, expected_by) VALUES ($1, $2, $2::timestamptz + interval '15 s')",
            ago(since), ago(last_seen),
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO utility.api_outage (began, ended) VALUES ($1, $2)",
            [(ago(began), ago(ended)) for began, ended in outages],
        )


@dataclass(frozen=True)
class Reads:
    """What is known of a runner's reads; minutes ago."""

    last: float
    count: int = 40
    regular: bool = True
    gap: float = 0.25
    this_spell: bool = True


async def make_run(
    pool: asyncpg.Pool,
    state: str = "Running",
    *,
    beat: float | None = 11,
    state_age: float = 60,
    tasks: Sequence[str] = ("Success",),
    settings: dict[str, Any] | None = None,
    reads: Reads | None = None,
    task: dict[str, Any] | None = None,
    tasks_age: float = 20,
    version: int = 5,
    **more: Any,
) -> UUID:
    """A flow run in `state` since `state_age` minutes, its last heartbeat `beat` minutes ago, with task runs in `tasks`."""
    flow_id = await make_flow(pool, tasks=len(tasks), group={"settings": settings or {}})
    for column, value in (task or {}).items():
        await pool.execute(f"UPDATE task SET {column} = $1 WHERE flow_id = $2", value, flow_id)
    tenant_id = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id)
    run_id = await insert(
        pool,
        "flow_run",
        {
            "tenant_id": tenant_id, "flow_id": flow_id, "state": state, "version": version, "labels": [],
            "times_resurrected": 0, "scheduled_start_time": ago(state_age), "created": ago(state_age),
            "updated": ago(state_age), "auto_scheduled": False,
            "state_timestamp": ago(state_age), "heartbeat": None if beat is None else ago(beat),
            "serialized_state": {"type": state}, **more,
        },
    )  # fmt: skip
    ids = await task_runs_of(pool, run_id)
    for id, kind in zip(ids, tasks, strict=True):
        await pool.execute(
            "UPDATE task_run SET state = $2, version = 3, serialized_state = $3::jsonb, state_timestamp = $4 WHERE id = $1",
            id, kind, json.dumps({"type": kind}), ago(tasks_age),
        )  # fmt: skip
    if reads is not None:
        await pool.execute(
            "INSERT INTO utility.runner_read (flow_run_id, tenant_id, is_regular, running_since, reads, last_read, longest_gap)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            run_id, tenant_id, reads.regular, ago(state_age if reads.this_spell else state_age + 60), reads.count,
            ago(reads.last), reads.gap * MINUTE,
        )  # fmt: skip
    return run_id


async def task_runs_of(pool: asyncpg.Pool, flow_run_id: UUID) -> list[UUID]:
    """Its task runs in the order of their tasks."""
    rows = await pool.fetch(
        "SELECT task_run.id FROM task_run JOIN task ON task.id = task_id WHERE flow_run_id = $1 ORDER BY slug",
        flow_run_id,
    )
    return [row["id"] for row in rows]


async def state_of(pool: asyncpg.Pool, run_id: UUID, kind: str = "flow_run") -> tuple[str, int]:
    row = await pool.fetchrow(f"SELECT state, version FROM {kind} WHERE id = $1", run_id)
    assert row is not None
    return row["state"], row["version"]


async def task_states(pool: asyncpg.Pool, flow_run_id: UUID) -> list[str]:
    return [(await state_of(pool, id, "task_run"))[0] for id in await task_runs_of(pool, flow_run_id)]


async def logs_of(pool: asyncpg.Pool, run_id: UUID) -> list[tuple[str, str, str]]:
    rows = await pool.fetch("SELECT name, level, message FROM log WHERE flow_run_id = $1 ORDER BY id", run_id)
    return [(row["name"], row["level"], row["message"]) for row in rows]
