"""Task runs (contract server.md 3.6.5 and 3.6.6)."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.states import answered
from lictor.actions.registry import JSON, ActionError, Caller, GraphQLUUID, action, parse_json
from lictor.orchestration import task_runs
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.states import NewState, prepare_state
from lictor.orchestration.task_runs import TaskRunInfo, TaskRunKey
from lictor.orchestration.types import Beat


class SetTaskRunStateInput(msgspec.Struct):
    task_run_id: GraphQLUUID
    state: JSON
    version: int | None = None
    flow_run_version: int | None = None


class SetTaskRunStatesInput(msgspec.Struct):
    states: list[SetTaskRunStateInput]


@action("set_task_run_states", idempotent=True)
async def set_task_run_states(caller: Caller, input: SetTaskRunStatesInput) -> dict[str, Any]:
    limit = caller.settings.state_size_limit
    items = []
    for number, item in enumerate(input.states):
        state = prepare_state(parse_json(item.state), field=f"states[{number}].state", size_limit=limit)
        items.append(NewState(item.task_run_id, state, item.version, caller_tenant_id=caller.tenant_id))
    return answered(await caller.combined.set_task_run_states(items) if items else [])


class GetOrCreateTaskRunInput(msgspec.Struct):
    flow_run_id: GraphQLUUID
    task_id: GraphQLUUID
    map_index: int | None = None


async def _get_or_create(caller: Caller, input: GetOrCreateTaskRunInput) -> TaskRunInfo:
    map_index = -1 if input.map_index is None else input.map_index
    if not -1 <= map_index < 2**31:
        raise ActionError(f"map_index must be -1 or an index from 0 to {2**31 - 1:,}, not {map_index}.")
    found = await caller.combined.get_or_create_task_runs(
        TaskRunKey(input.flow_run_id, input.task_id, map_index, caller.tenant_id)
    )
    if isinstance(found, OrchestrationError):
        raise found
    return found


@action("get_or_create_task_run", idempotent=True)
async def get_or_create_task_run(caller: Caller, input: GetOrCreateTaskRunInput) -> dict[str, Any]:
    try:
        return identified((await _get_or_create(caller, input)).id)
    except OrchestrationError as error:
        raise ActionError(f"Invalid ID: {error}") from None


def _info(run: TaskRunInfo) -> dict[str, Any]:
    state = run.serialized_state
    return {
        "id": str(run.id),
        "version": run.version,
        "state": run.state,
        "serialized_state": None if state is None else orjson.Fragment(state),
    }


@action("get_or_create_task_run_info", idempotent=True)
async def get_or_create_task_run_info(caller: Caller, input: GetOrCreateTaskRunInput) -> dict[str, Any]:
    return _info(await _get_or_create(caller, input))


class TaskRunArguments(msgspec.Struct):
    task_run_id: GraphQLUUID


@action("get_task_run_info", argument=None, idempotent=True)
async def get_task_run_info(caller: Caller, arguments: TaskRunArguments) -> dict[str, Any]:
    found = await task_runs.task_run_info(
        caller.pool, arguments.task_run_id, caller_tenant_id=caller.tenant_id
    )
    return _info(found)


@action("mapped_children", argument=None, idempotent=True)
async def mapped_children(caller: Caller, arguments: TaskRunArguments) -> dict[str, Any]:
    row = await task_runs.mapped_children(
        caller.pool, arguments.task_run_id, caller_tenant_id=caller.tenant_id
    )
    return {
        "min_start_time": row["min_start_time"] and row["min_start_time"].isoformat(),
        "max_end_time": row["max_end_time"] and row["max_end_time"].isoformat(),
        "state_counts": orjson.Fragment(row["state_counts"]),
    }


class SetTaskRunNameInput(msgspec.Struct):
    task_run_id: GraphQLUUID
    name: str


@action("set_task_run_name", idempotent=True)
async def set_task_run_name(caller: Caller, input: SetTaskRunNameInput) -> dict[str, Any]:
    return success(
        await task_runs.set_task_run_name(
            caller.pool, input.task_run_id, input.name, caller_tenant_id=caller.tenant_id
        )
    )


class UpdateTaskRunHeartbeatInput(msgspec.Struct):
    task_run_id: GraphQLUUID


@action("update_task_run_heartbeat", idempotent=True)
async def update_task_run_heartbeat(caller: Caller, input: UpdateTaskRunHeartbeatInput) -> dict[str, Any]:
    await caller.combined.task_run_beats(Beat(input.task_run_id, caller.tenant_id))
    return success()
