"""Every operation of the contract's list (server.md 5.1): its SQL statements, its rate and what it costs.

In: a running Lictor whose Postgres counts statements. Out: for each operation the statements that the gateway sends for
one call, rates, latencies and CPU with 1 and 16 clients, beside the original Prefect Server's and the aim (README.md
says where they come from). What an operation uses up is made before it is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, registration, stack
from bench.client import instant_server
from bench.operation_list import OPERATIONS, Maker, Operation
from bench.report import Options, cpu_cells, progress, table
from lictor.orchestration import queries

CLIENTS = (1, 16)
ALONE = 5
"""Calls made one after the other, of which the last ones are counted."""
WARM = 2
FASTEST = 6000
"""Calls per second that no gateway here exceeds: so many bodies are made of what may not be sent twice."""

_sql = queries.load(str(Path(__file__).with_suffix("")))


async def counted(
    connection: asyncpg.Connection, lictor: stack.Stack, bodies: Sequence[str], headers: dict[str, str]
) -> dict[str, float]:
    """SQL statements of one call, and those that only frame transactions, seen by Postgres."""
    for body in bodies[:WARM]:
        drive.post(lictor, body, headers)
    await connection.execute("SELECT pg_stat_statements_reset()")
    for body in bodies[WARM:]:
        drive.post(lictor, body, headers)
    used = await _sql.used.fetchrow(connection)
    calls = len(bodies) - WARM
    return {name: used[name] / calls for name in ("statements", "frames")}


async def _measure_one(
    lictor: stack.Stack, connection: asyncpg.Connection, maker: Maker, operation: Operation, seconds: float
) -> dict[str, Any]:
    share = {clients: min(operation.most, int(FASTEST * seconds)) // clients for clients in CLIENTS}
    needed = ALONE + sum(clients * each for clients, each in share.items())
    bodies = await operation.bodies(maker, needed if operation.once else 64)
    headers = {"X-PREFECT-AGENT-ID": maker.agent} if operation.as_agent else {}
    result: dict[str, Any] = {
        "name": operation.name, "original_calls": operation.original_calls, "per_call": operation.per_call,
        **await counted(connection, lictor, bodies[:ALONE], headers),
    }  # fmt: skip
    at = ALONE
    for clients, each in share.items():
        if operation.once:
            plans = [bodies[at + n * each : at + (n + 1) * each] for n in range(clients)]
            at += clients * each
        else:
            plans = [bodies[n * 4 % len(bodies) :] + bodies[: n * 4 % len(bodies)] for n in range(clients)]
        got = drive.drive(lictor, plans, seconds, headers=headers, once=operation.once)
        got["per_second"] = got["rate"] * operation.per_call
        got |= {"original": operation.original.get(clients), "aim": operation.aim.get(clients)}
        result[str(clients)] = got
    return result


async def measure(
    lictor: stack.Stack, seconds: float, operations: Sequence[Operation] = OPERATIONS, most: int | None = None
) -> list[dict[str, Any]]:
    """One result for each operation, in their order; `most` bounds how much is made for one."""
    connection = await asyncpg.connect(
        lictor.postgres.dsn("lictor", user="postgres"), server_settings={"timezone": "UTC", "jit": "off"}
    )
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        maker = await Maker.of(connection)
        results = []
        for operation in operations:
            progress(f"operations: {operation.name}")
            chosen = operation if most is None else operation.at_most(most)
            results.append(await _measure_one(lictor, connection, maker, chosen, seconds))
        return results
    finally:
        await connection.close()


def show(console: Console, results: Sequence[dict[str, Any]], processes: int) -> None:
    """Print the table: two lines of figures for each operation, with one client and with many."""
    rows = []
    for result in results:
        for clients in CLIENTS:
            got, first = result[str(clients)], clients == CLIENTS[0]
            original = got["original"]
            rows.append(
                (
                    result["name"] if first else "",
                    f"{result['statements']:.3g}" + (f" + {result['frames']:.3g}" if result["frames"] else "") if first else "",
                    result["original_calls"] if first else "", str(clients), f"{got['per_second']:,.0f}",
                    f"{original:,}" if original else "-", f"{got['per_second'] / original:.0f} x" if original else "-",
                    f"{got['aim']:,}" if got["aim"] else "-",
                    *(f"{got[share] * 1000:.1f}" for share in ("p50", "p95")), *cpu_cells(got["cpu_us"])[:2],
                    f"{got['errors']}" + (f" ({got['first_error'][-300:]})" if got["first_error"] else ""),
                )
            )  # fmt: skip
    columns = (
        "operation", "SQL", "Hasura *", "clients", "per s", "original *", "ratio", "aim",
        "p50 ms", "p95", "CPU µs: gateway", "Postgres", "errors",
    )  # fmt: skip
    title = f"Operations (contract server.md 5.1), {processes} gateway process(es), a new connection each"
    console.print(table(title, columns, rows))
    console.print(
        "SQL: statements that one call sends, `+ n` those that only begin or end a transaction. Hasura: the original's "
        "calls to it for the same, one after another."
    )


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    with stack.running(options.processes, stack.COUNTING) as lictor:
        results = asyncio.run(measure(lictor, min(options.seconds, 2.0), most=64 if options.quick else None))
    show(console, results, options.processes)
    # Another Lictor, in which nothing has been made: what is made above slows nothing down, but is much.
    with stack.running(options.processes) as lictor, instant_server() as instant:
        sizes = registration.REGISTERED[:2] if options.quick else registration.REGISTERED
        registrations = registration.register(lictor, instant, sizes)
    registration.show(console, registrations)
    console.print(
        "* Prefect Server with Hasura and Postgres, measured elsewhere (2 noisy cores, medians of 3)."
    )
    return {"operations": results, "register": registrations}
