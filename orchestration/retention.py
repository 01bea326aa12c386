"""Retention: takes away what a tenant, or the server's settings, no longer want to keep.

In: a connection, and for each kind of data the days for which it is kept where the tenant says nothing. Out: what was
taken away. Raises OrchestrationError for days that cannot be. Never touches a run that has not finished.

Finished flow runs go with all that hangs below them. Lines of log and states that runs have left go by whole months:
their partition is dropped, which takes no time and gives the space back, once nobody wants to keep it; where others
do, the rows of those who do not are deleted. Everything is done in small batches that any number of workers may share
and that may be killed at any line; no lock is waited for.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import audit, queries
from lictor.orchestration.batches import in_batches
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("retention")

KINDS = ("flow_runs", "states", "logs", "artifacts", "messages")
MOST_DAYS = 36_500

Days = Mapping[str, int | None]
"""Days by kind; None and 0: for ever."""

_RUNS_PER_BATCH = 100
_ROWS_PER_BATCH = 1000
_PAGES_PER_BATCH = 500


@dataclass(frozen=True, slots=True)
class Expired:
    """How many rows of a kind a tenant has that are older than `cutoff`, and would go."""

    tenant_id: UUID
    slug: str
    kind: str
    cutoff: datetime
    rows: int


async def set_retention_policy(executor: Executor, tenant_id: UUID, days: Days) -> bool:
    """Replace a tenant's policy; what is left out or None is as the server says. False for an unknown tenant.

    Raises OrchestrationError, which names the limits.
    """
    for kind, value in days.items():
        if kind not in KINDS:
            raise OrchestrationError(f"Unknown kind {kind!r}: give one of {', '.join(KINDS)}.")
        if value is not None and not 0 <= value <= MOST_DAYS:
            raise OrchestrationError(
                f"Invalid {kind}_days {value}: give 1 to {MOST_DAYS}, 0 for ever, null for the server's default."
            )
    changed = await _sql.set_policy.fetchval(
        executor, tenant_id=tenant_id, **{kind: days.get(kind) for kind in KINDS}
    )
    return changed is not None


async def retention_preview(
    executor: Executor, defaults: Days, *, now: datetime | None = None
) -> list[Expired]:
    """What `apply_retention` would take away, by tenant and kind; deletes nothing (a dry run)."""
    rows = await _sql.preview.fetch(executor, defaults=_encode(defaults), now=now)
    return [Expired(**row) for row in rows]


async def apply_retention(
    connection: Connection, defaults: Days, *, now: datetime | None = None, audit_days: int = 0
) -> dict[str, int]:
    """Take away what is too old; returns the rows deleted by kind, and under `partitions` how many were dropped.

    Of the audit trail whole months go that ended more than `audit_days` days ago by the database's clock (0: none).
    """
    encoded = _encode(defaults)
    done: Counter[str] = Counter()
    reached = None
    while True:
        batch = await _sql.delete_flow_runs.fetchrow(
            connection, defaults=encoded, now=now, after=reached, batch_size=_RUNS_PER_BATCH
        )
        done["flow_runs"] += batch["deleted"]
        if batch["deleted"] < _RUNS_PER_BATCH:
            break
        reached = batch["reached"]
    for kind, statement in (("artifacts", _sql.delete_artifacts), ("messages", _sql.delete_messages)):
        delete = functools.partial(
            statement.fetchval, connection, defaults=encoded, now=now, batch_size=_ROWS_PER_BATCH
        )
        done[kind] = await in_batches(delete, _ROWS_PER_BATCH)
    for row in await _sql.expired_partitions.fetch(connection, defaults=encoded, now=now):
        done += await _clear(connection, row)
    done["partitions"] += await audit.drop_expired(connection, audit_days)
    return dict(done)


async def _clear(connection: Connection, row: Any) -> Counter[str]:
    """Drop an expired partition, or delete the rows of those who do not want it any more."""
    if row["everybody"]:
        dropped = await _sql.drop_partition.fetchval(connection, parent=row["parent"], name=row["name"])
        return Counter(partitions=int(dropped))
    if not row["tenants"]:
        return Counter()
    kind = "logs" if row["parent"] == "log" else "states"
    deleted = 0
    for page in range(0, row["pages"], _PAGES_PER_BATCH):
        deleted += await _sql.delete_from_partition.fetchval(
            connection, name=row["name"], tenants=row["tenants"], from_page=page, pages=_PAGES_PER_BATCH
        )
    await _sql.mark_cleaned.execute(connection, name=row["name"], tenants=row["tenants"])
    return Counter({kind: deleted})


def _encode(defaults: Days) -> str:
    return orjson.dumps({kind: defaults.get(kind) for kind in KINDS}).decode()
