"""Runs and agents that break an SLA (contract ui-and-cloud.md B.4, docs/decisions/0017-automations.md).

In: a connection. Out: how many were found; what they owe to automations is in the outbox then. The statements that find
them write them down, so that any number of workers may look at once: each is told once. Only SLAs that some hook waits
for are looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("slas")
_RUNS_PER_BATCH = 500


async def fail_flow_slas(
    executor: Executor, *, now: datetime | None = None, runs: int = _RUNS_PER_BATCH
) -> int:
    """Find the runs that break an SLA by `now` (None: the database's clock), batch by batch; returns how many."""
    total = 0
    while True:
        row = await _sql.fail_flow_slas.fetchrow(executor, now=now, most=runs)
        assert row is not None
        total += row["failed"]
        # Fewer than asked for, or what others are just writing down: the rest comes next time.
        if row["broken"] < runs or not row["failed"]:
            return total


async def fail_agent_slas(
    executor: Executor, *, healthy_for: timedelta, now: datetime | None = None
) -> tuple[int, int]:
    """Find the agent configs of which too few agents asked for runs within `healthy_for`.

    Returns how many outages have begun, and how many are over.
    """
    row = await _sql.fail_agent_slas.fetchrow(executor, now=now, window=healthy_for)
    assert row is not None
    return row["failed"], row["recovered"]
