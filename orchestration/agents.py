"""Agents and the configs they read at their start (contract server.md 3.6.8).

In: a connection and values; `caller_tenant_id` is the tenant the caller acts for (None: any), outside of which nothing
is found. Out: ids, or whether there was such a row. One statement each.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.text import json_text
from lictor.orchestration.types import Executor

_sql = queries.load("agents")


async def delete_agent(executor: Executor, agent_id: UUID, *, caller_tenant_id: UUID | None = None) -> bool:
    """Delete an agent; its runs stay, without an agent. False for an unknown one."""
    deleted = await _sql.delete_agent.fetchval(executor, agent_id=agent_id, caller_tenant_id=caller_tenant_id)
    return deleted is not None


async def create_agent_config(
    executor: Executor,
    *,
    tenant_id: UUID,
    name: str | None,
    settings: dict[str, Any] | None,
    sla_min_healthy: int | None = None,
) -> UUID:
    """Make an agent config; without settings they are empty. An unknown tenant violates a foreign key.

    `sla_min_healthy`: with fewer healthy agents its SLA is broken (ui-and-cloud.md B.4); None means 1.
    """
    return await _sql.create_agent_config.fetchval(
        executor,
        tenant_id=tenant_id,
        name=name,
        settings=json_text(settings or {}, "settings"),
        sla_min_healthy=1 if sla_min_healthy is None else _positive(sla_min_healthy),
    )


def _positive(sla_min_healthy: int) -> int:
    if sla_min_healthy < 1:
        raise OrchestrationError(f"Invalid sla_min_healthy {sla_min_healthy}: give 1 or more.")
    return sla_min_healthy


async def update_agent_config(
    executor: Executor,
    agent_config_id: UUID,
    *,
    name: str | None,
    settings: dict[str, Any] | None,
    sla_min_healthy: int | None = None,
    caller_tenant_id: UUID | None = None,
) -> bool:
    """Replace what is given of an agent config; False for an unknown one.

    Raises OrchestrationError when nothing is given.
    """
    if name is None and settings is None and sla_min_healthy is None:
        raise OrchestrationError("Nothing to update: give name or settings or sla_min_healthy.")
    updated = await _sql.update_agent_config.fetchval(
        executor,
        agent_config_id=agent_config_id,
        name=name,
        settings=None if settings is None else json_text(settings, "settings"),
        sla_min_healthy=None if sla_min_healthy is None else _positive(sla_min_healthy),
        caller_tenant_id=caller_tenant_id,
    )
    return updated is not None


async def delete_agent_config(
    executor: Executor, agent_config_id: UUID, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Delete an agent config; its agents stay, without one. False for an unknown one."""
    deleted = await _sql.delete_agent_config.fetchval(
        executor, agent_config_id=agent_config_id, caller_tenant_id=caller_tenant_id
    )
    return deleted is not None
