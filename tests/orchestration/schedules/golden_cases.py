"""The schedules of the golden corpus and the times they are asked at. Runs in the client's Python (make_golden.py)."""

import datetime
import itertools
import random

import pendulum
from dateutil import rrule
from prefect.schedules import Schedule, adjustments, clocks, filters
from prefect.serialization.schedule import ScheduleSchema

HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
# Per zone, instants (UTC) of changes of its offset; for zones without any, dates at which others change. All are zones
# whose rules have not changed since 2020, the date of the client's own list of zones.
CHANGES = {
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00", "2027-03-14T07:00", "2028-11-05T06:00"],
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00", "2027-03-28T01:00", "2028-10-29T01:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30", "2027-04-03T15:00", "2028-09-30T15:30"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00", "2027-04-04T03:00", "2028-09-03T04:00"],
    "Australia/Adelaide": ["2026-04-04T16:30", "2026-10-03T16:30"],
    "America/St_Johns": ["2026-03-08T05:30", "2026-11-01T04:30"],
    "Pacific/Auckland": ["2026-04-04T14:00", "2026-09-26T14:00"],
    "Pacific/Chatham": ["2026-04-04T14:00", "2026-09-26T14:00"],
    "Europe/London": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/Havana": ["2026-03-08T05:00", "2026-11-01T05:00"],
    "Asia/Kolkata": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "UTC": ["2026-03-08T07:00", "2026-11-01T06:00"],
}
ZONES = list(CHANGES)
CRONS = [
    "0 * * * *", "*/15 * * * *", "*/20 * * * *", "30 1 * * *", "30 2 * * *", "0 0 * * *", "0 9 * * 1-5",
    "45 23 * * 6", "0 2,14 * * *", "0 0 1 * *", "15 4 13 * 5", "0 12 L * *", "0 6 * * 1#2", "5 */5 * * *",
]  # fmt: skip
INTERVALS = [HOUR / 4, HOUR / 2, HOUR, 6 * HOUR, 36 * HOUR, 24 * HOUR, 168 * HOUR, 7 * HOUR + 1.5 * MINUTE]
GIVEN = [
    {},
    {"parameter_defaults": {"x": 12}},
    {"parameter_defaults": {"x": 21}},
    {"labels": []},
    {"labels": ["a", "b"]},
    {"parameter_defaults": {"x": False, "y": [1, {"z": "ü"}]}, "labels": ["gpu"]},
]
NOON = pendulum.datetime(2026, 6, 1, 12)


def dump(*its_clocks, **functions):
    return ScheduleSchema().dump(Schedule(clocks=list(its_clocks), **functions))


def at(text, zone="UTC"):
    return pendulum.parse(text, tz=zone)


def cron(expression, zone, start="2024-01-01T00:00:00", **more):
    return clocks.CronClock(expression, start_date=at(start, zone), **more)


def interval(length, zone, start="2024-01-15T02:30:00", **more):
    return clocks.IntervalClock(length, start_date=at(start, zone), **more)


def around(change):
    """Instants from two days before a change to one day after it, on and off the hour."""
    moment = at(change)
    for hours, minutes in ((-44, -17), (-2, 0), (0, -25), (0, 0), (0, 40), (25, 0)):
        yield moment.add(hours=hours, minutes=minutes)


def single_clocks():
    for zone, changes in CHANGES.items():
        for change in changes[:2]:
            moments = itertools.cycle(around(change))
            for expression in CRONS:
                yield dump(cron(expression, zone)), next(moments)
                yield dump(cron(expression, zone)), next(moments)
                next(moments)
        for change in changes:
            moments = itertools.cycle(around(change))
            for length in INTERVALS:
                yield dump(interval(length, zone, "2024-07-01T00:00:00")), next(moments)
                yield dump(interval(length, zone)), next(moments)
                next(moments)


