"""What each page of the original UI costs: one batch as it sends it, on very many runs.

In: a fresh stack, filled with the world of tests/actions/ui_documents. Out: milliseconds, SQL statements and Postgres'
time for every page, and the slowest operations alone. The documents and their variables are those of the tests.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from dataclasses import replace
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, stack
from bench.report import Options, progress, table
from tests.actions.ui_documents import documents
from tests.actions.ui_documents.pages import PAGES, Call
from tests.actions.ui_documents.world import World, fill

LARGE = World(groups=60, runs=100_000, detailed=2_000, ahead=10, children=1_000, lines=20_000)
SMALL = replace(LARGE, runs=400, detailed=60, children=20, lines=300)
SLOWEST = 12
"""Operations that the second table shows."""
_USED = """
    SELECT coalesce(sum(calls), 0)::bigint AS statements, coalesce(sum(total_exec_time), 0) AS ms
    FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'
"""


def _post(lictor: stack.Stack, calls: list[Call]) -> list[dict[str, Any]]:
    body = json.dumps([documents.item(*call) for call in calls]).encode()
    headers = {"Content-Type": "application/json", **documents.HEADERS}
    request = urllib.request.Request(f"{lictor.url}/graphql", body, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


async def _measure(
    lictor: stack.Stack, connection: asyncpg.Connection, calls: list[Call], seconds: float
) -> dict[str, Any]:
    """One batch again and again for up to `seconds`; the first two warm the plans."""
    for _ in range(2):
        for call, answer in zip(calls, _post(lictor, calls), strict=True):
            if "errors" in answer:
                raise RuntimeError(f"{call[1]}: {answer['errors']}")
    await connection.execute("SELECT pg_stat_statements_reset()")
    took: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(took) < 3:
        began = time.perf_counter()
        _post(lictor, calls)
        took.append(time.perf_counter() - began)
    used = await connection.fetchrow(_USED)
    assert used is not None
    return {
        "operations": len(calls),
        "p50": drive.quantile(took, 0.5),
        "p99": drive.quantile(took, 0.99),
        "statements": used["statements"] / len(took),
        "postgres_ms": used["ms"] / len(took),
    }


async def measure(lictor: stack.Stack, world: World, seconds: float) -> dict[str, Any]:
    """Fill the database of `lictor` and measure every page, then every operation alone."""
    connection = await asyncpg.connect(lictor.postgres.dsn("lictor", user="postgres"))
    try:
        progress(f"ui: filling in {world.runs:,} runs")
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await fill(connection, world)
        await connection.execute("VACUUM ANALYZE")
        pages, operations = [], {}
        for name, page in PAGES.items():
            progress(f"ui: {name}")
            calls = page(world)
            pages.append({"name": name, **await _measure(lictor, connection, calls, seconds)})
            for call in calls:
                if call[1] not in operations:
                    operations[call[1]] = {"name": call[1], "page": name, **await _measure(lictor, connection, [call], seconds / 4)}  # fmt: skip
        return {"runs": world.runs, "pages": pages, "operations": list(operations.values())}
    finally:
        await connection.close()


def show(console: Console, results: dict[str, Any]) -> None:
    """Print the tables."""
    rows = [
        (got["name"], str(got["operations"]), f"{got['statements']:.0f}", f"{got['postgres_ms']:,.1f}", f"{got['p50'] * 1000:,.1f}", f"{got['p99'] * 1000:,.1f}")
        for got in results["pages"]
    ]  # fmt: skip
    columns = ("page", "operations", "SQL statements", "in Postgres ms", "p50 ms", "p99 ms")
    console.print(table(f"Pages of the original UI, one batch each; {results['runs']:,} runs", columns, rows))
    slowest = sorted(results["operations"], key=lambda got: -got["postgres_ms"])[:SLOWEST]
    rows = [
        (got["name"], got["page"], f"{got['statements']:.0f}", f"{got['postgres_ms']:,.1f}", f"{got['p50'] * 1000:,.1f}")
        for got in slowest
    ]  # fmt: skip
    columns = ("operation", "page", "SQL statements", "in Postgres ms", "p50 ms")
    console.print(table("The slowest operations, alone", columns, rows, left=2))


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    with stack.running(options.processes, stack.COUNTING) as lictor:
        results = asyncio.run(measure(lictor, SMALL if options.quick else LARGE, 0.2 if options.quick else min(options.seconds, 2.0)))  # fmt: skip
    show(console, results)
    return results
