"""Proves, from what clients recorded and from the database, that nothing has gone wrong; or says what has.

In: a History and a connection to the database as it is when all clients have ended. Out: sentences, none if all is well:

- every acknowledged run, state and log line is there; no state and no run is there twice, though it was sent again
- what was never sent is not there: each token of the database is one of the history
- of all agents one was told that it has a run
- a run by hand was made once for its idempotency key, a scheduled one once for its time, and none started early
- of a limited label never more runs were at work than its limit
- tests/invariants.py: versions 1..n, newest states, no run forgotten, and the operators' view
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import asyncpg

from tests.chaos.driver import LIMIT, Driver
from tests.chaos.history import History
from tests.invariants import most_holders, violations

# What each kind writes: where its token stands, and the object beside it.
_WRITTEN: Mapping[str, str] = {
    "run": "SELECT idempotency_key AS token, flow_id AS object FROM flow_run WHERE idempotency_key LIKE $1",
    "flow state": "SELECT message AS token, flow_run_id AS object FROM flow_run_state WHERE message LIKE $1",
    "task state": "SELECT message AS token, task_run_id AS object FROM task_run_state WHERE message LIKE $1",
    "log": "SELECT message AS token, flow_run_id AS object FROM log WHERE message LIKE $1",
}

_EARLY = """
SELECT run.id, run.scheduled_start_time, min(state."timestamp") AS submitted
FROM flow_run AS run JOIN flow_run_state AS state ON state.flow_run_id = run.id AND state.state = 'Submitted'
WHERE run.flow_id = $1
GROUP BY run.id HAVING min(state."timestamp") < run.scheduled_start_time
"""

_TICKS = """
SELECT count(*) AS runs, count(DISTINCT scheduled_start_time) AS times
FROM flow_run WHERE flow_id = $1 AND auto_scheduled
"""


async def check(connection: asyncpg.Connection, driver: Driver) -> list[str]:
    """Everything that is wrong after the clients of `driver` have ended."""
    found = await violations(connection)
    for kind, query in _WRITTEN.items():
        rows = await connection.fetch(query, f"{driver.name} %")
        written = Counter((row["token"], str(row["object"])) for row in rows)
        found += promises(kind, written, driver.history)
    found += _claims(driver)
    world = driver.world
    for row in await connection.fetch(_EARLY, world.scheduled):
        found.append(
            f"early: {row['id']} was submitted at {row['submitted']}, scheduled for {row['scheduled_start_time']}"
        )
    ticks = await connection.fetchrow(_TICKS, world.scheduled)
    if not ticks["runs"]:
        found.append("schedule: nothing was scheduled, so nothing is proven of the scheduler")
    if ticks["runs"] != ticks["times"]:
        found.append(f"duplicates: {ticks['runs']} scheduled runs for {ticks['times']} times")
    holders = await most_holders(connection, world.label)
    if holders > LIMIT:
        found.append(f"limit: {holders} runs were at work under a limit of {LIMIT}")
    return found


def promises(kind: str, written: Counter[tuple[str, str]], history: History) -> list[str]:
    """What of a kind was promised and is not there, is there more than once, or was never asked for."""
    found = []
    promised = history.tokens(kind)  # pyright: ignore[reportArgumentType]
    for token, object in promised.items():
        if not written[token, object]:
            found.append(f"lost: {kind} {token!r} of {object} was acknowledged and is not there")
    asked = {call.token: call.object for call in history.calls if call.kind == kind}
    for (token, object), count in written.items():
        if asked.get(token) != object:
            found.append(f"invented: {kind} {token!r} of {object} is there and was never asked for")
        # A line may be written twice when its call is sent again (logs carry no key), and so may a state that meets
        # the one of another writer in between.
        elif count > 1 and kind != "log" and object not in history.cancelled:
            found.append(f"twice: {kind} {token!r} of {object} is there {count} times")
    return found


def _claims(driver: Driver) -> list[str]:
    return [
        f"claimed by several: {run} by {', '.join(clients)}"
        for run, clients in driver.claims.items()
        if len(clients) > 1
    ]