def special_cases():
    berlin = "Europe/Berlin"
    yield dump(clocks.IntervalClock(HOUR)), NOON
    yield dump(clocks.CronClock("*/10 * * * *")), NOON
    yield dump(cron("0 0 13 * 5", berlin, day_or=False)), NOON
    yield dump(cron("0 0 13 * 5", berlin, day_or=None)), NOON
    yield dump(cron("* * * * * */15", "UTC")), NOON
    yield dump(cron("@daily", "Asia/Kolkata")), NOON
    yield dump(cron("0 0 29 2 *", "America/New_York")), NOON
    yield dump(cron("0 8 * * *", berlin, "2026-07-01T08:00:00")), NOON
    yield dump(cron("0 8 * * *", "UTC", "2026-07-01T08:00:00.000001")), NOON
    yield dump(cron("0 8 * * *", "UTC", end_date=at("2026-06-04T08:00:00"))), NOON
    yield dump(interval(24 * HOUR, berlin, "2026-06-10T08:00:00")), NOON
    ending = {"end_date": at("2026-06-05T08:00:00")}
    yield dump(interval(24 * HOUR, berlin, "2026-01-01T08:00:00", **ending)), NOON
    yield dump(interval(HOUR, "UTC", end_date=at("2026-05-01T00:00:00"))), NOON
    yield dump(interval(datetime.timedelta(seconds=61, microseconds=1), "UTC", "2026-06-01T00:00:00.5")), NOON
    yield dump(clocks.IntervalClock(HOUR, start_date=datetime.datetime(2026, 6, 1, 5, 5))), NOON
    # What other programs write: the offset in the time, dates without a time, short forms.
    for dt in ("2025-12-25T00:00:00+02:00", "2025-12-25T00:00:00Z", "2025-12-25", "20251225T0130"):
        clock = {
            "type": "IntervalClock",
            "interval": 36 * 3600 * 10**6,
            "start_date": {"dt": dt, "tz": berlin},
        }
        yield {"type": "Schedule", "clocks": [clock]}, at("2026-03-28T11:30:00")
        yield {"type": "Schedule", "clocks": [clock]}, NOON


def several_clocks():
    pick = random.Random(1)
    for _ in range(200):
        chosen = []
        for _ in range(pick.randint(2, 3)):
            zone, more = pick.choice(ZONES), pick.choice(GIVEN)
            if pick.random() < 0.5:
                chosen.append(cron(pick.choice(["0 * * * *", "0 */6 * * *", "30 9 * * *"]), zone, **more))
            else:
                length = pick.choice([1, 6, 24]) * HOUR
                chosen.append(interval(length, zone, "2025-02-01T00:00:00", **more))
        yield dump(*chosen), pendulum.datetime(2026, 1, 1).add(minutes=pick.randint(0, 365 * 24 * 60))


def dates_clock(pick, **more):
    days = [pick.randint(-5, 40) for _ in range(pick.randint(1, 14))]
    return clocks.DatesClock(
        [
            pendulum.datetime(
                2026, 3, 1, pick.randint(0, 23), pick.choice([0, 30]), tz=pick.choice(ZONES)
            ).add(days=day)
            for day in days
        ],
        **more,
    )


def dates():
    pick = random.Random(2)
    for _ in range(80):
        chosen = [dates_clock(pick, **pick.choice(GIVEN)) for _ in range(pick.choice([1, 1, 1, 2]))]
        yield dump(*chosen), pendulum.datetime(2026, 2, 20).add(minutes=pick.randint(0, 30 * 24 * 60))
    twice = [at("2026-07-01T00:00:00"), at("2026-07-01T02:00:00", "Europe/Berlin"), at("2026-06-20T00:00:00")]
    yield dump(clocks.DatesClock(twice)), NOON


RULES = [
    {"freq": rrule.YEARLY}, {"freq": rrule.YEARLY, "bymonth": (1, 6), "bymonthday": 15, "byhour": 9},
    {"freq": rrule.YEARLY, "byeaster": 1}, {"freq": rrule.YEARLY, "byweekno": 20, "byweekday": rrule.MO},
    {"freq": rrule.YEARLY, "byyearday": (1, 100, -1)}, {"freq": rrule.YEARLY, "interval": 2},
    {"freq": rrule.MONTHLY}, {"freq": rrule.MONTHLY, "bymonthday": -1}, {"freq": rrule.MONTHLY, "bymonthday": 31},
    {"freq": rrule.MONTHLY, "byweekday": rrule.FR(-1)}, {"freq": rrule.MONTHLY, "byweekday": rrule.TU(2)},
    {"freq": rrule.MONTHLY, "byweekday": (0, 1, 2, 3, 4), "bysetpos": -1}, {"freq": rrule.MONTHLY, "interval": 5},
    {"freq": rrule.WEEKLY}, {"freq": rrule.WEEKLY, "interval": 2, "byweekday": (1, 6), "wkst": rrule.SU},
    {"freq": rrule.WEEKLY, "interval": 3, "byweekday": (0, 2), "byhour": (8, 20)}, {"freq": rrule.DAILY},
    {"freq": rrule.DAILY, "interval": 10}, {"freq": rrule.DAILY, "bymonth": 7, "byweekday": (5, 6)},
    {"freq": rrule.DAILY, "byhour": (1, 2), "byminute": (0, 30)}, {"freq": rrule.DAILY, "count": 4000},
    {"freq": rrule.HOURLY}, {"freq": rrule.HOURLY, "interval": 5}, {"freq": rrule.HOURLY, "byweekday": (0, 3)},
    {"freq": rrule.HOURLY, "interval": 3, "byhour": (0, 1, 2, 9, 10, 11)}, {"freq": rrule.HOURLY, "count": 10},
    {"freq": rrule.MINUTELY, "interval": 7}, {"freq": rrule.MINUTELY, "interval": 90, "byhour": (9, 10, 11)},
    {"freq": rrule.MINUTELY, "interval": 15, "byweekday": rrule.SU}, {"freq": rrule.SECONDLY, "interval": 7200},
]  # fmt: skip
STARTS = [
    datetime.datetime(2026, 1, 31, 9, 30), pendulum.datetime(2026, 2, 3, 1, 30, tz="America/New_York"),
    pendulum.datetime(2026, 7, 4, 2, 30, tz="Europe/Berlin"), pendulum.datetime(2024, 2, 29, tz="UTC"),
    pendulum.datetime(2026, 3, 1, 23, 45, 10, tz="Asia/Kolkata"), datetime.datetime(2025, 12, 31, 23, 59, 59),
]  # fmt: skip


