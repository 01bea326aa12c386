"""The clocks of a schedule: each yields its firings, in order and each once.

Times come from the clock's fields and the `after` that is asked for; never from the machine's clock.
Compatible with the clocks of Prefect 1.4.1 (contract client.md 4.2, golden corpus in tests/orchestration/schedules).
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count, islice
from typing import Any

from lictor.orchestration.schedules.cron import parse_cron
from lictor.orchestration.schedules.errors import InvalidSchedule
from lictor.orchestration.schedules.rrule import Exhausted, Rule
from lictor.orchestration.schedules.wall_time import in_order, resolve, search_start, wall_time

_DAY = timedelta(days=1)
_DEFAULT_START = datetime(2019, 1, 1, tzinfo=UTC)
"""Where interval clocks without a start date start."""
_MOST_OF_CRON = 1000
"""Firings after which the client's cron clocks end. Only schedules with filters ever ask for so many."""

Firing = tuple[datetime, tzinfo]
"""The instant (UTC) at which a clock fires, and the zone in which filters and adjustments see it."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What all clocks have. `start` and `end` are instants (UTC), both inclusive; `zone` is that of the start."""

    zone: tzinfo = UTC
    start: datetime | None = None
    end: datetime | None = None
    parameter_defaults: dict[str, Any] | None = None
    labels: list[str] | None = None

    def firings(self, after: datetime) -> Iterator[Firing]:
        """The firings later than `after`."""
        return ((instant, self.zone) for instant in self._instants(after))

    def _instants(self, after: datetime) -> Iterator[datetime]:
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

    def firings(self, after: datetime) -> Iterator[Firing]:
        return islice(super().firings(after), _MOST_OF_CRON)

    def _candidates(self, after: datetime) -> Iterator[tuple[datetime, bool]]:
        wall = search_start(after, self.zone)
        if self.start is not None:
            # Times later than this one are looked for; the start itself may be one.
            wall = max(wall, wall_time(self.start, self.zone) - timedelta(seconds=1))
        # A time in a gap is as much later as the clocks were put forward, and the search goes on from there: of
        # several times in one gap, the first alone fires.
        reached = datetime.min
        for time in parse_cron(self.cron, self.day_or).after(wall):
            if time > reached:
                instant, in_gap = resolve(time, self.zone)
                if in_gap:
                    reached = wall_time(instant, self.zone)
                yield instant, in_gap


@dataclass(frozen=True, kw_only=True)
class DatesClock(Clock):
    """Fires at given instants, each seen in the zone it is given with."""

    dates: tuple[Firing, ...]

    def firings(self, after: datetime) -> Iterator[Firing]:
        return _once(firing for firing in sorted(self.dates, key=_instant) if firing[0] > after)


@dataclass(frozen=True, kw_only=True)
class RRuleClock(Clock):
    """Fires at the times of recurrence rules and dates but for those of others, seen in the offset of each.

    Rules without an offset are in UTC; only the start of the clock is then a wall time, as the client takes it.
    """

    rules: tuple[Rule, ...] = ()
    dates: tuple[Firing, ...] = ()
    excluded_rules: tuple[Rule, ...] = ()
    excluded_dates: tuple[Firing, ...] = ()
    naive: bool = False
    where: str

    def firings(self, after: datetime) -> Iterator[Firing]:
        first, end = self.start or after, self.end
        if self.naive and self.start is not None:
            first = wall_time(self.start, self.zone).replace(tzinfo=UTC)
        found, gave_up = False, []
        try:
            for firing in self._all(after, gave_up):
                if end is not None and firing[0] > end:
                    return
                if firing[0] > after and firing[0] >= first:
                    found = True
                    yield firing
        except Exhausted:
            # Of excluded times: nothing is sure any more.
            gave_up.append(self)
        # Times that are found are worth more than an error; a rule that gives none must not look as if it ended.
        if gave_up and not found:
            raise InvalidSchedule(f"{self.where}: no time found in reasonable work")

    def _all(self, after: datetime, gave_up: list[Any]) -> Iterator[Firing]:
        excluding = (rule.firings(after) for rule in self.excluded_rules)
        excluded = (instant for instant, _ in _merged(self.excluded_dates, excluding))
        next_excluded = next(excluded, None)
        for firing in _once(_merged(self.dates, (_patient(rule, after, gave_up) for rule in self.rules))):
            while next_excluded is not None and next_excluded < firing[0]:
                next_excluded = next(excluded, None)
            if next_excluded != firing[0]:
                yield firing


def _patient(rule: Rule, after: datetime, gave_up: list[Any]) -> Iterator[Firing]:
    """The firings of a rule; it ends, and is noted, where the search is given up. Others of its set go on."""
    try:
        yield from rule.firings(after)
    except Exhausted:
        gave_up.append(rule)


def _merged(dates: Iterable[Firing], streams: Iterable[Iterator[Firing]]) -> Iterator[Firing]:
    return heapq.merge(sorted(dates, key=_instant), *streams, key=_instant)


def _instant(firing: Firing) -> datetime:
    return firing[0]


def _once(firings: Iterable[Firing]) -> Iterator[Firing]:
    last: datetime | None = None
    for firing in firings:
        if firing[0] != last:
            last = firing[0]
            yield firing
