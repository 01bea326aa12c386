"""The adjustments of prefect.schedules.adjustments: where a schedule moves a time that passed its filters.

In: an instant (UTC) and the zone of its clock. Out: another instant. The meaning is that of Prefect 1.4.1, held by the
golden corpus.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo

from lictor.orchestration.schedules.filters import is_weekday
from lictor.orchestration.schedules.functions import Factory, plain
from lictor.orchestration.schedules.values import read_marked_timedelta
from lictor.orchestration.schedules.wall_time import resolve, wall_time

MODULE = "prefect.schedules.adjustments."
_DAY = timedelta(days=1)

Adjustment = Callable[[datetime, tzinfo], datetime]


def _add(interval: timedelta) -> Adjustment:
    # Elapsed time, whatever its length: a day added over a DST change moves the wall time.
    return lambda instant, _: instant + interval


def _next_weekday(instant: datetime, zone: tzinfo) -> datetime:
    """The same wall time on the next day that is none of the weekend; each day in between must exist there."""
    while not is_weekday(instant, wall := wall_time(instant, zone)):
        instant = resolve(wall + _DAY, zone)[0]
    return instant


ADJUSTMENTS: Mapping[str, Factory[Adjustment]] = {
    "add": Factory(make=_add, arguments={"interval": read_marked_timedelta}),
    "next_weekday": plain(_next_weekday),
}