def rules():
    pick = random.Random(3)
    for number, options in enumerate(RULES):
        for offset in range(5):
            start = STARTS[(number + offset) % len(STARTS)]
            more = {"until": start + datetime.timedelta(days=200)} if offset == 4 else {}
            if "count" in options:
                more = {}
            rule = rrule.rrule(dtstart=start, **options, **more)
            # The client compares a start or end with the times of a rule, and can do so only if both have a zone.
            if start.tzinfo is not None and offset == 3:
                more = {
                    "start_date": at("2026-05-03T10:30:00", "Europe/Berlin"),
                    "end_date": at("2027-04-01"),
                }
            else:
                more = {}
            clock = clocks.RRuleClock(rule, **more, **pick.choice(GIVEN))
            yield dump(clock), pendulum.datetime(2026, 3, 1).add(minutes=pick.randint(0, 120 * 24 * 60))
    for _ in range(60):
        zone = pick.choice([None, "UTC", "America/New_York", "Europe/Berlin"])
        yield dump(clocks.RRuleClock(rule_set(pick, zone))), NOON.add(hours=pick.randint(-24 * 90, 24 * 10))


def rule_set(pick, zone):
    def moment():
        day = pendulum.datetime(2026, 3, 1, pick.choice([0, 6, 12]), tz=zone or "UTC").add(
            days=pick.randint(0, 100)
        )
        return day if zone else day.naive()

    rules = rrule.rruleset()
    for add in (rules.rrule, rules.rrule, rules.exrule)[: pick.randint(1, 3)]:
        # Were a rule excluded for ever, the client would search until the year 9999.
        count = 20 if add == rules.exrule else None
        frequency = pick.choice([rrule.DAILY, rrule.WEEKLY, rrule.HOURLY])
        add(rrule.rrule(frequency, interval=6, dtstart=moment(), count=count))
    for add in (rules.rdate, rules.rdate, rules.exdate)[: pick.randint(0, 3)]:
        add(moment())
    return rules


def one_filter(pick):
    """A filter as a user would write it, of any kind."""
    time = lambda: datetime.time(pick.randint(0, 23), pick.choice([0, 0, 30]))  # noqa: E731
    day = lambda: pendulum.datetime(2026, pick.randint(3, 11), pick.randint(1, 28), tz=pick.choice(ZONES))  # noqa: E731
    return pick.choice(
        [
            lambda: filters.is_weekday, lambda: filters.is_weekend, lambda: filters.is_month_start,
            lambda: filters.is_month_end, lambda: filters.is_day_of_week(pick.randint(0, 7)),
            lambda: filters.on_date(pick.randint(1, 12), pick.randint(1, 28)), lambda: filters.at_time(time()),
            lambda: filters.between_times(time(), time()), lambda: filters.between_times(time(), time()),
            lambda: filters.between_dates(*(pick.randint(1, 12) for _ in range(4))),
            lambda: filters.between_datetimes(*sorted([day(), day()])), lambda: filters.on_datetime(day()),
            lambda: filters.between_datetimes(datetime.datetime(2026, 3, 1), datetime.datetime(2026, 12, 1, 5)),
        ]
    )()  # fmt: skip


