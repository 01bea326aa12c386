"""The work queue: which runs an agent may take now (contract server.md 3.6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("queue")


async def runs_in_queue(
    executor: Executor,
    tenant_id: UUID,
    labels: Sequence[str],
    *,
    before: datetime | None = None,
    limit: int = 25,
    agent_id: UUID | None = None,
    caller_tenant_id: UUID | None = None,
) -> list[UUID]:
    """Ids of at most `limit` runs due by `before` (default: the database's now) that an agent with `labels` serves.

    Oldest first. Reading takes nothing off the queue; submitting a run is what claims it. The agent
    `agent_id` is noted as alive, if it is of `caller_tenant_id` (None: any). Every run handed out has its task runs, and fits into the concurrency limits
    of its labels as they are now.
    """
    row = await _sql.runs_in_queue.fetchrow(
        executor,
        tenant_id=tenant_id,
        labels=orjson.dumps(list(labels)).decode(),
        before=before,
        limit=limit,
        agent_id=agent_id,
        caller_tenant_id=caller_tenant_id,
    )
    assert row is not None
    if row["without_task_runs"]:
        await _sql.create_task_runs.execute(executor, flow_run_ids=row["without_task_runs"])
    if row["queued"]:
        await _sql.schedule_queued.execute(executor, flow_run_ids=row["queued"], before=before)
    return row["flow_run_ids"]
