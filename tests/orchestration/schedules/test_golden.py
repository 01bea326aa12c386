"""The times of schedules, row by row beside what Prefect 1.4.1 answers (golden.jsonl, made by make_golden.py).

In some rows the client contradicts itself: what it says of a time depends on when it is asked (oracle.py says why). A
run must not move, be lost or be made twice because a scheduler looked again, so there, and only there, we answer what
the client says if it is asked well before, its `settled` answer (docs/decisions/0009-schedules.md).
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lictor.orchestration.schedules import next_times
from tests.orchestration.schedules.compare import Answer, decode, ours, same, utc

ROWS = [json.loads(line) for line in (Path(__file__).with_name("golden.jsonl")).read_text().splitlines()]
CONTRADICTED = [row for row in ROWS if "settled" in row]
STILL = {"UTC", "Asia/Kolkata"}


def settled(row: dict[str, Any]) -> Answer:
    return decode(row.get("settled", row), row["schedule"], utc(row["after"]))


@pytest.mark.parametrize("part", range(10))
def test_the_times_are_those_of_the_client(part: int):
    for row in ROWS[part::10]:
        after = utc(row["after"])
        mine = ours(row["schedule"], after)
        assert same(row["schedule"], mine, settled(row)), (row, mine)


def test_the_corpus_is_large_and_covers_everything():
    assert len(ROWS) >= 2000
    clocks = Counter(clock["type"] for row in ROWS for clock in row["schedule"]["clocks"])
    assert min(clocks[kind] for kind in ("IntervalClock", "CronClock", "DatesClock", "RRuleClock")) >= 100
    functions = Counter(
        function["fn"].rpartition(".")[2]
        for row in ROWS
        for name in ("filters", "or_filters", "not_filters", "adjustments")
        for function in row["schedule"].get(name) or ()
    )
    assert len(functions) == 13
    assert min(functions.values()) >= 20


def test_the_client_contradicts_itself_only_where_clocks_change_or_adjustments_meet_other_events():
    assert len(CONTRADICTED) <= len(ROWS) / 10
    for row in CONTRADICTED:
        clocks = [it for it in row["schedule"]["clocks"] if it["type"] in ("IntervalClock", "CronClock")]
        zones = {(it.get("start_date") or {"tz": "UTC"})["tz"] for it in clocks}
        assert row["schedule"].get("adjustments") or zones - STILL


def test_without_adjustments_times_are_in_order_once_and_later_than_asked():
    for row in ROWS[::2]:
        if not row["schedule"].get("adjustments"):
            after = utc(row["after"])
            mine = ours(row["schedule"], after)
            assert all(start > after for start, _ in mine)
            assert [start for start, _ in mine] == sorted(start for start, _ in mine)
            assert len(set(mine)) == len(mine)


def test_a_time_does_not_depend_on_when_it_is_asked_for():
    for row in ROWS[::8]:
        after = utc(row["after"])
        mine = ours(row["schedule"], after, 5)
        if row["schedule"].get("adjustments") or not mine:
            continue
        earlier = ours(row["schedule"], after - timedelta(hours=2), 2000)
        limited = len(earlier) < 2000 and any(
            row["schedule"].get(it) for it in ("filters", "or_filters", "not_filters")
        )
        if not limited:
            assert Counter(mine[:-1]) <= Counter(it for it in earlier if it[0] > after)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # 02:30 does not exist on March 8th 2026 and is an hour later; 01:30 occurs twice on November 1st.
        ("2026-03-07T12:00", ["2026-03-08T07:30", "2026-03-09T06:30"]),
        ("2026-10-31T12:00", ["2026-11-01T07:30", "2026-11-02T07:30"]),
    ],
)
def test_a_daily_cron_clock_over_a_change(after: str, expected: list[str]):
    clock = {
        "type": "CronClock",
        "cron": "30 2 * * *",
        "start_date": {"dt": "2026-01-01T00:00:00", "tz": "America/New_York"},
    }
    times = next_times({"clocks": [clock]}, after=utc(after), count=2)
    assert [it.start for it in times] == [utc(it) for it in expected]
