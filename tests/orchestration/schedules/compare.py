"""How our answers and the client's are compared: what must be equal and what the client leaves open."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from lictor.orchestration.schedules import next_times

COUNT = 10

Answer = list[tuple[datetime, str]]
"""Start, and parameters and labels as JSON."""


def ours(schedule: dict[str, Any], after: datetime, count: int = COUNT) -> Answer:
    """What we answer."""
    times = next_times(schedule, after=after, count=count)
    return [one(it.start, it.parameter_defaults, it.labels) for it in times]


def one(start: datetime, parameters: dict[str, Any] | None, labels: list[str] | None) -> tuple[datetime, str]:
    """One time of an answer."""
    return start, json.dumps([parameters or {}, labels], sort_keys=True)


def decode(coded: dict[str, Any], schedule: dict[str, Any], after: datetime) -> Answer:
    """An answer of golden.jsonl (make_golden.py)."""
    given = [(it.get("parameter_defaults"), it.get("labels")) for it in schedule["clocks"]]
    answer: Answer = []
    start = after
    for number, seconds in enumerate(coded["times"]):
        start += timedelta(microseconds=round(seconds * 10**6))
        answer.append(one(start, *given[coded["clocks"][number] if "clocks" in coded else 0]))
    return answer


def same(schedule: dict[str, Any], mine: Answer, real: Answer) -> bool:
    """Whether the answers are equal, but for what the client leaves open.

    Firings of several clocks at one instant come in any order, and one that equals another may come twice if a
    third comes between them. So the last instant of a full answer may be cut anywhere.
    """
    if len(schedule["clocks"]) == 1:
        return mine == real
    if not schedule.get("adjustments"):
        real = list(dict.fromkeys(real))
    full = len(mine) == COUNT
    if not full or not real:
        return Counter(mine) == Counter(real)
    cut = max(start for start, _ in real)
    return Counter(it for it in mine if it[0] < cut) == Counter(it for it in real if it[0] < cut)


def utc(text: str) -> datetime:
    """A naive ISO 8601 time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
