"""The next times of a schedule: those of all its clocks, merged.

In: a serialised schedule and a time. Out: occurrences in order, none twice. Never looks at the machine's clock.
"""

import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from lictor.orchestration.schedules.clocks import Clock
from lictor.orchestration.schedules.document import read_clocks
from lictor.orchestration.schedules.errors import InvalidSchedule


@dataclass(frozen=True)
class Occurrence:
    """One time of a schedule: `start` in UTC, and what the clock that fires gives to the run.

    `parameter_defaults` is None if the clock has none; `labels` None means "not set", which is not [].
    """

    start: datetime
    parameter_defaults: dict[str, Any] | None = None
    labels: list[str] | None = None


def next_times(schedule: Mapping[str, Any], *, after: datetime, count: int) -> list[Occurrence]:
    """The next `count` occurrences of a serialised schedule, strictly later than `after` (aware), earliest first.

    Clocks that fire at the same instant make one occurrence if their parameter_defaults and labels are equal, else
    one each (contract server.md 3.6.3). Fewer than `count` are returned if the clocks end. Raises InvalidSchedule
    for a malformed document and UnsupportedSchedule for a kind of clock or filter that is not supported.
    """
    if after.tzinfo is None:
        raise ValueError("after must be an aware datetime")
    after = after.astimezone(UTC)
    clocks = read_clocks(schedule)
    streams = [_stream(clock, after) for clock in clocks]
    merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=_start)
    try:
        return list(islice(_distinct(merged), count))
    except OverflowError as error:
        raise InvalidSchedule("clocks: the times lie outside the years 1 to 9999") from error


def attributes_key(occurrence: Occurrence) -> str | None:
    """Canonical JSON of what the clock gives to the run; None if it gives nothing.

    Part of idempotency keys that are stored: the same occurrence must give the same text in every release.
    """
    if not occurrence.parameter_defaults and occurrence.labels is None:
        return None
    given = {"parameter_defaults": occurrence.parameter_defaults or None, "labels": occurrence.labels}
    return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _start(occurrence: Occurrence) -> datetime:
    return occurrence.start


def _stream(clock: Clock, after: datetime) -> Iterator[Occurrence]:
    make = partial(Occurrence, parameter_defaults=clock.parameter_defaults, labels=clock.labels)
    return map(make, clock.instants(after))


def _distinct(occurrences: Iterator[Occurrence]) -> Iterator[Occurrence]:
    instant: datetime | None = None
    seen: set[str | None] = set()
    for occurrence in occurrences:
        if occurrence.start != instant:
            instant = occurrence.start
            seen.clear()
        key = attributes_key(occurrence)
        if key not in seen:
            seen.add(key)
            yield occurrence
