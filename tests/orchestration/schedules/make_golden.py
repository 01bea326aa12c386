"""Writes golden.jsonl: what Prefect 1.4.1 itself answers for schedules around DST changes and elsewhere.

Run it with the Python of an environment that has the real client (not with Lictor's):

    python3.11 -m venv scratch
    scratch/bin/pip install prefect==1.4.1 'marshmallow<4' 'pendulum<3' 'click<8.2' 'setuptools<81' croniter==6.0.0
    scratch/bin/python tests/orchestration/schedules/make_golden.py > tests/orchestration/schedules/golden.jsonl

One JSON object a line: `schedule` as the client serialises it, `after`, `expected` as [start, parameter_defaults,
labels]. The output is the same at every run.
"""

import itertools
import json
import random
import sys

import pendulum
from prefect.serialization.schedule import ScheduleSchema

COUNT = 10
HOUR = 3600 * 10**6
# Per zone, instants (UTC) of changes of its offset in 2026 to 2028; for zones without any, the same dates as New York.
CHANGES = {
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00", "2027-03-14T07:00", "2028-11-05T06:00"],
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00", "2027-03-28T01:00", "2028-10-29T01:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30", "2027-04-03T15:00", "2028-09-30T15:30"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00", "2027-04-04T03:00", "2028-09-03T04:00"],
    "Asia/Kolkata": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "UTC": ["2026-03-08T07:00", "2026-11-01T06:00"],
}
CRONS = [
    "0 * * * *",
    "*/15 * * * *",
    "*/20 * * * *",
    "30 1 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "0 9 * * 1-5",
    "45 23 * * 6",
    "0 2,14 * * *",
    "0 0 1 * *",
    "15 4 13 * 5",
    "0 12 L * *",
    "0 6 * * 1#2",
    "5 */5 * * *",
]
INTERVALS = [HOUR // 4, HOUR // 2, HOUR, 6 * HOUR, 36 * HOUR, 24 * HOUR, 168 * HOUR, 7 * HOUR + 90 * 10**6]


def date(text, zone):
    return {"dt": text, "tz": zone}


def cron(expression, zone, **more):
    clock = {
        "type": "CronClock",
        "cron": expression,
        "parameter_defaults": {},
        "labels": None,
        "day_or": True,
    }
    return {**clock, "start_date": date("2024-01-01T00:00:00", zone), "end_date": None, **more}


def interval(microseconds, start, zone, **more):
    clock = {"type": "IntervalClock", "interval": microseconds, "parameter_defaults": {}, "labels": None}
    return {**clock, "start_date": date(start, zone), "end_date": None, **more}


def around(change):
    """Instants from two days before a change to one day after it, on and off the hour."""
    moment = pendulum.parse(change, tz="UTC")
    yield moment.subtract(hours=44, minutes=17)
    yield moment.subtract(hours=2)
    yield moment.subtract(minutes=25)
    yield moment
    yield moment.add(minutes=40)
    yield moment.add(hours=25)


def single_clocks():
    for zone, changes in CHANGES.items():
        for change in changes[:2]:
            moments = itertools.cycle(around(change))
            for expression in CRONS:
                yield [cron(expression, zone)], next(moments)
                yield [cron(expression, zone)], next(moments)
                next(moments)
        for change in changes:
            moments = itertools.cycle(around(change))
            for microseconds in INTERVALS:
                yield [interval(microseconds, "2024-07-01T00:00:00", zone)], next(moments)
                yield [interval(microseconds, "2024-01-15T02:30:00", zone)], next(moments)
                next(moments)


def special_cases():
    noon = pendulum.parse("2026-06-01T12:00:00", tz="UTC")
    yield [{**interval(HOUR, "2026-01-01T00:00:00", "UTC"), "start_date": None}], noon
    yield [{**cron("*/10 * * * *", "UTC"), "start_date": None}], noon
    yield [cron("0 0 13 * 5", "Europe/Berlin", day_or=False)], noon
    yield [cron("0 0 13 * 5", "Europe/Berlin", day_or=None)], noon
    yield [cron("* * * * * */15", "UTC")], noon
    yield [cron("@daily", "Asia/Kolkata")], noon
    yield [cron("0 0 29 2 *", "America/New_York")], noon
    yield [cron("0 8 * * *", "Europe/Berlin", start_date=date("2026-07-01T08:00:00", "Europe/Berlin"))], noon
    yield [cron("0 8 * * *", "UTC", start_date=date("2026-07-01T08:00:00.000001", "UTC"))], noon
    yield [cron("0 8 * * *", "UTC", end_date=date("2026-06-04T08:00:00", "UTC"))], noon
    yield [interval(24 * HOUR, "2026-06-10T08:00:00", "Europe/Berlin")], noon
    yield (
        [
            interval(
                24 * HOUR, "2026-01-01T08:00:00", "Europe/Berlin", end_date=date("2026-06-05T08:00:00", "UTC")
            )
        ],
        noon,
    )
    yield [interval(HOUR, "2026-01-01T00:00:00", "UTC", end_date=date("2026-05-01T00:00:00", "UTC"))], noon
    yield [interval(61 * 10**6 + 1, "2026-06-01T00:00:00.5", "UTC")], noon


def several_clocks():
    given = [
        {},
        {"parameter_defaults": {"x": 12}},
        {"parameter_defaults": {"x": 21}},
        {"labels": []},
        {"labels": ["a", "b"]},
        {"parameter_defaults": {"x": False, "y": [1, {"z": "ü"}]}, "labels": ["gpu"]},
    ]
    pick = random.Random(1)
    zones = list(CHANGES)
    for _ in range(120):
        clocks = []
        for _ in range(pick.randint(2, 3)):
            zone, more = pick.choice(zones), pick.choice(given)
            if pick.random() < 0.5:
                clocks.append(cron(pick.choice(["0 * * * *", "0 */6 * * *", "30 9 * * *"]), zone, **more))
            else:
                clocks.append(interval(pick.choice([1, 6, 24]) * HOUR, "2025-02-01T00:00:00", zone, **more))
        yield clocks, pendulum.datetime(2026, 1, 1).add(minutes=pick.randint(0, 365 * 24 * 60))


def answer(schedule, after):
    events = ScheduleSchema().load(schedule).next(COUNT, after=after, return_events=True)
    return [
        [event.start_time.in_tz("UTC").isoformat(), event.parameter_defaults, event.labels]
        for event in events
    ]


def main():
    for clocks, after in itertools.chain(single_clocks(), special_cases(), several_clocks()):
        schedule = {"type": "Schedule", "clocks": clocks}
        for name in ("filters", "or_filters", "not_filters", "adjustments"):
            schedule[name] = []
        row = {"schedule": schedule, "after": after.isoformat(), "expected": answer(schedule, after)}
        sys.stdout.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
