"""Reads a serialised schedule, as the client stores it, into clocks, filters and adjustments.

In: the JSON document of `flow.schedule` or `flow_group.schedule` (contract client.md 4.2). Out: a Schedule. Raises
InvalidSchedule or UnsupportedSchedule with the name of the field; never computes a time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lictor.orchestration.schedules import adjustments, filters
from lictor.orchestration.schedules.adjustments import Adjustment
from lictor.orchestration.schedules.clocks import Clock, CronClock, DatesClock, IntervalClock
from lictor.orchestration.schedules.cron import parse_cron
from lictor.orchestration.schedules.errors import InvalidSchedule
from lictor.orchestration.schedules.filters import Filter
from lictor.orchestration.schedules.functions import read_functions
from lictor.orchestration.schedules.rrule_document import read_rrules
from lictor.orchestration.schedules.values import kind_of, read_instant

_SHORTEST_INTERVAL = timedelta(seconds=60)


@dataclass(frozen=True)
class Schedule:
    """Clocks, and what becomes of their times: all `filters`, one of `or_filters` if any, no `not_filters`."""

    clocks: tuple[Clock, ...]
    filters: tuple[Filter, ...] = ()
    or_filters: tuple[Filter, ...] = ()
    not_filters: tuple[Filter, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()


def read_schedule(document: Mapping[str, Any]) -> Schedule:
    """The schedule of a serialised one.

    Raises InvalidSchedule if a field is malformed, UnsupportedSchedule if it names a filter or adjustment that is
    not Prefect's own.
    """
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"schedule: expected an object, got {kind_of(document)}")
    if document.get("type", "Schedule") != "Schedule":
        raise InvalidSchedule(f"type: expected 'Schedule', got {document['type']!r}")
    clocks = document.get("clocks")
    if not isinstance(clocks, list):
        raise InvalidSchedule(f"clocks: expected a list, got {kind_of(clocks)}")
    chosen = {
        name: read_functions(document.get(name), name, filters.MODULE, filters.FILTERS)
        for name in ("filters", "or_filters", "not_filters")
    }
    adjusting = document.get("adjustments")
    return Schedule(
        clocks=tuple(_clock(clock, f"clocks[{index}]") for index, clock in enumerate(clocks)),
        **chosen,
        adjustments=read_functions(adjusting, "adjustments", adjustments.MODULE, adjustments.ADJUSTMENTS),
    )


def _clock(document: Any, where: str) -> Clock:
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object, got {kind_of(document)}")
    kind = document.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise InvalidSchedule(f"{where}.type: unknown clock {kind!r}")
    return reader(document, where)


def _interval_clock(document: Mapping[str, Any], where: str) -> Clock:
    microseconds = document.get("interval")
    if isinstance(microseconds, bool) or not isinstance(microseconds, int | float):
        raise InvalidSchedule(f"{where}.interval: expected microseconds, got {kind_of(microseconds)}")
    try:
        interval = timedelta(microseconds=int(microseconds))
    except (OverflowError, ValueError) as error:
        raise InvalidSchedule(f"{where}.interval: {microseconds} microseconds are too long") from error
    if interval < _SHORTEST_INTERVAL:
        raise InvalidSchedule(f"{where}.interval: at least 60 seconds are needed")
    return IntervalClock(interval=interval, **_span(document, where), **_given(document, where))


def _cron_clock(document: Mapping[str, Any], where: str) -> Clock:
    cron = document.get("cron")
    if not isinstance(cron, str):
        raise InvalidSchedule(f"{where}.cron: expected a string, got {kind_of(cron)}")
    day_or = document.get("day_or")
    if not isinstance(day_or, bool | None):
        raise InvalidSchedule(f"{where}.day_or: expected true or false, got {kind_of(day_or)}")
    day_or = day_or is not False
    try:
        parse_cron(cron, day_or)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"{where}.cron: {error}") from error
    return CronClock(cron=cron, day_or=day_or, **_span(document, where), **_given(document, where))


def _dates_clock(document: Mapping[str, Any], where: str) -> Clock:
    dates = document.get("dates")
    if not isinstance(dates, list) or not dates:
        raise InvalidSchedule(f"{where}.dates: expected a list of at least one date")
    read = tuple(read_instant(date, f"{where}.dates[{index}]") for index, date in enumerate(dates))
    return DatesClock(dates=read, **_given(document, where))


def _rrule_clock(document: Mapping[str, Any], where: str) -> Clock:
    rules = document.get("rrule_obj")
    return read_rrules(rules, f"{where}.rrule_obj", _span(document, where) | _given(document, where))


_READERS: dict[str, Callable[[Mapping[str, Any], str], Clock]] = {
    "IntervalClock": _interval_clock,
    "CronClock": _cron_clock,
    "DatesClock": _dates_clock,
    "RRuleClock": _rrule_clock,
}


def _span(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """When a clock begins and ends, as keyword arguments of `Clock`."""
    start, zone = _optional_instant(document.get("start_date"), f"{where}.start_date")
    end, _ = _optional_instant(document.get("end_date"), f"{where}.end_date")
    return {"start": start, "end": end, "zone": zone}


def _given(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What a clock gives to its runs, as keyword arguments of `Clock`."""
    defaults = document.get("parameter_defaults")
    if not isinstance(defaults, dict | None):
        raise InvalidSchedule(f"{where}.parameter_defaults: expected an object, got {kind_of(defaults)}")
    labels = document.get("labels")
    if labels is not None and not (isinstance(labels, list) and all(isinstance(it, str) for it in labels)):
        raise InvalidSchedule(f"{where}.labels: expected a list of strings")
    # To the client no defaults and empty defaults are the same; no labels and empty labels are not.
    return {"parameter_defaults": defaults or None, "labels": labels}


def _optional_instant(document: Any, where: str) -> tuple[datetime | None, tzinfo]:
    return (None, UTC) if document is None else read_instant(document, where)
