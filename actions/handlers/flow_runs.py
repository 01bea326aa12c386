"""Flow runs (contract server.md 3.6.4 and 3.6.6)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.json_objects import json_object
from lictor.actions.handlers.states import answered
from lictor.actions.registry import (
    JSON,
    ActionError,
    Caller,
    GraphQLDateTime,
    GraphQLUUID,
    action,
    parse_json,
)
from lictor.orchestration import flow_runs, states
from lictor.orchestration.flow_runs import NewFlowRun
from lictor.orchestration.states import NewState, prepare_state
from lictor.orchestration.types import Beat


class CreateFlowRunInput(msgspec.Struct):
    flow_id: GraphQLUUID | None = None
    version_group_id: str | None = None
    parameters: JSON = None
    labels: list[str] | None = None
    run_config: JSON = None
    context: JSON = None
    scheduled_start_time: GraphQLDateTime | None = None
    idempotency_key: str | None = None
    flow_run_name: str | None = None


@action("create_flow_run", idempotent=True)
async def create_flow_run(caller: Caller, input: CreateFlowRunInput) -> dict[str, Any]:
    if input.flow_id is None and not input.version_group_id:
        raise ActionError("A flow run needs a flow: give flow_id or version_group_id.")
    if len((input.idempotency_key or "").encode()) > 2000:
        raise ActionError("idempotency_key is longer than 2,000 bytes.")
    request = NewFlowRun(
        flow_id=input.flow_id,
        version_group_id=input.version_group_id,
        tenant_id=caller.tenant_id,
        parameters=json_object(input.parameters, "parameters"),
        labels=input.labels,
        run_config=json_object(input.run_config, "run_config"),
        context=json_object(input.context, "context"),
        name=input.flow_run_name,
        scheduled_start_time=input.scheduled_start_time,
        idempotency_key=input.idempotency_key,
    )
    return identified((await caller.combined.create_flow_runs(request)).unwrap())


class SetFlowRunStateInput(msgspec.Struct):
    flow_run_id: GraphQLUUID
    state: JSON
    version: int | None = None


class SetFlowRunStatesInput(msgspec.Struct):
    states: list[SetFlowRunStateInput]


@action("set_flow_run_states", idempotent=True)
async def set_flow_run_states(caller: Caller, input: SetFlowRunStatesInput) -> dict[str, Any]:
    limit = caller.settings.state_size_limit
    items = []
    for number, item in enumerate(input.states):
        state = prepare_state(parse_json(item.state), field=f"states[{number}].state", size_limit=limit)
        items.append(NewState(item.flow_run_id, state, item.version, caller.agent_id, caller.tenant_id))
    return answered(await caller.combined.set_flow_run_states(items) if items else [])


class FlowRunInput(msgspec.Struct):
    flow_run_id: GraphQLUUID


@action("cancel_flow_run", idempotent=True)
async def cancel_flow_run(caller: Caller, input: FlowRunInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        state = await states.cancel_flow_run(connection, input.flow_run_id, caller_tenant_id=caller.tenant_id)
    return {"state": state}


@action("delete_flow_run", idempotent=True)
async def delete_flow_run(caller: Caller, input: FlowRunInput) -> dict[str, Any]:
    return success(
        await flow_runs.delete_flow_run(caller.pool, input.flow_run_id, tenant_id=caller.tenant_id)
    )


@action("update_flow_run_heartbeat", idempotent=True)
async def update_flow_run_heartbeat(caller: Caller, input: FlowRunInput) -> dict[str, Any]:
    await caller.combined.flow_run_beats(Beat(input.flow_run_id, caller.tenant_id))
    return success()


class SetFlowRunNameInput(msgspec.Struct):
    flow_run_id: GraphQLUUID
    name: str


@action("set_flow_run_name", idempotent=True)
async def set_flow_run_name(caller: Caller, input: SetFlowRunNameInput) -> dict[str, Any]:
    return success(
        await flow_runs.set_flow_run_name(
            caller.pool, input.flow_run_id, input.name, tenant_id=caller.tenant_id
        )
    )


class SetFlowRunLabelsInput(msgspec.Struct):
    flow_run_id: GraphQLUUID
    labels: list[str]


@action("set_flow_run_labels", idempotent=True)
async def set_flow_run_labels(caller: Caller, input: SetFlowRunLabelsInput) -> dict[str, Any]:
    return success(
        await flow_runs.set_flow_run_labels(
            caller.pool, input.flow_run_id, input.labels, tenant_id=caller.tenant_id
        )
    )
