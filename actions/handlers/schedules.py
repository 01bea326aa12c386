"""What a schedule would come to (orchestration/schedule_preview.py)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from lictor.actions.registry import JSON, ActionError, Caller, GraphQLDateTime, action, parse_object
from lictor.orchestration.schedule_preview import preview


class PreviewScheduleArguments(msgspec.Struct):
    schedule: JSON
    count: int | None = None
    after: GraphQLDateTime | None = None


@action("preview_schedule", argument=None, idempotent=True)
async def preview_schedule(caller: Caller, arguments: PreviewScheduleArguments) -> dict[str, Any]:
    schedule = parse_object(arguments.schedule, "schedule")
    if schedule is None:
        raise ActionError("schedule must be a JSON object, not null.")
    count = 10 if arguments.count is None else arguments.count
    # In a thread: a schedule whose filters let little through is computed for a while.
    found = await asyncio.to_thread(
        preview, schedule, after=arguments.after or datetime.now(UTC), count=count
    )
    return {
        "times": [
            {"start": time.start, "parameter_defaults": time.parameter_defaults, "labels": time.labels}
            for time in found.times
        ],
        "error": found.problem and {"field": found.problem.field, "message": found.problem.message},
    }
