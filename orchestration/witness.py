"""Signs of life: of the API, and of the runners that read their runs through it (docs/decisions/0015-recovery.md).

In: a connection and what an API process has seen since it last called. Out: rows of utility.api_life and
utility.runner_read, which recovery.py judges by. Only the database's clock is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("witness")


@dataclass(slots=True)
class Reads:
    """How often a flow run's runner has read it, and whether its client's release is known to go on doing so."""

    count: int
    regular: bool


async def note_life(executor: Executor, patience: timedelta) -> None:
    """An API process is up. If none says so again within `patience`, the time until one does is an outage."""
    await _sql.note_life.execute(executor, patience=patience)


async def note_reads(executor: Executor, reads: Mapping[UUID, Reads]) -> None:
    """Write down reads of any number of flow runs in one statement; runs that do not exist are left out."""
    if reads:
        await _sql.note_reads.execute(
            executor,
            ids=list(reads),
            reads=[seen.count for seen in reads.values()],
            regular=[seen.regular for seen in reads.values()],
        )
