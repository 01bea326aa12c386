"""Memory of the engine over very many distinct queries.

In: nothing; starts its own Postgres with a synthetic database. Out: the resident memory of this process, and the sizes of the
caches, while queries are executed of which no two are the same: other aliases, other tables and columns, other
literals, other shapes of variables. Exit status 1 if memory still grows after the caches are full.
Run it with `python -m bench.engine_memory [queries]`.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path

import asyncpg
import uvloop

from bench.engine_schema import metadata, tables_sql
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import SESSION_SETTINGS, Engine, Session

TABLES = 60
QUERIES = 100_000
STEPS = 10
# What is allowed from half of the queries to the end: allocators breathe.
GROWTH = 1.10
PAGE = 4096
COLUMNS = ("name", "created", "amount", "count", "size", "ratio", "active", "data", "labels", "day")


def query(n: int) -> tuple[str, dict[str, object] | None]:
    """The n-th query and its variables."""
    table, first, second = f"t{n % TABLES}", COLUMNS[n % 10], COLUMNS[n // 10 % 10]
    if n % 4 == 0:  # the same document, another literal
        return f'{{ {table}(where: {{name: {{_eq: "name {n}"}}}}, limit: {n}) {{ id {first} }} }}', None
    if n % 4 == 1:  # another alias
        return f"{{ a{n}: {table}(limit: 1) {{ id a: {first} b: {second} }} }}", None
    if n % 4 == 2:  # another shape of the variables
        where = {"_or": [{column: {"_is_null": n >> i & 1 == 0}} for i, column in enumerate(COLUMNS)]}
        return f"query ($w: {table}_bool_exp) {{ {table}(where: $w, limit: 1) {{ id {first} }} }}", {
            "w": where
        }
    # another name of the operation and of a nested field
    return f"query Q{n} {{ {table}(limit: 1) {{ {first} n{n}: {second} }} }}", None


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def main(queries: int) -> bool:
    with PostgresServer.temporary() as server:
        server.create_database("memory")
        async with asyncpg.create_pool(
            server.dsn("memory"),
            min_size=1,
            max_size=1,
            server_settings=SESSION_SETTINGS,
            statement_cache_size=500,
        ) as pool:
            await pool.execute(tables_sql(TABLES))
            engine = await Engine.start(pool, metadata(TABLES))
            return await _measure(engine, queries)


async def _measure(engine: Engine, queries: int) -> bool:
    admin, documents = Session(), engine.state.documents
    print(f"{'queries':>9}{'MB resident':>13}{'documents':>11}{'seconds':>9}")
    start, seen = time.perf_counter(), [resident()]
    print(f"{0:>9}{seen[0] / 1e6:>13.1f}{len(documents):>11}{0:>9}")
    step = max(queries // STEPS, 1)
    for n in range(queries):
        text, variables = query(n)
        await engine.execute(text, variables, None, admin)
        if (n + 1) % step == 0:
            seen.append(resident())
            elapsed = time.perf_counter() - start
            print(f"{n + 1:>9}{seen[-1] / 1e6:>13.1f}{len(documents):>11}{elapsed:>9.0f}", flush=True)
    good = seen[-1] <= GROWTH * seen[len(seen) // 2]
    print(f"\nfrom half to the end: x {seen[-1] / seen[len(seen) // 2]:.3f}: {'flat' if good else 'GROWING'}")
    return good


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else QUERIES
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(not runner.run(main(total)))
