"""The preview of a schedule through its action, and whole schedules given to a group."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lictor.actions.registry import ActionError, call_action
from lictor.orchestration.errors import OrchestrationError
from tests.actions.handlers.test_flow_groups import flow_id, group, group_id

__all__ = ["flow_id", "group_id"]

SCHEDULE: dict[str, Any] = {
    "type": "Schedule",
    "clocks": [
        {
            "type": "DatesClock",
            "dates": [{"dt": "2031-01-01T09:00:00", "tz": "Asia/Kolkata"}],
            "parameter_defaults": {"x": 1},
            "labels": [],
        }
    ],
}


@pytest.mark.parametrize("given", [SCHEDULE, json.dumps(SCHEDULE)])
async def test_the_times_are_told(caller, given):
    arguments = {"schedule": given, "after": "2030-01-01T00:00:00Z"}
    assert await call_action("preview_schedule", arguments, caller) == {
        "times": [
            {"start": datetime(2031, 1, 1, 3, 30, tzinfo=UTC), "parameter_defaults": {"x": 1}, "labels": []}
        ],
        "error": None,
    }
    late = arguments | {"after": "2032-01-01T00:00:00Z"}
    assert await call_action("preview_schedule", late, caller) == {"times": [], "error": None}


async def test_without_a_count_there_are_ten(caller):
    hourly = {"clocks": [{"type": "IntervalClock", "interval": 3_600_000_000}]}
    found = await call_action("preview_schedule", {"schedule": hourly}, caller)
    assert len(found["times"]) == 10


async def test_what_is_wrong_is_told(caller):
    broken = {"clocks": [{"type": "CronClock", "cron": "never"}]}
    found = await call_action("preview_schedule", {"schedule": broken}, caller)
    assert found["times"] == []
    assert found["error"]["field"] == "clocks[0].cron"
    with pytest.raises(ActionError, match="schedule must be a JSON object"):
        await call_action("preview_schedule", {"schedule": None}, caller)


async def test_a_group_takes_a_whole_schedule(pool, call, group_id):
    assert (await call("set_flow_group_schedule", flow_group_id=group_id, schedule=SCHEDULE))["success"]
    assert (await group(pool, group_id))["schedule"] == SCHEDULE


@pytest.mark.parametrize(
    ("input", "words"),
    [
        ({"schedule": {"clocks": [{"type": "CronClock", "cron": "never"}]}}, "Invalid schedule: clocks[0].cron"),
        ({"schedule": SCHEDULE, "timezone": "UTC"}, "not both"),
        ({"schedule": SCHEDULE, "cron_clocks": []}, "not both"),
        ({"schedule": [1]}, "schedule must be a JSON object"),
    ],
)  # fmt: skip
async def test_a_whole_schedule_that_cannot_run_changes_nothing(pool, call, group_id, input, words):
    before = await group(pool, group_id)
    with pytest.raises((OrchestrationError, ActionError)) as refused:
        await call("set_flow_group_schedule", flow_group_id=group_id, **input)
    assert words in str(refused.value)
    assert await group(pool, group_id) == before
