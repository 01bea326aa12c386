"""The times of one recurrence rule (iCalendar RRULE), found in bounded work.

In: the text of a rule, its start and end. Out: instants in order, from near a given time on. dateutil decides what a
rule means; it would search rules without a match until the year 9999 and long ones from their first day, so here it
starts near the time that is asked for where the rule allows, and its steps are counted. Never looks at the
machine's clock: a rule has a start.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil.rrule import rrule, rrulestr

from lictor.orchestration.schedules.errors import InvalidSchedule

_UNITS = {
    "WEEKLY": timedelta(weeks=1),
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
"""Frequencies whose rules may start at any multiple of their interval and mean the same."""
_COSTS = {"YEARLY": 50, "MONTHLY": 7, "WEEKLY": 5, "DAILY": 3}
"""What a step of a search costs, by frequency, in about a microsecond of work; each BYSETPOS adds as much."""
_COST_WITHIN_A_DAY, _COST_WITHIN_CHOSEN_HOURS = 5, 2
_BUDGET = 200_000
"""What a search may cost. Enough for 180 years of days, or for those of 40,000 hours that a COUNT has to count."""
_PLAIN = {"FREQ", "INTERVAL", "COUNT", "WKST"}
"""The parts of rules with one time in each step, whose COUNT need not be counted."""


class Exhausted(Exception):
    """A rule has no further time within the work that is allowed."""


class _Counted(int):
    """The interval of a rule. dateutil adds it once in each step of a search, so here steps are counted."""

    left: int
    cost: int

    def spend(self, cost: int) -> None:
        """Take what a part of the search costs from what is left. Raises Exhausted."""
        self.left -= cost
        if self.left < 0:
            raise Exhausted

    def __radd__(self, other: int) -> int:
        self.spend(self.cost)
        return other + int(self)

    def __mul__(self, other: int) -> int:
        return self.__radd__(0) * other


@dataclass(frozen=True)
class Rule:
    """A rule. `text`: its parts but UNTIL; `start` and `until`: naive, in the offset `zone`; both inclusive.

    `naive`: the client wrote the start without an offset, and compares its times with wall times.
    """

    text: str
    start: datetime
    until: datetime | None
    zone: tzinfo
    naive: bool

    def firings(self, after: datetime) -> Iterator[tuple[datetime, tzinfo]]:
        """The instants (UTC) and the offset, from some time before `after` on or earlier. Raises Exhausted."""
        for wall in self._times(after.astimezone(self.zone).replace(tzinfo=None)):
            if self.until is not None and wall > self.until:
                return
            yield wall.replace(tzinfo=self.zone).astimezone(UTC), self.zone

    def _times(self, after: datetime) -> Iterator[datetime]:
        parts = _parts(self.text)
        frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", 1))
        start, plain = self.start, parts.keys() <= _PLAIN
        if frequency in _UNITS and (plain or "COUNT" not in parts):
            step = interval * _UNITS[frequency]
            # One step more than needed: in its first week a rule has no days before its start.
            skipped = max(0, (after - start) // step - 1)
            if "COUNT" in parts:
                skipped = min(skipped, int(parts["COUNT"]))
                parts["COUNT"] = str(int(parts["COUNT"]) - skipped)
            start += skipped * step
        counted = _Counted(interval)
        counted.left, counted.cost = _BUDGET, _cost(frequency, parts)
        try:
            for time in _parse(_text(parts), start).replace(interval=counted):
                counted.spend(1)
                yield time
        except ValueError as error:
            # Combinations of interval and parts that never meet, which dateutil finds only while it searches.
            raise InvalidSchedule(f"rrule {self.text!r}: {error}") from error


def read_rule(text: str, start: datetime, until: datetime | None, *, end_in_text: bool, where: str) -> Rule:
    """A rule of the client's text of it (`DTSTART:…`, `RRULE:…`) and its start and end.

    The text has no zone, so its DTSTART does not count; nor does its UNTIL, unless `end_in_text`. Raises
    InvalidSchedule if dateutil does not understand the text.
    """
    lines = [line for line in text.split() if not line.upper().startswith("DTSTART")]
    if len(lines) != 1:
        raise InvalidSchedule(f"{where}.rr: expected one rule, got {text!r}")
    try:
        parts = _parts(lines[0].upper().removeprefix("RRULE:"))
        ending = parts.pop("UNTIL", None)
        if end_in_text and ending is not None:
            until = datetime.fromisoformat(ending)
        if int(parts.get("INTERVAL", 1)) < 1 or "FREQ" not in parts:
            raise ValueError("FREQ and an INTERVAL of 1 or more are needed")
        naive, zone = start.tzinfo is None, _offset(start)
        if until is not None and (until.tzinfo is None) is not naive:
            raise ValueError("start and end must both have an offset, or none")
        cleaned = _text(parts)
        if until is not None and not naive:
            until = until.astimezone(zone).replace(tzinfo=None)
        rule = Rule(cleaned, start.replace(tzinfo=None, microsecond=0), until, zone, naive)
        _parse(cleaned, rule.start)
    # dateutil fails in several ways on what it does not understand.
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise InvalidSchedule(f"{where}.rr: invalid rule {text!r}: {error}") from error
    return rule


def _offset(moment: datetime) -> tzinfo:
    return timezone(moment.utcoffset() or timedelta()) if moment.tzinfo is not None else UTC


def _cost(frequency: str, parts: Mapping[str, str]) -> int:
    within_a_day = _COST_WITHIN_A_DAY
    if not parts.keys().isdisjoint(("BYHOUR", "BYMINUTE", "BYSECOND")):
        within_a_day = _COST_WITHIN_CHOSEN_HOURS
    positions = len(parts["BYSETPOS"].split(",")) if "BYSETPOS" in parts else 0
    return _COSTS.get(frequency, within_a_day) * (1 + positions)


def _parts(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name: value for name, _, value in pairs}


def _text(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _parse(text: str, start: datetime) -> rrule:
    parsed = rrulestr(f"RRULE:{text}", dtstart=start)
    if not isinstance(parsed, rrule):
        raise TypeError("more than one rule")
    return parsed
