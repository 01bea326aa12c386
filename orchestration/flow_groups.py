"""Flow groups: defaults, labels, run config, schedule and settings of all versions of a flow (contract server.md 3.6.3).

In: a connection, ids and plain values; `tenant_id` of None means "whosever it is". Out: whether there was such a
group. Raises OrchestrationError for values that cannot be stored or would never run. Each function is one statement
or one short transaction that locks the group first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.text import json_text
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("flow_groups")


async def set_default_parameters(
    executor: Executor, flow_group_id: UUID, parameters: Mapping[str, Any], *, tenant_id: UUID | None = None
) -> bool:
    """Replace the parameters that runs of the group get beside the flow's own defaults; False for an unknown group."""
    encoded = json_text(parameters, "parameters")
    changed = await _sql.set_default_parameters.fetchval(
        executor, parameters=encoded, flow_group_id=flow_group_id, tenant_id=tenant_id
    )
    return changed is not None


async def set_description(
    executor: Executor, flow_group_id: UUID, description: str | None, *, tenant_id: UUID | None = None
) -> bool:
    """Describe a group (markdown), or with None take its description away; False for an unknown group."""
    changed = await _sql.set_description.fetchval(
        executor, description=description, flow_group_id=flow_group_id, tenant_id=tenant_id
    )
    return changed is not None


async def set_labels(
    executor: Executor, flow_group_id: UUID, labels: Sequence[str] | None, *, tenant_id: UUID | None = None
) -> bool:
    """Set the labels that runs of the group get (kept sorted, each once); False for an unknown group.

    None means "as the flow says", which is not the same as no labels (3.6.4 step 3).
    """
    encoded = None if labels is None else json_text(sorted(set(labels)), "labels")
    changed = await _sql.set_labels.fetchval(
        executor, labels=encoded, flow_group_id=flow_group_id, tenant_id=tenant_id
    )
    return changed is not None


async def set_run_config(
    executor: Executor,
    flow_group_id: UUID,
    run_config: Mapping[str, Any] | None,
    *,
    tenant_id: UUID | None = None,
) -> bool:
    """Set the run config that goes before the flow's, or with None take it away; False for an unknown group."""
    encoded = None if run_config is None else json_text(run_config, "run_config")
    changed = await _sql.set_run_config.fetchval(
        executor, run_config=encoded, flow_group_id=flow_group_id, tenant_id=tenant_id
    )
    return changed is not None


async def set_schedule(
    connection: Connection,
    flow_group_id: UUID,
    schedule: Mapping[str, Any] | None,
    *,
    tenant_id: UUID | None = None,
) -> bool:
    """Put a schedule (group_schedules.py makes one) before those of the flows, or with None take it away.

    The runs that the schedule before had made and that still wait go; new ones come with the scheduler's next pass, of
    flows whose schedule is active. False for an unknown group.
    """
    encoded = None if schedule is None else json_text(schedule, "parameter_defaults")
    async with connection.transaction():
        changed = await _sql.set_schedule.fetchval(
            connection, schedule=encoded, flow_group_id=flow_group_id, tenant_id=tenant_id
        )
        if changed is None:
            return False
        await _sql.delete_scheduled_runs.execute(connection, flow_group_id=flow_group_id)
    return True


async def set_heartbeat(
    connection: Connection, flow_id: UUID, enabled: bool, *, tenant_id: UUID | None = None
) -> None:
    """Say whether runs of the flow's group send heartbeats and are revived without them.

    Raises OrchestrationError for an unknown flow.
    """
    settings = {"heartbeat_enabled": enabled, "disable_heartbeat": not enabled}
    await _merge_settings(connection, flow_id, settings, tenant_id)


async def set_lazarus(
    connection: Connection, flow_id: UUID, enabled: bool, *, tenant_id: UUID | None = None
) -> None:
    """Say whether runs of the flow's group that died are started again.

    Raises OrchestrationError for an unknown flow.
    """
    await _merge_settings(connection, flow_id, {"lazarus_enabled": enabled}, tenant_id)


async def set_version_locking(
    connection: Connection, flow_id: UUID, enabled: bool, *, tenant_id: UUID | None = None
) -> None:
    """Say whether states of runs of the flow's group need the version they follow (ui-and-cloud.md B.3, 12).

    Raises OrchestrationError for an unknown flow.
    """
    await _merge_settings(connection, flow_id, {"version_locking_enabled": enabled}, tenant_id)


async def _merge_settings(
    connection: Connection, flow_id: UUID, settings: Mapping[str, bool], tenant_id: UUID | None
) -> None:
    """Settings of the group, and of all its flows: that is where clients read them (server.md 5.3 #21)."""
    encoded = orjson.dumps(settings).decode()
    async with connection.transaction():
        group_id = await _sql.merge_settings_of_group_of_flow.fetchval(
            connection, settings=encoded, flow_id=flow_id, tenant_id=tenant_id
        )
        if group_id is None:
            raise OrchestrationError(f"Invalid flow ID: there is no flow {flow_id}.")
        await _sql.merge_settings_of_flows.execute(connection, settings=encoded, flow_group_id=group_id)


async def pause_schedules(
    connection: Connection, flow_group_id: UUID, *, tenant_id: UUID | None = None
) -> bool:
    """Switch off the schedules of all versions of a group and take their coming runs away; False for an unknown group."""
    async with connection.transaction():
        if (
            await _sql.lock_flow_group.fetchval(connection, flow_group_id=flow_group_id, tenant_id=tenant_id)
            is None
        ):
            return False
        await _sql.pause_schedules.execute(connection, flow_group_id=flow_group_id)
        await _sql.delete_scheduled_runs.execute(connection, flow_group_id=flow_group_id)
    return True


async def delete_flow_group(
    executor: Executor, flow_group_id: UUID, *, tenant_id: UUID | None = None
) -> bool:
    """Delete a group with its flows and their runs; False for an unknown group."""
    deleted = await _sql.delete_flow_group.fetchval(
        executor, flow_group_id=flow_group_id, tenant_id=tenant_id
    )
    return deleted is not None
