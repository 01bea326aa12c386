"""Fixtures of the interleavings: connections of their own for three sessions, and one that looks on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import asyncpg
import pytest

from tests.interleavings.tester import Play, Session, orders, play
from tests.invariants import violations

Make = Callable[[], Awaitable[Sequence[Session]]]
Check = Callable[[Play], Awaitable[None]]


@pytest.fixture
async def connections(database: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """Three sessions and, last, the observer."""
    opened = [
        await asyncpg.connect(database, server_settings={"timezone": "UTC", "jit": "off"}) for _ in range(4)
    ]
    yield opened
    for connection in opened:
        await connection.close()


@pytest.fixture
def every_order(
    connections: list[asyncpg.Connection], pool: asyncpg.Pool
) -> Callable[[Make, Check], Awaitable[list[Play]]]:
    """`await every_order(make, check)`: a new scene from `make` for each order of its sessions, judged by `check`.

    Invariants hold after each; no order ends in a deadlock. Returns the plays.
    """

    async def run(make: Make, check: Check) -> list[Play]:
        plays = []
        todo: list[tuple[str, ...]] | None = None
        while todo is None or todo:
            sessions = await make()
            todo = list(orders(sessions)) if todo is None else todo
            seen = await play(sessions, todo.pop(), connections[:-1], connections[-1])
            plays.append(seen)
            deadlocks = [it for it in seen.results.values() if isinstance(it, asyncpg.DeadlockDetectedError)]
            assert not deadlocks, f"{seen}: {deadlocks}"
            try:
                await check(seen)
            except AssertionError as error:
                raise AssertionError(f"{seen}\n{seen.results}\n{error}") from error
            assert await violations(pool) == [], str(seen)
        return plays

    return run
