"""Agent configs (contract server.md 3.6.8)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import tenant_of
from lictor.actions.registry import JSON, Caller, GraphQLUUID, action, parse_object
from lictor.orchestration import agents


class CreateAgentConfigInput(msgspec.Struct):
    name: str | None = None
    settings: JSON = None
    sla_min_healthy: int | None = None
    tenant_id: GraphQLUUID | None = None


@action("create_agent_config")
async def create_agent_config(caller: Caller, input: CreateAgentConfigInput) -> dict[str, Any]:
    settings = parse_object(input.settings, "settings")
    tenant_id = await tenant_of(caller, input.tenant_id)
    return identified(
        await agents.create_agent_config(
            caller.pool,
            tenant_id=tenant_id,
            name=input.name,
            settings=settings,
            sla_min_healthy=input.sla_min_healthy,
        )
    )


class UpdateAgentConfigInput(msgspec.Struct):
    agent_config_id: GraphQLUUID
    name: str | None = None
    settings: JSON = None
    sla_min_healthy: int | None = None


@action("update_agent_config", idempotent=True)
async def update_agent_config(caller: Caller, input: UpdateAgentConfigInput) -> dict[str, Any]:
    return success(
        await agents.update_agent_config(
            caller.pool,
            input.agent_config_id,
            name=input.name,
            settings=parse_object(input.settings, "settings"),
            sla_min_healthy=input.sla_min_healthy,
            caller_tenant_id=caller.tenant_id,
        )
    )


class DeleteAgentConfigInput(msgspec.Struct):
    agent_config_id: GraphQLUUID


@action("delete_agent_config", idempotent=True)
async def delete_agent_config(caller: Caller, input: DeleteAgentConfigInput) -> dict[str, Any]:
    return success(
        await agents.delete_agent_config(
            caller.pool, input.agent_config_id, caller_tenant_id=caller.tenant_id
        )
    )
