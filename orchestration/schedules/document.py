"""Reads a serialised schedule, as the client stores it, into clocks.

In: the JSON document of `flow.schedule` or `flow_group.schedule` (contract client.md 4.2). Out: clocks. Raises
InvalidSchedule or UnsupportedSchedule with the name of the field; never computes a time.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from lictor.orchestration.schedules.clocks import Clock, CronClock, IntervalClock
from lictor.orchestration.schedules.cron import parse_cron
from lictor.orchestration.schedules.errors import InvalidSchedule, UnsupportedSchedule
from lictor.orchestration.schedules.wall_time import resolve

_SHORTEST_INTERVAL = timedelta(seconds=60)
_FIXED_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_UNSUPPORTED_CLOCKS = ("DatesClock", "RRuleClock")
_UNSUPPORTED_FIELDS = ("filters", "or_filters", "not_filters", "adjustments")


def read_clocks(schedule: Mapping[str, Any]) -> list[Clock]:
    """The clocks of a serialised schedule.

    Raises InvalidSchedule if a field is malformed, UnsupportedSchedule if one is of a kind not supported.
    """
    if not isinstance(schedule, Mapping):
        raise InvalidSchedule(f"schedule: expected an object, got {_kind(schedule)}")
    if schedule.get("type", "Schedule") != "Schedule":
        raise InvalidSchedule(f"type: expected 'Schedule', got {schedule['type']!r}")
    clocks = schedule.get("clocks")
    if not isinstance(clocks, list):
        raise InvalidSchedule(f"clocks: expected a list, got {_kind(clocks)}")
    for name in _UNSUPPORTED_FIELDS:
        if schedule.get(name):
            raise UnsupportedSchedule(f"{name}: not supported")
    return [_clock(clock, f"clocks[{index}]") for index, clock in enumerate(clocks)]


def _clock(document: Any, where: str) -> Clock:
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object, got {_kind(document)}")
    kind = document.get("type")
    if kind in _UNSUPPORTED_CLOCKS:
        raise UnsupportedSchedule(f"{where}.type: {kind} is not supported")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise InvalidSchedule(f"{where}.type: unknown clock {kind!r}")
    return reader(document, where)


def _interval_clock(document: Mapping[str, Any], where: str) -> Clock:
    microseconds = document.get("interval")
    if isinstance(microseconds, bool) or not isinstance(microseconds, int | float):
        raise InvalidSchedule(f"{where}.interval: expected microseconds, got {_kind(microseconds)}")
    try:
        interval = timedelta(microseconds=int(microseconds))
    except (OverflowError, ValueError) as error:
        raise InvalidSchedule(f"{where}.interval: {microseconds} microseconds are too long") from error
    if interval < _SHORTEST_INTERVAL:
        raise InvalidSchedule(f"{where}.interval: at least 60 seconds are needed")
    return IntervalClock(interval=interval, **_common(document, where))


def _cron_clock(document: Mapping[str, Any], where: str) -> Clock:
    cron = document.get("cron")
    if not isinstance(cron, str):
        raise InvalidSchedule(f"{where}.cron: expected a string, got {_kind(cron)}")
    day_or = document.get("day_or")
    if not isinstance(day_or, bool | None):
        raise InvalidSchedule(f"{where}.day_or: expected true or false, got {_kind(day_or)}")
    try:
        parse_cron(cron, day_or is not False)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"{where}.cron: {error}") from error
    return CronClock(cron=cron, day_or=day_or is not False, **_common(document, where))


_READERS: dict[str, Callable[[Mapping[str, Any], str], Clock]] = {
    "IntervalClock": _interval_clock,
    "CronClock": _cron_clock,
}


def _common(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The fields all clocks have, as keyword arguments of `Clock`."""
    start, zone = _instant(document.get("start_date"), f"{where}.start_date")
    end, _ = _instant(document.get("end_date"), f"{where}.end_date")
    defaults = document.get("parameter_defaults")
    if not isinstance(defaults, dict | None):
        raise InvalidSchedule(f"{where}.parameter_defaults: expected an object, got {_kind(defaults)}")
    labels = document.get("labels")
    if labels is not None and not (isinstance(labels, list) and all(isinstance(it, str) for it in labels)):
        raise InvalidSchedule(f"{where}.labels: expected a list of strings")
    # To the client no defaults and empty defaults are the same; no labels and empty labels are not.
    return {
        "start": start,
        "end": end,
        "zone": zone,
        "parameter_defaults": defaults or None,
        "labels": labels,
    }


def _instant(document: Any, where: str) -> tuple[datetime | None, tzinfo]:
    """The instant and zone of `{dt: wall time, tz: zone}`."""
    if document is None:
        return None, UTC
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object with dt and tz, got {_kind(document)}")
    zone = _zone(document.get("tz"), f"{where}.tz")
    try:
        moment = datetime.fromisoformat(document["dt"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSchedule(f"{where}.dt: expected an ISO 8601 time, got {document.get('dt')!r}") from error
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), zone
        return resolve(moment, zone)[0], zone
    except OverflowError as error:
        raise InvalidSchedule(f"{where}.dt: {document['dt']!r} is out of range") from error


def _zone(name: Any, where: str) -> tzinfo:
    if name is None:
        return UTC
    if not isinstance(name, str):
        raise InvalidSchedule(f"{where}: expected the name of a time zone, got {_kind(name)}")
    if offset := _FIXED_OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        shift = timedelta(hours=int(hours), minutes=int(minutes))
        if shift < timedelta(days=1):
            return timezone(-shift if sign == "-" else shift)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise InvalidSchedule(f"{where}: unknown time zone {name!r}") from error


def _kind(value: Any) -> str:
    """How a JSON value's type is called in a message."""
    return "null" if value is None else type(value).__name__
