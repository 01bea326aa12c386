"""How long a tenant's data are kept (orchestration/retention.py)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import ActionError, Caller, GraphQLUUID, action
from lictor.orchestration.retention import KINDS, set_retention_policy


class SetRetentionPolicyInput(msgspec.Struct):
    tenant_id: GraphQLUUID
    flow_runs_days: int | None = None
    states_days: int | None = None
    logs_days: int | None = None
    artifacts_days: int | None = None
    messages_days: int | None = None


@action("set_retention_policy", idempotent=True)
async def set_policy(caller: Caller, input: SetRetentionPolicyInput) -> dict[str, Any]:
    if caller.tenant_id not in (None, input.tenant_id):
        raise ActionError("tenant_id is not the tenant you act in.", "FORBIDDEN")
    days = {kind: getattr(input, f"{kind}_days") for kind in KINDS}
    return success(await set_retention_policy(caller.pool, input.tenant_id, days))
