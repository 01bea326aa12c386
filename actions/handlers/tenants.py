"""Tenants after they are made (contract server.md 3.6.1)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import tenant_of
from lictor.actions.registry import JSON, ActionError, Caller, GraphQLUUID, action, parse_object
from lictor.orchestration import tenants
from lictor.orchestration.tenant_purge import purge_at_once


class UpdateTenantNameInput(msgspec.Struct):
    name: str
    tenant_id: GraphQLUUID | None = None


@action("update_tenant_name", idempotent=True)
async def update_tenant_name(caller: Caller, input: UpdateTenantNameInput) -> dict[str, Any]:
    tenant_id = await tenant_of(caller, input.tenant_id)
    return identified(await tenants.update_tenant_name(caller.pool, tenant_id, input.name))


class UpdateTenantSlugInput(msgspec.Struct):
    slug: str
    tenant_id: GraphQLUUID | None = None


@action("update_tenant_slug", idempotent=True)
async def update_tenant_slug(caller: Caller, input: UpdateTenantSlugInput) -> dict[str, Any]:
    tenant_id = await tenant_of(caller, input.tenant_id)
    return identified(await tenants.update_tenant_slug(caller.pool, tenant_id, input.slug))


class UpdateTenantSettingsInput(msgspec.Struct):
    settings: JSON = None
    tenant_id: GraphQLUUID | None = None


@action("update_tenant_settings", idempotent=True)
async def update_tenant_settings(caller: Caller, input: UpdateTenantSettingsInput) -> dict[str, Any]:
    settings = parse_object(input.settings, "settings")
    tenant_id = await tenant_of(caller, input.tenant_id)
    return identified(await tenants.update_tenant_settings(caller.pool, tenant_id, settings))


class DeleteTenantInput(msgspec.Struct):
    confirm: bool
    tenant_id: GraphQLUUID


@action("delete_tenant", idempotent=True)
async def delete_tenant(caller: Caller, input: DeleteTenantInput) -> dict[str, Any]:
    if not input.confirm:
        raise ActionError("A tenant is deleted with everything in it, for good: confirm=True is needed.")
    if caller.tenant_id not in (None, input.tenant_id):
        return success(False)
    async with caller.pool.acquire() as connection:
        deleted = await tenants.delete_tenant(connection, input.tenant_id)
        if deleted:
            await purge_at_once(connection, input.tenant_id)
    return success(deleted)
