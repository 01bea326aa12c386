"""The subscriptions of one statement, and the task that polls them.

In: subscriptions with their parameters. Out: offers of answers to them. All cohorts are asked every `interval`
seconds (counted from the end of the last poll, so that a slow database is not asked more), new subscribers at
once. A statement that fails because of a value is split to find whose value it is; whoever cannot be told apart
gets the error of the statement, and polling goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import asyncpg
import orjson

from lictor.engine.errors import GraphQLFailure, internal_error
from lictor.engine.sql import MultiplexedStatement
from lictor.engine.sql.multiplexed import array_literal
from lictor.engine.subscriptions.subscription import Subscription

log = logging.getLogger(__name__)
Arguments = tuple[str, ...]
Members = tuple[Subscription, ...]
Fetch = Callable[[str, Sequence[str]], Awaitable[list[asyncpg.Record]]]
# Statements one poll may spend on finding those whose values fail: a few culprits among thousands.
MAX_SPLITS = 64


@dataclass(frozen=True)
class Pace:
    """Seconds between polls, and the most cohorts of one statement."""

    interval: float
    batch_size: int


class Cohort:
    """The subscriptions with the same parameters."""

    __slots__ = ("_snapshot", "arguments", "members")

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.members: dict[Subscription, None] = {}
        self._snapshot: tuple[Subscription, ...] | None = None

    def add(self, subscription: Subscription) -> None:
        self.members[subscription] = self._snapshot = None

    def remove(self, subscription: Subscription) -> None:
        del self.members[subscription]
        self._snapshot = None

    @property
    def snapshot(self) -> tuple[Subscription, ...]:
        """The members of the moment. Most polls find the same as the last one."""
        if self._snapshot is None:
            self._snapshot = tuple(self.members)
        return self._snapshot


class Batch:
    """The cohorts of one statement. `arrays` are their parameters, one array literal for each parameter."""

    __slots__ = ("arrays", "cohorts")

    def __init__(self, cohorts: list[Cohort]) -> None:
        self.cohorts = cohorts
        self.arrays = [array_literal(column) for column in zip(*(c.arguments for c in cohorts), strict=True)]


class Group:
    """The subscriptions of one statement."""

    def __init__(self, statement: MultiplexedStatement, pace: Pace, fetch: Fetch) -> None:
        self.statement = statement
        self.cohorts: dict[Arguments, Cohort] = {}
        self._pace = pace
        self._fetch = fetch
        self._places: dict[Subscription, Cohort] = {}
        self._fresh: dict[Cohort, None] = {}
        self._batches: list[Batch] | None = None
        self._wake = asyncio.Event()
        self._data = b'{"data":{"%s":' % statement.key.encode()
        self._logged: str | None = None

    def __len__(self) -> int:
        return len(self._places)

    def join(self, subscription: Subscription, arguments: Arguments, *, fresh: bool = True) -> None:
        """One more subscriber. If `fresh`, it is answered at once."""
        cohort = self.cohorts.get(arguments)
        if cohort is None:
            cohort = self.cohorts[arguments] = Cohort(arguments)
            self._batches = None
        cohort.add(subscription)
        self._places[subscription] = cohort
        if fresh:
            self._fresh[cohort] = None
            self._wake.set()

    def leave(self, subscription: Subscription) -> None:
        """One subscriber less. The last one ends the polling."""
        cohort = self._places.pop(subscription, None)
        if cohort is None:
            return
        cohort.remove(subscription)
        if not cohort.members:
            del self.cohorts[cohort.arguments]
            self._fresh.pop(cohort, None)
            self._batches = None
        if not self._places:
            self._wake.set()

    # --- polling ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Polls until there is no subscriber."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._pace.interval
        try:
            while self._places:
                self._wake.clear()
                if self._fresh:
                    fresh, self._fresh = list(self._fresh), {}
                    await self._poll(self._split(fresh), splits=2 * len(fresh))
                if loop.time() >= due:
                    await self._poll(self._all(), splits=MAX_SPLITS)
                    due = loop.time() + self._pace.interval
                alarm = loop.call_at(due, self._wake.set)
                await self._wake.wait()
                alarm.cancel()
        except Exception:
            log.exception("polling of subscriptions ended")
            for subscription in list(self._places):
                subscription.fail(internal_error())

    def _split(self, cohorts: list[Cohort]) -> list[Batch]:
        size = self._pace.batch_size
        return [Batch(cohorts[i : i + size]) for i in range(0, len(cohorts), size)]

    def _all(self) -> list[Batch]:
        """The batches of all cohorts but those that are to be answered at once."""
        if self._fresh:
            return self._split([cohort for cohort in self.cohorts.values() if cohort not in self._fresh])
        if self._batches is None:
            self._batches = self._split(list(self.cohorts.values()))
        return self._batches

    async def _poll(self, batches: list[Batch], splits: int) -> None:
        budget = _Budget(splits)
        await asyncio.gather(*(self._ask(batch, budget) for batch in batches))

    async def _ask(self, batch: Batch, budget: _Budget) -> None:
        # Who joins while Postgres works has seen later changes than this answer may show.
        asking = [self._asking(cohort) for cohort in batch.cohorts]
        try:
            records = await self._fetch(self.statement.text, batch.arrays)
        except GraphQLFailure as failure:
            cohorts = batch.cohorts
            if failure.kind == "data" and len(cohorts) > 1 and budget.take(2):
                half = len(cohorts) // 2
                await self._ask(Batch(cohorts[:half]), budget)
                await self._ask(Batch(cohorts[half:]), budget)
            else:
                self._refuse(asking, failure)
            return
        self._logged = None
        self._answer(batch.cohorts, asking, records)

    def _refuse(self, asking: list[Members], failure: GraphQLFailure) -> None:
        """Who waits for a first answer ends with the error; to the others it is an answer like any other."""
        if failure.kind == "internal" and str(failure) != self._logged:
            self._logged = str(failure)
            log.error("subscriptions cannot be answered: %s (%r)", failure, failure.__cause__)
        body = orjson.dumps(failure.body)
        digest = _digest(body)
        for members in asking:
            for subscription in members:
                if not subscription.started:
                    subscription.fail(failure)
                elif subscription.wants(digest) and subscription in self._places:
                    subscription.offer(body, digest)

    # --- live queries -----------------------------------------------------------------------------------

    def _asking(self, cohort: Cohort) -> Members:
        """Those whom the next answer is for."""
        return cohort.snapshot

    def _answer(self, cohorts: list[Cohort], asking: list[Members], records: list[asyncpg.Record]) -> None:
        """Everyone is offered its answer if it is other than the last."""
        for number, cell in records:
            answer = b"null" if cell is None else cell.encode()
            digest = _digest(answer)
            body = None
            for subscription in asking[number - 1]:
                if subscription.wants(digest) and subscription in self._places:
                    body = body or self._data + answer + b"}}"
                    subscription.offer(body, digest)


class StreamGroup(Group):
    """Streams. A cohort's parameters include the cursor, so a batch moves its takers on to another cohort."""

    def _split(self, cohorts: list[Cohort]) -> list[Batch]:
        return super()._split([cohort for cohort in cohorts if self._asking(cohort)])

    def _all(self) -> list[Batch]:
        self._batches = None  # who is asking changes with every answer that is taken
        return super()._all()

    def _asking(self, cohort: Cohort) -> Members:
        # A slow subscriber stays where it is until it has taken its last batch.
        return tuple(member for member in cohort.members if not member.holds_answer)

    def _answer(self, cohorts: list[Cohort], asking: list[Members], records: list[asyncpg.Record]) -> None:
        for members in asking:
            for subscription in members:
                subscription.forget()
        at = self.statement.cursor
        for number, answer, cursor in records:
            body = self._data + answer.encode() + b"}}"
            arguments = cohorts[number - 1].arguments
            if at is not None:
                arguments = (*arguments[:at], cursor, *arguments[at + 1 :])
            for subscription in asking[number - 1]:
                if subscription in self._places:
                    subscription.offer(body, None)
                    subscription.cursor = cursor
                    self.leave(subscription)
                    self.join(subscription, arguments, fresh=False)


class _Budget:
    """Statements that may still be spent."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> bool:
        if self.left < count:
            return False
        self.left -= count
        return True


def _digest(answer: bytes) -> bytes:
    return blake2b(answer, digest_size=16).digest()
