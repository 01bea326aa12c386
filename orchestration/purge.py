"""Takes away what large deletes have left behind: task runs, states and logs without their run (decision 0011).

In: a connection. Out: how many deleted runs and tasks were looked after. Any number may do it at once and die at any
line: each batch is a transaction that claims its runs (FOR UPDATE SKIP LOCKED) and forgets them when nothing is left.
"""

from __future__ import annotations

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("purge")

_ROWS_PER_BATCH = 5000
"""Bounds how long a batch holds locks: some tens of milliseconds."""


async def purge_deleted(executor: Executor, *, rows_per_batch: int = _ROWS_PER_BATCH) -> int:
    """Delete in batches until nobody needs it any more, other than those whom somebody else is just purging."""
    total = 0
    while claimed := await _sql.purge_deleted.fetchval(executor, most=rows_per_batch):
        total += claimed
    return total
