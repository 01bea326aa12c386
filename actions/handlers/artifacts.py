"""Artifacts of task runs (contract server.md 3.6.9)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import named_tenant
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action, parse_json
from lictor.orchestration import teams


class CreateTaskRunArtifactInput(msgspec.Struct):
    task_run_id: GraphQLUUID
    kind: str
    data: JSON
    tenant_id: GraphQLUUID | None = None


@action("create_task_run_artifact")
async def create_task_run_artifact(caller: Caller, input: CreateTaskRunArtifactInput) -> dict[str, Any]:
    artifact_id = await teams.create_artifact(
        caller.pool,
        task_run_id=input.task_run_id,
        kind=input.kind,
        data=parse_json(input.data),
        tenant_id=named_tenant(caller, input.tenant_id),
        size_limit=caller.settings.artifact_size_limit,
    )
    return identified(artifact_id)


class UpdateTaskRunArtifactInput(msgspec.Struct):
    task_run_artifact_id: GraphQLUUID
    data: JSON


@action("update_task_run_artifact", idempotent=True)
async def update_task_run_artifact(caller: Caller, input: UpdateTaskRunArtifactInput) -> dict[str, Any]:
    limit = caller.settings.artifact_size_limit
    return success(
        await teams.update_artifact(
            caller.pool,
            input.task_run_artifact_id,
            parse_json(input.data),
            size_limit=limit,
            caller_tenant_id=caller.tenant_id,
        )
    )


class DeleteTaskRunArtifactInput(msgspec.Struct):
    task_run_artifact_id: GraphQLUUID


@action("delete_task_run_artifact", idempotent=True)
async def delete_task_run_artifact(caller: Caller, input: DeleteTaskRunArtifactInput) -> dict[str, Any]:
    return success(
        await teams.delete_artifact(
            caller.pool, input.task_run_artifact_id, caller_tenant_id=caller.tenant_id
        )
    )
