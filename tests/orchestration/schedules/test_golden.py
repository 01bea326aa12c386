"""The times of schedules, row by row beside what Prefect 1.4.1 answers (golden.jsonl, made by make_golden.py).

The client itself errs on days of a DST change and when the first firings are looked for in the other half of the
year than the clock's start. There, and only there, the answers differ; the tests below say how they may.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from lictor.orchestration.schedules import next_times

ROWS = [json.loads(line) for line in (Path(__file__).with_name("golden.jsonl")).read_text().splitlines()]
DIFFERENT = 64
"""Rows in which the client errs. If this number changes, a schedule has moved."""

Firing = tuple[datetime, str]


def ours(row: dict[str, Any], count: int = 10) -> list[Firing]:
    after = datetime.fromisoformat(row["after"])
    return [
        firing(it.start, it.parameter_defaults, it.labels)
        for it in next_times(row["schedule"], after=after, count=count)
    ]


def theirs(row: dict[str, Any]) -> list[Firing]:
    return [firing(datetime.fromisoformat(start), *given) for start, *given in row["expected"]]


def firing(start: datetime, parameters: dict[str, Any] | None, labels: list[str] | None) -> Firing:
    return start, json.dumps([parameters or {}, labels], sort_keys=True)


def same(mine: list[Firing], real: list[Firing]) -> bool:
    """Equal, but for the order of firings at one instant, which the client leaves open; the last may be cut."""
    cut = real[-1][0] if real else None
    return [it[0] for it in mine] == [it[0] for it in real] and sorted(
        it for it in mine if it[0] != cut
    ) == sorted(it for it in real if it[0] != cut)


def clocks(row: dict[str, Any]) -> list[dict[str, Any]]:
    return row["schedule"]["clocks"]


def zone(clock: dict[str, Any]) -> ZoneInfo:
    return ZoneInfo((clock["start_date"] or {"tz": "UTC"})["tz"])


AGREE = [row for row in ROWS if same(ours(row), theirs(row))]
DIFFER = [row for row in ROWS if not same(ours(row), theirs(row))]


def test_the_corpus_is_large_and_the_client_errs_in_few_rows():
    assert len(ROWS) >= 700
    assert len(DIFFER) == DIFFERENT


def test_zones_without_dst_never_differ():
    still = {"UTC", "Asia/Kolkata"}
    assert all(any(zone(clock).key not in still for clock in clocks(row)) for row in DIFFER)
    assert sum(all(zone(clock).key in still for clock in clocks(row)) for row in AGREE) >= 100


def test_answers_are_in_order_once_and_later_than_asked():
    for row in ROWS:
        mine = ours(row)
        assert all(start > datetime.fromisoformat(row["after"]) for start, _ in mine)
        assert [start for start, _ in mine] == sorted(start for start, _ in mine)
        assert len(set(mine)) == len(mine)


def differing(kind: str) -> list[dict[str, Any]]:
    return [row for row in DIFFER if {clock["type"] for clock in clocks(row)} == {kind}]


def test_interval_clocks_fire_whenever_the_client_lets_them_fire():
    """The client leaves out the next firing or gives `after` itself, but knows no time that we do not know."""
    rows = [row for row in DIFFER if any(clock["type"] == "IntervalClock" for clock in clocks(row))]
    assert rows
    for row in rows:
        after = datetime.fromisoformat(row["after"])
        mine = set(ours(row, 40))
        assert {it for it in theirs(row) if it[0] != after} <= mine


def test_cron_clocks_fire_where_the_expression_says_though_the_client_does_not():
    """Near a DST change croniter, as the client calls it, is an offset's change beside the expression."""
    rows = differing("CronClock")
    assert rows
    for row in rows:
        [clock] = clocks(row)
        mine, real = ours(row), theirs(row)
        wrong = [it for it in real if not fits(clock, it[0])]
        missing = [it for it in mine if it[0] < real[-1][0] and it not in real]
        assert wrong or missing
        assert all(fits(clock, start) for start, _ in mine)
        changed = {it[0] for it in (*wrong, *missing)}
        assert all(near_change(zone(clock), start) for start in changed)


def fits(clock: dict[str, Any], start: datetime) -> bool:
    """Whether a wall time that stands for this instant matches: its own, or one of the gap before it."""
    wall = start.astimezone(zone(clock)).replace(tzinfo=None)
    gap = start - timedelta(hours=2)
    shift = (start.astimezone(zone(clock)).utcoffset() or timedelta()) - (
        gap.astimezone(zone(clock)).utcoffset() or timedelta()
    )
    walls = [wall, wall - shift] if shift > timedelta() else [wall]
    return any(croniter.match(clock["cron"], it) for it in walls)


def near_change(where: ZoneInfo, start: datetime) -> bool:
    offsets = {(start + timedelta(hours=hours)).astimezone(where).utcoffset() for hours in range(-30, 31)}
    return len(offsets) > 1


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
    times = next_times({"clocks": [clock]}, after=datetime.fromisoformat(after).replace(tzinfo=UTC), count=2)
    assert [it.start for it in times] == [datetime.fromisoformat(it).replace(tzinfo=UTC) for it in expected]
