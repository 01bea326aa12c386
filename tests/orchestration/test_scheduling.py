"""schedule_flow_runs and prepare_due_task_runs on a real database (contract server.md 3.6.3, 4.1)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lictor.orchestration.scheduling import prepare_due_task_runs, schedule_flow_runs
from tests.orchestration.builders import make_flow, make_many

HOUR = 3600 * 10**6
NOW = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)


def every(hours: float = 1, **clock: Any) -> dict[str, Any]:
    return {"type": "IntervalClock", "interval": int(hours * HOUR), **clock}


def schedule(*clocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Schedule", "clocks": list(clocks)}


async def make_scheduled(pool: asyncpg.Pool, *clocks: dict[str, Any], **flow: Any) -> UUID:
    document = schedule(*(clocks or (every(),)))
    return await make_flow(pool, **{"schedule": document, "is_schedule_active": True, **flow})


async def run_pass(pool: asyncpg.Pool, *flow_ids: UUID, **options: Any) -> list[UUID]:
    async with pool.acquire() as connection:
        return await schedule_flow_runs(connection, list(flow_ids) or None, **{"now": NOW, **options})


async def runs(pool: asyncpg.Pool, flow_id: UUID) -> list[asyncpg.Record]:
    return await pool.fetch(
        "SELECT * FROM flow_run WHERE flow_id = $1 ORDER BY scheduled_start_time, idempotency_key", flow_id
    )


async def test_ten_runs_then_none(pool):
    flow_id = await make_scheduled(pool, tasks=3)
    made = await run_pass(pool)
    rows = await runs(pool, flow_id)
    assert sorted(made) == sorted(row["id"] for row in rows)
    assert [row["scheduled_start_time"] for row in rows] == [
        NOW.replace(minute=0) + timedelta(hours=n) for n in range(1, 11)
    ]
    first = rows[0]
    assert (first["state"], first["version"], first["state_message"]) == (
        "Scheduled",
        1,
        "Flow run scheduled.",
    )
    assert first["state_start_time"] == first["scheduled_start_time"]
    assert first["idempotency_key"] == "auto-scheduled:2030-01-01T13:00:00+00:00"
    assert all(row["auto_scheduled"] for row in rows)
    assert await pool.fetchval("SELECT count(*) FROM flow_run_state") == 10
    assert await pool.fetchval("SELECT count(*) FROM task_run") == 0
    assert await run_pass(pool) == []
    assert await run_pass(pool, flow_id) == []


async def test_time_goes_on_and_the_next_run_is_added(pool):
    flow_id = await make_scheduled(pool)
    await run_pass(pool)
    assert len(await run_pass(pool, now=NOW + timedelta(hours=3))) == 3
    assert len(await runs(pool, flow_id)) == 13


async def test_max_runs(pool):
    await make_scheduled(pool)
    assert len(await run_pass(pool, max_runs=100)) == 100


@pytest.mark.parametrize("off", [{"is_schedule_active": False}, {"archived": True}, {"schedule": None}])
async def test_flows_that_are_off(pool, off):
    flow_id = await make_scheduled(pool, **off)
    assert await run_pass(pool) == []
    assert await run_pass(pool, flow_id) == []


async def test_only_the_flows_that_are_named(pool):
    chosen = await make_scheduled(pool)
    other = await make_scheduled(pool)
    assert len(await run_pass(pool, chosen)) == 10
    assert await runs(pool, other) == []


async def test_the_groups_schedule_goes_before_the_flows(pool):
    flow_id = await make_scheduled(pool, every(1), group={"schedule": schedule(every(24))})
    await run_pass(pool)
    assert {row["scheduled_start_time"].hour for row in await runs(pool, flow_id)} == {0}


async def test_a_json_null_is_no_schedule(pool):
    flow_id = await make_scheduled(pool, every(1))
    await pool.execute("UPDATE flow_group SET schedule = 'null'")
    assert len(await run_pass(pool)) == 10
    await pool.execute("UPDATE flow SET schedule = 'null'")
    await pool.execute("DELETE FROM flow_run")
    assert await run_pass(pool, flow_id) == []


async def test_what_a_clock_gives_reaches_the_run(pool):
    flow_id = await make_scheduled(
        pool,
        every(parameter_defaults={"x": 12}),
        every(parameter_defaults={"x": 21}, labels=["b", "a"]),
        parameters=[{"name": "x", "slug": "x", "required": False, "default": 7}],
        group={"labels": ["group"]},
    )
    assert len(await run_pass(pool)) == 10
    at_13 = [row for row in await runs(pool, flow_id) if row["scheduled_start_time"].hour == 13]
    assert {(row["parameters"], row["labels"]) for row in at_13} == {
        ('{"x": 12}', '["group"]'),
        ('{"x": 21}', '["a", "b"]'),
    }
    assert await run_pass(pool) == []


async def test_anagrams_of_parameters_are_two_runs(pool):
    """The original lost one of them: it hashed sorted characters (contract server.md 5.3, 1)."""
    flow_id = await make_scheduled(
        pool, every(parameter_defaults={"x": 12}), every(parameter_defaults={"x": 21})
    )
    await run_pass(pool, max_runs=2)
    rows = await runs(pool, flow_id)
    assert Counter(row["parameters"] for row in rows) == {'{"x": 12}': 1, '{"x": 21}': 1}
    assert len({row["scheduled_start_time"] for row in rows}) == 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, 1),
        ({"labels": ["a"]}, {"labels": ["a"]}, 1),
        ({"parameter_defaults": {"a": 1, "b": 2}}, {"parameter_defaults": {"b": 2, "a": 1}}, 1),
        ({"labels": None}, {"labels": []}, 2),
        ({"labels": ["a"]}, {"labels": ["b"]}, 2),
        ({"parameter_defaults": {"a": 1}}, {}, 2),
    ],
)
async def test_clocks_at_one_instant(pool, first, second, expected):
    flow_id = await make_scheduled(pool, every(**first), every(**second))
    await run_pass(pool, max_runs=20)
    counts = Counter(row["scheduled_start_time"] for row in await runs(pool, flow_id))
    assert set(counts.values()) == {expected}


async def test_a_run_that_was_deleted_does_not_come_back(pool):
    flow_id = await make_scheduled(pool)
    await run_pass(pool)
    third = (await runs(pool, flow_id))[2]
    await pool.execute("DELETE FROM flow_run WHERE id = $1", third["id"])
    await run_pass(pool)
    await run_pass(pool, flow_id)
    times = [row["scheduled_start_time"] for row in await runs(pool, flow_id)]
    assert third["scheduled_start_time"] not in times
    # Once time goes on, ten are ahead again but for that one.
    await run_pass(pool, now=NOW + timedelta(hours=3))
    assert len(await runs(pool, flow_id)) == 9 + 3


async def test_after_the_scheduled_runs_are_deleted_the_same_times_are_made_again(pool):
    flow_id = await make_scheduled(pool)
    await run_pass(pool)
    before = [row["idempotency_key"] for row in await runs(pool, flow_id)]
    await pool.execute("DELETE FROM flow_run WHERE flow_id = $1", flow_id)
    await run_pass(pool, flow_id)
    assert [row["idempotency_key"] for row in await runs(pool, flow_id)] == before


async def test_bad_flows_stop_nobody(pool):
    good = [await make_scheduled(pool) for _ in range(5)]
    bad = [
        await make_scheduled(pool, {"type": "CronClock", "cron": "never"}),
        await make_scheduled(pool, {"type": "RRuleClock"}),
        await make_scheduled(pool, schedule="weekly"),
        # A number that jsonb can hold but the statement's encoder cannot.
        await make_scheduled(pool, every(parameter_defaults={"x": 10**30})),
        await make_scheduled(
            pool, parameters=[{"name": "needed", "slug": "needed", "required": True, "default": None}]
        ),
    ]
    assert len(await run_pass(pool)) == 50
    assert [len(await runs(pool, flow_id)) for flow_id in good] == [10] * 5
    assert [len(await runs(pool, flow_id)) for flow_id in bad] == [0] * 5
    errors = [await schedule_error(pool, flow_id) for flow_id in bad]
    expected = ["never", "rrule_obj", "", "", "Required parameters were not supplied: needed."]
    assert all(error and text in error for error, text in zip(errors, expected, strict=True)), errors
    assert [await schedule_error(pool, flow_id) for flow_id in good] == [None] * 5


async def schedule_error(pool: asyncpg.Pool, flow_id: UUID) -> str | None:
    return await pool.fetchval("SELECT schedule_error FROM flow WHERE id = $1", flow_id)


async def test_an_error_stands_until_the_schedule_is_right(pool):
    flow_id = await make_scheduled(pool)
    await run_pass(pool)
    # Its ten runs are ahead still: nothing to make for a while, but the error must not stay.
    await pool.execute("UPDATE flow SET schedule_error = 'wrong' WHERE id = $1", flow_id)
    await run_pass(pool)
    assert await schedule_error(pool, flow_id) is None
    good = json.dumps(schedule(every()))
    await pool.execute(
        "UPDATE flow SET schedule = $2 WHERE id = $1", flow_id, json.dumps(schedule({"type": "X"}))
    )
    await pool.execute("DELETE FROM flow_run")
    await run_pass(pool)
    assert "X" in (await schedule_error(pool, flow_id) or "")
    updated = await pool.fetchval("SELECT updated FROM flow WHERE id = $1", flow_id)
    await run_pass(pool)
    assert await pool.fetchval("SELECT updated FROM flow WHERE id = $1", flow_id) == updated, (
        "no news, no write"
    )
    await pool.execute("UPDATE flow SET schedule = $2 WHERE id = $1", flow_id, good)
    assert len(await run_pass(pool)) == 10
    assert await schedule_error(pool, flow_id) is None


async def test_help_is_called_for_when_there_is_more_than_a_batch(pool):
    calls: list[None] = []
    await make_many(pool, 3)
    await run_pass(pool, more=lambda: calls.append(None))
    assert calls == []
    await pool.execute("DELETE FROM flow_run")
    await make_many(pool, 450)
    await run_pass(pool, more=lambda: calls.append(None))
    assert calls == [None]


async def test_three_schedulers_at_once_make_each_run_once(pool):
    await make_many(pool, 450)
    answers = await asyncio.gather(*(run_pass(pool) for _ in range(3)))
    assert sum(len(made) for made in answers) == 4500
    assert len(set().union(*answers)) == 4500
    counts = await pool.fetch(
        "SELECT count(*) AS runs, count(DISTINCT idempotency_key) AS keys FROM flow_run GROUP BY flow_id"
    )
    assert {tuple(row) for row in counts} == {(10, 10)}
    assert len(counts) == 450
    assert await pool.fetchval("SELECT count(*) FROM flow_run_state") == 4500
    assert await run_pass(pool) == []


async def test_a_flow_that_another_scheduler_holds_is_left_to_it(pool):
    held, free = await make_scheduled(pool), await make_scheduled(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM flow WHERE id = $1 FOR NO KEY UPDATE", held)
        assert len(await run_pass(pool)) == 10
        assert (await runs(pool, held)) == []
        # By hand a run can still be made of it.
        assert await pool.fetchval(
            "INSERT INTO flow_run (tenant_id, flow_id) SELECT tenant_id, id FROM flow WHERE id = $1 RETURNING id",
            held,
        )
    assert len(await run_pass(pool)) == 10
    assert len(await runs(pool, free)) == 10


async def test_switching_off_waits_for_the_scheduler_and_then_finds_its_runs(pool):
    flow_id = await make_scheduled(pool)
    async with pool.acquire() as scheduler, pool.acquire() as switch:
        transaction = scheduler.transaction()
        await transaction.start()
        await schedule_flow_runs(scheduler, now=NOW)
        off = asyncio.create_task(
            switch.execute("UPDATE flow SET is_schedule_active = false WHERE id = $1", flow_id)
        )
        done, _ = await asyncio.wait({off}, timeout=0.2)
        assert not done
        await transaction.commit()
        await off
        assert await switch.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", flow_id) == 10


async def test_task_runs_are_made_before_a_run_is_due(pool):
    now = datetime.now(UTC)
    start = (now - timedelta(minutes=59)).isoformat()
    clock = every(1, start_date={"dt": start, "tz": "UTC"})
    flow_id = await make_scheduled(pool, clock, tasks=4)
    await make_scheduled(pool, clock, tasks=0)
    await run_pass(pool, now=now)
    async with pool.acquire() as connection:
        assert await prepare_due_task_runs(connection, timedelta(seconds=1)) == 0
        assert await prepare_due_task_runs(connection, timedelta(minutes=2)) == 1
        assert await prepare_due_task_runs(connection, timedelta(minutes=2)) == 0
        first, second, *_ = await runs(pool, flow_id)
        rows = await pool.fetch("SELECT flow_run_id, state, map_index FROM task_run")
        assert [tuple(row) for row in rows] == [(first["id"], "Pending", -1)] * 4
        assert await prepare_due_task_runs(connection, timedelta(minutes=62)) == 1
        assert await pool.fetchval("SELECT count(*) FROM task_run WHERE flow_run_id = $1", second["id"]) == 4


async def test_preparing_works_in_batches_and_beside_others(pool):
    flow_id = await make_scheduled(pool, every(1), tasks=2)
    await run_pass(pool, max_runs=250, now=datetime.now(UTC))

    async def prepare() -> int:
        async with pool.acquire() as connection:
            return await prepare_due_task_runs(connection, timedelta(days=30))

    # Two may find the same run; only one makes its task runs.
    assert sum(await asyncio.gather(prepare(), prepare(), prepare())) >= 250
    counts = await pool.fetch(
        "SELECT count(task_run.id) FROM flow_run LEFT JOIN task_run ON flow_run.id = flow_run_id"
        " WHERE flow_id = $1 GROUP BY flow_run.id", flow_id
    )  # fmt: skip
    assert {row["count"] for row in counts} == {2}
    assert len(counts) == 250


async def test_preparing_runs_of_one_moment_costs_the_same_for_each(pool):
    flow_id, moment = await make_flow(pool, tasks=1), datetime.now(UTC)

    async def rows_read_per_run(count: int) -> float:
        async with pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO flow_run (tenant_id, flow_id, auto_scheduled, version, state, state_start_time)"
                " SELECT tenant_id, id, true, 1, 'Scheduled', $2"
                " FROM flow, generate_series(1, $3::int) WHERE id = $1",
                flow_id, moment, count,
            )  # fmt: skip
            await connection.execute("VACUUM ANALYZE flow_run")
            async with connection.transaction():
                # So few rows are not worth an index: as if there were a million.
                await connection.execute("SET LOCAL enable_seqscan = off")
                assert await prepare_due_task_runs(connection, timedelta(minutes=1)) == count
                read = await connection.fetchval(
                    "SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read"
                    " FROM pg_stat_xact_user_tables WHERE relid = 'flow_run'::regclass"
                )
            await connection.execute("DELETE FROM flow_run")
            return read / count

    few, many = await rows_read_per_run(200), await rows_read_per_run(2_000)
    assert many < 1.5 * few


async def test_filters_and_adjustments(pool):
    weekend_moves = {
        "not_filters": [{"fn": "prefect.schedules.filters.is_day_of_week", "kwargs": {"day_of_week": 2}}],
        "adjustments": [{"fn": "prefect.schedules.adjustments.next_weekday", "kwargs": {}}],
    }
    document = {**schedule(every(24)), **weekend_moves}
    flow_id = await make_scheduled(pool, schedule=document)
    # NOW is a Tuesday. Wednesdays are left out; Saturday, Sunday and Monday share a run.
    assert len(await run_pass(pool, flow_id)) == 7
    days = [row["scheduled_start_time"].strftime("%a %d") for row in await runs(pool, flow_id)]
    assert days == ["Thu 03", "Fri 04", "Mon 07", "Tue 08", "Thu 10", "Fri 11", "Mon 14"]
    assert await run_pass(pool) == []


async def test_a_schedule_whose_filters_let_nothing_through_stops_no_other(pool):
    never = [{"fn": f"prefect.schedules.filters.{it}", "kwargs": {}} for it in ("is_weekday", "is_weekend")]
    await make_scheduled(pool, schedule={**schedule(every(1 / 60)), "filters": never})
    await make_scheduled(pool, schedule={**schedule(every()), "filters": [{"fn": "my.own", "kwargs": {}}]})
    good = await make_scheduled(pool)
    assert len(await run_pass(pool)) == 10
    assert len(await runs(pool, good)) == 10


async def test_dates_and_rules(pool):
    dates = {
        "type": "DatesClock",
        "dates": [{"dt": f"20{year}-01-01T00:00:00", "tz": "UTC"} for year in (29, 30, 31)],
    }
    text = "DTSTART:20300101T000000\nRRULE:FREQ=DAILY;COUNT=3"
    rule = {"type": "rrule", "rr": text, "_dtstart": "2030-01-01T00:00:00", "_until": None}
    flow_id = await make_scheduled(pool, dates, {"type": "RRuleClock", "rrule_obj": rule})
    await run_pass(pool)
    starts = [row["scheduled_start_time"].date().isoformat() for row in await runs(pool, flow_id)]
    assert starts == ["2030-01-02", "2030-01-03", "2031-01-01"]
