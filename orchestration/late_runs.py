"""Late runs: what becomes of scheduled runs that nobody started in time.

After a weekend without an agent, a flow that runs every minute has thousands of them. A flow group says what it wants:
`run` all of them (what Prefect does), only the `latest` of each clock, or `skip` them. Skipped ones become Skipped.

In: a connection and values. Out: whether there was such a group; how many runs were skipped. Raises OrchestrationError
for a policy or a time that cannot be. Never touches a run that was moved since the scheduler made it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.batches import in_batches
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("late_runs")

POLICIES = ("run", "latest", "skip")
LEAST_LATE_AFTER, MOST_LATE_AFTER = 60, 31_536_000
"""Bounds of `late_after_seconds`: agents ask every 10 s, and a year is for ever."""
_BATCH = 500


async def set_late_policy(
    executor: Executor,
    flow_group_id: UUID,
    policy: str,
    late_after_seconds: int | None = None,
    *,
    tenant_id: UUID | None = None,
) -> bool:
    """Say what becomes of late runs of a group; without `late_after_seconds` that stays. False for an unknown group.

    Raises OrchestrationError, which names the limits.
    """
    if policy not in POLICIES:
        raise OrchestrationError(f"Invalid policy {policy[:100]!r}: give one of {', '.join(POLICIES)}.")
    if late_after_seconds is not None and not LEAST_LATE_AFTER <= late_after_seconds <= MOST_LATE_AFTER:
        raise OrchestrationError(
            f"Invalid late_after_seconds {late_after_seconds}: "
            f"give {LEAST_LATE_AFTER} (a minute) to {MOST_LATE_AFTER} (a year)."
        )
    changed = await _sql.set_late_policy.fetchval(
        executor,
        flow_group_id=flow_group_id,
        policy=policy,
        late_after_seconds=late_after_seconds,
        tenant_id=tenant_id,
    )
    return changed is not None


async def skip_late_runs(connection: Connection, *, now: datetime | None = None) -> int:
    """Apply the policies of all groups to the runs that are late; returns how many were skipped.

    Batch by batch, each a statement; any number of workers share the runs. `now` (aware) stands in for the
    database's clock.
    """
    return await in_batches(
        lambda: _sql.skip_late_runs.fetchval(connection, now=now, batch_size=_BATCH), _BATCH
    )
