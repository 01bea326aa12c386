"""The key-value store (contract ui-and-cloud.md B.3, row 17)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action
from lictor.orchestration import key_values


class SetKeyValueInput(msgspec.Struct):
    key: str
    value: JSON


@action("set_key_value", idempotent=True)
async def set_key_value(caller: Caller, input: SetKeyValueInput) -> dict[str, Any]:
    # Not through parse_json: a text that looks like JSON has to come back as the text it was.
    id = await key_values.set_key_value(caller.pool, caller.tenant_id, input.key, input.value)
    return identified(id)


class DeleteKeyValueInput(msgspec.Struct):
    key_value_id: GraphQLUUID


@action("delete_key_value", idempotent=True)
async def delete_key_value(caller: Caller, input: DeleteKeyValueInput) -> dict[str, Any]:
    return success(await key_values.delete_key_value(caller.pool, caller.tenant_id, input.key_value_id))
