"""Schedules of all kinds, made up by hypothesis, beside a Prefect 1.4.1 that is asked at once.

Zones and days of their changes are those of the golden corpus, of which this is the open end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.cli.demo.client import ClientError
from lictor.orchestration.schedules import InvalidSchedule
from tests.orchestration.schedules.client import Oracle
from tests.orchestration.schedules.compare import COUNT, one, ours, same

# Zones of which the client's list, of the year 2020, still tells the truth.
ZONES = [
    "UTC", "America/New_York", "Europe/Berlin", "America/Santiago", "Australia/Adelaide", "America/St_Johns",
    "Pacific/Auckland", "Australia/Lord_Howe", "Europe/London", "Asia/Kolkata", "Asia/Kathmandu",
]  # fmt: skip
CHANGES = [
    datetime(2026, 3, 8, 7), datetime(2026, 3, 29, 1), datetime(2026, 4, 4, 16), datetime(2026, 9, 6, 4),
    datetime(2026, 9, 26, 14), datetime(2026, 10, 3, 16), datetime(2026, 10, 25, 1), datetime(2026, 11, 1, 6),
]  # fmt: skip
MINUTE = 60 * 10**6
zones = st.sampled_from(ZONES)
YEAR_ENDS = [datetime(2026, 12, 31, 23), datetime(2027, 12, 31, 12), datetime(2028, 2, 28, 18)]
afters = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),
    st.tuples(st.sampled_from(YEAR_ENDS), st.integers(-2000, 1500)).map(
        lambda it: it[0] + timedelta(minutes=it[1])
    ),
    st.tuples(st.sampled_from(CHANGES), st.integers(-4000, 1500)).map(
        lambda it: it[0] + timedelta(minutes=it[1])
    ),
).map(lambda it: it.replace(second=0, microsecond=0))


def dates(low: datetime, high: datetime, step: int = 30) -> st.SearchStrategy[dict[str, str]]:
    minutes = int((high - low).total_seconds()) // 60 // step
    wall = st.integers(0, minutes).map(lambda it: (low + timedelta(minutes=it * step)).isoformat())
    return st.builds(lambda dt, tz: {"dt": dt, "tz": tz}, wall, zones)


past = dates(datetime(2024, 1, 1), datetime(2025, 12, 31))
soon = dates(datetime(2026, 1, 1), datetime(2027, 12, 31))
starts = st.one_of(past, past, past, soon)
ends = st.one_of(st.none(), st.none(), soon)
givens = st.fixed_dictionaries(
    {
        "parameter_defaults": st.sampled_from([{}, {}, {"x": 12}, {"x": 21}, {"y": [None, "ü"]}]),
        "labels": st.sampled_from([None, None, [], ["a"], ["a", "b"]]),
    }
)


def clock(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    made = st.fixed_dictionaries({"type": st.just(kind), **fields})
    return st.builds(lambda given, made: {**given, **made}, givens, made)


intervals = clock(
    "IntervalClock",
    interval=st.integers(20, 60 * 24 * 9).map(lambda it: it * MINUTE),
    start_date=starts,
    end_date=ends,
)
ODD_CRONS = [
    "0 0 L * *", "0 0 l * 1", "0 0 L,15 * *", "0 0 L 2 *", "0 0 * * L5", "0 0 * * l1,L5", "0 0 * * 5#2", "0 0 * * FRI#2",
    "0 0 * * 1-5#3", "0 0 * * 0,6#1", "0 0 * * 1#1,1#3", "0 0 * * MON#5", "0 0 1-7 * 1#1", "0 0 ? * *", "0 0 * * ?",
    "0 0 1 * ?", "0 0 ? * ?", "0 0 12 * * 30", "0 12 * * * */15", "0 0 29 2 *", "* * 29 2 1", "0 0 * * 7", "0 0 * * 5-7",
    "0 0 */2 * */3", "0 0 2 * */3", "0-59/7 3/4 * * *", "5/15 * * * *", "0 22-2 * * *", "0 0 * 11-2 *", "30 2 * * 0",
    "59 23 31 12 *", "0 9 * JAN-mar Mon,wed", "@daily", "@weekly", "@monthly", "@yearly", "@hourly", "  0   0 * * *  ",
]  # fmt: skip
"""Last days, nth weekdays, seconds, names and macros, as the croniter of the client's time reads them."""
numbered_crons = st.tuples(
    st.sampled_from(["0", "30", "*/15", "5,50", "17", "*/20"]),
    st.sampled_from(["*", "*/3", "0", "1", "2", "3", "9-17", "23"]),
    st.sampled_from(["*", "*", "*", "1", "*/7", "13,28"]),
    st.sampled_from(["*", "*", "*", "3,10", "1-6"]),
    st.sampled_from(["*", "*", "1-5", "0", "5"]),
).map(" ".join)
crons = clock(
    "CronClock",
    cron=st.one_of(numbered_crons, numbered_crons, st.sampled_from(ODD_CRONS)),
    day_or=st.sampled_from([True, True, False, None]),
    start_date=starts,
    end_date=ends,
)
dates_clocks = clock("DatesClock", dates=st.lists(soon, min_size=1, max_size=12))
offsets = st.sampled_from(["", "+00:00", "-05:00", "+05:30"])


