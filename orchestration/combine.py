"""Calls that wait at the same moment share one statement and one commit.

A Combiner takes single calls and runs them in batches: while a batch is on its way to Postgres, the
calls that arrive form the next one. A lone call goes at once, so nothing waits for company. Each call
keeps its own answer; when a batch fails as a whole, its calls are run again one by one, so that one
caller's bad input is never another's error.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

import asyncpg

from lictor.orchestration.outages import CONNECTION_ERRORS
from lictor.orchestration.types import Connection

Call = TypeVar("Call")
Answer = TypeVar("Answer")


class Combiner(Generic[Call, Answer]):
    """Runs calls through `run(connection, calls)`, which gives one answer per call in their order.

    `size` bounds the batch in units of `weigh(call)`; `lanes` is how many batches may be on their way at
    once. Two calls that share a key never stand in one batch: the second follows the first.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        run: Callable[[Connection, list[Call]], Awaitable[list[Answer]]],
        *,
        keys: Callable[[Call], Iterable[Hashable]] = lambda _: (),
        weigh: Callable[[Call], int] = lambda _: 1,
        size: int = 256,
        lanes: int = 2,
    ) -> None:
        self._pool = pool
        self._run = run
        self._keys = keys
        self._weigh = weigh
        self._size = size
        self._waiting: deque[tuple[Call, asyncio.Future[Answer]]] = deque()
        self._free = lanes
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call) -> Answer:
        """The answer to `call`. Raises what `run` raises for this call alone."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                # Whatever else this round of the event loop has brought rides along.
                await asyncio.sleep(0)
                batch = self._next_batch()
                if batch:
                    await self._answer(batch)
        finally:
            # In the same step as the last look at what waits: a call that comes now finds the lane free.
            self._free += 1

    def _next_batch(self) -> list[tuple[Call, asyncio.Future[Answer]]]:
        batch: list[tuple[Call, asyncio.Future[Answer]]] = []
        taken: set[Hashable] = set()
        left: list[tuple[Call, asyncio.Future[Answer]]] = []
        weight = 0
        while self._waiting and weight < self._size:
            entry = self._waiting.popleft()
            if entry[1].cancelled():
                continue
            keys = set(self._keys(entry[0]))
            if taken.isdisjoint(keys):
                batch.append(entry)
                weight += self._weigh(entry[0])
            else:
                left.append(entry)
            taken |= keys
        self._waiting.extendleft(reversed(left))
        return batch

    async def _answer(self, batch: list[tuple[Call, asyncio.Future[Answer]]]) -> None:
        calls = [call for call, _ in batch]
        try:
            async with self._pool.acquire() as connection:
                answers = await self._run(connection, calls)
            if len(answers) != len(calls):
                raise RuntimeError(f"{self._run} gave {len(answers)} answers to {len(calls)} calls")
        except Exception as error:
            if len(batch) == 1 or isinstance(error, CONNECTION_ERRORS):
                self._fail(batch, error)
            else:
                for entry in batch:
                    await self._answer([entry])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    @staticmethod
    def _fail(batch: list[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
