"""write_run_logs (contract server.md 3.6.7)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
import orjson

from lictor.actions.handlers.answers import success
from lictor.actions.registry import (
    JSON,
    ActionError,
    Caller,
    GraphQLDateTime,
    GraphQLUUID,
    action,
    parse_json,
)
from lictor.orchestration.logs import LogLine
from lictor.orchestration.text import refuse_nul


class WriteRunLogInput(msgspec.Struct):
    flow_run_id: GraphQLUUID
    task_run_id: GraphQLUUID | None = None
    timestamp: GraphQLDateTime | None = None
    message: str | None = None
    name: str | None = None
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = None
    info: JSON = None


class WriteRunLogsInput(msgspec.Struct):
    logs: list[WriteRunLogInput]


@action("write_run_logs")
async def write_run_logs(caller: Caller, input: WriteRunLogsInput) -> dict[str, Any]:
    lines = [_line(number, log, caller.tenant_id) for number, log in enumerate(input.logs)]
    if lines and not await caller.combined.write_logs(lines):
        raise ActionError("Foreign key violation.")
    return success()


def _line(number: int, log: WriteRunLogInput, caller_tenant_id: UUID | None) -> LogLine:
    for field in ("message", "name"):
        if "\0" in (getattr(log, field) or ""):
            raise ActionError(
                f"logs[{number}].{field} holds a NUL character (\\u0000), which cannot be stored."
            )
    info = None if log.info is None else orjson.dumps(parse_json(log.info))
    if info is not None:
        refuse_nul(info, f"logs[{number}].info")
    return LogLine(
        log.flow_run_id,
        log.task_run_id,
        log.timestamp,
        log.name,
        log.level or "INFO",
        log.message,
        info.decode() if info is not None else None,
        caller_tenant_id,
    )
