"""Reads the values of a serialised schedule that are more than JSON: instants, zones, times of day, durations.

In: JSON values and where in the document they stand. Out: datetimes, zones, times, timedeltas. Raises
InvalidSchedule with the name of the field; never looks at the machine's clock or zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from lictor.orchestration.schedules.errors import InvalidSchedule
from lictor.orchestration.schedules.wall_time import resolve

_FIXED_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_DATETIME, _TIME, _TIMEDELTA = "//datetime:", "//time:", "//timedelta:"
"""How the client marks the strings that stand for other things in the arguments of filters and adjustments."""


def kind_of(value: Any) -> str:
    """How a JSON value's type is called in a message."""
    return "null" if value is None else type(value).__name__


def read_instant(document: Any, where: str) -> tuple[datetime, tzinfo]:
    """The instant (UTC) and the zone of `{dt: wall time, tz: zone}`, as the client writes all dates of clocks.

    An offset in the wall time itself goes before `tz` and is the zone, as in the client.
    """
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object with dt and tz, got {kind_of(document)}")
    zone = read_zone(document.get("tz"), f"{where}.tz")
    moment = read_datetime(document.get("dt"), f"{where}.dt")
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), moment.tzinfo
        return resolve(moment, zone)[0], zone
    except OverflowError as error:
        raise InvalidSchedule(f"{where}.dt: {document['dt']!r} is out of range") from error


def read_datetime(document: Any, where: str) -> datetime:
    """A datetime of ISO 8601, naive if the text has no offset."""
    try:
        return datetime.fromisoformat(document)
    except (TypeError, ValueError) as error:
        raise InvalidSchedule(f"{where}: expected an ISO 8601 time, got {document!r}") from error


def read_zone(name: Any, where: str) -> tzinfo:
    """A zone by its IANA name or its offset (`+05:30`); UTC for null."""
    if name is None:
        return UTC
    if not isinstance(name, str):
        raise InvalidSchedule(f"{where}: expected the name of a time zone, got {kind_of(name)}")
    if offset := _FIXED_OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        shift = timedelta(hours=int(hours), minutes=int(minutes))
        if shift < timedelta(days=1):
            return timezone(-shift if sign == "-" else shift)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise InvalidSchedule(f"{where}: unknown time zone {name!r}") from error


def read_marked_datetime(value: Any, where: str) -> datetime:
    """The instant (UTC) of `//datetime:2026-01-01T00:00:00+01:00`; without an offset it is UTC."""
    moment = read_datetime(_unmarked(value, _DATETIME, where), where)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidSchedule(f"{where}: {value!r} is out of range") from error


def read_marked_time(value: Any, where: str) -> time:
    """The time of day of `//time:09:00:00`. One with an offset is refused, as by the client."""
    text = _unmarked(value, _TIME, where)
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise InvalidSchedule(f"{where}: expected a time of day, got {value!r}") from error
    if moment.tzinfo is not None:
        raise InvalidSchedule(f"{where}: expected a time without an offset, got {value!r}")
    return moment


def read_marked_timedelta(value: Any, where: str) -> timedelta:
    """The duration of `//timedelta:3600.0` (seconds)."""
    text = _unmarked(value, _TIMEDELTA, where)
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError) as error:
        raise InvalidSchedule(f"{where}: expected a number of seconds, got {value!r}") from error


def _unmarked(value: Any, mark: str, where: str) -> str:
    if not isinstance(value, str) or not value.startswith(mark):
        raise InvalidSchedule(f"{where}: expected a string that begins with {mark!r}, got {value!r}")
    return value.removeprefix(mark)
