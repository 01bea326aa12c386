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


def reference(function: str, /, **kwargs: Any) -> dict[str, Any]:
    """A filter; `kwargs` may itself be given."""
    given = kwargs.get("kwargs", kwargs)
    return {"fn": f"prefect.schedules.filters.{function}", "kwargs": given}


def adjustment(function: str, /, **kwargs: Any) -> dict[str, Any]:
    return {"fn": f"prefect.schedules.adjustments.{function}", "kwargs": kwargs}


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
        ({"clocks": [{"type": "DatesClock"}]}, r"clocks\[0\]\.dates"),
        ({"clocks": [{"type": "DatesClock", "dates": []}]}, r"clocks\[0\]\.dates: .*at least one"),
        ({"clocks": [{"type": "DatesClock", "dates": [MIDNIGHT, None]}]}, r"clocks\[0\]\.dates\[1\]"),
    ],
)
def test_malformed(schedule: Any, field: str):
    with pytest.raises(InvalidSchedule, match=f"^{field}"):
        next_times(schedule, after=NOON, count=1)


@pytest.mark.parametrize("name", ["filters", "or_filters", "not_filters"])
@pytest.mark.parametrize(
    ("function", "field"),
    [
        ("prefect.schedules.filters.is_weekday", r"\[0\]: expected an object"),
        (None, r"\[0\]: expected an object"),
        ({}, r"\[0\]\.fn"),
        ({"fn": ["is_weekday"]}, r"\[0\]\.fn"),
        (reference("is_weekday", kwargs=None), r"\[0\]\.kwargs"),
        (reference("is_weekday", kwargs={"day": 1}), r"\[0\]\.kwargs: .* takes none, got day"),
        (reference("between_times"), r"\[0\]\.kwargs: .* takes start, end, got none"),
        (
            reference("between_times", start="//time:09:00:00"),
            r"\[0\]\.kwargs: .* takes start, end, got start",
        ),
        (reference("at_time", t="09:00:00"), r"\[0\]\.kwargs\.t: .*//time:"),
        (reference("at_time", t="//time:nine"), r"\[0\]\.kwargs\.t"),
        (reference("at_time", t="//time:09:00:00+02:00"), r"\[0\]\.kwargs\.t: .*without an offset"),
        (reference("on_datetime", dt="//datetime:today"), r"\[0\]\.kwargs\.dt"),
        (
            reference("on_datetime", dt="//datetime:0001-01-01T00:00:00+05:00"),
            r"\[0\]\.kwargs\.dt: .* out of range",
        ),
        (reference("on_date", month="May", day=1), r"\[0\]\.kwargs\.month: expected a number"),
        (reference("is_day_of_week", day_of_week=True), r"\[0\]\.kwargs\.day_of_week"),
    ],
)
def test_malformed_filters(name: str, function: Any, field: str):
    with pytest.raises(InvalidSchedule, match=f"^{name}{field}"):
        times(interval(), **{name: [function]})


@pytest.mark.parametrize(
    ("function", "field"),
    [
        (adjustment("add"), r"\[0\]\.kwargs"),
        (adjustment("add", interval=3600), r"\[0\]\.kwargs\.interval"),
        (adjustment("add", interval="//timedelta:nan"), r"\[0\]\.kwargs\.interval"),
        (adjustment("add", interval="//timedelta:1e30"), r"\[0\]\.kwargs\.interval"),
    ],
)
def test_malformed_adjustments(function: Any, field: str):
    with pytest.raises(InvalidSchedule, match=f"^adjustments{field}"):
        times(interval(), adjustments=[function])


def test_adjustments_out_of_the_calendar():
    with pytest.raises(InvalidSchedule, match="9999"):
        times(interval(), adjustments=[adjustment("add", interval="//timedelta:3e11")])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("filters", "prefect.schedules.filters.is_full_moon"),
        ("or_filters", "prefect.schedules.adjustments.next_weekday"),
        ("not_filters", "os.system"),
        ("adjustments", "my_company.calendar.next_business_day"),
        ("adjustments", "prefect.schedules.filters.is_weekday"),
    ],
)
def test_functions_that_are_not_prefects_own_are_named(name: str, function: str):
    own = adjustment("next_weekday") if name == "adjustments" else reference("is_weekday")
    with pytest.raises(UnsupportedSchedule, match=rf"^{name}\[1\]\.fn: '{function}' is not supported"):
        times(interval(), **{name: [own, {"fn": function, "kwargs": {}}]})


def test_functions_in_another_form_than_a_list():
    for name in ("filters", "or_filters", "not_filters", "adjustments"):
        with pytest.raises(InvalidSchedule, match=f"^{name}: expected a list"):
            times(interval(), **{name: {}})


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
