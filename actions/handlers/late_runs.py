"""What becomes of a flow group's late runs (orchestration/late_runs.py)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.registry import Caller, GraphQLUUID, action
from lictor.orchestration.late_runs import set_late_policy


class SetFlowGroupLatePolicyInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    policy: str
    late_after_seconds: int | None = None


@action("set_flow_group_late_policy", idempotent=True)
async def set_flow_group_late_policy(caller: Caller, input: SetFlowGroupLatePolicyInput) -> dict[str, Any]:
    return success(
        await set_late_policy(
            caller.pool,
            input.flow_group_id,
            input.policy,
            input.late_after_seconds,
            tenant_id=caller.tenant_id,
        )
    )
