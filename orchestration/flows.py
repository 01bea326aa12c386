"""Flows: registering them, adding tasks and edges, archiving, deleting, schedules on and off.

Contract server.md 3.6.2 and 3.6.3. Each function is one transaction: a flow is registered whole or not
at all, and registrations of one group come one after another whoever makes them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import structlog

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_documents import (
    EdgeDocument,
    FlowDocument,
    TaskDocument,
    check_core_version,
    convert,
    edge_rows,
    slug_of,
    task_rows,
)
from lictor.orchestration.scheduling import schedule_flow_runs
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from lictor.orchestration.text import json_text, refuse_nul
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("flows")
_log = structlog.get_logger("lictor.flows")


async def create_flow(
    connection: Connection,
    document: Any,
    project_id: UUID,
    *,
    version_group_id: str | None = None,
    set_schedule_active_too: bool = True,
    description: str | None = None,
    idempotency_key: str | None = None,
    caller_tenant_id: UUID | None = None,
) -> UUID:
    """Register a flow as the next version of its group and archive the version before; returns its id.

    Without `version_group_id` the group is that of the latest flow of this name in the project. The key
    of the registration before answers with what that registration made. `caller_tenant_id`, if given, must own the
    project. Raises OrchestrationError.
    """
    flow = convert(document, FlowDocument, "serialized_flow")
    check_core_version(flow.core_version)
    encoded = json_text(document, "serialized_flow")
    async with connection.transaction():
        tenant_id = await _sql.project_tenant.fetchval(
            connection, project_id=project_id, tenant_id=caller_tenant_id
        )
        if tenant_id is None:
            raise OrchestrationError(f"Invalid project: there is no project {project_id}.")
        group_name = version_group_id or await _group_of_name(connection, project_id, flow.name)
        group = await _sql.lock_group.fetchrow(connection, tenant_id=tenant_id, version_group_id=group_name)
        current = await _sql.current_flow.fetchval(
            connection, tenant_id=tenant_id, version_group_id=group_name
        )
        if idempotency_key and idempotency_key == group["idempotency_key"] and current is not None:
            return current
        if current is not None:
            await archive_flow(connection, current)
        row = await _sql.insert_flow.fetchrow(
            connection,
            tenant_id=tenant_id,
            project_id=project_id,
            flow_group_id=group["id"],
            name=flow.name,
            description=description,
            document=encoded,
        )
        await _sql.remember_key.execute(
            connection, flow_group_id=group["id"], idempotency_key=idempotency_key
        )
        await _insert_tasks(connection, row["id"], tenant_id, document.get("tasks") or [], flow.tasks or [])
        await _insert_edges(connection, row["id"], tenant_id, flow.edges or [])
        if set_schedule_active_too and (row["has_schedule"] or group["has_schedule"]):
            await _activate_or_log(connection, row["id"])
    return row["id"]


async def _group_of_name(connection: Connection, project_id: UUID, name: str) -> str:
    await _sql.lock_name.execute(connection, project_id=project_id, name=name)
    found = await _sql.latest_group_of_name.fetchval(connection, project_id=project_id, name=name)
    return found or str(uuid4())


async def _activate_or_log(connection: Connection, flow_id: UUID) -> None:
    try:
        async with connection.transaction():
            await set_schedule_active(connection, flow_id)
    except OrchestrationError as error:
        # The flow is registered all the same; its schedule waits for what is missing (step 9).
        _log.warning("schedule_not_activated", flow_id=str(flow_id), reason=str(error))


async def register_tasks(
    connection: Connection, flow_id: UUID, tasks: Any, *, tenant_id: UUID | None = None
) -> None:
    """Add tasks to a flow; those it has already are left alone. Raises OrchestrationError."""
    parsed = convert(tasks, list[TaskDocument], "serialized_tasks")
    async with connection.transaction():
        owner = await _tenant_of(connection, flow_id, tenant_id)
        await _insert_tasks(connection, flow_id, owner, tasks, parsed)


async def register_edges(
    connection: Connection, flow_id: UUID, edges: Any, *, tenant_id: UUID | None = None
) -> None:
    """Add edges to a flow; those it has already are left alone. Raises OrchestrationError."""
    parsed = convert(edges, list[EdgeDocument], "serialized_edges")
    async with connection.transaction():
        owner = await _tenant_of(connection, flow_id, tenant_id)
        await _insert_edges(connection, flow_id, owner, parsed)


async def _tenant_of(connection: Connection, flow_id: UUID, tenant_id: UUID | None) -> UUID:
    row = await _sql.flow_tenant.fetchrow(connection, flow_id=flow_id, tenant_id=tenant_id)
    if row is None:
        raise OrchestrationError(f"Invalid flow ID: there is no flow {flow_id}.")
    return row["tenant_id"]


async def _insert_tasks(
    connection: Connection, flow_id: UUID, tenant_id: UUID, raw: list[Any], tasks: list[TaskDocument]
) -> None:
    if not tasks:
        return
    rows = task_rows(raw, tasks)
    refuse_nul(rows, "serialized_tasks")
    try:
        await _sql.insert_tasks.execute(connection, flow_id=flow_id, tenant_id=tenant_id, tasks=rows.decode())
    except asyncpg.DataError as error:
        # What a duration may look like, Postgres alone knows; everything else has been checked.
        raise OrchestrationError(f"Invalid flow: retry_delay of a task: {error}.") from None


async def _insert_edges(
    connection: Connection, flow_id: UUID, tenant_id: UUID, edges: list[EdgeDocument]
) -> None:
    if not edges:
        return
    slugs = sorted({slug_of(task) for edge in edges for task in (edge.upstream_task, edge.downstream_task)})
    unknown = await _sql.unknown_slugs.fetchval(connection, flow_id=flow_id, slugs=slugs)
    if unknown:
        raise OrchestrationError(f"Edges reference tasks that do not exist: {', '.join(unknown)}.")
    rows = edge_rows(edges)
    refuse_nul(rows, "serialized_edges")
    await _sql.insert_edges.execute(connection, flow_id=flow_id, tenant_id=tenant_id, edges=rows.decode())


async def archive_flow(connection: Connection, flow_id: UUID, *, tenant_id: UUID | None = None) -> bool:
    """Archive a flow: the scheduler's coming runs go, runs made by hand that still wait are cancelled.

    False for an unknown flow; archiving twice is archiving once.
    """
    async with connection.transaction():
        await _sql.hold_for_archiving.execute(connection, flow_id=flow_id, tenant_id=tenant_id)
        name = await _sql.archive.fetchval(connection, flow_id=flow_id, tenant_id=tenant_id)
        if name is None:
            return False
        await _sql.delete_scheduled_runs.execute(connection, flow_id=flow_id)
        waiting = await _sql.scheduled_by_hand.fetch(connection, flow_id=flow_id)
        if waiting:
            message = f"Flow {name!r} has been archived: its waiting runs are cancelled."
            state = prepare_state({"type": "Cancelled", "message": message})
            await set_flow_run_states(connection, [[NewState(row["id"], state)] for row in waiting])
        return True


async def delete_flow(executor: Executor, flow_id: UUID, *, tenant_id: UUID | None = None) -> bool:
    """Delete a flow with its runs; its group stays, their history goes later. False for an unknown flow."""
    return await _sql.delete_flow.fetchval(executor, flow_id=flow_id, tenant_id=tenant_id) is not None


async def set_schedule_active(
    connection: Connection, flow_id: UUID, *, max_runs: int = 10, tenant_id: UUID | None = None
) -> bool:
    """Switch a flow's schedule on and make its next `max_runs` runs at once.

    False when there is no such flow or no schedule. Raises OrchestrationError when a clock leaves a
    required parameter without a value.
    """
    async with connection.transaction():
        row = await _sql.schedule_to_activate.fetchrow(connection, flow_id=flow_id, tenant_id=tenant_id)
        if row is None or row["schedule"] is None:
            return False
        _check_required_parameters(row)
        await _sql.set_schedule_active.execute(connection, active=True, flow_id=flow_id, tenant_id=tenant_id)
        await schedule_flow_runs(connection, [flow_id], max_runs=max_runs)
        return True


def _check_required_parameters(row: Any) -> None:
    parameters = orjson.loads(row["parameters"] or "[]")
    required = {p["name"] for p in parameters if p.get("required")} if isinstance(parameters, list) else set()
    required -= set(orjson.loads(row["default_parameters"] or "{}") or {})
    for clock in orjson.loads(row["schedule"]).get("clocks") or []:
        missing = required - set(clock.get("parameter_defaults") or {})
        if missing:
            raise OrchestrationError(
                "Can not schedule a flow that has required parameters without a value in every clock: "
                f"{', '.join(sorted(missing))}. Give the clocks parameter_defaults or the flow group default parameters."
            )


async def set_schedule_inactive(
    connection: Connection, flow_id: UUID, *, tenant_id: UUID | None = None
) -> bool:
    """Switch a flow's schedule off and take its coming runs away. False for an unknown flow."""
    async with connection.transaction():
        changed = await _sql.set_schedule_active.fetchval(
            connection, active=False, flow_id=flow_id, tenant_id=tenant_id
        )
        if changed is None:
            return False
        await _sql.delete_scheduled_runs.execute(connection, flow_id=flow_id)
        return True
