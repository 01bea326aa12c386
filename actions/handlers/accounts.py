"""Who calls, their settings and API keys, and the tokens of clients before 1.0 (contract ui-and-cloud.md B.3, rows 1, 7
and 8; client.md 3.4 and 8)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import (
    JSON,
    ActionError,
    Caller,
    GraphQLDateTime,
    GraphQLUUID,
    action,
    parse_object,
)
from lictor.orchestration import accounts, permissions, tokens
from lictor.orchestration.tokens import AccessToken


@action("auth_info", idempotent=True)
async def auth_info(caller: Caller, _: None) -> dict[str, Any]:
    tenant_id, user_id = await accounts.auth_info(caller.pool, caller.tenant_id, caller.user_id)
    if tenant_id is None and caller.tenant_id is not None:
        raise _no_tenant(caller.tenant_id)
    return {
        "tenant_id": tenant_id and str(tenant_id),
        "user_id": user_id and str(user_id),
        "role_id": str(caller.role_id or permissions.ADMIN.id),
        "permissions": sorted(permissions.EVERYTHING if caller.permissions is None else caller.permissions),
        # Agents before 1.0 insist on this scope; a key serves them as a token (B.3, row 7).
        "api_token_scope": "RUNNER",
    }


def _no_tenant(tenant_id: UUID) -> ActionError:
    # Clients try a tenant, and know the refusal by its code.
    return ActionError(f"Tenant {tenant_id} not found.", "UNAUTHENTICATED")


class CreateApiKeyInput(msgspec.Struct):
    user_id: GraphQLUUID
    name: str
    expires_at: GraphQLDateTime | None = None
    default_tenant_id: GraphQLUUID | None = None


@action("create_api_key")
async def create_api_key(caller: Caller, input: CreateApiKeyInput) -> dict[str, Any]:
    if caller.user_id not in (None, input.user_id):
        raise ActionError("user_id is not you: an API key can be made for oneself only.", "FORBIDDEN")
    made = await accounts.create_api_key(
        caller.pool,
        user_id=input.user_id,
        name=input.name,
        expires_at=input.expires_at,
        default_tenant_id=input.default_tenant_id,
        created_by_id=caller.user_id,
        created_with_id=caller.key_id,
    )
    return {"id": str(made.id), "key": made.key}


class DeleteApiKeyInput(msgspec.Struct):
    key_id: GraphQLUUID


@action("delete_api_key", idempotent=True)
async def delete_api_key(caller: Caller, input: DeleteApiKeyInput) -> dict[str, Any]:
    return success(await accounts.delete_api_key(caller.pool, input.key_id, caller.user_id))


class UpdateUserSettingsInput(msgspec.Struct):
    settings: JSON = None


@action("update_user_settings", idempotent=True)
async def update_user_settings(caller: Caller, input: UpdateUserSettingsInput) -> dict[str, Any]:
    settings = parse_object(input.settings, "settings")
    user_id = await accounts.update_user_settings(caller.pool, settings, caller.user_id)
    return {"id": str(user_id), **success()}


class CreateApiTokenInput(msgspec.Struct):
    name: str
    scope: Literal["USER", "TENANT", "RUNNER"]
    expires_at: GraphQLDateTime | None = None


@action("create_api_token")
async def create_api_token(caller: Caller, input: CreateApiTokenInput) -> dict[str, Any]:
    tenant_id, user_id = await accounts.auth_info(caller.pool, caller.tenant_id, caller.user_id)
    if tenant_id is None or user_id is None:
        raise ActionError("There is no tenant, or no user, that the API token could be for.")
    made = await accounts.create_api_key(
        caller.pool,
        user_id=user_id,
        name=input.name,
        expires_at=input.expires_at,
        default_tenant_id=tenant_id,
        created_by_id=caller.user_id,
        created_with_id=caller.key_id,
        scope=input.scope,
    )
    return {"id": str(made.id), "token": made.key}


class DeleteApiTokenInput(msgspec.Struct):
    token_id: GraphQLUUID


@action("delete_api_token", idempotent=True)
async def delete_api_token(caller: Caller, input: DeleteApiTokenInput) -> dict[str, Any]:
    return success(await accounts.delete_api_key(caller.pool, input.token_id, caller.user_id))


class SwitchTenantInput(msgspec.Struct):
    tenant_id: GraphQLUUID


@action("switch_tenant", idempotent=True)
async def switch_tenant(caller: Caller, input: SwitchTenantInput) -> dict[str, Any]:
    made = await tokens.make_access_token(caller.pool, input.tenant_id, caller.key_id)
    if made is None:
        raise _no_tenant(input.tenant_id)
    return _access(made)


class RefreshTokenInput(msgspec.Struct):
    access_token: str


@action("refresh_token", idempotent=True)
async def refresh_token(caller: Caller, input: RefreshTokenInput) -> dict[str, Any]:
    kept = await tokens.refresh_access_token(caller.pool, input.access_token, caller.key_id)
    if kept is None:
        raise ActionError("The access token is unknown, ended, or of another API key.", "UNAUTHENTICATED")
    return _access(kept)


def _access(token: AccessToken) -> dict[str, Any]:
    # The client refreshes with the refresh token as its key; the access token itself serves, see orchestration/tokens.py.
    return {
        "access_token": token.token,
        "refresh_token": token.token,
        "expires_at": token.expires_at.isoformat(),
    }
