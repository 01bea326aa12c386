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

from lictor.engine.errors import GraphQLFailure
from lictor.engine.sql import MultiplexedStatement
from lictor.engine.subscriptions.subscription import Subscription

log = logging.getLogger(__name__)
Arguments = tuple[str, ...]
Fetch = Callable[[str, Sequence[Sequence[str]]], Awaitable[list[asyncpg.Record]]]
# Statements one poll may spend on finding those whose values fail: a few culprits among thousands.
MAX_SPLITS = 64


@dataclass(frozen=True)
class Pace:
    """Seconds between polls, and the most cohorts of one statement."""

    interval: float
    batch_size: int


class Cohort:
    """The subscriptions with the same parameters. `fresh`: some of them have not been answered."""

    __slots__ = ("arguments", "fresh", "members")

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.members: dict[Subscription, None] = {}
        self.fresh = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A cohort and those of its members whom the answer of this poll is for."""

    cohort: Cohort
    members: tuple[Subscription, ...]


class Group:
    """The subscriptions of one statement."""

    def __init__(self, statement: MultiplexedStatement, pace: Pace, fetch: Fetch) -> None:
        self.statement = statement
        self.cohorts: dict[Arguments, Cohort] = {}
        self._pace = pace
        self._fetch = fetch
        self._places: dict[Subscription, Cohort] = {}
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
        cohort.members[subscription] = None
        self._places[subscription] = cohort
        if fresh:
            cohort.fresh = True
            self._wake.set()

    def leave(self, subscription: Subscription) -> None:
        """One subscriber less. The last one ends the polling."""
        cohort = self._places.pop(subscription, None)
        if cohort is None:
            return
        del cohort.members[subscription]
        if not cohort.members:
            del self.cohorts[cohort.arguments]
        if not self._places:
            self._wake.set()

    def place_of(self, subscription: Subscription) -> Arguments:
        """The parameters the subscriber is answered for."""
        return self._places[subscription].arguments

    # --- polling ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Polls until there is no subscriber."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._pace.interval
        try:
            while self._places:
                self._wake.clear()
                if fresh := [cohort for cohort in self.cohorts.values() if cohort.fresh]:
                    await self._poll(fresh, splits=2 * len(fresh))
                if loop.time() >= due:
                    known = [cohort for cohort in self.cohorts.values() if not cohort.fresh]
                    await self._poll(known, splits=MAX_SPLITS)
                    due = loop.time() + self._pace.interval
                alarm = loop.call_at(due, self._wake.set)
                await self._wake.wait()
                alarm.cancel()
        except Exception:
            log.exception("polling of subscriptions ended")
            for subscription in list(self._places):
                subscription.fail(GraphQLFailure.of("internal error", code="unexpected", kind="internal"))

    async def _poll(self, cohorts: list[Cohort], splits: int) -> None:
        asked: list[Asked] = []
        for cohort in cohorts:
            cohort.fresh = False
            if members := self._asking(cohort):
                asked.append(Asked(cohort, members))
        size = self._pace.batch_size
        budget = _Budget(splits)
        batches = [asked[i : i + size] for i in range(0, len(asked), size)]
        await asyncio.gather(*(self._ask(batch, budget) for batch in batches))

    async def _ask(self, batch: list[Asked], budget: _Budget) -> None:
        arrays = list(zip(*(item.cohort.arguments for item in batch), strict=True))
        try:
            records = await self._fetch(self.statement.text, arrays)
        except GraphQLFailure as failure:
            if failure.kind == "data" and len(batch) > 1 and budget.take(2):
                half = len(batch) // 2
                await self._ask(batch[:half], budget)
                await self._ask(batch[half:], budget)
            else:
                self._refuse(batch, failure)
            return
        self._logged = None
        self._answer(batch, records)

    def _refuse(self, batch: list[Asked], failure: GraphQLFailure) -> None:
        """Who waits for a first answer ends with the error; to the others it is an answer like any other."""
        if failure.kind == "internal" and str(failure) != self._logged:
            self._logged = str(failure)
            log.error("subscriptions cannot be answered: %s (%r)", failure, failure.__cause__)
        body = orjson.dumps(failure.body)
        digest = _digest(body)
        for item in batch:
            for subscription in item.members:
                if not subscription.started:
                    subscription.fail(failure)
                elif subscription.wants(digest):
                    subscription.offer(body, digest)

    # --- live queries -----------------------------------------------------------------------------------

    def _asking(self, cohort: Cohort) -> tuple[Subscription, ...]:
        return tuple(cohort.members)

    def _answer(self, batch: list[Asked], records: list[asyncpg.Record]) -> None:
        """Everyone is offered its answer if it is other than the last."""
        for number, cell in records:
            answer = b"null" if cell is None else cell.encode()
            digest = _digest(answer)
            wanting = [member for member in batch[number - 1].members if member.wants(digest)]
            if wanting:
                body = self._data + answer + b"}}"
                for subscription in wanting:
                    subscription.offer(body, digest)


class StreamGroup(Group):
    """Streams. A cohort's parameters include the cursor, so a batch moves its takers on to another cohort."""

    def _asking(self, cohort: Cohort) -> tuple[Subscription, ...]:
        # A slow subscriber stays where it is until it has taken its last batch.
        return tuple(member for member in cohort.members if not member.holds_answer)

    def _answer(self, batch: list[Asked], records: list[asyncpg.Record]) -> None:
        for item in batch:
            for subscription in item.members:
                subscription.forget()
        at = self.statement.cursor
        for number, answer, cursor in records:
            item = batch[number - 1]
            body = self._data + answer.encode() + b"}}"
            arguments = item.cohort.arguments
            if at is not None:
                arguments = (*arguments[:at], cursor, *arguments[at + 1 :])
            for subscription in item.members:
                if subscription not in self._places:
                    continue
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
