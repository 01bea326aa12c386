"""Automations (contract ui-and-cloud.md B.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import tenant_of
from lictor.actions.handlers.trials import addresses_of, send_now
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action, parse_json
from lictor.orchestration import action_trials, automations
from lictor.orchestration.errors import OrchestrationError
from lictor.outgoing import OutgoingError


class CreateActionInput(msgspec.Struct):
    config: JSON
    name: str | None = None
    tenant_id: GraphQLUUID | None = None


@action("create_action")
async def create_action(caller: Caller, input: CreateActionInput) -> dict[str, Any]:
    return identified(
        await automations.create_action(
            caller.pool,
            tenant_id=await tenant_of(caller, input.tenant_id),
            name=input.name,
            config=parse_json(input.config),
        )
    )


class ActionInput(msgspec.Struct):
    action_id: GraphQLUUID


@action("delete_action", idempotent=True)
async def delete_action(caller: Caller, input: ActionInput) -> dict[str, Any]:
    return success(
        await automations.delete_action(caller.pool, input.action_id, caller_tenant_id=caller.tenant_id)
    )


@action("test_action")
async def test_action(caller: Caller, input: ActionInput) -> dict[str, Any]:
    """What went wrong with the action is no error of the call, but the payload's `error`, as of test_cloud_hook."""
    settings = caller.settings
    try:
        async with caller.pool.acquire() as connection:
            plan = await action_trials.try_action(
                connection,
                input.action_id,
                addresses_of(settings),
                caller.keyring,
                now=datetime.now(UTC),
                caller_tenant_id=caller.tenant_id,
            )
        if plan is not None:
            await send_now(plan.parts, settings)
    except (OrchestrationError, OutgoingError) as error:
        return {"success": False, "error": str(error)}
    return success()


class CreateFlowRunStateChangedHookInput(msgspec.Struct):
    action_id: GraphQLUUID
    states: list[str]
    flow_group_ids: list[GraphQLUUID] | None = None


@action("create_flow_run_state_changed_hook")
async def create_flow_run_state_changed_hook(
    caller: Caller, input: CreateFlowRunStateChangedHookInput
) -> dict[str, Any]:
    return identified(
        await automations.create_flow_run_state_changed_hook(
            caller.pool,
            input.action_id,
            states=input.states,
            flow_group_ids=input.flow_group_ids,
            caller_tenant_id=caller.tenant_id,
        )
    )


class CreateFlowSLAConfigInput(msgspec.Struct):
    kind: Literal["SCHEDULED_NOT_STARTED", "STARTED_NOT_FINISHED"]
    duration_seconds: int
    tenant_id: GraphQLUUID | None = None


@action("create_flow_sla_config")
async def create_flow_sla_config(caller: Caller, input: CreateFlowSLAConfigInput) -> dict[str, Any]:
    return identified(
        await automations.create_flow_sla_config(
            caller.pool,
            tenant_id=await tenant_of(caller, input.tenant_id),
            kind=input.kind,
            duration_seconds=input.duration_seconds,
        )
    )


class CreateFlowGroupSLAInput(msgspec.Struct):
    flow_sla_config_id: GraphQLUUID
    flow_group_id: GraphQLUUID


@action("create_flow_group_sla", idempotent=True)
async def create_flow_group_sla(caller: Caller, input: CreateFlowGroupSLAInput) -> dict[str, Any]:
    return identified(
        await automations.create_flow_group_sla(
            caller.pool,
            flow_sla_config_id=input.flow_sla_config_id,
            flow_group_id=input.flow_group_id,
            caller_tenant_id=caller.tenant_id,
        )
    )


class CreateFlowSLAFailedHookInput(msgspec.Struct):
    action_id: GraphQLUUID
    sla_config_ids: list[GraphQLUUID]


@action("create_flow_sla_failed_hook")
async def create_flow_sla_failed_hook(caller: Caller, input: CreateFlowSLAFailedHookInput) -> dict[str, Any]:
    return identified(
        await automations.create_flow_sla_failed_hook(
            caller.pool,
            input.action_id,
            sla_config_ids=input.sla_config_ids,
            caller_tenant_id=caller.tenant_id,
        )
    )


class CreateAgentSLAFailedHookInput(msgspec.Struct):
    action_id: GraphQLUUID
    agent_config_ids: list[GraphQLUUID]


@action("create_agent_sla_failed_hook")
async def create_agent_sla_failed_hook(
    caller: Caller, input: CreateAgentSLAFailedHookInput
) -> dict[str, Any]:
    return identified(
        await automations.create_agent_sla_failed_hook(
            caller.pool,
            input.action_id,
            agent_config_ids=input.agent_config_ids,
            caller_tenant_id=caller.tenant_id,
        )
    )


class DeleteHookInput(msgspec.Struct):
    hook_id: GraphQLUUID


@action("delete_hook", idempotent=True)
async def delete_hook(caller: Caller, input: DeleteHookInput) -> dict[str, Any]:
    return success(
        await automations.delete_hook(caller.pool, input.hook_id, caller_tenant_id=caller.tenant_id)
    )
