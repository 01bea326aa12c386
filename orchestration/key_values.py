"""The key-value store of a tenant (contract ui-and-cloud.md B.3, row 17).

Keys and JSON values come in, ids go out. Reading is the generated API's (`utility.own_key_values`). Raises
OrchestrationError for what cannot be kept.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.text import refuse_nul
from lictor.orchestration.types import Executor

_sql = queries.load("key_values")

KEY_LIMIT = 255
"""Most characters of a key."""
VALUE_LIMIT = 10_000
"""Most characters of `json.dumps(value)`, which is how the client counts."""


async def set_key_value(executor: Executor, tenant_id: UUID | None, key: str, value: Any) -> UUID:
    """Keep `value` under `key`, in place of an earlier one. The pair keeps its id."""
    if not key or len(key) > KEY_LIMIT or "\0" in key:
        raise OrchestrationError(f"key must have 1 to {KEY_LIMIT} characters, none of them NUL.")
    size = len(json.dumps(value))
    if size > VALUE_LIMIT:
        raise OrchestrationError(f"Value payload exceedes 10 KB limit: {size:,} of {VALUE_LIMIT:,} bytes.")
    encoded = orjson.dumps(value)
    refuse_nul(encoded, "value")
    id = await _sql.set_key_value.fetchval(executor, tenant_id=tenant_id, key=key, value=encoded.decode())
    if id is None:
        raise OrchestrationError(
            "No tenant found." if tenant_id is None else f"Tenant {tenant_id} not found."
        )
    return id


async def delete_key_value(executor: Executor, tenant_id: UUID | None, key_value_id: UUID) -> bool:
    """Delete a pair; False for an unknown one and for another tenant's."""
    deleted = await _sql.delete_key_value.fetchval(executor, tenant_id=tenant_id, key_value_id=key_value_id)
    return deleted is not None
