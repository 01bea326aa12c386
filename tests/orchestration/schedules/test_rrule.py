"""Recurrence rules: malformed ones name their field, long and endless ones end in bounded work.

That their times are the client's is the golden corpus's part (test_golden.py) and test_live.py's.
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from lictor.orchestration.schedules import InvalidSchedule, next_times

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = "2020-01-01T00:00:00+00:00"


def rule(text: str, start: Any = START, **more: Any) -> dict[str, Any]:
    return {
        "type": "rrule",
        "rr": f"DTSTART:20200101T000000\nRRULE:{text}",
        "_dtstart": start,
        "_until": None,
        **more,
    }


def rules(**more: Any) -> dict[str, Any]:
    return {"type": "rruleset", "_rrule": [], "_rdate": [], "_exrule": [], "_exdate": [], **more}


def times(document: Any, after: datetime = NOON, count: int = 3, **clock: Any) -> list[datetime]:
    schedule = {"clocks": [{"type": "RRuleClock", "rrule_obj": document, **clock}]}
    return [it.start for it in next_times(schedule, after=after, count=count)]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (None, ": expected an object"),
        ("FREQ=DAILY", ": expected an object"),
        ({}, r"\.type"),
        ({"type": "rrulebase"}, r"\.type"),
        ({"type": "rrule"}, r"\.rr: expected a string"),
        (rule("FREQ=DAILY", None), r"\._dtstart"),
        (rule("FREQ=DAILY", "today"), r"\._dtstart"),
        (rule("FREQ=DAILY", _until="never"), r"\._until"),
        (rule("FREQ=DAILY", _until="2030-01-01T00:00:00"), r"\.rr: .*offset, or none"),
        (rule("FREQ=FORTNIGHTLY"), r"\.rr"),
        (rule("INTERVAL=2"), r"\.rr: .*FREQ"),
        (rule("FREQ=DAILY;INTERVAL=0"), r"\.rr: .*INTERVAL of 1"),
        (rule("FREQ=DAILY;INTERVAL=-1"), r"\.rr: .*INTERVAL of 1"),
        (rule("FREQ=DAILY;INTERVAL=two"), r"\.rr"),
        (rule("FREQ=DAILY;BYHOUR=25"), r"\.rr"),
        (rule("FREQ=DAILY;BYMOON=FULL"), r"\.rr"),
        (rule("FREQ=DAILY\nRRULE:FREQ=WEEKLY"), r"\.rr: expected one rule"),
        (rule("FREQ=DAILY\nRDATE:20260101T000000"), r"\.rr: expected one rule"),
        (rule(""), r"\.rr"),
        (rule("FREQ=HOURLY;INTERVAL=2;BYHOUR=1"), r"\.rr"),
        (rules(_rrule=None), r"\._rrule: expected a list"),
        (rules(_rrule=["FREQ=DAILY"]), r"\._rrule\[0\]"),
        (rules(_exrule=[rule("FREQ=DAILY"), rule("FREQ=NEVER")]), r"\._exrule\[1\]\.rr"),
        (rules(_rdate=["2026-01-01T00:00:00", 5]), r"\._rdate\[1\]"),
        (
            rules(_rrule=[rule("FREQ=DAILY")], _exdate=["2026-01-01T00:00:00"]),
            ": all times must have an offset",
        ),
    ],
)
def test_malformed(document: Any, field: str):
    with pytest.raises(InvalidSchedule, match=rf"^clocks\[0\]\.rrule_obj{field}"):
        times(document)


def test_a_rule_without_its_start_begins_when_the_clients_does():
    document = {"type": "rrule", "rr": "RRULE:FREQ=YEARLY"}
    assert times(document, count=1) == [datetime(2026, 6, 20, tzinfo=UTC)]


def test_the_end_in_the_text_counts_if_there_is_no_other():
    text = "FREQ=DAILY;UNTIL=20260603T000000"
    document = rule(text, "2020-01-01T00:00:00")
    assert len(times(document)) == 3
    del document["_until"]
    assert times(document) == [datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC)]


def test_a_rule_without_an_offset_may_have_a_start_and_an_end():
    span = {
        "start_date": {"dt": "2026-07-01T00:00:00", "tz": "UTC"},
        "end_date": {"dt": "2026-07-02T00:00:00", "tz": "UTC"},
    }
    found = times(rule("FREQ=DAILY", "2020-01-01T00:00:00"), **span)
    assert found == [datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)]


def test_an_empty_set_has_no_times():
    assert times(rules()) == []


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY;INTERVAL=7",
        "FREQ=MINUTELY;BYSETPOS=1",
        "FREQ=HOURLY;BYDAY=MO",
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=SU;WKST=WE",
        "FREQ=MONTHLY;BYMONTHDAY=29",
        "FREQ=YEARLY",
    ],
)
def test_a_rule_that_began_two_thousand_years_ago_is_quick(text: str):
    started = time.process_time()
    assert len(times(rule(text, "0001-01-01T00:00:00+00:00"), count=10)) == 10
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30{more}"
        for frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
        for more in ("", ";BYSETPOS=1,2,3,-1")
    ]
    + [
        "FREQ=SECONDLY;BYHOUR=23;BYMINUTE=59;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;COUNT=3000000",
        "FREQ=YEARLY;BYSETPOS=" + ",".join(map(str, range(1, 367))) + ";BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_rule_without_a_match_ends(text: str):
    started = time.process_time()
    with contextlib.suppress(InvalidSchedule):
        assert times(rule(text)) == []
    assert time.process_time() - started < 5


def test_a_rule_with_a_time_in_each_second_is_not_followed_from_its_start():
    every = [",".join(map(str, range(it))) for it in (24, 60, 60)]
    text = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={};BYMINUTE={};BYSECOND={}".format(*every)
    started = time.process_time()
    with pytest.raises(InvalidSchedule, match="no time found"):
        times(rule(text))
    assert time.process_time() - started < 5


def test_a_search_that_is_given_up_says_so():
    with pytest.raises(InvalidSchedule, match=r"^clocks\[0\]\.rrule_obj: no time found in reasonable work"):
        times(rule("FREQ=MINUTELY;COUNT=1000000000;BYHOUR=0,1,2,3,4,5"))


def test_times_that_are_found_before_the_work_ends_are_kept():
    never = rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    dates = {"_rdate": ["2026-06-02T00:00:00+00:00"]}
    assert times(rules(_rrule=[never], **dates)) == [datetime(2026, 6, 2, tzinfo=UTC)]
    endless = rule("FREQ=HOURLY;COUNT=100000000;BYMONTH=1;BYMONTHDAY=1")
    assert 24 * 50 < len(times(endless, count=10_000)) < 10_000
    with pytest.raises(InvalidSchedule, match="no time found"):
        times(rules(_exrule=[never], **dates))


FREQUENCIES = {"WEEKLY": 7 * 86400, "DAILY": 86400, "HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
PARTS = [
    "",
    ";COUNT=120",
    ";BYDAY=MO,SA",
    ";BYMONTH=3,9",
    ";BYHOUR=0,1,2,3,4,5,12",
    ";BYSETPOS=1",
    ";WKST=SU",
    ";BYMONTHDAY=1,-1",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(FREQUENCIES)), st.integers(1, 50), st.sampled_from(PARTS), st.sampled_from(PARTS),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(0, 300),
)  # fmt: skip
def test_starting_near_the_time_that_is_asked_for_changes_nothing(
    frequency: str, interval: int, part: str, other: str, start: datetime, periods: int
):
    text = f"FREQ={frequency};INTERVAL={interval}{part}{other if other != part else ''}"
    start = start.replace(microsecond=0, tzinfo=UTC)
    after = start + timedelta(seconds=FREQUENCIES[frequency] * interval * periods + 30)
    if after.year > 2200:
        return
    document = rule(text, start.isoformat())
    try:
        mine = times(document, after=after, count=4)
    except InvalidSchedule as error:
        if "no time found" in str(error):
            # Every 28 days is never another weekday than the first; dateutil would search until the year 9999.
            return
        with pytest.raises(ValueError, match="empty"):
            list(zip(range(4), rrulestr(f"RRULE:{text}", dtstart=start), strict=False))
        return
    assert mine == list(rrulestr(f"RRULE:{text}", dtstart=start).xafter(after, count=4))
