"""What recovery costs follows the runs that are under way, not those that have ended (invariant 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration import queries, witness
from lictor.orchestration.witness import Reads as Seen
from tests.orchestration.deathbed import MINUTE, SILENCE, Reads, api_was_up, make_run

ENDED = 4000


@pytest.fixture
async def alone(fresh_database):
    """A database of its own: what is counted here must not come from other tests."""
    async with asyncpg.create_pool(
        fresh_database, min_size=1, max_size=4, server_settings={"jit": "off"}
    ) as pool:
        yield pool


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("claim_lost_flow_runs", {"after": UUID(int=0), "batch_size": 50}),
        ("claim_flow_runs_of_zombies", {"after": UUID(int=0), "batch_size": 50}),
        ("claim_zombie_flow_runs", {"after": UUID(int=0), "batch_size": 50}),
        ("forget_runners", {"batch_size": 50}),
        ("revive_flow_runs", {"limit": 10}),
        ("settle_zombie_task_runs", {}),
        ("settle_zombie_flow_runs", {}),
    ],
)
async def test_a_pass_reads_live_rows_only(alone, name, more):
    await api_was_up(alone)
    runs = [await make_run(alone, state, tasks=tasks, beat=beat, reads=Reads(last=0.2))
            for state, tasks in (("Running", ("Success",)), ("Running", ("Running",)), ("Cancelling", ()), ("Success", ()))
            for beat in (0.1, 60)]  # fmt: skip
    await alone.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, state, version, state_timestamp, heartbeat, serialized_state)"
        " SELECT tenant_id, flow_id, 'Success', 4, now(), now() - interval '1 day', '{}'"
        " FROM flow_run, generate_series(1, $2::int) WHERE id = $1", runs[0], ENDED,
    )  # fmt: skip
    await alone.execute("ANALYZE")
    statement = getattr(queries.load("recovery"), name)
    values = {"flow_run_ids": runs, **SILENCE.values(), **more}
    async with alone.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_custom_plan")
        transaction = connection.transaction()
        await transaction.start()
        text = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}",
            *(values[parameter] for parameter in statement.parameters),
        )
        await transaction.rollback()
    scans = [node for node in nodes(json.loads(text)[0]["Plan"])
             if node.get("Relation Name") in {"flow_run", "task_run", "task_run_state", "log"}]  # fmt: skip
    assert [node for node in scans if node["Node Type"] == "Seq Scan"] == []
    touched = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans
    )
    assert touched < 200


async def test_notes_of_life_are_hot_updates(alone):
    runs = [await make_run(alone) for _ in range(30)]
    for _ in range(6):
        await witness.note_life(alone, MINUTE)
        await witness.note_reads(alone, {id: Seen(1, True) for id in runs})

    async def updates() -> list[tuple[str, int, int]]:
        await alone.execute("SELECT pg_stat_force_next_flush()")
        rows = await alone.fetch(
            "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE relname IN ('api_life', 'runner_read') ORDER BY relname"
        )
        return [tuple(row) for row in rows]

    async with alone.acquire() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
    assert await updates() == [("api_life", 5, 5), ("runner_read", 150, 150)]
