"""Concurrency limits (contract ui-and-cloud.md B.3, 10 and 11).

Cloud named the limit on task tags twice; both names are here, for the client library and for the UI.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import acting_tenant
from lictor.actions.registry import Caller, GraphQLUUID, action
from lictor.orchestration import limits


class UpdateFlowConcurrencyLimitInput(msgspec.Struct):
    label: str
    limit: int


class UpdateTaskTagLimitInput(msgspec.Struct):
    tag: str
    limit: int


class UpdateTaskConcurrencyLimitInput(msgspec.Struct):
    name: str
    limit: int


class LimitInput(msgspec.Struct):
    limit_id: GraphQLUUID


@action("update_flow_concurrency_limit", idempotent=True)
async def update_flow_concurrency_limit(
    caller: Caller, input: UpdateFlowConcurrencyLimitInput
) -> dict[str, Any]:
    tenant_id = await acting_tenant(caller)
    return identified(
        await limits.update_flow_concurrency_limit(caller.pool, tenant_id, input.label, input.limit)
    )


@action("delete_flow_concurrency_limit", idempotent=True)
async def delete_flow_concurrency_limit(caller: Caller, input: LimitInput) -> dict[str, Any]:
    return success(await limits.delete_flow_concurrency_limit(caller.pool, input.limit_id, caller.tenant_id))


@action("update_task_tag_limit", idempotent=True)
async def update_task_tag_limit(caller: Caller, input: UpdateTaskTagLimitInput) -> dict[str, Any]:
    tenant_id = await acting_tenant(caller)
    return identified(await limits.update_task_tag_limit(caller.pool, tenant_id, input.tag, input.limit))


@action("update_task_concurrency_limit", idempotent=True)
async def update_task_concurrency_limit(
    caller: Caller, input: UpdateTaskConcurrencyLimitInput
) -> dict[str, Any]:
    tenant_id = await acting_tenant(caller)
    return identified(await limits.update_task_tag_limit(caller.pool, tenant_id, input.name, input.limit))


@action("delete_task_tag_limit", idempotent=True)
async def delete_task_tag_limit(caller: Caller, input: LimitInput) -> dict[str, Any]:
    return success(await limits.delete_task_tag_limit(caller.pool, input.limit_id, caller.tenant_id))


@action("delete_task_concurrency_limit", idempotent=True)
async def delete_task_concurrency_limit(caller: Caller, input: LimitInput) -> dict[str, Any]:
    return success(await limits.delete_task_tag_limit(caller.pool, input.limit_id, caller.tenant_id))


class FlowConcurrencyArguments(msgspec.Struct):
    labels: list[str] | None = None


@action("flow_concurrency", argument=None, idempotent=True)
async def flow_concurrency(caller: Caller, arguments: FlowConcurrencyArguments) -> list[dict[str, Any]]:
    found = await limits.flow_concurrency(caller.pool, await acting_tenant(caller), arguments.labels)
    return [{"label": one.name, "usage": one.usage} for one in found]


class TaskConcurrencyArguments(msgspec.Struct):
    names: list[str] | None = None


@action("task_concurrency", argument=None, idempotent=True)
async def task_concurrency(caller: Caller, arguments: TaskConcurrencyArguments) -> list[dict[str, Any]]:
    found = await limits.task_concurrency(caller.pool, await acting_tenant(caller), arguments.names)
    return [{"name": one.name, "usage": one.usage} for one in found]


class TaskTagUsageArguments(msgspec.Struct):
    tags: list[str] | None = None


@action("task_tag_usage", argument=None, idempotent=True)
async def task_tag_usage(caller: Caller, arguments: TaskTagUsageArguments) -> list[dict[str, Any]]:
    found = await limits.task_concurrency(caller.pool, await acting_tenant(caller), arguments.tags)
    return [{"tag": one.name, "usage": one.usage} for one in found]
