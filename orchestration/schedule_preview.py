"""What a schedule would come to before it is stored: its next times, or the field that is wrong.

In: a serialised schedule as clients write it, how many times, the present. Out: a `Preview`. Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.schedules import Occurrence, ScheduleError, next_times, read_schedule

MOST = 100
"""Times that one preview tells."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there are no times: `field` is the path of what is wrong ("clocks[0].cron"), None where it is the whole."""

    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The next times; or none and what is wrong."""

    times: list[Occurrence]
    problem: Problem | None = None


def preview(schedule: Mapping[str, Any], *, after: datetime, count: int) -> Preview:
    """The next `count` (1 to 100) occurrences after `after` (aware).

    Raises OrchestrationError for another count; what is wrong with the schedule itself is part of the answer.
    """
    if not 1 <= count <= MOST:
        raise OrchestrationError(f"count must be from 1 to {MOST}, not {count}.")
    try:
        return Preview(next_times(schedule, after=after, count=count))
    except ScheduleError as error:
        return Preview([], _problem(error))


def checked(schedule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schedule, if a scheduler can read it. Raises OrchestrationError naming the field if not."""
    try:
        read_schedule(schedule)
    except ScheduleError as error:
        raise OrchestrationError(f"Invalid schedule: {error}.") from None
    return schedule


def _problem(error: ScheduleError) -> Problem:
    # Each ScheduleError begins with the path of its field; a path has no blank in it.
    field, colon, message = str(error).partition(": ")
    return Problem(field, message) if colon and " " not in field else Problem(None, str(error))
