"""Entries of the audit trail, on their way from calls to the database (docs/decisions/0023-audit-trail.md).

Calls and sign-ins come in; rows go out, in batches by one statement, written by one task. Most calls leave their entry and
are answered; those that must not be answered before (`audited.waits`) wait until it is committed. What runs out of time
stays in line: it is written as soon as the database is back. The line is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from lictor.orchestration import audit
from lictor.orchestration.audit import Entry
from lictor.orchestration.outages import CONNECTION_ERRORS
from lictor.settings import Settings

MOST_WAITING = 20_000
"""Entries in line while the database is away; then calls that would add one wait, and at last it is dropped and logged."""
BATCH = 500
LINGER_SECONDS = 0.25
"""For which an entry that nobody waits for stays, so that others come along."""
RETRY_SECONDS = 0.5
FLUSH_SECONDS = 5.0
"""Given to what is in line when the process ends."""

_log = structlog.get_logger("lictor.audit")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from."""

    address: str | None = None
    forwarded_for: str | None = None
    user_agent: str | None = None


origin: ContextVar[Origin | None] = ContextVar("origin", default=None)
"""Of the HTTP request or the websocket that is being served."""


class NotDurable(Exception):
    """An entry is not in the database yet; it stays in line."""


class Trail:
    """What one process has to write down; runs between `start` and `stop`."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings) -> None:
        self.mode = settings.audit
        self._pool = pool
        self._wait = settings.database_wait
        self._line: deque[Entry] = deque()
        self._awaited: dict[UUID, asyncio.Future[None]] = {}
        self._wanted = asyncio.Event()
        self._urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        self._seen = _Seen()

    @property
    def waiting(self) -> int:
        """How many entries are in line."""
        return len(self._line)

    async def add(self, entry: Entry, *, durable: bool) -> None:
        """Put an entry in line. `durable`: return when it is committed; raises NotDurable when that takes longer than
        LICTOR_DATABASE_WAIT.
        """
        full = len(self._line) >= MOST_WAITING
        if full and len(self._line) >= 2 * MOST_WAITING:
            _log.error(
                "an entry of the audit trail is dropped", operation=entry.operation, waiting=self.waiting
            )
            if durable:
                raise NotDurable
            return
        self._line.append(entry)
        self._wanted.set()
        if not (durable or full):
            return
        committed = self._awaited[entry.id] = asyncio.get_running_loop().create_future()
        self._urgent.set()
        try:
            async with asyncio.timeout(self._wait):
                await committed
        except TimeoutError:
            if durable:
                raise NotDurable from None
        finally:
            self._awaited.pop(entry.id, None)

    def first_seen(self, who: Any) -> bool:
        """Whether this is the first sign of `who` for a while: then it is a sign-in."""
        return self._seen.first(who)

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is left, and end."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FLUSH_SECONDS):
                while self._line:
                    await self._write()
        if self._line:
            _log.error("entries of the audit trail are lost", count=len(self._line))

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            if not self._urgent.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LINGER_SECONDS):
                        await self._urgent.wait()
            self._wanted.clear()
            self._urgent.clear()
            try:
                while self._line:
                    await self._write()
                self._failing = False
            except Exception as error:
                if not self._failing:
                    _log.warning(
                        "the audit trail waits for the database", reason=str(error) or type(error).__name__
                    )
                self._failing = True
                self._wanted.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _write(self) -> None:
        """Write the first of the line. They leave it when they are committed."""
        batch = [self._line[place] for place in range(min(BATCH, len(self._line)))]
        try:
            await audit.write(self._pool, batch)
        except CONNECTION_ERRORS:
            raise
        except Exception:
            if not await self._write_one_by_one(batch):
                raise
        for entry in batch:
            self._line.popleft()
            committed = self._awaited.get(entry.id)
            if committed is not None and not committed.done():
                committed.set_result(None)

    async def _write_one_by_one(self, batch: list[Entry]) -> bool:
        """Whether one at least could be written: then it was the others' fault, and they hold nobody up."""
        refused: list[tuple[Entry, Exception]] = []
        for entry in batch:
            try:
                await audit.write(self._pool, [entry])
            except CONNECTION_ERRORS:
                raise
            except Exception as error:
                refused.append((entry, error))
        if len(refused) == len(batch) > 1:
            return False
        for entry, error in refused:
            # Anything else, such as a table that is locked or missing, may be well again in a moment.
            if not isinstance(error, asyncpg.DataError | TypeError | ValueError):
                return False
            _log.error(
                "an entry of the audit trail cannot be stored", operation=entry.operation, reason=str(error)
            )
        return True


class _Seen:
    """Who was seen lately, the most recent ones."""

    def __init__(self, most: int = 8192) -> None:
        self._known: OrderedDict[Any, float] = OrderedDict()
        self._most = most

    def first(self, who: Any, *, again_after: float = 3600.0) -> bool:
        now = asyncio.get_running_loop().time()
        last = self._known.get(who)
        self._known[who] = now
        self._known.move_to_end(who)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return last is None or now - last > again_after
