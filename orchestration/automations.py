"""Automations: hooks that join a kind of event to an action, and the agreements (SLAs) that events are about.

In: a connection and values; `caller_tenant_id` is the tenant the caller acts for (None: any), outside of which nothing
is found. Out: ids, or whether there was such a row. One statement each (contract ui-and-cloud.md B.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.action_config import API_CLASSES, check_action_config, flow_group_of
from lictor.orchestration.automation_events import (
    AGENT_SLA_FAILED,
    FLOW_RUN_STATE_CHANGED,
    FLOW_SLA_FAILED,
    SLA_KINDS,
)
from lictor.orchestration.batches import in_batches
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.state_types import STATE_TYPES
from lictor.orchestration.types import Executor

_sql = queries.load("automations")

STATES = tuple(name for name in STATE_TYPES if not name.startswith("_"))
"""The states a hook may ask for. It fires for exactly these names; there is no hierarchy."""
NAME_LIMIT = 255
_LISTED = 1000
"""Most ids that a hook may name."""
_OF = {
    "flow_group_id": ("flow_group_ids", "Flow group"),
    "flow_sla_config_id": ("sla_config_ids", "Flow SLA config"),
    "agent_config_id": ("agent_config_ids", "Agent config"),
}
"""Key of event_tags -> the input field that it comes from, and what its ids are of."""


async def create_action(executor: Executor, *, tenant_id: UUID, name: str | None, config: Any) -> UUID:
    """Make an action. Raises OrchestrationError for configs that cannot be; an unknown tenant violates a foreign key."""
    if name is not None and len(name) > NAME_LIMIT:
        raise OrchestrationError(f"name has {len(name):,} characters; the limit is {NAME_LIMIT}.")
    action_type, checked = check_action_config(config)
    field, flow_group_id = flow_group_of(checked) or ("", None)
    action_id = await _sql.create_action.fetchval(
        executor,
        tenant_id=tenant_id,
        name=name,
        action_type=action_type,
        config=orjson.dumps(checked).decode(),
        flow_group_id=flow_group_id,
    )
    if action_id is None:
        raise OrchestrationError(f"Invalid {field}: Flow group {flow_group_id} not found.")
    return action_id


async def delete_action(executor: Executor, action_id: UUID, *, caller_tenant_id: UUID | None = None) -> bool:
    """Delete an action and the hooks that lead to it; False for an unknown one."""
    deleted = await _sql.delete_action.fetchval(
        executor, action_id=action_id, caller_tenant_id=caller_tenant_id
    )
    return deleted is not None


async def create_flow_run_state_changed_hook(
    executor: Executor,
    action_id: UUID,
    *,
    states: Sequence[str],
    flow_group_ids: Sequence[UUID] | None = None,
    caller_tenant_id: UUID | None = None,
) -> UUID:
    """Do an action whenever a run of these flow groups enters one of these states, spelled in any case.

    None, or none, means any: the UI sends either for "all flows".
    """
    tags: dict[str, list[str]] = {"state": check_states(states)}
    if flow_group_ids:
        tags["flow_group_id"] = _ids("flow_group_id", flow_group_ids, "")
    return await _create_hook(executor, action_id, FLOW_RUN_STATE_CHANGED, tags, caller_tenant_id)


async def create_flow_sla_failed_hook(
    executor: Executor,
    action_id: UUID,
    *,
    sla_config_ids: Sequence[UUID],
    caller_tenant_id: UUID | None = None,
) -> UUID:
    """Do an action whenever a run breaks one of these SLAs."""
    tags = {
        "flow_sla_config_id": _ids("flow_sla_config_id", sla_config_ids, "create_flow_sla_config makes one")
    }
    return await _create_hook(executor, action_id, FLOW_SLA_FAILED, tags, caller_tenant_id)


async def create_agent_sla_failed_hook(
    executor: Executor,
    action_id: UUID,
    *,
    agent_config_ids: Sequence[UUID],
    caller_tenant_id: UUID | None = None,
) -> UUID:
    """Do an action whenever too few agents of one of these configs are left."""
    tags = {"agent_config_id": _ids("agent_config_id", agent_config_ids, "create_agent_config makes one")}
    return await _create_hook(executor, action_id, AGENT_SLA_FAILED, tags, caller_tenant_id)


def check_states(states: Sequence[str]) -> list[str]:
    """The states as Prefect spells them, each once, in the order given. Raises OrchestrationError."""
    spelled = {name.upper(): name for name in STATES}
    unknown = [state for state in states if state.upper() not in spelled]
    if not states or unknown:
        found = ", ".join(unknown)[:200] if unknown else "there are none"
        raise OrchestrationError(f"Invalid states: {found}. Give one or more of {', '.join(STATES)}.")
    return list(dict.fromkeys(spelled[state.upper()] for state in states))


def _ids(tag: str, ids: Sequence[UUID], way_out: str) -> list[str]:
    field, _ = _OF[tag]
    if not ids:
        raise OrchestrationError(f"Invalid {field}: the list is empty; {way_out}.")
    if len(ids) > _LISTED:
        raise OrchestrationError(f"Invalid {field}: there are {len(ids):,}; the limit is {_LISTED:,}.")
    return list(dict.fromkeys(map(str, ids)))


async def _create_hook(
    executor: Executor,
    action_id: UUID,
    event_type: str,
    tags: dict[str, list[str]],
    caller_tenant_id: UUID | None,
) -> UUID:
    tag = next((tag for tag in tags if tag in _OF), None)
    row = await _sql.create_hook.fetchrow(
        executor,
        action_id=action_id,
        caller_tenant_id=caller_tenant_id,
        field=tag or "",
        ids=[UUID(id) for id in tags[tag]] if tag else [],
        event_type=event_type,
        event_tags=orjson.dumps(tags).decode(),
        refused=sorted(API_CLASSES) if event_type == AGENT_SLA_FAILED else [],
    )
    if row is None:
        raise OrchestrationError(f"Invalid action_id: Action {action_id} not found.")
    if tag and row["unknown"]:
        field, kind = _OF[tag]
        raise OrchestrationError(f"Invalid {field}: {kind} {row['unknown'][0]} not found.")
    if row["id"] is None:
        raise OrchestrationError(
            f"Invalid action_id: a {row['action_type']} needs an event of a flow run, and those of agents have none."
            " Give an action that sends something."
        )
    return row["id"]


async def delete_hook(executor: Executor, hook_id: UUID, *, caller_tenant_id: UUID | None = None) -> bool:
    """Delete a hook, and what its action has not yet done; False for an unknown one."""
    return (
        await _sql.delete_hook.fetchval(executor, hook_id=hook_id, caller_tenant_id=caller_tenant_id)
        is not None
    )


async def create_flow_sla_config(
    executor: Executor, *, tenant_id: UUID, kind: str, duration_seconds: int
) -> UUID:
    """Make an SLA, which holds for no runs yet. An unknown tenant violates a foreign key."""
    if kind not in SLA_KINDS:
        raise OrchestrationError(f"Invalid kind {kind[:100]!r}: give one of {', '.join(SLA_KINDS)}.")
    if duration_seconds <= 0:
        raise OrchestrationError(f"Invalid duration_seconds {duration_seconds}: give 1 or more.")
    return await _sql.create_flow_sla_config.fetchval(
        executor, tenant_id=tenant_id, kind=kind, duration_seconds=duration_seconds
    )


async def create_flow_group_sla(
    executor: Executor, *, flow_sla_config_id: UUID, flow_group_id: UUID, caller_tenant_id: UUID | None = None
) -> UUID:
    """Hold the runs of a flow group to an SLA from now on; again, it is the same."""
    row = await _sql.create_flow_group_sla.fetchrow(
        executor,
        flow_sla_config_id=flow_sla_config_id,
        flow_group_id=flow_group_id,
        caller_tenant_id=caller_tenant_id,
    )
    assert row is not None
    if not row["has_config"]:
        raise OrchestrationError(
            f"Invalid flow_sla_config_id: Flow SLA config {flow_sla_config_id} not found."
        )
    if row["id"] is None:
        raise OrchestrationError(f"Invalid flow_group_id: Flow group {flow_group_id} not found.")
    return row["id"]


async def forget_descendants(executor: Executor, age: timedelta, *, rows: int = 1000) -> int:
    """Forget which runs automations made longer ago than that, batch by batch; returns how many."""
    return await in_batches(lambda: _sql.forget_descendants.fetchval(executor, age=age, most=rows), rows)
