"""Reads the recurrence rules of a clock, as the client writes dateutil's rrule and rruleset.

In: `{type: "rrule", rr, _dtstart, _until}` or `{type: "rruleset", _rrule, _rdate, _exrule, _exdate}`. Out: a clock.
Raises InvalidSchedule with the name of the field; never computes a time of a rule.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timezone
from typing import Any, TypeVar

from lictor.orchestration.schedules.clocks import Firing, RRuleClock
from lictor.orchestration.schedules.errors import InvalidSchedule
from lictor.orchestration.schedules.rrule import Rule, read_rule
from lictor.orchestration.schedules.values import kind_of, read_datetime

_DEFAULT_START = datetime(2018, 6, 20, tzinfo=UTC)
"""Where the client lets a rule start that is written without its start."""

T = TypeVar("T")


def read_rrules(document: Any, where: str, common: Mapping[str, Any]) -> RRuleClock:
    """The clock of a rule or a set of rules; `common` is what all clocks have, by keyword."""
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object, got {kind_of(document)}")
    kind = document.get("type")
    if kind == "rrule":
        rule = _rule(document, where)
        return RRuleClock(rules=(rule,), naive=rule.naive, where=where, **common)
    if kind != "rruleset":
        raise InvalidSchedule(f"{where}.type: expected 'rrule' or 'rruleset', got {kind!r}")
    rules, excluded_rules = (_each(document, where, name, _rule) for name in ("_rrule", "_exrule"))
    dates, excluded_dates = (_each(document, where, name, read_datetime) for name in ("_rdate", "_exdate"))
    naive = {it.naive for it in (*rules, *excluded_rules)} | {
        it.tzinfo is None for it in (*dates, *excluded_dates)
    }
    if len(naive) > 1:
        raise InvalidSchedule(f"{where}: all times must have an offset, or none")
    return RRuleClock(
        rules=rules,
        dates=tuple(map(_firing, dates)),
        excluded_rules=excluded_rules,
        excluded_dates=tuple(map(_firing, excluded_dates)),
        naive=True in naive,
        where=where,
        **common,
    )


def _each(document: Mapping[str, Any], where: str, name: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    items = document.get(name, [])
    if not isinstance(items, list):
        raise InvalidSchedule(f"{where}.{name}: expected a list, got {kind_of(items)}")
    return tuple(read(item, f"{where}.{name}[{index}]") for index, item in enumerate(items))


def _rule(document: Any, where: str) -> Rule:
    if not isinstance(document, Mapping):
        raise InvalidSchedule(f"{where}: expected an object, got {kind_of(document)}")
    text = document.get("rr")
    if not isinstance(text, str):
        raise InvalidSchedule(f"{where}.rr: expected a string, got {kind_of(text)}")
    start, until = _DEFAULT_START, document.get("_until")
    if "_dtstart" in document:
        # Null would mean "whenever this is read": the client always writes a start.
        start = read_datetime(document["_dtstart"], f"{where}._dtstart")
    if until is not None:
        until = read_datetime(until, f"{where}._until")
    return read_rule(text, start, until, end_in_text="_until" not in document, where=where)


def _firing(date: datetime) -> Firing:
    offset = date.utcoffset()
    zone = UTC if offset is None else timezone(offset)
    return date.replace(tzinfo=zone).astimezone(UTC), zone
