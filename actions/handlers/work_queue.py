"""Pausing a tenant's work queue (contract ui-and-cloud.md B.3, row 20)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import ActionError, Caller, GraphQLUUID, action
from lictor.orchestration.work_queue import set_work_queue_paused


class TenantInput(msgspec.Struct):
    tenant_id: GraphQLUUID


@action("pause_tenant_work_queue", idempotent=True)
async def pause_tenant_work_queue(caller: Caller, input: TenantInput) -> dict[str, Any]:
    return await _set_paused(caller, input, True)


@action("resume_tenant_work_queue", idempotent=True)
async def resume_tenant_work_queue(caller: Caller, input: TenantInput) -> dict[str, Any]:
    return await _set_paused(caller, input, False)


async def _set_paused(caller: Caller, input: TenantInput, paused: bool) -> dict[str, Any]:
    if caller.tenant_id not in (None, input.tenant_id):
        raise ActionError("tenant_id is not the tenant you act in.", "FORBIDDEN")
    return success(await set_work_queue_paused(caller.pool, input.tenant_id, paused))
