"""When a flow runs: the times of a serialised Prefect schedule.

In: the JSON a client stored as schedule. Out: occurrences (start in UTC, parameter defaults, labels). Knows nothing
of the database and never looks at the machine's clock. What differs from the client: docs/decisions/0009-schedules.md.
"""

from lictor.orchestration.schedules.document import read_schedule
from lictor.orchestration.schedules.errors import InvalidSchedule, ScheduleError, UnsupportedSchedule
from lictor.orchestration.schedules.occurrences import Occurrence, attributes_key, next_times

__all__ = [
    "InvalidSchedule",
    "Occurrence",
    "ScheduleError",
    "UnsupportedSchedule",
    "attributes_key",
    "next_times",
    "read_schedule",
]
