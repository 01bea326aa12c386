"""The switch of a tenant's work queue (contract ui-and-cloud.md B.3, row 20)."""

from __future__ import annotations

from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("work_queue")


async def set_work_queue_paused(executor: Executor, tenant_id: UUID, paused: bool) -> bool:
    """Hold back all runs of a tenant from agents, or release them again; False for an unknown tenant."""
    return await _sql.set_work_queue_paused.fetchval(executor, tenant_id=tenant_id, paused=paused) is not None
