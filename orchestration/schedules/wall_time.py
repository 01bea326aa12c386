"""Wall times of a zone and the instants they stand for, by one fixed rule for DST changes.

In: naive datetimes and a zone. Out: instants in UTC. The rule is that of the client (pendulum's "post
transition"): a wall time that occurs twice means its second occurrence, one that never occurs means as much later
as the clocks were put forward. Never looks at the machine's clock or zone.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

LARGEST_SHIFT = timedelta(hours=3)
"""No zone puts its clocks forward or back by more (Antarctica/Troll: 2 h)."""


def resolve(wall: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    """The instant (UTC) of a naive wall time, and whether it is one that never occurs (a DST gap)."""
    if zone is UTC:
        return wall.replace(tzinfo=UTC), False
    aware = wall.replace(tzinfo=zone, fold=0)
    first = aware.utcoffset() or timedelta()
    second = aware.replace(fold=1).utcoffset() or timedelta()
    # Twice: the second occurrence has the smaller offset. Never: PEP 495 gives the offset before the change first.
    return (wall - min(first, second)).replace(tzinfo=UTC), first < second


def wall_time(instant: datetime, zone: tzinfo) -> datetime:
    """The naive wall time of an instant in a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def search_start(after: datetime, zone: tzinfo) -> datetime:
    """A naive wall time from which on every wall time must be tried to find all instants later than `after`.

    That is the wall time of `after`, unless the zone's offset changes near it: then wall times before it may stand
    for instants after it.
    """
    day = timedelta(days=1)
    offsets = {(after + shift).astimezone(zone).utcoffset() for shift in (-day, timedelta(), day)}
    wall = wall_time(after, zone)
    return wall if len(offsets) == 1 else wall - LARGEST_SHIFT


def in_order(resolved: Iterable[tuple[datetime, bool]]) -> Iterator[datetime]:
    """Instants in order and each once, from `resolve`d wall times in order.

    Only wall times in a DST gap overtake later ones, so only they have to wait.
    """
    waiting: list[datetime] = []
    last: datetime | None = None
    for instant, in_gap in resolved:
        if not waiting and not in_gap:
            if instant != last:
                yield instant
            last = instant
            continue
        heapq.heappush(waiting, instant)
        while waiting and not in_gap and waiting[0] <= instant:
            earliest = heapq.heappop(waiting)
            if earliest != last:
                yield earliest
            last = earliest
    for instant in sorted(set(waiting) - {last}):
        yield instant
