"""Schedules that are malformed or not supported: the error names the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lictor.orchestration.schedules import (
    InvalidSchedule,
    Occurrence,
    UnsupportedSchedule,
    attributes_key,
    next_times,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = 3600 * 10**6
MIDNIGHT = {"dt": "2026-01-01T00:00:00", "tz": "UTC"}


def interval(**more: Any) -> dict[str, Any]:
    return {"type": "IntervalClock", "interval": HOUR, "start_date": MIDNIGHT, **more}


def cron(**more: Any) -> dict[str, Any]:
    return {"type": "CronClock", "cron": "0 * * * *", "start_date": MIDNIGHT, **more}


def times(*clocks: Any, count: int = 3, after: datetime = NOON, **schedule: Any) -> list[Occurrence]:
    return next_times({"type": "Schedule", "clocks": list(clocks), **schedule}, after=after, count=count)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ([], "schedule"),
        ({}, "clocks"),
        ({"clocks": {}}, "clocks"),
        ({"type": "Timetable", "clocks": []}, "type"),
        ({"clocks": ["daily"]}, r"clocks\[0\]"),
        ({"clocks": [interval(), {"type": "Sundial"}]}, r"clocks\[1\]\.type"),
        ({"clocks": [{}]}, r"clocks\[0\]\.type"),
        ({"clocks": [{"type": ["CronClock"]}]}, r"clocks\[0\]\.type"),
        ({"clocks": [interval(interval=None)]}, r"clocks\[0\]\.interval"),
        ({"clocks": [interval(interval=True)]}, r"clocks\[0\]\.interval"),
        ({"clocks": [interval(interval=59_999_999)]}, r"clocks\[0\]\.interval: at least 60 seconds"),
        ({"clocks": [interval(interval=10**30)]}, r"clocks\[0\]\.interval"),
        ({"clocks": [interval(interval=float("nan"))]}, r"clocks\[0\]\.interval"),
        ({"clocks": [cron(cron="every day")]}, r"clocks\[0\]\.cron"),
        ({"clocks": [cron(cron=None)]}, r"clocks\[0\]\.cron"),
        ({"clocks": [cron(day_or="yes")]}, r"clocks\[0\]\.day_or"),
        ({"clocks": [cron(start_date="today")]}, r"clocks\[0\]\.start_date"),
        ({"clocks": [cron(start_date={"tz": "UTC"})]}, r"clocks\[0\]\.start_date\.dt"),
        ({"clocks": [cron(start_date={"dt": "noon", "tz": "UTC"})]}, r"clocks\[0\]\.start_date\.dt"),
        ({"clocks": [cron(start_date={**MIDNIGHT, "tz": "Mars/Base"})]}, r"clocks\[0\]\.start_date\.tz"),
        ({"clocks": [cron(start_date={**MIDNIGHT, "tz": "../../etc"})]}, r"clocks\[0\]\.start_date\.tz"),
        ({"clocks": [cron(start_date={**MIDNIGHT, "tz": 1})]}, r"clocks\[0\]\.start_date\.tz"),
        ({"clocks": [cron(end_date=5)]}, r"clocks\[0\]\.end_date"),
        ({"clocks": [cron(parameter_defaults=[])]}, r"clocks\[0\]\.parameter_defaults"),
        ({"clocks": [cron(labels=["a", 1])]}, r"clocks\[0\]\.labels"),
        ({"clocks": [cron(labels="a")]}, r"clocks\[0\]\.labels"),
    ],
)
def test_malformed(schedule: Any, field: str):
    with pytest.raises(InvalidSchedule, match=f"^{field}"):
        next_times(schedule, after=NOON, count=1)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({"clocks": [{"type": "DatesClock", "dates": []}]}, "DatesClock"),
        ({"clocks": [{"type": "RRuleClock"}]}, "RRuleClock"),
        ({"clocks": [], "filters": [{"fn": "is_weekday"}]}, "^filters"),
        ({"clocks": [], "or_filters": [{}]}, "^or_filters"),
        ({"clocks": [], "not_filters": [{}]}, "^not_filters"),
        ({"clocks": [], "adjustments": [{}]}, "^adjustments"),
    ],
)
def test_not_supported(schedule: Any, field: str):
    with pytest.raises(UnsupportedSchedule, match=field):
        next_times(schedule, after=NOON, count=1)


def test_null_lists_and_missing_fields_are_as_good_as_empty():
    empty = {"filters": None, "or_filters": [], "not_filters": None, "adjustments": None}
    assert [it.start for it in times({"type": "CronClock", "cron": "30 * * * *"}, count=1, **empty)] == [
        datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    ]
    assert times() == []


def test_a_clock_without_firings_ends():
    assert times(cron(cron="0 0 30 2 *")) == []
    assert times(interval(end_date=MIDNIGHT)) == []
    # The second firing would be in the year 10020.
    four_thousand_years = timedelta(days=365 * 4000) // timedelta(microseconds=1)
    assert times(interval(interval=four_thousand_years)) == [Occurrence(datetime(6023, 5, 7, tzinfo=UTC))]


def test_a_fixed_offset_is_a_zone():
    [first] = times(cron(cron="0 9 * * *", start_date={**MIDNIGHT, "tz": "+05:30"}), count=1)
    assert first.start == datetime(2026, 6, 2, 3, 30, tzinfo=UTC)


def test_clocks_at_one_instant_make_one_occurrence_per_set_of_attributes():
    both = times(interval(), cron(), count=2)
    assert [it.start.hour for it in both] == [13, 14]
    different = times(
        interval(), cron(labels=[]), cron(labels=["a"]), interval(parameter_defaults={"x": 1}), count=4
    )
    assert [it.start.hour for it in different] == [13] * 4
    assert times(interval(parameter_defaults={}), interval(parameter_defaults=None), count=1) == times(
        interval(), count=1
    )


def test_keys_of_attributes():
    start = NOON
    assert attributes_key(Occurrence(start)) is None
    assert attributes_key(Occurrence(start, labels=[])) == '{"labels":[],"parameter_defaults":null}'
    given = Occurrence(start, {"b": 1, "a": "ü"}, ["x"])
    assert attributes_key(given) == '{"labels":["x"],"parameter_defaults":{"a":"\\u00fc","b":1}}'
    assert attributes_key(Occurrence(start, {"x": 12})) != attributes_key(Occurrence(start, {"x": 21}))


def test_after_must_know_its_zone():
    with pytest.raises(ValueError, match="aware"):
        times(cron(), after=datetime(2026, 1, 1))
