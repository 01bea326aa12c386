"""What operators ask of the database: its revision, the leader, the duties, the gauges, broken invariants.

In: an executor. Out: plain records. Reads only; nothing here grows with history (docs/operations.md names the bounds).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("ops")

COUNTED = 100_000
"""Up to where runs are counted for the metrics."""
LATE = timedelta(seconds=20)
"""How far past its time a waiting run is late (contract ui-and-cloud.md A.1, Upcoming / late)."""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads; `vacant_seconds` is for how long nobody has, 0 while somebody does."""

    leader_id: UUID
    term: int
    held: bool
    vacant_seconds: float


@dataclass(frozen=True, slots=True)
class DutyState:
    """How a duty is doing; times in seconds, `lag_seconds` counts from when it should have succeeded again."""

    name: str
    interval_seconds: float
    next_due: datetime
    lag_seconds: float
    last_success: datetime | None
    duration_seconds: float | None
    last_failure: datetime | None
    last_error: str | None
    running_since: datetime | None


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that breaks an invariant."""

    invariant: str
    tenant_id: UUID | None
    object_type: str
    id: UUID | None
    detail: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number of the metrics; `label` tells those of one name apart."""

    name: str
    label: str | None
    value: float


async def revision(executor: Executor) -> str | None:
    """The revision of the schema; None for a database that was never migrated."""
    try:
        return await _sql.revision.fetchval(executor)
    except asyncpg.UndefinedTableError:
        return None


async def leader(executor: Executor, name: str = "clock") -> Leader | None:
    """The leader of a lease; None if there never was one."""
    row = await _sql.leader.fetchrow(executor, name=name)
    return None if row is None else Leader(**row)


async def duties(executor: Executor) -> list[DutyState]:
    """All duties that a clock has declared, by name."""
    return [DutyState(**row) for row in await _sql.duties.fetch(executor)]


async def violations(executor: Executor, *, back: timedelta, most: int = 1000) -> list[Violation]:
    """Up to `most` violations, with history searched for `back`."""
    return [Violation(**row) for row in await _sql.violations.fetch(executor, back=back, most=most)]


async def gauges(executor: Executor) -> list[Gauge]:
    """What the metrics show of the database."""
    bounds: dict[str, Any] = {"most": COUNTED}
    rows = await _sql.gauges.fetch(executor, late=LATE, **bounds)
    if await _sql.has_deliveries.fetchval(executor):
        rows += await _sql.delivery_gauges.fetch(executor, **bounds)
    return [Gauge(**row) for row in rows]
