"""The next times of a schedule: those of all its clocks, merged, filtered and adjusted.

In: a serialised schedule and a time. Out: occurrences. Never looks at the machine's clock, never searches for ever.
"""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Any

from lictor.orchestration.schedules.clocks import Clock, Firing
from lictor.orchestration.schedules.document import Schedule, read_schedule
from lictor.orchestration.schedules.errors import InvalidSchedule
from lictor.orchestration.schedules.wall_time import wall_time

_MOST_CHECKED = 10_000
"""Firings the client looks at before it gives up, whatever the filters let through (contract server.md 3.6.3)."""


@dataclass(frozen=True)
class Occurrence:
    """One time of a schedule: `start` in UTC, and what the clock that fires gives to the run.

    `parameter_defaults` is None if the clock has none; `labels` None means "not set", which is not [].
    """

    start: datetime
    parameter_defaults: dict[str, Any] | None = None
    labels: list[str] | None = None


class _Given:
    """What a clock gives to its runs; `key` is equal if it is the same."""

    def __init__(self, parameter_defaults: dict[str, Any] | None, labels: list[str] | None) -> None:
        self.parameter_defaults, self.labels = parameter_defaults, labels
        self.key = _key(parameter_defaults, labels)


_Fired = tuple[Firing, _Given]


def next_times(schedule: Mapping[str, Any], *, after: datetime, count: int) -> list[Occurrence]:
    """The next `count` occurrences of a serialised schedule after `after` (aware), in the order of their clocks' times.

    Clocks that fire at the same instant make one occurrence if their parameter_defaults and labels are equal, else
    one each (contract server.md 3.6.3). Without adjustments the times are strictly later than `after`, in order and
    none is there twice; adjustments come last and may undo all of that, as in the client.

    Fewer than `count` are returned if the clocks end, or after 10,000 firings (1,000 of a cron clock) that the
    filters let too few of through: like the client, this gives up then, and finds more when time has gone on.

    Raises InvalidSchedule for a malformed document and for a recurrence rule in which no time is found with
    reasonable work; UnsupportedSchedule for a filter or adjustment that is not one of Prefect's own.
    """
    if after.tzinfo is None:
        raise ValueError("after must be an aware datetime")
    after = after.astimezone(UTC)
    read = read_schedule(schedule)
    streams = [_stream(clock, after) for clock in read.clocks]
    merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=_start)
    checked = islice(_distinct(merged), _MOST_CHECKED)
    passed = (it for it in checked if _passes(read, *it[0])) if _has_filters(read) else checked
    try:
        return [_occurrence(read, *it) for it in islice(passed, count)]
    except OverflowError as error:
        raise InvalidSchedule("clocks: the times lie outside the years 1 to 9999") from error


def attributes_key(occurrence: Occurrence) -> str | None:
    """Canonical JSON of what the clock gives to the run; None if it gives nothing.

    Part of idempotency keys that are stored: the same occurrence must give the same text in every release.
    """
    return _key(occurrence.parameter_defaults, occurrence.labels)


def _key(parameter_defaults: dict[str, Any] | None, labels: list[str] | None) -> str | None:
    if not parameter_defaults and labels is None:
        return None
    given = {"parameter_defaults": parameter_defaults or None, "labels": labels}
    return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _start(fired: _Fired) -> datetime:
    return fired[0][0]


def _stream(clock: Clock, after: datetime) -> Iterator[_Fired]:
    given = _Given(clock.parameter_defaults, clock.labels)
    return ((firing, given) for firing in clock.firings(after))


def _distinct(fired: Iterable[_Fired]) -> Iterator[_Fired]:
    instant: datetime | None = None
    seen: set[str | None] = set()
    for one in fired:
        if one[0][0] != instant:
            instant = one[0][0]
            seen.clear()
        key = one[1].key
        if key not in seen:
            seen.add(key)
            yield one


def _has_filters(schedule: Schedule) -> bool:
    return bool(schedule.filters or schedule.or_filters or schedule.not_filters)


def _passes(schedule: Schedule, instant: datetime, zone: tzinfo) -> bool:
    wall = wall_time(instant, zone)
    return (
        all(it(instant, wall) for it in schedule.filters)
        and (not schedule.or_filters or any(it(instant, wall) for it in schedule.or_filters))
        and not any(it(instant, wall) for it in schedule.not_filters)
    )


def _occurrence(schedule: Schedule, firing: Firing, given: _Given) -> Occurrence:
    instant, zone = firing
    for adjust in schedule.adjustments:
        instant = adjust(instant, zone)
    return Occurrence(instant, given.parameter_defaults, given.labels)