def one_adjustment(pick):
    days = pick.choice([0, 0, 1, 3, -1])
    return pick.choice(
        [
            lambda: adjustments.next_weekday,
            lambda: adjustments.add(datetime.timedelta(days=days, minutes=pick.randint(-90, 300))),
            lambda: adjustments.add(pendulum.duration(hours=pick.randint(1, 30))),
        ]
    )()


def one_clock(pick, zone, **more):
    return pick.choice(
        [
            lambda: cron(pick.choice(CRONS), zone, **more),
            lambda: cron(pick.choice(["0 * * * *", "30 */2 * * *"]), zone, **more),
            lambda: interval(pick.choice(INTERVALS), zone, "2025-07-01T00:00:00", **more),
            lambda: interval(pick.choice(INTERVALS), zone, "2025-12-01T09:30:00", **more),
            lambda: dates_clock(pick, **more),
            lambda: clocks.RRuleClock(
                rrule.rrule(dtstart=pick.choice(STARTS), **pick.choice(RULES[:26])), **more
            ),
        ]
    )()


def moment_near_a_change(pick, zone):
    return at(pick.choice(CHANGES[zone][:2])).add(
        hours=pick.randint(-72, 24), minutes=pick.choice([0, 0, 20])
    )


def filtered():
    pick = random.Random(4)
    for _ in range(330):
        zone = pick.choice(ZONES)
        its_clocks = [one_clock(pick, zone)]
        if pick.random() < 0.25:
            its_clocks.append(one_clock(pick, pick.choice(ZONES), **pick.choice(GIVEN)))
        wanted = [[], [], []]
        for _ in range(pick.choice([1, 1, 2, 3])):
            pick.choice(wanted).append(one_filter(pick))
        functions = dict(zip(("filters", "or_filters", "not_filters"), wanted, strict=True))
        yield dump(*its_clocks, **functions), moment_near_a_change(pick, zone)


def adjusted():
    pick = random.Random(5)
    for _ in range(250):
        zone = pick.choice(ZONES)
        functions = {"adjustments": [one_adjustment(pick) for _ in range(pick.choice([1, 1, 2]))]}
        if pick.random() < 0.5:
            functions[pick.choice(["filters", "or_filters", "not_filters"])] = [one_filter(pick)]
        yield dump(one_clock(pick, zone, **pick.choice(GIVEN)), **functions), moment_near_a_change(pick, zone)


def never_true():
    """Filters that let nothing or little through: the client gives up after 10,000 firings, 1,000 of a cron clock."""
    never = {"filters": [filters.is_weekday, filters.is_weekend]}
    late = {"filters": [filters.on_date(11, 27)]}
    for clock in (clocks.IntervalClock(MINUTE), clocks.CronClock("* * * * *"), clocks.CronClock("0 0 * * *")):
        yield dump(clock, **never), NOON
        yield dump(clock, clocks.IntervalClock(HOUR), **late), NOON
    for length in (25, 26, 27, 43):
        yield dump(clocks.IntervalClock(length * MINUTE), **late), NOON
    # The last firing that is looked at, and the first that is not.
    for late_by in (9999, 10000):
        wanted = filters.on_datetime(NOON + (late_by + 1) * MINUTE)
        yield dump(clocks.IntervalClock(MINUTE), filters=[wanted]), NOON
    for late_by in (999, 1000):
        wanted = filters.on_datetime(NOON + (late_by + 1) * MINUTE)
        yield dump(clocks.CronClock("* * * * *"), filters=[wanted]), NOON
    # A filter that was not called lets everything through.
    for fn in ("is_day_of_week", "at_time", "on_datetime"):
        reference = {"fn": "prefect.schedules.filters." + fn, "kwargs": {}}
        yield {**dump(clocks.IntervalClock(HOUR)), "filters": [reference]}, NOON


def gaps():
    """Cron clocks with several times in the hour or half hour that is left out or comes twice."""
    for zone, changes in CHANGES.items():
        for change in changes[:2]:
            moments = itertools.cycle(around(change))
            for expression in (
                "*/20 2 * * *",
                "10,40 2 * * *",
                "5-55/10 0-3 * * *",
                "20 0,2 * * *",
                "*/7 * * * *",
            ):
                next(moments)
                yield dump(cron(expression, zone)), next(moments).subtract(hours=1)


ALL = [
    single_clocks(), special_cases(), several_clocks(), dates(), rules(), filtered(), adjusted(), never_true(), gaps(),
]  # fmt: skip
