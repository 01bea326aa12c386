"""Why a flow run is not running (orchestration/explain.py)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.registry import Caller, GraphQLUUID, action
from lictor.orchestration.explain import why_not_running as explain


class WhyNotRunningArguments(msgspec.Struct):
    flow_run_id: GraphQLUUID


@action("why_not_running", argument=None, idempotent=True)
async def why_not_running(caller: Caller, arguments: WhyNotRunningArguments) -> dict[str, Any]:
    found = await explain(caller.pool, arguments.flow_run_id, tenant_id=caller.tenant_id)
    return {
        "flow_run_id": found.flow_run_id,
        "state": found.state,
        "since": found.since,
        "summary": found.summary,
        "reasons": [
            {
                "code": reason.code,
                "message": reason.message,
                "remedy": reason.remedy,
                "until": reason.until,
                "details": dict(reason.details),
            }
            for reason in found.reasons
        ],
    }
