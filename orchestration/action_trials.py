"""Trying an action (contract ui-and-cloud.md B.4, test_action).

In: a connection, an action's id. Out: what to send, if it sends something. What an action would do to flows and runs is
done and undone.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.automation_events import invented, told
from lictor.orchestration.automation_kind import plan_action, read_action
from lictor.orchestration.automation_runs import undo_action
from lictor.orchestration.delivery_plans import Requests
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses
from lictor.orchestration.sealing import Keyring
from lictor.orchestration.types import Connection

_sql = queries.load("automations")


async def try_action(
    connection: Connection,
    action_id: UUID,
    addresses: Addresses,
    keyring: Keyring | None,
    *,
    now: datetime,
    caller_tenant_id: UUID | None = None,
) -> Requests | None:
    """Try an action with an invented event of a flow run; None if it sends nothing and could be done.

    Raises OrchestrationError for an unknown action and for one that cannot be done.
    """
    row = await _sql.get_action.fetchrow(connection, action_id=action_id, caller_tenant_id=caller_tenant_id)
    if row is None:
        raise OrchestrationError(f"Action {action_id} not found.")
    action = await read_action(connection, row, keyring)
    facts = invented(row["tenant_id"], row["tenant_slug"])
    plan = plan_action(action, facts, addresses, moment=now)
    if isinstance(plan, Requests):
        return plan
    await undo_action(connection, action.tenant_id, action.config, told(facts, addresses))
    return None
