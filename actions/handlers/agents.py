"""Agents and their queue (contract server.md 3.6.4 and 3.6.8)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import identified, success
from lictor.actions.handlers.tenancy import acting_tenant
from lictor.actions.registry import Caller, GraphQLDateTime, GraphQLUUID, action
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
    tenant_id = await acting_tenant(caller, input.tenant_id)
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
    tenant_id: GraphQLUUID | None = None
    before: GraphQLDateTime | None = None
    labels: list[str] | None = None


@action("get_runs_in_queue", idempotent=True)
async def get_runs_in_queue(caller: Caller, input: GetRunsInQueueInput) -> dict[str, Any]:
    # With a token, agents before 1.0 know no tenant: the token is of one.
    tenant_id = await acting_tenant(caller, input.tenant_id)
    ids = await runs_in_queue(
        caller.pool,
        tenant_id,
        input.labels or [],
        before=input.before,
        limit=caller.settings.queued_runs_returned_limit,
        agent_id=caller.agent_id,
        caller_tenant_id=caller.tenant_id,
    )
    return {"flow_run_ids": [str(id) for id in ids]}
