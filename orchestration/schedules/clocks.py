"""The clocks of a schedule: each yields the instants at which it fires, in order and each once.

Times come from the clock's fields and the `after` that is asked for; never from the machine's clock.
Compatible with the clocks of Prefect 1.4.1 (contract client.md 4.2, golden corpus in tests/orchestration/schedules).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
from typing import Any

from lictor.orchestration.schedules.cron import parse_cron
from lictor.orchestration.schedules.wall_time import in_order, resolve, search_start, wall_time

_DAY = timedelta(days=1)
_DEFAULT_START = datetime(2019, 1, 1, tzinfo=UTC)
"""Where interval clocks without a start date start."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What all clocks have. `start` and `end` are instants (UTC), both inclusive; `zone` is that of the start."""

    zone: tzinfo = UTC
    start: datetime | None = None
    end: datetime | None = None
    parameter_defaults: dict[str, Any] | None = None
    labels: list[str] | None = None

    def instants(self, after: datetime) -> Iterator[datetime]:
        """The instants (UTC) at which this clock fires, later than `after`."""
        first, end = self.start, self.end
        for instant in in_order(self._candidates(after)):
            if end is not None and instant > end:
                return
            if instant > after and (first is None or instant >= first):
                yield instant

    def _candidates(self, after: datetime) -> Iterator[tuple[datetime, bool]]:
        """All firings from some time before `after` on, as `wall_time.resolve` returns them."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class IntervalClock(Clock):
    """Fires at start + n * interval.

    A multiple of less than a day is added to the instant, any other to the wall time: so daily clocks keep their
    hour over DST changes, and so do (as in the client) clocks of shorter intervals from their second day on.
    """

    interval: timedelta

    def _candidates(self, after: datetime) -> Iterator[tuple[datetime, bool]]:
        start = _DEFAULT_START if self.start is None else self.start
        start_wall = wall_time(start, self.zone)
        skipped = max(0, (search_start(after, self.zone) - start_wall) // self.interval)
        for n in count(skipped):
            elapsed = n * self.interval
            if elapsed < _DAY:
                yield start + elapsed, False
            else:
                try:
                    yield resolve(start_wall + elapsed, self.zone)
                except OverflowError:
                    return


@dataclass(frozen=True, kw_only=True)
class CronClock(Clock):
    """Fires at the wall times of the zone that a cron expression names."""

    cron: str
    day_or: bool = True

    def _candidates(self, after: datetime) -> Iterator[tuple[datetime, bool]]:
        wall = search_start(after, self.zone)
        if self.start is not None:
            # Times later than this one are looked for; the start itself may be one.
            wall = max(wall, wall_time(self.start, self.zone) - timedelta(seconds=1))
        for time in parse_cron(self.cron, self.day_or).after(wall):
            yield resolve(time, self.zone)
