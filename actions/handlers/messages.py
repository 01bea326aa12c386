"""Messages of the UI (contract server.md 3.6.10)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import Caller, GraphQLUUID, action
from lictor.orchestration import messages


class MessageInput(msgspec.Struct):
    message_id: GraphQLUUID


@action("mark_message_as_read", idempotent=True)
async def mark_message_as_read(caller: Caller, input: MessageInput) -> dict[str, Any]:
    return success(
        await messages.mark_message(
            caller.pool, input.message_id, read=True, caller_tenant_id=caller.tenant_id
        )
    )


@action("mark_message_as_unread", idempotent=True)
async def mark_message_as_unread(caller: Caller, input: MessageInput) -> dict[str, Any]:
    return success(
        await messages.mark_message(
            caller.pool, input.message_id, read=False, caller_tenant_id=caller.tenant_id
        )
    )


@action("delete_message", idempotent=True)
async def delete_message(caller: Caller, input: MessageInput) -> dict[str, Any]:
    return success(
        await messages.delete_message(caller.pool, input.message_id, caller_tenant_id=caller.tenant_id)
    )
