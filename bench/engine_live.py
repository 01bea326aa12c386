"""Live queries: what 1,000 subscribers cost, and how soon they know.

In: nothing; starts its own Postgres and fills it with a small tenant. Out: statements per poll, CPU of this process
per poll beside the raw statements by asyncpg, and the time from a committed change to the subscriber's answer.
Every subscriber asks for another run by its id. Run it with `python -m bench.engine_live [subscribers] [polls]`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import uvloop

from bench.engine import ADMIN, METADATA, fill
from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import SESSION_SETTINGS, Engine, EngineOptions
from lictor.engine.sql.multiplexed import array_literal
from lictor.engine.subscriptions import Request, Subscription

QUERY = "subscription ($id: uuid!) { flow_run_by_pk(id: $id) { id state version name serialized_state } }"
RUN = """INSERT INTO flow_run (id, tenant_id, flow_id, name, state, scheduled_start_time, serialized_state)
    SELECT gen_random_uuid(), tenant_id, flow_id, name, state, scheduled_start_time, serialized_state
    FROM flow_run WHERE id = $1 RETURNING id::text"""
CHANGE = "UPDATE flow_run SET name = $2 WHERE id = $1::text::uuid"
CHANGES = 200


class Statements:
    """Counts the statements of subscriptions."""

    def __init__(self) -> None:
        self.count = 0
        self.wanted = 0
        self.reached = asyncio.Event()

    async def watch(self, connection: Any) -> None:
        connection.add_query_logger(self.note)

    def note(self, logged: Any) -> None:
        if '"the cohort"' in logged.query:
            self.count += 1
            if self.count == self.wanted:
                self.reached.set()

    async def more(self, number: int) -> None:
        """Returns when so many more are answered."""
        self.wanted = self.count + number
        self.reached.clear()
        await self.reached.wait()


async def open_engine(dsn: str, interval: float, statements: Statements) -> tuple[asyncpg.Pool, Engine]:
    pool = await asyncpg.create_pool(
        dsn,
        min_size=2,
        max_size=8,
        server_settings={**SESSION_SETTINGS, "jit": "off"},
        init=statements.watch,
    )
    options = EngineOptions(v1_boolean_null_collapse=True, live_queries_refetch_interval=interval)
    return pool, await Engine.start(pool, METADATA, options=options)


async def subscribe(engine: Engine, ids: list[str]) -> list[Subscription]:
    """All of them, each with its first answer taken."""
    start, cpu = time.perf_counter(), time.process_time()
    found = [engine.subscribe(QUERY, {"id": run}, None, ADMIN) for run in ids]
    for subscription in found:
        await anext(subscription)
    print(
        f"{f'{len(ids):,} subscribe and are answered':<52}{(time.perf_counter() - start) * 1e3:>8.0f} ms"
        f"{(time.process_time() - cpu) * 1e3:>9.0f} ms CPU"
    )
    return found


async def cost(dsn: str, ids: list[str], polls: int) -> None:
    """CPU per poll while nothing changes."""
    statements = Statements()
    pool, engine = await open_engine(dsn, 0.05, statements)
    subscriptions = await subscribe(engine, ids)
    each = -(-len(ids) // engine.options.live_queries_batch_size)

    await statements.more(5 * each)
    before = statements.count
    cpu, start = time.process_time(), time.perf_counter()
    await statements.more(polls * each)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - start
    done = (statements.count - before) / each
    print(f"{'statements per poll':<52}{each:>8}")
    print(
        f"{'a poll without news':<52}{cpu / done * 1e3:>8.2f} ms CPU{wall / done * 1e3 - 50:>9.1f} ms beyond the interval"
    )
    for subscription in subscriptions:
        await subscription.aclose()
    await engine.close()
    await raw(pool, engine, ids, polls)
    await pool.close()


async def raw(pool: asyncpg.Pool, engine: Engine, ids: list[str], polls: int) -> None:
    """The same statements by asyncpg alone."""
    planned = [engine._plan_subscription(Request(QUERY, {"id": run}, None, ADMIN)) for run in ids]
    size = engine.options.live_queries_batch_size
    text = planned[0].statement.text
    batches = [
        [array_literal(column) for column in zip(*(p.arguments for p in planned[i : i + size]), strict=True)]
        for i in range(0, len(planned), size)
    ]

    async def poll() -> None:
        for arrays in batches:
            await pool.fetch(text, *arrays)

    await timed("  the same statements by raw asyncpg", poll, polls)


async def timed(name: str, work: Callable[[], Awaitable[None]], times: int) -> None:
    await work()
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(times):
        await work()
    cpu, wall = (time.process_time() - cpu) / times, (time.perf_counter() - start) / times
    print(f"{name:<52}{cpu * 1e3:>8.2f} ms CPU{wall * 1e3:>9.1f} ms")


async def latency(dsn: str, ids: list[str], interval: float) -> None:
    """From the commit of a change to the answer, one change at a time, at moments that have nothing to do with
    the polls."""
    pool, engine = await open_engine(dsn, interval, Statements())
    subscriptions = await subscribe(engine, ids)
    found: list[float] = []
    for i in range(CHANGES if interval < 1 else CHANGES // 10):
        at = i * 37 % len(ids)
        await asyncio.sleep(i * 0.618 % 1 * interval)
        await pool.execute(CHANGE, ids[at], f"changed {interval} {i}")
        start = time.perf_counter()
        await anext(subscriptions[at])
        found.append((time.perf_counter() - start) * 1e3)
    found.sort()
    print(
        f"{f'change to answer, polled every {interval} s':<52}{statistics.median(found):>8.0f} ms median"
        f"{found[int(len(found) * 0.95)]:>9.0f} ms 95 %"
    )
    await engine.close()
    await pool.close()


async def main(dsn: str, subscribers: int, polls: int) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        one = (await fill(pool))[0]
        async with pool.acquire() as connection:
            statement = await connection.prepare(RUN)
            ids = [await statement.fetchval(one) for _ in range(subscribers)]
            await connection.execute("ANALYZE flow_run")
    await cost(dsn, ids, polls)
    await latency(dsn, ids, 0.1)
    await latency(dsn, ids, 1.0)


if __name__ == "__main__":
    asked = [int(argument) for argument in sys.argv[1:3]]
    subscribers, polls = [*asked, *(1000, 100)[len(asked) :]]
    with PostgresServer.temporary() as server:
        server.create_database("bench")
        migrations.upgrade(server.dsn("bench"))
        uvloop.run(main(server.dsn("bench"), subscribers, polls))
