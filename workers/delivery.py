"""Pays what is owed to hooks: claims deliveries, makes them, writes down what became of them.

In: settings, the worker's database. Out: requests, e-mails, and rows of hook_delivery. Any number of processes may
run this and die at any line: a claim that is not accounted for runs out (orchestration/deliveries.py). No request is
made in a transaction. So many go to one host at once and no more; what exceeds that is given back, so that a slow
host holds up nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import structlog

from lictor.orchestration import deliveries
from lictor.orchestration.delivery_kinds import KINDS, Kind
from lictor.orchestration.delivery_plans import Delivery, Email, Outcome, Plan, Requests, Write
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses
from lictor.settings import Settings
from lictor.workers.database import Database
from lictor.workers.delivery_attempts import Attempts
from lictor.workers.delivery_records import AGAIN, Recorder
from lictor.workers.waiting import wait

_log = structlog.get_logger("lictor.hooks")
_POLL = 10.0
"""Seconds after which to look without being told: a notification may be lost with its connection."""
_BUSY_PAUSE = 0.25
"""Seconds before looking again when all that is due is somebody else's or has to wait for its host."""
_DATABASE, _MAIL = "database", "mail"
"""Where Writes and e-mails go, in the place of a host (which has a scheme)."""


class Deliverer:
    """Makes deliveries until it is stopped; everything happens on one event loop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        attempts: Attempts,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self._settings = settings
        self._database = database
        self._attempts = attempts
        self._kinds = kinds
        self._addresses = Addresses.of(
            settings.ui_url, settings.port, settings.twilio_url, settings.pagerduty_url
        )
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_place: Counter[str] = Counter()
        self._targets_of: defaultdict[str, set[UUID]] = defaultdict(set)
        self._recorder = Recorder(database, self.wake)
        self._after = deliveries.FIRST

    def wake(self) -> None:
        """Look now whether something is due."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way is done."""
        self._stopping = True
        self._wake.set()

    async def run(self, patience: float = 5.0) -> None:
        """Until `stop`; what is under way then has `patience` seconds, and is made again by others if it needs more."""
        recording = asyncio.create_task(self._recorder.run())
        lost = False
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    pause = 0.0 if await self._claim() else await self._seconds_to_wait()
                    lost = False
                except (*AGAIN, asyncpg.PostgresError) as error:
                    if not lost:
                        _log.warning("deliveries_wait", error=f"{type(error).__name__}: {error}")
                    lost, pause = True, 1.0
                if pause:
                    await wait(self._wake, pause)
        finally:
            await self._finish(recording, patience)

    async def _finish(self, recording: asyncio.Task[None], patience: float) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._recorder.drained(), patience)
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)

    async def _claim(self) -> bool:
        """Claim what there is room for and begin with it; False if there was nothing, or no room."""
        room = self._settings.hook_concurrency - len(self._tasks)
        if room <= 0:
            return False
        after = self._after
        pool = await self._database.pool()
        claimed = await deliveries.claim_deliveries(
            pool,
            most=room,
            per_target=self._chunk,
            lease=timedelta(seconds=self._settings.hook_claim),
            kinds=self._kinds,
            after=after,
            busy=self._busy_targets(),
        )
        self._after = claimed.last_target or deliveries.FIRST
        await self._begin(pool, claimed.deliveries)
        return bool(claimed.deliveries or claimed.set_down or after != deliveries.FIRST)

    @property
    def _chunk(self) -> int:
        """How many of one target are claimed at a time: only for a host that has room for as many."""
        return max(1, self._settings.hook_concurrency_per_host // 2)

    def _busy_targets(self) -> list[UUID]:
        most = self._settings.hook_concurrency_per_host - self._chunk
        return [
            target_id
            for place, count in self._at_place.items()
            if count > most
            for target_id in self._targets_of[place]
        ]

    async def _seconds_to_wait(self) -> float:
        """Until something is due, or until it is worth looking."""
        if len(self._tasks) >= self._settings.hook_concurrency:
            return _POLL
        due = await deliveries.seconds_until_due(await self._database.pool())
        if due is None:
            return _POLL
        return min(max(due, 0.02), _POLL) if due > 0 else _BUSY_PAUSE

    async def _begin(self, pool: asyncpg.Pool, claimed: Sequence[Delivery]) -> None:
        targets = await self._load(pool, claimed)
        for delivery in claimed:
            if (target := targets.get((delivery.kind, delivery.target_id))) is None:
                self._recorder.put(Outcome(delivery, "Gone"))
                continue
            try:
                plan = self._kinds[delivery.kind].plan(target, delivery, self._addresses)
            except OrchestrationError as error:
                self._recorder.put(self._attempts.dead(delivery, error))
            except Exception as error:
                _log.exception("delivery_not_planned", delivery=str(delivery.id), kind=delivery.kind)
                self._recorder.put(self._attempts.failed(delivery, _internal(error)))
            else:
                self._take(delivery, plan)

    async def _load(self, pool: asyncpg.Pool, claimed: Sequence[Delivery]) -> dict[tuple[str, UUID], Any]:
        """The targets of these deliveries; gone ones are missing."""
        wanted: defaultdict[str, set[UUID]] = defaultdict(set)
        for delivery in claimed:
            wanted[delivery.kind].add(delivery.target_id)
        found: dict[tuple[str, UUID], Any] = {}
        for kind, ids in wanted.items():
            loaded = await self._kinds[kind].load(pool, list(ids))
            found.update(((kind, id), target) for id, target in loaded.items())
        return found

    def _take(self, delivery: Delivery, plan: Plan) -> None:
        """Begin with a delivery, or give it back if its host has as many as it may have."""
        place = _place(plan)
        self._targets_of[place].add(delivery.target_id)
        if self._at_place[place] >= self._settings.hook_concurrency_per_host:
            self._recorder.put(Outcome(delivery, "Returned", parts_sent=delivery.parts_sent))
            return
        self._at_place[place] += 1
        work = (
            self._attempts.make(delivery, plan.parts)
            if isinstance(plan, Requests)
            else self._write(delivery, plan)
        )
        task = asyncio.create_task(self._work(delivery, place, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, delivery: Delivery, place: str, work: Coroutine[Any, Any, Outcome | None]) -> None:
        try:
            outcome = await work
        except asyncio.CancelledError:
            outcome = Outcome(
                delivery, "Failed", parts_sent=delivery.parts_sent, error="The worker was stopped."
            )
        except AGAIN as error:
            outcome = self._attempts.failed(delivery, error, delivery.parts_sent)
        except Exception as error:
            _log.exception("delivery_broke", delivery=str(delivery.id), kind=delivery.kind)
            outcome = self._attempts.failed(delivery, _internal(error), delivery.parts_sent)
        finally:
            self._leave(place)
        if outcome is not None:
            self._recorder.put(outcome)
        self.wake()

    def _leave(self, place: str) -> None:
        self._at_place[place] -= 1
        if not self._at_place[place]:
            del self._at_place[place]
            self._targets_of.pop(place, None)

    async def _write(self, delivery: Delivery, plan: Write) -> Outcome | None:
        """Do a Write, with which its outcome is written down too."""
        try:
            async with self._database.acquire() as connection:
                await deliveries.write_delivery(connection, delivery, plan.write)
        except OrchestrationError as error:
            return self._attempts.dead(delivery, error)
        return None


def _place(plan: Plan) -> str:
    """What a plan keeps busy: the host of its first request, the mail server, or the database."""
    if isinstance(plan, Write) or not plan.parts:
        return _DATABASE
    first = plan.parts[0]
    return _MAIL if isinstance(first, Email) else "//" + (urlsplit(first.url).hostname or "")


def _internal(error: Exception) -> Exception:
    return RuntimeError(f"Lictor failed: {type(error).__name__}: {error}")
