"""All subscriptions of an engine.

In: requests, and how to plan them on the schema of the moment. Out: `Subscription`s, each in the group of its
statement. When the schema has changed, every subscription is planned again and goes on where it was, or ends with
the error that its document now has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from lictor.engine.errors import GraphQLFailure, internal_error
from lictor.engine.run.pgerrors import DATABASE_ERRORS, as_failure
from lictor.engine.sql import MultiplexedStatement
from lictor.engine.subscriptions.group import Arguments, Group, Pace, StreamGroup
from lictor.engine.subscriptions.subscription import Request, Subscription
from lictor.engine.types import EngineOptions

log = logging.getLogger(__name__)
# While subscriptions are planned again, others get a turn after so many.
REPLANNED_AT_A_TIME = 50


@dataclass(frozen=True, eq=False)
class Planned:
    """A request's statement and its parameters; lists are array literals."""

    statement: MultiplexedStatement
    arguments: Arguments


Plan = Callable[[Request], Planned]
# Role, text, response key: what the subscriptions of a group share. Two documents may have the same statement.
Key = tuple[str, str, str]


class Subscriptions:
    """Groups by statement. `plan` raises GraphQLFailure for a request that does not fit the schema."""

    def __init__(self, pool: asyncpg.Pool, options: EngineOptions, plan: Plan) -> None:
        self._pool = pool
        self._plan = plan
        self._live = Pace(options.live_queries_refetch_interval, options.live_queries_batch_size)
        self._streaming = Pace(options.streaming_refetch_interval, options.streaming_batch_size)
        self._groups: dict[Key, Group] = {}
        self._keys: dict[Subscription, Key] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # queries and mutations keep a share of the pool
        self._statements = asyncio.Semaphore(max(1, pool.get_max_size() // 2))
        self._closed = False

    def __len__(self) -> int:
        return len(self._keys)

    def subscribe(self, request: Request) -> Subscription:
        """One more subscription. Raises GraphQLFailure if the request does not fit the schema."""
        if self._closed:
            raise GraphQLFailure.of("the engine is closed", code="unexpected", kind="internal")
        planned = self._plan(request)
        subscription = Subscription(request, self._leave)
        self._join(subscription, planned)
        return subscription

    def replan(self) -> None:
        """The schema has changed: everything is planned again, soon."""
        if self._keys:
            self._spawn(self._replan_all())

    async def close(self) -> None:
        """Ends all subscriptions and the polling."""
        self._closed = True
        for subscription in list(self._keys):
            subscription.end()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- groups -----------------------------------------------------------------------------------------

    def _join(self, subscription: Subscription, planned: Planned) -> None:
        statement, arguments = planned.statement, planned.arguments
        key = (subscription.request.session.role, statement.text, statement.key)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = (
                StreamGroup(statement, self._streaming, self._fetch)
                if statement.streaming
                else Group(statement, self._live, self._fetch)
            )
        group.join(subscription, arguments)
        self._keys[subscription] = key
        if len(group) == 1:
            self._spawn(group.run())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="subscriptions")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _leave(self, subscription: Subscription) -> None:
        key = self._keys.pop(subscription, None)
        if key is None:
            return
        group = self._groups[key]
        group.leave(subscription)
        if not len(group):
            del self._groups[key]

    async def _replan_all(self) -> None:
        for count, subscription in enumerate(list(self._keys), 1):
            if subscription in self._keys:
                try:
                    self._replan(subscription)
                except GraphQLFailure as failure:
                    subscription.fail(failure)
                except Exception:
                    log.exception("a subscription cannot be planned again")
                    subscription.fail(internal_error())
            if count % REPLANNED_AT_A_TIME == 0:
                await asyncio.sleep(0)

    def _replan(self, subscription: Subscription) -> None:
        planned = self._plan(subscription.request)
        at = planned.statement.cursor
        if at is not None and subscription.cursor is not None:
            arguments = list(planned.arguments)
            arguments[at] = subscription.cursor
            planned = Planned(planned.statement, tuple(arguments))
        self._leave(subscription)
        self._join(subscription, planned)

    async def _fetch(self, text: str, arrays: Sequence[str]) -> list[asyncpg.Record]:
        try:
            async with self._statements:
                return await self._pool.fetch(text, *arrays)
        except DATABASE_ERRORS as error:
            raise as_failure(error) from error
