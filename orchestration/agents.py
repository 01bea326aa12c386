"""Agents and the configs they read at their start (contract server.md 3.6.8).

In: a connection and values; `caller_tenant_id` is the tenant the caller acts for (None: any), outside of which nothing
is found. Out: ids, or whether there was such a row. One statement each.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.text import refuse_nul
from lictor.orchestration.types import Executor

_sql = queries.load("agents")


async def delete_agent(executor: Executor, agent_id: UUID, *, caller_tenant_id: UUID | None = None) -> bool:
    """Delete an agent; its runs stay, without an agent. False for an unknown one."""
    deleted = await _sql.delete_agent.fetchval(executor, agent_id=agent_id, caller_tenant_id=caller_tenant_id)
    return deleted is not None


def _settings(settings: dict[str, Any]) -> str:
    encoded = orjson.dumps(settings)
    refuse_nul(encoded, "settings")
    return encoded.decode()


async def create_agent_config(
    executor: Executor, *, tenant_id: UUID, name: str | None, settings: dict[str, Any] | None
) -> UUID:
    """Make an agent config; without settings they are empty. An unknown tenant violates a foreign key."""
    return await _sql.create_agent_config.fetchval(
        executor, tenant_id=tenant_id, name=name, settings=_settings(settings or {})
    )


async def update_agent_config(
    executor: Executor,
    agent_config_id: UUID,
    *,
    name: str | None,
    settings: dict[str, Any] | None,
    caller_tenant_id: UUID | None = None,
) -> bool:
    """Replace what is given of an agent config; False for an unknown one.

    Raises OrchestrationError when neither is given.
    """
    if name is None and settings is None:
        raise OrchestrationError("Nothing to update: give name or settings.")
    updated = await _sql.update_agent_config.fetchval(
        executor,
        agent_config_id=agent_config_id,
        name=name,
        settings=None if settings is None else _settings(settings),
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
