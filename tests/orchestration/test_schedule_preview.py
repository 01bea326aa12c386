"""The preview of a schedule (orchestration/schedule_preview.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.schedule_preview import checked, preview

AFTER = datetime(2026, 3, 28, 12, tzinfo=UTC)
CRON: dict[str, Any] = {
    "type": "CronClock",
    "cron": "30 2 * * *",
    "start_date": {"dt": "2026-01-01T00:00:00", "tz": "Europe/Berlin"},
    "parameter_defaults": {"n": 1},
    "labels": ["night"],
}


def test_the_times_and_what_the_clock_gives():
    found = preview({"clocks": [CRON]}, after=AFTER, count=3)
    assert found.problem is None
    # In the night of the 29th 02:30 does not exist in Berlin.
    assert [time.start.isoformat() for time in found.times] == [
        "2026-03-29T01:30:00+00:00",
        "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]
    assert found.times[0].parameter_defaults == {"n": 1}
    assert found.times[0].labels == ["night"]


@pytest.mark.parametrize(
    ("schedule", "field", "words"),
    [
        ({"clocks": [CRON, CRON | {"cron": "61 * * * *"}]}, "clocks[1].cron", "invalid cron"),
        ({"clocks": [{"type": "IntervalClock", "interval": 1}]}, "clocks[0].interval", "at least 60 seconds"),
        ({"clocks": None}, "clocks", "expected a list"),
        (
            {"clocks": [CRON | {"start_date": {"dt": "2026-01-01", "tz": "Mars"}}]},
            "clocks[0].start_date.tz",
            "unknown time zone",
        ),
    ],
)
def test_what_is_wrong_names_its_field(schedule, field, words):
    found = preview(schedule, after=AFTER, count=3)
    assert found.times == []
    assert found.problem is not None
    assert found.problem.field == field
    assert words in found.problem.message
    with pytest.raises(OrchestrationError, match="Invalid schedule: "):
        checked(schedule)


@pytest.mark.parametrize("count", [0, -1, 101])
def test_a_preview_has_a_limit(count):
    with pytest.raises(OrchestrationError, match="count must be from 1 to 100"):
        preview({"clocks": [CRON]}, after=AFTER, count=count)
