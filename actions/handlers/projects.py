"""Naming and describing projects, moving flows between them (contract server.md 3.6.1, 3.6.3)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified
from lictor.actions.registry import ActionError, Caller, GraphQLUUID, action
from lictor.orchestration import projects


class SetProjectNameInput(msgspec.Struct):
    project_id: GraphQLUUID
    name: str


@action("set_project_name", idempotent=True)
async def set_project_name(caller: Caller, input: SetProjectNameInput) -> dict[str, Any]:
    tenant_id = caller.tenant_id
    return identified(
        await projects.set_project_name(caller.pool, input.project_id, input.name, tenant_id=tenant_id)
    )


class SetProjectDescriptionInput(msgspec.Struct):
    project_id: GraphQLUUID
    description: str | msgspec.UnsetType | None = msgspec.UNSET


@action("set_project_description", idempotent=True)
async def set_project_description(caller: Caller, input: SetProjectDescriptionInput) -> dict[str, Any]:
    # Null takes the description away; nothing at all is a slip that must not (server.md 3.6.1).
    if input.description is msgspec.UNSET:
        raise ActionError("description is missing: give a text, or null to take the description away.")
    return identified(
        await projects.set_project_description(
            caller.pool, input.project_id, input.description, tenant_id=caller.tenant_id
        )
    )


class UpdateFlowProjectInput(msgspec.Struct):
    flow_id: GraphQLUUID
    project_id: GraphQLUUID


@action("update_flow_project", idempotent=True)
async def update_flow_project(caller: Caller, input: UpdateFlowProjectInput) -> dict[str, Any]:
    return identified(
        await projects.update_flow_project(
            caller.pool, input.flow_id, input.project_id, tenant_id=caller.tenant_id
        )
    )
