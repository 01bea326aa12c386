"""The schedule that `set_flow_group_schedule` stores, made of the clocks a person enters (contract server.md 3.6.3).

In: cron texts and intervals in seconds with their parameter defaults, a zone, the present. Out: a schedule as clients
serialise it. Raises OrchestrationError naming the clock that no scheduler could read. Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.schedules import ScheduleError, read_schedule


@dataclass(frozen=True, slots=True)
class EnteredCron:
    """A clock that fires as a cron text says."""

    cron: str
    parameter_defaults: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EnteredInterval:
    """A clock that fires every `interval` seconds."""

    interval: int
    parameter_defaults: dict[str, Any] | None = None


def make_schedule(
    cron_clocks: Sequence[EnteredCron],
    interval_clocks: Sequence[EnteredInterval],
    timezone: str | None,
    now: datetime,
) -> dict[str, Any]:
    """The schedule of these clocks, which begin now (aware) in `timezone`, or have no beginning without one.

    The key order and the optional keys are the contract's: the JSON is compared as a whole by those who test it.
    """
    start = None if timezone is None else _start(timezone, now)
    clocks = [_cron(clock, start) for clock in cron_clocks]
    clocks += [_interval(clock, start) for clock in interval_clocks]
    fields = [f"cron_clocks[{n}]" for n in range(len(cron_clocks))]
    fields += [f"interval_clocks[{n}]" for n in range(len(interval_clocks))]
    for clock, field in zip(clocks, fields, strict=True):
        try:
            read_schedule({"clocks": [clock]})
        except ScheduleError as error:
            reason = str(error).removeprefix("clocks[0].")
            raise OrchestrationError(f"Invalid clock {field}: {reason}.") from None
    return {"type": "Schedule", "clocks": clocks}


def _start(timezone: str, now: datetime) -> dict[str, str]:
    try:
        zone = ZoneInfo(timezone)
    except (OSError, ValueError, LookupError):
        raise OrchestrationError(
            f"Invalid timezone {timezone[:100]!r}: give the name of a time zone, such as 'Europe/Berlin'."
        ) from None
    return {"dt": now.astimezone(zone).replace(tzinfo=None).isoformat(), "tz": timezone}


def _cron(clock: EnteredCron, start: dict[str, str] | None) -> dict[str, Any]:
    given = {} if clock.parameter_defaults is None else {"parameter_defaults": clock.parameter_defaults}
    return {"type": "CronClock", "cron": clock.cron, **given, "start_date": start}


def _interval(clock: EnteredInterval, start: dict[str, str] | None) -> dict[str, Any]:
    given = {"parameter_defaults": clock.parameter_defaults} if clock.parameter_defaults else {}
    return {"type": "IntervalClock", "interval": clock.interval * 1_000_000, **given, "start_date": start}