@st.composite
def rules(draw: st.DrawFn, offset: str) -> dict[str, Any]:
    start = draw(st.datetimes(datetime(2025, 6, 1), datetime(2026, 6, 1))).replace(microsecond=0)
    until = draw(st.one_of(st.none(), st.datetimes(datetime(2026, 6, 1), datetime(2028, 1, 1))))
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = draw(
        st.sets(
            st.sampled_from(
                ["BYDAY=MO,FR,SA", "BYMONTHDAY=1,15,-1", "BYHOUR=1,2,3", "BYMINUTE=0,30", "BYSETPOS=1,-1"]
            ),
            max_size=2,
        )
    )
    if parts == {"BYSETPOS=1,-1"}:
        parts = {*parts, "BYDAY=MO,FR,SA"}
    count = (
        draw(st.one_of(st.just(""), st.integers(1, 500).map(lambda it: f";COUNT={it}")))
        if until is None
        else ""
    )
    # Hours that an interval never meets are an error.
    interval = draw(st.sampled_from([1, 1, 5, 7]))
    text = ";".join([f"FREQ={frequency}", f"INTERVAL={interval}", *sorted(parts)]) + count
    return {
        "type": "rrule",
        "rr": f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{text}",
        "_dtstart": start.isoformat() + offset,
        "_until": None if until is None else until.replace(microsecond=0).isoformat() + offset,
    }


def rule_sets(offset: str) -> st.SearchStrategy[dict[str, Any]]:
    moments = st.integers(0, 700).map(
        lambda it: (datetime(2026, 1, 1) + timedelta(days=it)).isoformat() + offset
    )
    return st.fixed_dictionaries(
        {
            "type": st.just("rruleset"),
            "_rrule": st.lists(rules(offset), min_size=1, max_size=2),
            "_rdate": st.lists(moments, max_size=5),
            "_exrule": st.just([]),
            "_exdate": st.lists(moments, max_size=5),
        }
    )


rrules = clock(
    "RRuleClock",
    rrule_obj=offsets.flatmap(lambda offset: st.one_of(rules(offset), rules(offset), rule_sets(offset))),
)

times = st.integers(0, 47).map(lambda it: f"//time:{it // 2:02}:{it % 2 * 30:02}:00")
moments = st.builds(
    lambda day, offset: f"//datetime:{(datetime(2026, 1, 1) + timedelta(days=day)).isoformat()}{offset}",
    st.integers(0, 800),
    offsets,
)
months, days = st.integers(1, 12), st.integers(1, 31)
FILTERS: dict[str, dict[str, Any]] = {
    "on_datetime": {"dt": moments},
    "on_date": {"month": months, "day": days},
    "at_time": {"t": times},
    "between_datetimes": {"start": moments, "end": moments},
    "between_dates": {"start_month": months, "start_day": days, "end_month": months, "end_day": days},
    "between_times": {"start": times, "end": times},
    "is_weekday": {},
    "is_weekend": {},
    "is_month_end": {},
    "is_day_of_week": {"day_of_week": st.integers(0, 7)},
    "is_month_start": {},
}
filters = st.sampled_from(sorted(FILTERS)).flatmap(
    lambda name: st.fixed_dictionaries(
        {"fn": st.just(f"prefect.schedules.filters.{name}"), "kwargs": st.fixed_dictionaries(FILTERS[name])}
    )
)
adjustments = st.one_of(
    st.just({"fn": "prefect.schedules.adjustments.next_weekday", "kwargs": {}}),
    st.integers(-5000, 5000).map(
        lambda it: {
            "fn": "prefect.schedules.adjustments.add",
            "kwargs": {"interval": f"//timedelta:{it * 60.0}"},
        }
    ),
)
any_clock = st.one_of(intervals, crons, dates_clocks, rrules)
plain = st.fixed_dictionaries(
    {
        "type": st.just("Schedule"),
        "clocks": st.lists(any_clock, min_size=1, max_size=3),
        "filters": st.just([]), "or_filters": st.just([]), "not_filters": st.just([]), "adjustments": st.just([]),
    }
)  # fmt: skip
elaborate = st.fixed_dictionaries(
    {
        "type": st.just("Schedule"),
        "clocks": st.lists(any_clock, min_size=1, max_size=1),
        "filters": st.lists(filters, max_size=1),
        "or_filters": st.lists(filters, max_size=2),
        "not_filters": st.lists(filters, max_size=1),
        "adjustments": st.lists(adjustments, max_size=2),
    }
)


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    try:
        oracle = Oracle(tmp_path_factory.mktemp("client"))
    except ClientError as error:
        pytest.skip(f"the Prefect client cannot be installed: {error}")
    yield oracle
    oracle.close()


@pytest.mark.timeout(600)
@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schedule=st.one_of(plain, elaborate), after=afters)
def test_the_times_are_those_of_a_live_client(prefect: Oracle, schedule: dict[str, Any], after: datetime):
    answer = prefect.ask(schedule, after.isoformat() + "+00:00", COUNT)
    if "Invalid cron" in answer.get("error", ""):
        with pytest.raises(InvalidSchedule):
            ours(schedule, after.replace(tzinfo=UTC))
        return
    if "error" in answer:
        # Parts of rules that never meet.
        assert "empty" in answer["error"]
        return
    real = [one(datetime.fromisoformat(start), *given) for start, *given in answer["settled"]]
    if any(start.year >= 2037 for start, _ in real):
        return
    mine = ours(schedule, after.replace(tzinfo=UTC))
    assert same(schedule, mine, real), (mine, real)
