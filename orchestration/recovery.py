"""Lazarus and the zombie killer: what becomes of runs whose process is gone (contract server.md 4.1).

In: a connection, how long silence may last, and in tests the time. Out: states and log lines of the runs, and how many
there were. Any number of workers may do it at once and die at any line: a batch is one short transaction in which the
evidence is checked with the rows locked, by the statement that acts. What the evidence is, and why, stands in
docs/decisions/0015-recovery.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration import queries
from lictor.orchestration.types import Connection

_sql = queries.load("recovery")
_RUNS_PER_BATCH = 50
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a run may give no sign of life. Both count only while some API process was up to hear it.

    `beats`: no heartbeat. `reads`: heartbeats, but its runner, seen reading before, reads it no more; None: for ever.
    `now` stands in for the database's time.
    """

    beats: timedelta = timedelta(minutes=10)
    reads: timedelta | None = timedelta(minutes=30)
    now: datetime | None = None

    def values(self) -> dict[str, Any]:
        """As the statements take them."""
        return {"cutoff": self.beats, "read_cutoff": self.reads, "now": self.now}


async def revive_flow_runs(
    connection: Connection, silence: Silence, *, limit: int = 10, batch_size: int = _RUNS_PER_BATCH
) -> int:
    """Put lost flow runs back into the queue, or fail those that were revived `limit` times; returns how many.

    Lost: Submitted or Running, silent, no task run that waits or runs, not switched off for the flow group.
    """

    async def act(ids: list[UUID]) -> list[Any]:
        return await _sql.revive_flow_runs.fetch(
            connection, flow_run_ids=ids, limit=limit, **silence.values()
        )

    return await _batch_by_batch(connection, _sql.claim_lost_flow_runs, act, silence, batch_size)


async def kill_zombies(connection: Connection, silence: Silence, *, batch_size: int = _RUNS_PER_BATCH) -> int:
    """Settle what silent processes have left: task runs that are Running, then flow runs that are Cancelling.

    Returns how many task runs and flow runs that were.
    """

    async def settle_task_runs(ids: list[UUID]) -> list[Any]:
        return await _sql.settle_zombie_task_runs.fetch(connection, flow_run_ids=ids, **silence.values())

    async def settle_flow_runs(ids: list[UUID]) -> list[Any]:
        return await _sql.settle_zombie_flow_runs.fetch(connection, flow_run_ids=ids, **silence.values())

    claims = (
        (_sql.claim_flow_runs_of_zombies, settle_task_runs),
        (_sql.claim_zombie_flow_runs, settle_flow_runs),
    )
    total = 0
    for claim, act in claims:
        total += await _batch_by_batch(connection, claim, act, silence, batch_size)
    while await _sql.forget_runners.fetch(connection, batch_size=1000, **silence.values()):
        pass
    return total


async def _batch_by_batch(
    connection: Connection,
    claim: queries.Statement,
    act: Callable[[list[UUID]], Awaitable[list[Any]]],
    silence: Silence,
    batch_size: int,
) -> int:
    """Act on all that `claim` finds, in the order of ids; how many things were done.

    A batch that fails is done again one by one, so that what cannot be done holds up nothing else. Raises the first
    such error at the end, when all else is done.
    """
    done, after, one_by_one_to = 0, _FIRST, _FIRST
    errors: list[asyncpg.PostgresError] = []
    while True:
        ids: list[UUID] = []
        size = 1 if after < one_by_one_to else batch_size
        try:
            async with connection.transaction():
                rows = await claim.fetch(connection, after=after, batch_size=size, **silence.values())
                ids = [row["id"] for row in rows]
                if ids:
                    await _sql.hold_task_runs.execute(connection, flow_run_ids=ids)
                    done += len(await act(ids))
        except asyncpg.PostgresError as error:
            if not ids or connection.is_closed():
                raise
            if size > 1:
                one_by_one_to = ids[-1]
                continue
            errors.append(error)
        if not ids:
            break
        after = ids[-1]
    if errors:
        raise errors[0]
    return done
