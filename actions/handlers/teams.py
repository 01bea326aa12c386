"""Tenants and projects (contract server.md 3.6.1)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import acting_tenant
from lictor.actions.registry import Caller, GraphQLUUID, action
from lictor.orchestration import teams


class CreateTenantInput(msgspec.Struct):
    name: str
    slug: str


@action("create_tenant")
async def create_tenant(caller: Caller, input: CreateTenantInput) -> dict[str, Any]:
    return identified(await teams.create_tenant(caller.pool, input.name, input.slug, caller.user_id))


class CreateProjectInput(msgspec.Struct):
    name: str
    tenant_id: GraphQLUUID | None = None
    description: str | None = None


@action("create_project")
async def create_project(caller: Caller, input: CreateProjectInput) -> dict[str, Any]:
    # The original UI leaves tenant_id out (ui-and-cloud.md A.2.7).
    tenant_id = await acting_tenant(caller, input.tenant_id)
    return identified(await teams.create_project(caller.pool, tenant_id, input.name, input.description))


class DeleteProjectInput(msgspec.Struct):
    project_id: GraphQLUUID


@action("delete_project", idempotent=True)
async def delete_project(caller: Caller, input: DeleteProjectInput) -> dict[str, Any]:
    return success(await teams.delete_project(caller.pool, input.project_id, tenant_id=caller.tenant_id))
