"""Flow groups, and the settings of flows that stand there (contract server.md 3.6.3, ui-and-cloud.md B.3, 12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.handlers.json_objects import json_object
from lictor.actions.registry import JSON, ActionError, Caller, GraphQLUUID, action, parse_object
from lictor.orchestration import flow_groups
from lictor.orchestration.group_schedules import EnteredCron, EnteredInterval, make_schedule
from lictor.orchestration.schedule_preview import checked

# A setting of a flow's group: takes a connection, the flow's id, on or off, and the caller's tenant.
Switch = Callable[..., Awaitable[None]]


class FlowGroupInput(msgspec.Struct):
    flow_group_id: GraphQLUUID


@action("delete_flow_group", idempotent=True)
async def delete_flow_group(caller: Caller, input: FlowGroupInput) -> dict[str, Any]:
    return success(
        await flow_groups.delete_flow_group(caller.pool, input.flow_group_id, tenant_id=caller.tenant_id)
    )


class SetFlowGroupDefaultParametersInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    parameters: JSON


@action("set_flow_group_default_parameters", idempotent=True)
async def set_flow_group_default_parameters(
    caller: Caller, input: SetFlowGroupDefaultParametersInput
) -> dict[str, Any]:
    parameters = parse_object(input.parameters, "parameters")
    if parameters is None:
        raise ActionError("parameters must be a JSON object, not null: give {} to have none.")
    return success(
        await flow_groups.set_default_parameters(
            caller.pool, input.flow_group_id, parameters, tenant_id=caller.tenant_id
        )
    )


class SetFlowGroupDescriptionInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    description: str | None = None


@action("set_flow_group_description", idempotent=True)
async def set_flow_group_description(caller: Caller, input: SetFlowGroupDescriptionInput) -> dict[str, Any]:
    return success(
        await flow_groups.set_description(
            caller.pool, input.flow_group_id, input.description, tenant_id=caller.tenant_id
        )
    )


class SetFlowGroupLabelsInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    labels: list[str] | None = None


@action("set_flow_group_labels", idempotent=True)
async def set_flow_group_labels(caller: Caller, input: SetFlowGroupLabelsInput) -> dict[str, Any]:
    return success(
        await flow_groups.set_labels(
            caller.pool, input.flow_group_id, input.labels, tenant_id=caller.tenant_id
        )
    )


class SetFlowGroupRunConfigInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    run_config: JSON = None


@action("set_flow_group_run_config", idempotent=True)
async def set_flow_group_run_config(caller: Caller, input: SetFlowGroupRunConfigInput) -> dict[str, Any]:
    run_config = parse_object(input.run_config, "run_config")
    return success(
        await flow_groups.set_run_config(
            caller.pool, input.flow_group_id, run_config, tenant_id=caller.tenant_id
        )
    )


class CronClockInput(msgspec.Struct):
    cron: str
    parameter_defaults: JSON = None


class IntervalClockInput(msgspec.Struct):
    interval: int
    parameter_defaults: JSON = None


class SetFlowGroupScheduleInput(msgspec.Struct):
    flow_group_id: GraphQLUUID
    cron_clocks: list[CronClockInput] | None = None
    interval_clocks: list[IntervalClockInput] | None = None
    timezone: str | None = None
    schedule: JSON = None
    """A whole schedule as clients serialise it, instead of the clocks."""


@action("set_flow_group_schedule", idempotent=True)
async def set_flow_group_schedule(caller: Caller, input: SetFlowGroupScheduleInput) -> dict[str, Any]:
    schedule = _given_schedule(input)
    async with caller.pool.acquire() as connection:
        return success(
            await flow_groups.set_schedule(
                connection, input.flow_group_id, schedule, tenant_id=caller.tenant_id
            )
        )


def _given_schedule(input: SetFlowGroupScheduleInput) -> Mapping[str, Any]:
    whole = json_object(input.schedule, "schedule")
    if whole is not None:
        if input.cron_clocks is not None or input.interval_clocks is not None or input.timezone is not None:
            raise ActionError("Give either schedule or cron_clocks, interval_clocks and timezone, not both.")
        return checked(whole)
    crons = [
        EnteredCron(clock.cron, json_object(clock.parameter_defaults, f"cron_clocks[{n}].parameter_defaults"))
        for n, clock in enumerate(input.cron_clocks or [])
    ]
    intervals = [
        EnteredInterval(
            clock.interval, json_object(clock.parameter_defaults, f"interval_clocks[{n}].parameter_defaults")
        )
        for n, clock in enumerate(input.interval_clocks or [])
    ]
    return make_schedule(crons, intervals, input.timezone, datetime.now(UTC))


@action("delete_flow_group_schedule", idempotent=True)
async def delete_flow_group_schedule(caller: Caller, input: FlowGroupInput) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        return success(
            await flow_groups.set_schedule(connection, input.flow_group_id, None, tenant_id=caller.tenant_id)
        )


class FlowInput(msgspec.Struct):
    flow_id: GraphQLUUID


async def _switch(caller: Caller, input: FlowInput, switch: Switch, enabled: bool) -> dict[str, Any]:
    async with caller.pool.acquire() as connection:
        await switch(connection, input.flow_id, enabled, tenant_id=caller.tenant_id)
    return success()


@action("enable_flow_heartbeat", idempotent=True)
async def enable_flow_heartbeat(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_heartbeat, True)


@action("disable_flow_heartbeat", idempotent=True)
async def disable_flow_heartbeat(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_heartbeat, False)


@action("enable_flow_lazarus_process", idempotent=True)
async def enable_flow_lazarus_process(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_lazarus, True)


@action("disable_flow_lazarus_process", idempotent=True)
async def disable_flow_lazarus_process(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_lazarus, False)


@action("enable_flow_version_lock", idempotent=True)
async def enable_flow_version_lock(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_version_locking, True)


@action("disable_flow_version_lock", idempotent=True)
async def disable_flow_version_lock(caller: Caller, input: FlowInput) -> dict[str, Any]:
    return await _switch(caller, input, flow_groups.set_version_locking, False)
