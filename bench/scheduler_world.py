"""Flows with schedules unlike each other, for the parts of the section `scheduler`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration import queries

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata")
sql = queries.load(str(Path(__file__).with_name("scheduler")))


def schedule(number: int) -> dict[str, Any]:
    """A schedule unlike those of other numbers: of four, two interval and two cron clocks."""
    start = {"dt": f"2026-01-01T{number % 24:02}:{number % 60:02}:00", "tz": ZONES[number % len(ZONES)]}
    if number % 4 < 2:
        clock = {"type": "IntervalClock", "interval": (600 + number) * 10**6, "start_date": start}
    elif number % 4 == 2:
        clock = {"type": "CronClock", "cron": f"{number % 60} * * * *", "start_date": start}
    else:
        clock = {"type": "CronClock", "cron": f"{number % 60} {number % 24} * * 1-5", "start_date": start}
    return {"type": "Schedule", "clocks": [clock]}


def frequent_schedule(number: int) -> dict[str, Any]:
    """Five clocks that fire every minute, 15 s apart, and two of them at the same moment with different parameters."""

    def clock(second: int, **given: Any) -> dict[str, Any]:
        start = {"dt": f"2026-01-01T00:00:{(number + second) % 60:02}", "tz": ZONES[number % len(ZONES)]}
        return {"type": "IntervalClock", "interval": 60 * 10**6, "start_date": start, **given}

    twin = clock(0, parameter_defaults={"twin": True}, labels=["bench", "twin"])
    return {"type": "Schedule", "clocks": [*(clock(15 * n) for n in range(4)), twin]}


async def make_flows(connection: asyncpg.Connection, schedules: Sequence[dict[str, Any] | None]) -> UUID:
    """Forget everything there was and make one flow for each schedule, switched off; returns their tenant."""
    # All that no foreign key leads to is named.
    await connection.execute(
        "TRUNCATE tenant, edge, task, task_run, log, flow_run_state, task_run_state, utility.duty CASCADE"
    )
    made = await sql.tenant.fetchrow(connection)
    await sql.flows.execute(
        connection,
        tenant_id=made["tenant_id"],
        project_id=made["project_id"],
        schedules=[None if each is None else json.dumps(each) for each in schedules],
    )
    # Not the tables of runs: as in a new installation, nothing is known of them yet.
    await connection.execute("VACUUM ANALYZE flow, flow_group, task")
    return made["tenant_id"]
