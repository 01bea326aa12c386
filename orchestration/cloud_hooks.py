"""Cloud hooks: who is told of which flow run states (contract server.md 3.6.11).

In: a connection and values; `caller_tenant_id` is the tenant the caller acts for (None: any), outside of which nothing
is found. Out: ids, whether there was such a hook, events. One statement each; sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import generate_name
from lictor.orchestration.hook_config import check_config, check_states
from lictor.orchestration.types import Executor

_sql = queries.load("cloud_hooks")


async def create_cloud_hook(
    executor: Executor,
    *,
    tenant_id: UUID,
    type: str,
    states: Sequence[str],
    config: Any,
    name: str | None = None,
    version_group_id: str | None = None,
) -> UUID:
    """Make an active hook; without `version_group_id` for all flows. An unknown tenant violates a foreign key.

    Raises OrchestrationError for states and configs that cannot be.
    """
    return await _sql.create_cloud_hook.fetchval(
        executor,
        tenant_id=tenant_id,
        type=type,
        name=name,
        version_group_id=version_group_id,
        states=orjson.dumps(check_states(states)).decode(),
        config=orjson.dumps(check_config(type, config)).decode(),
    )


async def set_cloud_hook_active(
    executor: Executor, cloud_hook_id: UUID, active: bool, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Switch a hook on or off, whatever it was; False for an unknown one."""
    switched = await _sql.set_cloud_hook_active.fetchval(
        executor, cloud_hook_id=cloud_hook_id, active=active, caller_tenant_id=caller_tenant_id
    )
    return switched is not None


async def delete_cloud_hook(
    executor: Executor, cloud_hook_id: UUID, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Delete a hook; False for an unknown one."""
    deleted = await _sql.delete_cloud_hook.fetchval(
        executor, cloud_hook_id=cloud_hook_id, caller_tenant_id=caller_tenant_id
    )
    return deleted is not None


async def get_cloud_hooks(executor: Executor, cloud_hook_ids: Sequence[UUID]) -> list[Any]:
    """The rows of these hooks; unknown ones are missing."""
    return await _sql.get_cloud_hooks.fetch(executor, cloud_hook_ids=list(cloud_hook_ids))


@dataclass(frozen=True, slots=True)
class HookTest:
    """A hook, and the event it is to be tried with."""

    tenant_id: UUID
    type: str
    config: Any
    event: dict[str, Any]
    signing_secret: str | None = None


async def cloud_hook_test(
    executor: Executor,
    cloud_hook_id: UUID,
    *,
    state_type: str = "Success",
    flow_run_id: UUID | None = None,
    caller_tenant_id: UUID | None = None,
) -> HookTest:
    """What to try a hook with: the run `flow_run_id`, or an invented one, entering a state of class `state_type`.

    The hook's own states and whether it is active do not matter. Raises OrchestrationError for an unknown hook, and
    for a run that the hook's tenant does not have.
    """
    message = f"Test {state_type} state"
    start_time = datetime.now(UTC) if state_type == "Scheduled" else None
    serialized: dict[str, Any] = {"type": state_type, "message": message}
    if start_time is not None:
        serialized["start_time"] = start_time.isoformat()
    row = await _sql.cloud_hook_test.fetchrow(
        executor,
        cloud_hook_id=cloud_hook_id,
        caller_tenant_id=caller_tenant_id,
        flow_run_id=flow_run_id,
        flow_run_name=generate_name(),
        state=state_type,
        message=message,
        start_time=start_time,
        serialized_state=orjson.dumps(serialized).decode(),
    )
    if row is None:
        raise OrchestrationError(f"Cloud hook {cloud_hook_id} not found.")
    if row["event"] is None:
        raise OrchestrationError(f"Flow run {flow_run_id} not found.")
    return HookTest(
        row["tenant_id"],
        row["type"],
        orjson.loads(row["config"]),
        orjson.loads(row["event"]),
        row["signing_secret"],
    )


async def create_hook_message(executor: Executor, tenant_id: UUID, event: dict[str, Any]) -> UUID:
    """Tell an event in the UI: what PREFECT_MESSAGE hooks do. That it is no test goes without saying."""
    event = {key: value for key, value in event.items() if key != "is_test_event" or value}
    return await _sql.create_hook_message.fetchval(
        executor, tenant_id=tenant_id, event=orjson.dumps(event).decode()
    )
