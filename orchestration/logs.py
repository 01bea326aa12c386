"""Log lines of runs: any number of lines of any number of calls in one statement (server.md 3.6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.types import Connection

_sql = queries.load("logs")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; a `timestamp` of None means now, `info` is JSON text.

    Runs of another tenant than `caller_tenant_id` (None: any) are not found.
    """

    flow_run_id: UUID
    task_run_id: UUID | None
    timestamp: datetime | None
    name: str | None
    level: str
    message: str | None
    info: str | None = None
    caller_tenant_id: UUID | None = None


async def write_logs(connection: Connection, calls: Sequence[Sequence[LogLine]]) -> list[bool]:
    """Write the lines of each call; False where a line names an unknown run and its call was kept out."""
    lines = [(number, line) for number, call in enumerate(calls) for line in call]
    rows = await _sql.write_logs.fetch(
        connection,
        calls=[number for number, _ in lines],
        flow_run_ids=[line.flow_run_id for _, line in lines],
        task_run_ids=[line.task_run_id for _, line in lines],
        timestamps=[line.timestamp for _, line in lines],
        names=[line.name for _, line in lines],
        levels=[line.level for _, line in lines],
        messages=[line.message for _, line in lines],
        infos=[line.info for _, line in lines],
        caller_tenant_ids=[line.caller_tenant_id for _, line in lines],
    )
    refused = {row["call"] for row in rows}
    return [number not in refused for number in range(len(calls))]
