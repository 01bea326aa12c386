"""The filters of prefect.schedules.filters: which times a schedule lets through.

In: an instant and its wall time in the zone of its clock. Out: true or false. The meaning is that of Prefect 1.4.1,
held by the golden corpus; the week begins with Monday, 0, for all of them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta

from lictor.orchestration.schedules.functions import Factory, number, plain
from lictor.orchestration.schedules.values import read_marked_datetime, read_marked_time

MODULE = "prefect.schedules.filters."
_SATURDAY = 5
_DAY = timedelta(days=1)

Filter = Callable[[datetime, datetime], bool]
"""Takes an instant (UTC) and its naive wall time."""


def _everything(_instant: datetime, _wall: datetime) -> bool:
    return True


def is_weekday(_instant: datetime, wall: datetime) -> bool:
    """Monday to Friday."""
    return wall.weekday() < _SATURDAY


def _is_weekend(_instant: datetime, wall: datetime) -> bool:
    return wall.weekday() >= _SATURDAY


def _is_month_start(_instant: datetime, wall: datetime) -> bool:
    return wall.day == 1


def _is_month_end(_instant: datetime, wall: datetime) -> bool:
    return (wall + _DAY).day == 1


def _on_datetime(dt: datetime) -> Filter:
    return lambda instant, _: instant == dt


def _between_datetimes(start: datetime, end: datetime) -> Filter:
    return lambda instant, _: start <= instant <= end


def _on_date(month: float, day: float) -> Filter:
    return lambda _, wall: (wall.month, wall.day) == (month, day)


def _between_dates(start_month: float, start_day: float, end_month: float, end_day: float) -> Filter:
    first, last = (start_month, start_day), (end_month, end_day)
    # The months alone decide whether the span goes over New Year: December 20th to December 10th is empty.
    if start_month <= end_month:
        return lambda _, wall: first <= (wall.month, wall.day) <= last
    return lambda _, wall: (wall.month, wall.day) >= first or (wall.month, wall.day) <= last


def _at_time(t: time) -> Filter:
    return lambda _, wall: wall.time() == t


def _between_times(start: time, end: time) -> Filter:
    if start <= end:
        return lambda _, wall: start <= wall.time() <= end
    return lambda _, wall: wall.time() >= start or wall.time() <= end


def _is_day_of_week(day_of_week: float) -> Filter:
    return lambda _, wall: wall.weekday() == day_of_week


# Forgetting to call a filter of one argument makes one that lets everything through: `filters=[is_day_of_week]` is a
# function of one argument as well, and what it returns is true.
FILTERS: Mapping[str, Factory[Filter]] = {
    "on_datetime": Factory(make=_on_datetime, arguments={"dt": read_marked_datetime}, bare=_everything),
    "on_date": Factory(make=_on_date, arguments={"month": number, "day": number}),
    "at_time": Factory(make=_at_time, arguments={"t": read_marked_time}, bare=_everything),
    "between_datetimes": Factory(
        make=_between_datetimes, arguments={"start": read_marked_datetime, "end": read_marked_datetime}
    ),
    "between_dates": Factory(
        make=_between_dates,
        arguments=dict.fromkeys(("start_month", "start_day", "end_month", "end_day"), number),
    ),
    "between_times": Factory(
        make=_between_times, arguments={"start": read_marked_time, "end": read_marked_time}
    ),
    "is_weekday": plain(is_weekday),
    "is_weekend": plain(_is_weekend),
    "is_month_end": plain(_is_month_end),
    "is_day_of_week": Factory(make=_is_day_of_week, arguments={"day_of_week": number}, bare=_everything),
    "is_month_start": plain(_is_month_start),
}
