"""Agents and their queue (contract server.md 3.6.4 and 3.6.8)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import named_tenant
from lictor.actions.registry import ActionError, Caller, GraphQLDateTime, GraphQLUUID, action
from lictor.orchestration import agents, teams
from lictor.orchestration.queue import runs_in_queue


class RegisterAgentInput(msgspec.Struct):
    type: str
    name: str | None = None
    labels: list[str] | None = None
    tenant_id: GraphQLUUID | None = None
    agent_config_id: GraphQLUUID | None = None


@action("register_agent", idempotent=True)
async def register_agent(caller: Caller, input: RegisterAgentInput) -> dict[str, Any]:
    # Clients that know no tenant take the oldest, too (contract client.md 1.6).
    tenant_id = named_tenant(caller, input.tenant_id) or await teams.default_tenant(caller.pool)
    if tenant_id is None:
        raise ActionError("No tenant found: create one with create_tenant first.")
    agent_id = await teams.register_agent(
        caller.pool,
        tenant_id=tenant_id,
        type=input.type,
        name=input.name,
        labels=input.labels or [],
        core_version=caller.core_version,
        agent_config_id=input.agent_config_id,
    )
    return identified(agent_id)


class DeleteAgentInput(msgspec.Struct):
    agent_id: GraphQLUUID


@action("delete_agent", idempotent=True)
async def delete_agent(caller: Caller, input: DeleteAgentInput) -> dict[str, Any]:
    return success(await agents.delete_agent(caller.pool, input.agent_id, caller_tenant_id=caller.tenant_id))


class GetRunsInQueueInput(msgspec.Struct):
    tenant_id: GraphQLUUID
    before: GraphQLDateTime | None = None
    labels: list[str] | None = None


@action("get_runs_in_queue", idempotent=True)
async def get_runs_in_queue(caller: Caller, input: GetRunsInQueueInput) -> dict[str, Any]:
    ids = await runs_in_queue(
        caller.pool,
        input.tenant_id,
        input.labels or [],
        before=input.before,
        limit=caller.settings.queued_runs_returned_limit,
        agent_id=caller.agent_id,
    )
    return {"flow_run_ids": [str(id) for id in ids]}
