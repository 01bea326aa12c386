"""Who calls, and API keys (contract ui-and-cloud.md B.3, rows 1 and 7; client.md 3.4)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import ActionError, Caller, GraphQLDateTime, GraphQLUUID, action
from lictor.orchestration import accounts


@action("auth_info", idempotent=True)
async def auth_info(caller: Caller, _: None) -> dict[str, Any]:
    tenant_id, user_id = await accounts.auth_info(caller.pool, caller.tenant_id, caller.user_id)
    if tenant_id is None and caller.tenant_id is not None:
        # The client's `switch_tenant` tries a tenant with this field and knows the refusal by its code.
        raise ActionError(f"Tenant {caller.tenant_id} not found.", "UNAUTHENTICATED")
    return {
        "tenant_id": tenant_id and str(tenant_id),
        "user_id": user_id and str(user_id),
        # Agents before 1.0 insist on this scope; a key serves them as a token (B.3, row 7).
        "api_token_scope": "RUNNER",
    }


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
    )
    return {"id": str(made.id), "key": made.key}


class DeleteApiKeyInput(msgspec.Struct):
    key_id: GraphQLUUID


@action("delete_api_key", idempotent=True)
async def delete_api_key(caller: Caller, input: DeleteApiKeyInput) -> dict[str, Any]:
    return success(await accounts.delete_api_key(caller.pool, input.key_id, caller.user_id))
