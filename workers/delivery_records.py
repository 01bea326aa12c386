"""Writes down what became of deliveries, as many at a time as there are.

In: Outcomes. Out: rows of hook_delivery. While the database is away, outcomes are kept and tried again: one that is
lost costs its delivery a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from lictor.orchestration import deliveries
from lictor.orchestration.delivery_plans import Outcome
from lictor.orchestration.outages import CONNECTION_ERRORS
from lictor.workers.database import Database

_log = structlog.get_logger("lictor.hooks")
_AT_ONCE = 500
_PAUSE = 0.5
"""Seconds between attempts while the database is away."""
AGAIN = (*CONNECTION_ERRORS, asyncpg.DeadlockDetectedError, asyncpg.TooManyConnectionsError)
"""Errors after which the same statement may succeed."""


class Recorder:
    """Keeps outcomes until they are written down; calls `recorded` after each batch. Run `run` as a task."""

    def __init__(self, database: Database, recorded: Callable[[], None]) -> None:
        self._database = database
        self._recorded = recorded
        self._outcomes: list[Outcome] = []
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, outcome: Outcome) -> None:
        """Write this down soon."""
        if outcome.result in ("Failed", "Dead"):
            _log.log(
                30 if outcome.result == "Dead" else 10,
                "delivery_dead" if outcome.result == "Dead" else "delivery_failed",
                delivery=str(outcome.delivery.id),
                target=str(outcome.delivery.target_id),
                attempt=outcome.delivery.attempt,
                error=outcome.error,
            )
        self._outcomes.append(outcome)
        self._empty.clear()
        self._filled.set()

    async def drained(self) -> None:
        """Return when everything is written down."""
        await self._empty.wait()

    async def run(self) -> None:
        """Write outcomes down as they come, until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while batch := self._outcomes[:_AT_ONCE]:
                try:
                    async with self._database.acquire() as connection:
                        await deliveries.record_outcomes(connection, batch)
                except AGAIN as error:
                    _log.warning("outcomes_wait", number=len(self._outcomes), error=type(error).__name__)
                    await asyncio.sleep(_PAUSE)
                    continue
                except Exception:
                    # Their claims run out.
                    _log.exception("outcomes_lost", number=len(batch))
                del self._outcomes[: len(batch)]
                self._recorded()
            self._empty.set()
