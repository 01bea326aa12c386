"""The outbox: claiming what is owed to hooks, and writing down what became of it (docs/decisions/0016-outbox.md).

In: a connection and values; only the database's clock decides. Out: deliveries, counts. One statement or one
short transaction each. Sends nothing (workers/delivery.py does). Any number of processes may
claim at once, and die at any line: a claim that is not accounted for runs out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.batches import in_batches
from lictor.orchestration.delivery_plans import Delivery, Outcome
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("deliveries")

CHANNEL = "lictor_hook_delivery"
"""Notified when something is owed anew."""
FIRST = UUID(int=0)
_ERROR_LENGTH = 1000
_ROWS_PER_BATCH = 1000
"""Bounds how long a batch of retention holds its locks: some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The answer to a claim: what is ours now, and the last target that was looked at (None: all were)."""

    deliveries: list[Delivery]
    last_target: UUID | None
    set_down: int
    """How many were due but have to wait for an earlier event of their subject."""


async def claim_deliveries(
    executor: Executor,
    *,
    most: int,
    per_target: int,
    lease: timedelta,
    kinds: Collection[str],
    after: UUID = FIRST,
    busy: Collection[UUID] = (),
) -> Claimed:
    """Claim up to `most` deliveries that are due, of targets after `after` that are not `busy`."""
    rows = await _sql.claim.fetch(
        executor,
        after=after,
        per_target=per_target,
        kinds=list(kinds),
        busy=list(busy),
        most=most,
        lease=lease,
    )
    claimed = [_delivery(row) for row in rows if not row["blocked"]]
    last = max(row["target_id"] for row in rows) if len(rows) == most else None
    return Claimed(claimed, last, len(rows) - len(claimed))


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row["id"],
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        target_id=row["target_id"],
        subject_id=row["subject_id"],
        event_id=row["event_id"],
        event=orjson.loads(row["event"]),
        attempt=row["attempt"],
        parts_sent=row["parts_sent"],
        begun=row["begun"],
        claimed_until=row["claimed_until"],
    )


async def record_outcomes(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of claims; those that have run out and were taken by others are left alone."""
    async with connection.transaction():
        done = await _sql.record.fetch(
            connection,
            ids=[each.delivery.id for each in outcomes],
            claims=[each.delivery.claimed_until for each in outcomes],
            results=[each.result for each in outcomes],
            delays=[each.delay for each in outcomes],
            parts=[each.parts_sent for each in outcomes],
            statuses=[each.status for each in outcomes],
            errors=[each.error and each.error[:_ERROR_LENGTH].replace("\0", "") for each in outcomes],
        )
        await _call_up(connection, done)


async def write_delivery(
    connection: Connection, delivery: Delivery, write: Callable[[Connection], Awaitable[Any]]
) -> bool:
    """Mark a delivery Delivered and do `write` in one transaction: both or neither; False if the claim is lost."""
    async with connection.transaction():
        done = await _sql.take_for_writing.fetch(connection, id=delivery.id, claim=delivery.claimed_until)
        if not done:
            return False
        await write(connection)
        await _call_up(connection, done)
        return True


async def _call_up(connection: Connection, done: Sequence[Any]) -> None:
    """Let what waited for deliveries that are done be claimed."""
    if done:
        await _sql.call_up.execute(
            connection,
            targets=[row["target_id"] for row in done],
            subjects=[row["subject_id"] for row in done],
            sequences=[row["sequence"] for row in done],
        )


async def seconds_until_due(executor: Executor) -> float | None:
    """When there will be something to claim; None if nothing is owed."""
    return await _sql.seconds_until_due.fetchval(executor)


async def count_overdue(executor: Executor, patience: timedelta) -> int:
    """How many deliveries have been due for longer than `patience`."""
    return await _sql.overdue.fetchval(executor, patience=patience)


async def retry_hook_delivery(
    executor: Executor, hook_delivery_id: UUID, *, caller_tenant_id: UUID | None = None
) -> None:
    """Try a dead letter again, with all its attempts, or one that waits for its next attempt now.

    Raises OrchestrationError for one that is unknown, delivered, or under way.
    """
    row = await _sql.retry.fetchrow(
        executor, hook_delivery_id=hook_delivery_id, caller_tenant_id=caller_tenant_id
    )
    if row is None:
        raise OrchestrationError(f"Hook delivery {hook_delivery_id} not found.")
    if not row["retried"]:
        fate = "has been delivered" if row["status"] == "Delivered" else "is being delivered at this moment"
        raise OrchestrationError(f"Hook delivery {hook_delivery_id} {fate}.")


async def forget_deliveries(
    executor: Executor, *, delivered_for: timedelta, dead_for: timedelta, rows: int = _ROWS_PER_BATCH
) -> int:
    """Delete what was delivered, or given up, longer ago than that, batch by batch; returns how many."""
    return await in_batches(
        lambda: _sql.forget.fetchval(executor, delivered_for=delivered_for, dead_for=dead_for, most=rows),
        rows,
    )
