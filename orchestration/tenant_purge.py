"""Takes the rows of deleted tenants away, in small transactions (contract server.md 5.3 no. 31).

In: a connection. Out: how many rows went. Any number of workers may do it at once and die at any line: a tenant is
claimed for one batch at a time. Never touches a tenant that is not in utility.tenant_deletion.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import structlog

from lictor.orchestration import queries
from lictor.orchestration.outages import CONNECTION_ERRORS, DATABASE_ERRORS
from lictor.orchestration.types import Connection

_sql = queries.load("tenant_purge")
_log = structlog.get_logger("lictor.tenants")

ROWS_PER_BATCH = 1_000
"""Bounds how long a batch holds its locks: some hundredths of a second."""
_RUNS_PER_BATCH = 20
"""Fewer: their states go with them, uncounted."""


async def purge_tenants(
    connection: Connection, tenant_id: UUID | None = None, *, rows: int = ROWS_PER_BATCH
) -> int:
    """Purge deleted tenants (or one) until none is left to us; returns how many rows were deleted by count.

    What cascades and triggers delete is not counted. A tenant that cannot be purged stops no other: it is logged,
    and its error raised in the end.
    """
    total = 0
    failed: dict[UUID, asyncpg.PostgresError] = {}
    while True:
        claimed: UUID | None = None
        try:
            async with connection.transaction():
                claimed = await _sql.claim_deleted_tenant.fetchval(
                    connection, tenant_id=tenant_id, but_not=list(failed)
                )
                if claimed is None:
                    break
                total += await _purge_batch(connection, claimed, rows)
        except CONNECTION_ERRORS:
            raise
        except asyncpg.PostgresError as error:
            if claimed is None:
                raise
            _log.warning("tenant_not_purged", tenant_id=str(claimed), error=str(error))
            failed[claimed] = error
    for error in failed.values():
        raise error
    return total


async def purge_at_once(connection: Connection, tenant_id: UUID, within: float = 0.5) -> None:
    """Purge one deleted tenant as far as that goes `within` so many seconds; purge_tenants does the rest.

    A small tenant is gone without a trace when this returns, workers or none.
    """
    try:
        async with asyncio.timeout(within):
            await purge_tenants(connection, tenant_id)
    except DATABASE_ERRORS as error:
        # The deletion stands, whatever became of this attempt.
        _log.info("tenant_left_to_workers", tenant_id=str(tenant_id), reason=type(error).__name__)


async def _purge_batch(connection: Connection, tenant_id: UUID, rows: int) -> int:
    """Delete about `rows` rows of a tenant, the tenant itself when nothing else is left; returns how many."""
    await _sql.archive_flows.execute(connection, tenant_id=tenant_id)
    claimed = await _sql.claim_flow_runs.fetch(
        connection, tenant_id=tenant_id, batch_size=min(rows, _RUNS_PER_BATCH)
    )
    if claimed:
        flow_run_ids = [row["id"] for row in claimed]
        return await _purge_flow_runs(connection, flow_run_ids, rows)
    for statement in (
        _sql.delete_edges,
        _sql.delete_tasks,
        _sql.delete_flows,
        _sql.delete_messages,
        _sql.delete_hook_deliveries,
    ):
        done = await statement.fetchval(connection, tenant_id=tenant_id, batch_size=rows)
        if done:
            return done
    await _sql.delete_tenant_row.execute(connection, tenant_id=tenant_id)
    _log.info("tenant_purged", tenant_id=str(tenant_id))
    return 1


async def _purge_flow_runs(connection: Connection, flow_run_ids: list[UUID], rows: int) -> int:
    done = 0
    for statement in (_sql.delete_logs, _sql.delete_task_runs):
        done += await statement.fetchval(connection, flow_run_ids=flow_run_ids, batch_size=rows - done)
        if done == rows:
            return done
    return done + await _sql.delete_flow_runs.fetchval(connection, flow_run_ids=flow_run_ids)
