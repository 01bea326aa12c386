"""Flows: registration, archiving, schedules on and off (contract server.md 3.6.2 and 3.6.3)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action, parse_json
from lictor.orchestration import flows
from lictor.orchestration.flow_documents import decompress


class CreateFlowInput(msgspec.Struct):
    serialized_flow: JSON
    project_id: GraphQLUUID
    version_group_id: str | None = None
    set_schedule_active: bool | None = None
    description: str | None = None
    idempotency_key: str | None = None


async def _register(caller: Caller, document: Any, input: Any) -> UUID:
    async with caller.pool.acquire() as connection:
        return await flows.create_flow(
            connection,
            document,
            input.project_id,
            version_group_id=input.version_group_id,
            set_schedule_active_too=input.set_schedule_active is not False,
            description=input.description,
            idempotency_key=input.idempotency_key,
            caller_tenant_id=caller.tenant_id,
        )


@action("create_flow")
async def create_flow(caller: Caller, input: CreateFlowInput) -> dict[str, Any]:
    return identified(await _register(caller, parse_json(input.serialized_flow), input))


class CreateFlowFromCompressedStringInput(msgspec.Struct):
    serialized_flow: str
    project_id: GraphQLUUID
    version_group_id: str | None = None
    set_schedule_active: bool | None = None
    description: str | None = None
    idempotency_key: str | None = None


@action("create_flow_from_compressed_string")
async def create_flow_from_compressed_string(
    caller: Caller, input: CreateFlowFromCompressedStringInput
) -> dict[str, Any]:
    # Megabytes take a while to unpack; others are served meanwhile.
    document = await asyncio.to_thread(decompress, input.serialized_flow)
    return identified(await _register(caller, document, input))


class RegisterTasksInput(msgspec.Struct):
    flow_id: GraphQLUUID
    serialized_tasks: JSON


@action("register_tasks", idempotent=True)
async def register_tasks(caller: Caller, input: RegisterTasksInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        tasks = parse_json(input.serialized_tasks)
        await flows.register_tasks(connection, input.flow_id, tasks, tenant_id=caller.tenant_id)
    return success()


class RegisterEdgesInput(msgspec.Struct):
    flow_id: GraphQLUUID
    serialized_edges: JSON


@action("register_edges", idempotent=True)
async def register_edges(caller: Caller, input: RegisterEdgesInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        edges = parse_json(input.serialized_edges)
        await flows.register_edges(connection, input.flow_id, edges, tenant_id=caller.tenant_id)
    return success()


class FlowInput(msgspec.Struct):
    flow_id: GraphQLUUID


@action("archive_flow", idempotent=True)
async def archive_flow(caller: Caller, input: FlowInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        return success(await flows.archive_flow(connection, input.flow_id, tenant_id=caller.tenant_id))


@action("delete_flow", idempotent=True)
async def delete_flow(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return success(await flows.delete_flow(caller.pool, input.flow_id, tenant_id=caller.tenant_id))


@action("set_schedule_active", idempotent=True)
async def set_schedule_active(caller: Caller, input: FlowInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        active = await flows.set_schedule_active(
            connection,
            input.flow_id,
            max_runs=caller.settings.scheduled_runs_per_flow,
            tenant_id=caller.tenant_id,
        )
    return success(active)


@action("set_schedule_inactive", idempotent=True)
async def set_schedule_inactive(caller: Caller, input: FlowInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        return success(
            await flows.set_schedule_inactive(connection, input.flow_id, tenant_id=caller.tenant_id)
        )
