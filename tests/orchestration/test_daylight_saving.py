"""The scheduler through the weekends on which clocks change, in six zones: every run once, at its time, none missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lictor.orchestration.schedules import next_times
from lictor.orchestration.scheduling import schedule_flow_runs
from tests.orchestration.builders import make_flow

# The day on which clocks change in 2026. Lord Howe moves by half an hour; in Santiago, Cairo and on the Azores midnight
# is skipped or comes twice.
CHANGES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
    ("Atlantic/Azores", date(2026, 3, 29)),
    ("Atlantic/Azores", date(2026, 10, 25)),
]
DAYS = 4


def clock(kind: str, zone: str, **more: Any) -> dict[str, Any]:
    start = {"dt": "2026-01-01T12:00:00", "tz": zone}
    return {
        "type": kind,
        "start_date": start,
        "end_date": None,
        "labels": None,
        "parameter_defaults": {},
        **more,
    }


def clocks(zone: str) -> dict[str, dict[str, Any]]:
    hour = 3_600_000_000
    return {
        "every hour": clock("IntervalClock", zone, interval=hour),
        "every day": clock("IntervalClock", zone, interval=24 * hour),
        "noon": clock("CronClock", zone, cron="0 12 * * *", day_or=True),
        "in the gap": clock("CronClock", zone, cron="30 0,1,2 * * *", day_or=True),
    }


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda it: str(it).replace("/", "-"))
async def test_every_run_once_though_clocks_change(pool, zone, change):
    """Topped up every forty minutes by the time that is given; what comes out is what one look ahead finds."""
    began = datetime.combine(change, datetime.min.time(), UTC) - timedelta(days=2)
    flows = {
        name: await make_flow(
            pool,
            schedule={
                "type": "Schedule", "clocks": [it], "filters": [], "or_filters": [], "not_filters": [], "adjustments": [],
            },
            is_schedule_active=True,
        )
        for name, it in clocks(zone).items()
    }  # fmt: skip
    ends = began + timedelta(days=DAYS)
    async with pool.acquire() as connection:
        now = began
        while now < ends:
            await schedule_flow_runs(connection, max_runs=3, now=now)
            now += timedelta(minutes=40)
    made = {
        name: [
            row["time"]
            for row in await pool.fetch(
                "SELECT scheduled_start_time AS time FROM flow_run WHERE flow_id = $1 AND scheduled_start_time <= $2 ORDER BY 1",
                flow, ends,
            )
        ]
        for name, flow in flows.items()
    }  # fmt: skip
    for name, times in made.items():
        schedule = {"type": "Schedule", "clocks": [clocks(zone)[name]], "filters": [], "or_filters": [],
                    "not_filters": [], "adjustments": []}  # fmt: skip
        ahead = [it.start for it in next_times(schedule, after=began, count=200)]
        assert times == [time for time in ahead if time <= ends], name
        assert len(times) == len(set(times)), name
    # Of an hour that comes twice the client takes the second (wall_time.py): so no wall time is there twice, and the
    # longest pause is two hours. Noon is noon, once a day, on both sides of the change.
    hours = made["every hour"]
    assert len({time.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for time in hours}) == len(hours)
    assert max(after - before for before, after in pairwise(hours)) <= timedelta(hours=2)
    # The days are UTC's: where clocks move by half an hour, one more of the hours may begin in them.
    assert abs(len(hours) - 24 * DAYS) <= 1
    for name in ("noon", "every day"):
        local = [time.astimezone(ZoneInfo(zone)) for time in made[name]]
        assert {(time.hour, time.minute) for time in local} == {(12, 0)}, name
        assert [time.date() - local[0].date() for time in local] == [
            timedelta(days=n) for n in range(DAYS)
        ], name
