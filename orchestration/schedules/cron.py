"""The wall times that a cron expression names.

In: an expression and a naive time. Out: naive times in order. croniter parses every expression and so decides what
it means; for expressions of numbers alone the times are then computed here, twenty times as fast as croniter does
(bench/scheduler.py). Those with a last day, an nth weekday, seconds or years are left to croniter.
"""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from croniter import CroniterBadDateError, croniter

from lictor.orchestration.schedules.errors import InvalidSchedule

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)
_RANGES = (range(60), range(24), range(1, 32), range(1, 13), range(7))
_LONGEST_GAP = 50
"""Years without a match after which an expression, such as February 30th, counts as one that has none."""


class CronExpression:
    """A parsed expression. `day_or`: a day matches if the day of the month or the weekday does, not only if both do."""

    def __init__(self, text: str, day_or: bool = True) -> None:
        self._croniter = croniter(text, 0.0, day_or=day_or)
        fields = self._croniter.expanded
        self._plain = (
            len(fields) == len(_RANGES)
            and not self._croniter.nth_weekday_of_month
            and all(isinstance(value, int) or value == "*" for field in fields for value in field)
        )
        if self._plain:
            values = [_values(field, span) for field, span in zip(fields, _RANGES, strict=True)]
            self._minutes, self._hours, self._days, months, weekdays = values
            self._months, self._weekdays = frozenset(months), frozenset(weekdays)
            self._days = frozenset(self._days)
            either = day_or and fields[2][0] != "*" and fields[4][0] != "*"
            self._matches = self._matches_either if either else self._matches_both

    def after(self, wall: datetime) -> Iterator[datetime]:
        """The naive times later than the naive time `wall`, in order."""
        return self._computed(wall) if self._plain else self._by_croniter(wall)

    def _by_croniter(self, wall: datetime) -> Iterator[datetime]:
        expression = copy(self._croniter)
        expression.set_current(wall.replace(tzinfo=UTC).timestamp())
        try:
            while True:
                yield _EPOCH + timedelta(seconds=expression.get_next())
        except (CroniterBadDateError, OverflowError):
            return

    def _computed(self, wall: datetime) -> Iterator[datetime]:
        day, last_match = wall.date(), wall.year
        try:
            while day.year - last_match <= _LONGEST_GAP:
                if day.month not in self._months:
                    day = (day.replace(day=1) + 31 * _DAY).replace(day=1)
                    continue
                if self._matches(day):
                    last_match = day.year
                    yield from (time for time in self._times_of(day, wall) if time > wall)
                day += _DAY
        except OverflowError:
            return

    def _times_of(self, day: date, wall: datetime) -> Iterator[datetime]:
        first = wall.hour if day == wall.date() else 0
        for hour in self._hours:
            if hour >= first:
                for minute in self._minutes:
                    yield datetime(day.year, day.month, day.day, hour, minute)

    def _matches_either(self, day: date) -> bool:
        return day.day in self._days or day.isoweekday() % 7 in self._weekdays

    def _matches_both(self, day: date) -> bool:
        return day.day in self._days and day.isoweekday() % 7 in self._weekdays


def _values(field: list[Any], span: range) -> list[int]:
    return list(span) if "*" in field else sorted(set(field))


@lru_cache(maxsize=4096)
def parse_cron(text: str, day_or: bool = True) -> CronExpression:
    """The parsed expression. Raises InvalidSchedule if it is none."""
    try:
        return CronExpression(text, day_or)
    # CroniterError is a ValueError; some nonsense makes croniter fail in other ways.
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise InvalidSchedule(f"invalid cron expression {text!r}") from error
