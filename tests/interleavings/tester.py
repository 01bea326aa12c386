"""A small isolation tester, as Postgres has one: named steps of several sessions, played in every order.

In: sessions, each a connection's steps in order (a step is a coroutine function that takes the connection; the first of
a session runs in a transaction that `commit` or `rollback` ends). Out: one Play for each order, with what every step
returned or raised and a trace in which `<waits>` marks a step that had to wait for another session's lock
(pg_blocking_pids). A session that waits keeps its later steps back, as a real one would.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

DEADLINE = 20.0
"""Seconds after which a step that has neither ended nor waits is a failure of the test."""

Act = Callable[[asyncpg.Connection], Awaitable[Any]]


@dataclass(frozen=True)
class Session:
    """The steps of one connection; `ending` is what its transaction ends with."""

    name: str
    steps: Sequence[tuple[str, Act]]
    ending: str = "commit"

    @property
    def step_names(self) -> list[str]:
        return [*(name for name, _ in self.steps), self.ending]


@dataclass
class Play:
    """What was seen in one order."""

    order: tuple[str, ...]
    trace: list[str] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(self.trace)

    def before(self, first: str, second: str) -> bool:
        """Whether the step `first` had ended before `second` was sent."""
        return self.trace.index(f"{first}.") < self.trace.index(second)


def orders(sessions: Sequence[Session]) -> Iterator[tuple[str, ...]]:
    """Every way to merge the sessions' steps, as the names of the sessions whose turn it is."""

    def merge(left: dict[str, int], chosen: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if not any(left.values()):
            yield chosen
        for name, count in left.items():
            if count:
                yield from merge({**left, name: count - 1}, (*chosen, name))

    return merge({session.name: len(session.step_names) for session in sessions}, ())


class _Player:
    """One session on its connection while an order is played."""

    def __init__(self, session: Session, connection: asyncpg.Connection, play: Play) -> None:
        self.session = session
        self.connection = connection
        self.play = play
        self.left = deque(session.step_names)
        self.due = 0
        self.waits = False
        self.failed = False
        self.task: asyncio.Task[Any] | None = None
        self.transaction = connection.transaction()
        self.running = ""

    def begin(self) -> bool:
        """Send the next step that is due, if the one before has ended; whether one was sent."""
        if self.task or not self.due:
            return False
        self.due -= 1
        step = self.left.popleft()
        self.running = f"{self.session.name}.{step}"
        self.play.trace.append(self.running)
        self.task = asyncio.create_task(self._run(step))
        return True

    async def _run(self, step: str) -> Any:
        if step == self.session.ending:
            # A transaction that has failed can only be rolled back.
            end = self.transaction.rollback if self.failed or step == "rollback" else self.transaction.commit
            return await end()
        if not self.connection.is_in_transaction():
            await self.transaction.start()
        try:
            return await dict(self.session.steps)[step](self.connection)
        except Exception as error:
            self.failed = isinstance(error, asyncpg.PostgresError)
            return error

    def settle(self) -> None:
        """Note that the step under way has ended."""
        assert self.task is not None
        self.play.results[self.running] = self.task.result()
        self.play.trace.append(f"{self.running}.")
        self.task, self.waits = None, False


async def play(
    sessions: Sequence[Session],
    order: tuple[str, ...],
    connections: Sequence[asyncpg.Connection],
    observer: asyncpg.Connection,
) -> Play:
    """Play one order; every transaction has ended when this returns."""
    seen = Play(order)
    players = {
        session.name: _Player(session, connection, seen)
        for session, connection in zip(sessions, connections, strict=False)
    }
    async with asyncio.timeout(DEADLINE):
        for name in order:
            players[name].due += 1
            await _advance(players.values(), observer, seen)
        while any(player.task or player.due for player in players.values()):
            await _advance(players.values(), observer, seen)
    return seen


async def _advance(players: Any, observer: asyncpg.Connection, seen: Play) -> None:
    """Send what is due; return when each step under way has ended or waits for a lock."""
    while True:
        for player in players:
            player.begin()
        moving = False
        for player in players:
            if not player.task:
                continue
            if not player.task.done():
                await asyncio.wait([player.task], timeout=0.002)
            if player.task.done():
                player.settle()
                moving = True
                continue
            waits = await _waits(observer, player.connection)
            if waits and not player.waits:
                seen.trace.append(f"{player.running}<waits>")
            moving = moving or not waits
            player.waits = waits
        if not moving and not any(player.due and not player.task for player in players):
            return


async def _waits(observer: asyncpg.Connection, connection: asyncpg.Connection) -> bool:
    return await observer.fetchval(
        "SELECT cardinality(pg_blocking_pids($1)) > 0", connection.get_server_pid()
    )
