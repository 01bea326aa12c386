"""Task runs: found or made on demand, read, named (contract server.md 3.6.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Beat, Connection, Executor

_sql = queries.load("task_runs")


@dataclass(frozen=True, slots=True)
class TaskRunKey:
    """Which task run: `map_index` is -1 for the run itself, 0.. for the children of a mapped task.

    A flow run of another tenant than `caller_tenant_id` (None: any) is not found.
    """

    flow_run_id: UUID
    task_id: UUID
    map_index: int = -1
    caller_tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TaskRunInfo:
    """A task run as its runner needs it; `serialized_state` is JSON text."""

    id: UUID
    version: int
    state: str | None
    serialized_state: str | None


async def get_or_create_task_runs(
    connection: Connection, keys: Sequence[TaskRunKey]
) -> list[TaskRunInfo | OrchestrationError]:
    """The task runs named by `keys`, made where they are missing; an error stands where a parent is missing."""
    answers: dict[int, TaskRunInfo | OrchestrationError] = {}
    wanted = dict(enumerate(keys))
    # A row that another call inserts while ours runs is invisible to our statement, but not to the next.
    while wanted:
        rows = await _sql.get_or_create_task_runs.fetch(connection, items=_encode(wanted))
        for row in rows:
            if row["problem"] != "lost_race":
                answers[row["item"]] = _answer(row, wanted.pop(row["item"]))
    return [answers[number] for number in range(len(keys))]


def _encode(keys: dict[int, TaskRunKey]) -> str:
    rows = [
        {
            "item": number,
            "flow_run_id": key.flow_run_id,
            "task_id": key.task_id,
            "map_index": key.map_index,
            "caller_tenant_id": key.caller_tenant_id,
        }
        for number, key in keys.items()
    ]
    return orjson.dumps(rows, default=str).decode()


def _answer(row: Any, key: TaskRunKey) -> TaskRunInfo | OrchestrationError:
    match row["problem"]:
        case None:
            return TaskRunInfo(row["id"], row["version"], row["state"], row["serialized_state"])
        case "flow_run":
            return OrchestrationError("Foreign key violation.")
        case _:
            return OrchestrationError(f"Invalid task ID: {key.task_id} is no task of this flow run's flow.")


async def task_run_info(
    executor: Executor, task_run_id: UUID, *, caller_tenant_id: UUID | None = None
) -> TaskRunInfo:
    """Version and state of a task run. Raises OrchestrationError for an unknown one."""
    row = await _sql.task_run_info.fetchrow(
        executor, task_run_id=task_run_id, caller_tenant_id=caller_tenant_id
    )
    if row is None:
        raise OrchestrationError("Invalid task run ID")
    return TaskRunInfo(row["id"], row["version"], row["state"], row["serialized_state"])


async def mapped_children(
    executor: Executor, task_run_id: UUID, *, caller_tenant_id: UUID | None = None
) -> Any:
    """Earliest start, latest end and counts by state of a mapped task run's children."""
    return await _sql.mapped_children.fetchrow(
        executor, task_run_id=task_run_id, caller_tenant_id=caller_tenant_id
    )


async def set_task_run_name(
    executor: Executor, task_run_id: UUID, name: str, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Name a task run; False for an unknown one. Raises OrchestrationError for an empty name."""
    if not name.strip():
        raise OrchestrationError("Invalid name: a task run's name must not be empty.")
    changed = await _sql.set_task_run_name.fetchval(
        executor, task_run_id=task_run_id, name=name, caller_tenant_id=caller_tenant_id
    )
    return changed is not None


async def beat(connection: Connection, beats: Sequence[Beat]) -> list[None]:
    """Note a sign of life of each task run; unknown ids are nobody's error (server.md 3.6.4)."""
    await _sql.beat.execute(
        connection,
        ids=[each.id for each in beats],
        caller_tenant_ids=[each.caller_tenant_id for each in beats],
    )
    return [None] * len(beats)
