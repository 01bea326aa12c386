"""The tester itself: it plays every order, shows who waits, and sees a deadlock when there is one."""

from __future__ import annotations

import asyncpg
import pytest

from tests.interleavings.tester import Session, orders, play


def add(number: int):
    return lambda connection: connection.execute("UPDATE tested SET n = n + 1 WHERE id = $1", number)


async def test_every_order_once():
    sessions = [Session("a", [("x", add(1)), ("y", add(2))]), Session("b", [("x", add(1))])]
    found = list(orders(sessions))
    assert len(found) == len(set(found)) == 10
    assert ("a", "b", "a", "b", "a") in found


@pytest.mark.parametrize(
    ("opposite", "order", "what"),
    [
        (False, "aaabbb", "nothing"),
        (False, "abaabb", "waits"),
        (False, "abbaab", "waits"),
        (True, "aaabbb", "nothing"),
        (True, "aabbab", "waits"),
        (True, "abaabb", "deadlock"),
    ],
)
async def test_waits_and_deadlocks_are_seen(fresh_database, opposite, order, what):
    a, b, observer = [await asyncpg.connect(fresh_database) for _ in range(3)]
    await observer.execute(
        "CREATE TABLE tested (id int PRIMARY KEY, n int); INSERT INTO tested VALUES (1, 0), (2, 0)"
    )
    ways = [(1, 2), (2, 1) if opposite else (1, 2)]
    sessions = [
        Session(name, [("x", add(one)), ("y", add(two))]) for name, (one, two) in zip("ab", ways, strict=True)
    ]
    seen = await play(sessions, tuple(order), [a, b], observer)
    deadlocks = [it for it in seen.results.values() if isinstance(it, asyncpg.DeadlockDetectedError)]
    assert len(deadlocks) == (what == "deadlock")
    assert ("<waits>" in str(seen)) == (what != "nothing")
    total = await observer.fetchval("SELECT sum(n) FROM tested")
    assert total == (2 if deadlocks else 4)
    for connection in (a, b, observer):
        await connection.close()
