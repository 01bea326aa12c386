"""Cloud hooks (contract server.md 3.6.11)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import tenant_of
from lictor.actions.handlers.trials import addresses_of, send_now
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action, parse_json
from lictor.orchestration import cloud_hooks, deliveries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import hook_requests
from lictor.orchestration.hook_signature import signed
from lictor.outgoing import OutgoingError
from lictor.settings import Settings


class CreateCloudHookInput(msgspec.Struct):
    type: Literal["PAGERDUTY", "SLACK_WEBHOOK", "TWILIO", "WEBHOOK", "PREFECT_MESSAGE"]
    states: list[str]
    tenant_id: GraphQLUUID | None = None
    name: str | None = None
    version_group_id: str | None = None
    config: JSON = None


@action("create_cloud_hook")
async def create_cloud_hook(caller: Caller, input: CreateCloudHookInput) -> dict[str, Any]:
    hook_id = await cloud_hooks.create_cloud_hook(
        caller.pool,
        tenant_id=await tenant_of(caller, input.tenant_id),
        type=input.type,
        states=input.states,
        config=parse_json(input.config),
        name=input.name,
        version_group_id=input.version_group_id,
    )
    return identified(hook_id)


class CloudHookInput(msgspec.Struct):
    cloud_hook_id: GraphQLUUID


@action("delete_cloud_hook", idempotent=True)
async def delete_cloud_hook(caller: Caller, input: CloudHookInput) -> dict[str, Any]:
    return success(
        await cloud_hooks.delete_cloud_hook(
            caller.pool, input.cloud_hook_id, caller_tenant_id=caller.tenant_id
        )
    )


@action("set_cloud_hook_active", idempotent=True)
async def set_cloud_hook_active(caller: Caller, input: CloudHookInput) -> dict[str, Any]:
    return success(
        await cloud_hooks.set_cloud_hook_active(
            caller.pool, input.cloud_hook_id, True, caller_tenant_id=caller.tenant_id
        )
    )


@action("set_cloud_hook_inactive", idempotent=True)
async def set_cloud_hook_inactive(caller: Caller, input: CloudHookInput) -> dict[str, Any]:
    return success(
        await cloud_hooks.set_cloud_hook_active(
            caller.pool, input.cloud_hook_id, False, caller_tenant_id=caller.tenant_id
        )
    )


class TestCloudHookInput(msgspec.Struct):
    cloud_hook_id: GraphQLUUID
    flow_run_id: GraphQLUUID | None = None
    state_type: Literal["SCHEDULED", "SUBMITTED", "SUCCESS", "RUNNING", "FAILED"] | None = None


@action("test_cloud_hook")
async def test_cloud_hook(caller: Caller, input: TestCloudHookInput) -> dict[str, Any]:
    """What went wrong with the hook is no error of the call, but the payload's `error`."""
    try:
        test = await cloud_hooks.cloud_hook_test(
            caller.pool,
            input.cloud_hook_id,
            state_type=(input.state_type or "SUCCESS").capitalize(),
            flow_run_id=input.flow_run_id,
            caller_tenant_id=caller.tenant_id,
        )
        if test.type == "PREFECT_MESSAGE":
            await cloud_hooks.create_hook_message(caller.pool, test.tenant_id, test.event)
        else:
            await _deliver(test, caller.settings)
    except (OrchestrationError, OutgoingError) as error:
        return {"success": False, "error": str(error)}
    return success()


async def _deliver(test: cloud_hooks.HookTest, settings: Settings) -> None:
    requests = hook_requests(test.type, test.config, test.event, addresses_of(settings))
    if test.type == "WEBHOOK" and test.signing_secret is not None:
        event_id = str(test.event["id"])
        requests = [signed(each, test.signing_secret, event_id, datetime.now(UTC)) for each in requests]
    await send_now(requests, settings)


class RetryHookDeliveryInput(msgspec.Struct):
    hook_delivery_id: GraphQLUUID


@action("retry_hook_delivery", idempotent=True)
async def retry_hook_delivery(caller: Caller, input: RetryHookDeliveryInput) -> dict[str, Any]:
    """Like test_cloud_hook: what cannot be tried again is no error of the call, but the payload's `error`."""
    try:
        await deliveries.retry_hook_delivery(
            caller.pool, input.hook_delivery_id, caller_tenant_id=caller.tenant_id
        )
    except OrchestrationError as error:
        return {"success": False, "error": str(error)}
    return success()
