"""Who leads: a row of `utility.leader` that one process holds for a term.

The rules (those of River's elector, design/examples.md 2.2):
- The database's clock alone decides when a lease has run out. Nobody compares its own clock with another's.
- A lease has a term, which grows with each election. What a leader does carries its term, in the statement that does
  it, so that a leader that slept through the end of its lease does no harm when it wakes.
- Locally a leader trusts its lease until (start of the last successful attempt + duration - margin), by the machine's
  monotonic clock: it steps down before the database would let another in.
- Notifications only speed things up; polling is enough.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from lictor.orchestration.types import Executor
from lictor.workers.statements import clock as _sql

CHANNEL = "lictor_leader"
"""Where a leader that resigns says so; the payload is the name of the lease."""


class Lease:
    """This process's part in the election for `name`. Survives a lost connection: each call is given one."""

    def __init__(self, name: str, duration: timedelta, now: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.duration = duration
        self.leader_id: UUID = uuid4()
        self.term: int | None = None
        self._now = now
        self._trusted_until = 0.0
        self._renew_at = 0.0

    @property
    def held(self) -> bool:
        """Whether we may still think that we lead."""
        return self.term is not None and self._now() < self._trusted_until

    @property
    def seconds_until_renewal(self) -> float:
        """When `keep` should be called next, while the lease is held."""
        return max(0.0, self._renew_at - self._now())

    async def keep(self, executor: Executor) -> bool:
        """Become or remain leader if possible; returns whether we lead. Renews only when it is time to."""
        if self.held and self.seconds_until_renewal > 0:
            return True
        started = self._now()
        identity = {"name": self.name, "leader_id": self.leader_id, "duration": self.duration}
        term: int | None = None
        if self.term is not None:
            # Even if we no longer trust it: as long as the database does, the term goes on.
            term = await _sql.renew.fetchval(executor, **identity, term=self.term)
        if term is None:
            term = await _sql.elect.fetchval(executor, **identity)
        self.term = term
        if term is not None:
            whole = self.duration.total_seconds()
            self._trusted_until = started + whole * 0.9
            self._renew_at = started + whole / 3
        return self.held

    async def seconds_until_vacant(self, executor: Executor) -> float:
        """When the lease of the present leader runs out unless it renews it."""
        return await _sql.seconds_until_vacant.fetchval(executor, name=self.name) or 0.0

    async def resign(self, executor: Executor) -> None:
        """Give the lease up at once, if we have it, and wake those who wait for it."""
        term, self.term = self.term, None
        if term is not None:
            await _sql.resign.fetchval(executor, name=self.name, leader_id=self.leader_id, term=term)
