"""Actions that we do ourselves, to flows and runs (contract ui-and-cloud.md B.4).

In: a connection in a transaction, an action, an event of its tenant. Out: rows. Whoever calls this marks the delivery
Delivered in the same transaction, so that the action is done exactly once. Raises OrchestrationError for what cannot be
done and never could.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lictor.orchestration import flow_groups, queries
from lictor.orchestration.action_config import flow_group_of
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.states import cancel_flow_run
from lictor.orchestration.templates import fill, fill_json
from lictor.orchestration.types import Connection

_sql = queries.load("automations")

RUN_LIMIT = 100
"""Runs that automations make because of one run, unless the settings say otherwise."""


async def do_action(
    connection: Connection,
    tenant_id: UUID,
    config: Mapping[str, Any],
    event: Mapping[str, Any],
    *,
    key: str | None = None,
    run_limit: int = RUN_LIMIT,
) -> None:
    """Do the action for the event. `key`: idempotency key of a run that is made, other for every delivery."""
    [(kind, fields)] = config.items()
    if "flow_run_id" not in event:
        raise OrchestrationError(f"{event['event_name']} has no flow run, which {kind} needs.")
    match kind:
        case "cancel_flow_run":
            message = fill(fields["message"], event) if "message" in fields else None
            flow_run_id = UUID(event["flow_run_id"])
            await cancel_flow_run(connection, flow_run_id, message, caller_tenant_id=tenant_id)
        case "pause_schedule":
            group_id = UUID(fields.get("flow_group_id") or event["flow_group_id"])
            if not await flow_groups.pause_schedules(connection, group_id, tenant_id=tenant_id):
                raise OrchestrationError(f"Flow group {group_id} not found.")
        case "create_flow_run":
            await _create_flow_run(connection, tenant_id, fields, event, key, run_limit)
        case _:
            raise OrchestrationError(f"{kind} is no action on flows or runs.")


class _Undone(Exception):
    """Ends the transaction of a trial."""


async def undo_action(
    connection: Connection, tenant_id: UUID, config: Mapping[str, Any], event: Mapping[str, Any]
) -> None:
    """Do the action for an invented event, and undo it; raises OrchestrationError if it could not be done.

    One that is about the event's own run or flow cannot be tried: there are none.
    """
    if flow_group_of(config) is None:
        return
    try:
        async with connection.transaction():
            await do_action(connection, tenant_id, config, event)
            raise _Undone
    except _Undone:
        pass


async def _create_flow_run(
    connection: Connection,
    tenant_id: UUID,
    fields: Mapping[str, Any],
    event: Mapping[str, Any],
    key: str | None,
    run_limit: int,
) -> None:
    """Make a run of the group's newest version. Texts in its name, parameters and context are templates."""
    group_id, cause = UUID(fields["flow_group_id"]), UUID(event["flow_run_id"])
    flow = await _sql.newest_flow.fetchrow(connection, flow_group_id=group_id, tenant_id=tenant_id)
    if flow is None:
        raise OrchestrationError(f"Flow group {group_id} not found.")
    if flow["id"] is None:
        raise OrchestrationError(
            f"Flow group {group_id} has no version that is not archived: register the flow again."
        )
    root = await _sql.lock_lineage.fetchrow(connection, flow_run_id=cause)
    assert root is not None
    # A statement of its own, after the lock: it must see what others have made meanwhile.
    made = await _sql.count_descendants.fetchval(connection, root_id=root["root_id"])
    if made >= run_limit:
        raise OrchestrationError(
            f"Because of flow run {root['root_id']} automations have made {made} runs, directly or through each other;"
            " the limit is LICTOR_AUTOMATION_RUN_LIMIT. If they set off each other without end, narrow one of them."
        )
    name = fill(fields["flow_run_name"], event) if "flow_run_name" in fields else None
    request = NewFlowRun(
        flow_id=flow["id"],
        tenant_id=tenant_id,
        parameters=fill_json(fields.get("parameters"), event),
        context=fill_json(fields.get("context"), event),
        labels=fields.get("labels"),
        run_config=fields.get("run_config"),
        name=name,
        idempotency_key=key,
    )
    [run] = await create_flow_runs(connection, [request])
    await _sql.add_descendant.execute(
        connection, tenant_id=tenant_id, flow_run_id=run.unwrap(), root_id=root["root_id"]
    )
