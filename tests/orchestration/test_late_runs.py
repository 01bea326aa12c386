"""Late policies of flow groups (orchestration/late_runs.py)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.late_runs import set_late_policy, skip_late_runs
from lictor.orchestration.scheduling import schedule_flow_runs
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from tests.orchestration.builders import make_flow

MADE = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)
"""When the runs were made: they are due at 13:00, 14:00, …"""


async def make_runs(pool: asyncpg.Pool, policy: str, after: int = 3600, *clocks: dict[str, Any]) -> UUID:
    hourly = {"type": "IntervalClock", "interval": 3600 * 10**6}
    schedule = {"type": "Schedule", "clocks": [{**hourly, **clock} for clock in clocks or ({},)]}
    flow_id = await make_flow(pool, schedule=schedule, is_schedule_active=True)
    group_id = await pool.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", flow_id)
    assert await set_late_policy(pool, group_id, policy, after)
    async with pool.acquire() as connection:
        await schedule_flow_runs(connection, [flow_id], now=MADE)
    return flow_id


async def skip(pool: asyncpg.Pool, hours: float) -> int:
    async with pool.acquire() as connection:
        return await skip_late_runs(connection, now=MADE + timedelta(hours=hours))


async def skipped(pool: asyncpg.Pool, flow_id: UUID) -> list[int]:
    """The hours of the runs that were skipped."""
    rows = await pool.fetch(
        "SELECT scheduled_start_time FROM flow_run WHERE flow_id = $1 AND state = 'Skipped'"
        " ORDER BY scheduled_start_time", flow_id
    )  # fmt: skip
    return [row["scheduled_start_time"].hour for row in rows]


@pytest.mark.parametrize(
    ("policy", "hours", "expected"),
    [
        ("run", 8, []),
        # 14:29:59 and 14:30: the run of 13:00 is late when an hour has passed.
        ("skip", 1.49, []),
        ("skip", 1.5, [13]),
        ("skip", 4.6, [13, 14, 15, 16]),
        # Late are 13 to 16; due are 13 to 17: the newest that is due stays.
        ("latest", 4.6, [13, 14, 15, 16]),
        ("latest", 0.6, []),
        ("latest", 1.5, [13]),
    ],
)
async def test_policies(pool, policy, hours, expected):
    flow_id = await make_runs(pool, policy)
    assert await skip(pool, hours) == len(expected)
    assert await skipped(pool, flow_id) == expected
    assert await skip(pool, hours) == 0


async def test_the_newest_late_run_stays_whatever_became_of_it(pool):
    """No run comes after the last one; it stays, however late, and the older ones go."""
    flow_id = await make_runs(pool, "latest")
    assert await skip(pool, 48) == 9
    assert await pool.fetchval(
        "SELECT scheduled_start_time FROM flow_run WHERE flow_id = $1 AND state = 'Scheduled'", flow_id
    ) == MADE.replace(hour=22, minute=0)


async def test_latest_looks_at_each_clock_by_itself(pool):
    flow_id = await make_runs(pool, "latest", 3600, {"labels": ["a"]}, {"labels": ["b"]})
    assert await skip(pool, 2.6) == 4
    left = await pool.fetch(
        "SELECT labels FROM flow_run WHERE flow_id = $1 AND state = 'Scheduled' AND scheduled_start_time <= $2"
        " ORDER BY labels", flow_id, MADE + timedelta(hours=2.6)
    )  # fmt: skip
    assert [json.loads(row["labels"]) for row in left] == [["a"], ["b"]]


async def test_a_skipped_run_says_why(pool):
    flow_id = await make_runs(pool, "skip", 60)
    await skip(pool, 0.6)
    row = await pool.fetchrow("SELECT * FROM flow_run WHERE flow_id = $1 AND state = 'Skipped'", flow_id)
    assert (row["version"], json.loads(row["serialized_state"])["type"]) == (2, "Skipped")
    assert "60 seconds" in row["state_message"]
    history = await pool.fetch(
        "SELECT state, version FROM flow_run_state WHERE flow_run_id = $1 ORDER BY version", row["id"]
    )
    assert [tuple(it) for it in history] == [("Scheduled", 1), ("Skipped", 2)]


async def test_who_moved_a_run_wants_it_to_run(pool):
    flow_id = await make_runs(pool, "skip")
    run_id = await pool.fetchval(
        "SELECT id FROM flow_run WHERE flow_id = $1 ORDER BY scheduled_start_time LIMIT 1", flow_id
    )
    again = prepare_state({"type": "Scheduled", "message": "again", "start_time": MADE.isoformat()})
    async with pool.acquire() as connection:
        await set_flow_run_states(connection, [[NewState(run_id, again)]])
    assert await skip(pool, 1.6) == 0


async def test_a_run_that_is_being_submitted_is_left_alone(pool):
    flow_id = await make_runs(pool, "skip")
    async with pool.acquire() as agent, agent.transaction():
        await agent.execute("SELECT FROM flow_run WHERE flow_id = $1 FOR NO KEY UPDATE", flow_id)
        assert await skip(pool, 1.6) == 0
    assert await skip(pool, 1.6) == 1


async def test_two_at_once_skip_each_run_once(pool):
    flow_id = await make_runs(pool, "skip")
    assert sum(await asyncio.gather(*(skip(pool, 48) for _ in range(3)))) == 10
    assert await pool.fetchval("SELECT max(version) FROM flow_run WHERE flow_id = $1", flow_id) == 2


@pytest.mark.parametrize(
    ("policy", "after", "named"),
    [
        ("never", None, "Invalid policy 'never': give one of run, latest, skip"),
        ("skip", 59, "60 (a minute)"),
        ("skip", 10**8, "31536000"),
    ],
)
async def test_what_cannot_be(pool, policy, after, named):
    flow_id = await make_runs(pool, "run")
    group_id = await pool.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", flow_id)
    with pytest.raises(OrchestrationError) as raised:
        await set_late_policy(pool, group_id, policy, after)
    assert named in str(raised.value)
    assert await pool.fetchval("SELECT late_policy FROM flow_group WHERE id = $1", group_id) == "run"


async def test_only_in_its_tenant(pool):
    flow_id = await make_runs(pool, "run")
    group_id, tenant_id = await pool.fetchrow(
        "SELECT flow_group_id, tenant_id FROM flow WHERE id = $1", flow_id
    )
    assert not await set_late_policy(pool, group_id, "skip", tenant_id=flow_id)
    assert await set_late_policy(pool, group_id, "skip", tenant_id=tenant_id)
    assert tuple(
        await pool.fetchrow("SELECT late_policy, late_after_seconds FROM flow_group WHERE id = $1", group_id)
    ) == (
        "skip",
        3600,
    )
