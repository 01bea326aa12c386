"""How fast the scheduler makes runs, how soon agents see those that come due, and that no restart makes one twice.

In: stacks of their own, with a clock and worker processes as `lictor up` runs them. Out: for one worker process and for
two the seconds in which 10,000 flows get their ten runs each, with CPU; then what bench/due_runs.py and bench/restarts.py
say.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from rich.console import Console

from bench import due_runs, restarts, services, stack
from bench.report import Options, progress, table
from bench.scheduler_world import make_flows, schedule, sql
from lictor.orchestration.schedules import next_times

MAX_RUNS = 10
"""Runs ahead of each flow (the default of the setting)."""
AIM = 30.0
_DUTY = "schedule_flow_runs"
# The pass that is measured is ordered by hand.
_SETTINGS = {"LICTOR_SCHEDULER_INTERVAL": "86400"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is made: `schedules` flows, `due` runs at one moment `lead` seconds ahead, `restarts` in seconds."""

    schedules: int = 10_000
    due: int = 100_000
    lead: float = 150.0
    restarts: float = 300.0


QUICK = Sizes(schedules=100, due=400, lead=12.0, restarts=10.0)


async def top_up(lictor: stack.Stack, count: int, workers: int, helpers: int) -> dict[str, Any]:
    """Ten runs for each of `count` flows, then a pass with nothing to do; seconds from the order to the last run."""
    progress(f"scheduler: {count:,} schedules, {workers} worker process(es), {helpers} helpers")
    connection = await asyncpg.connect(lictor.dsn, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        await make_flows(connection, [schedule(number) for number in range(count)])
        settings = {**_SETTINGS, "LICTOR_SCHEDULER_HELPERS": str(helpers)}
        with services.running(lictor, workers, settings) as served:

            async def all_made() -> bool:
                return await sql.runs.fetchval(connection) == count * MAX_RUNS

            await services.do_duty(connection, _DUTY)  # connections are open, everything is loaded
            await sql.switch_on.execute(connection, count=count)
            await connection.execute("VACUUM ANALYZE flow")
            began, before = time.perf_counter(), (served.cpu(), lictor.cpu()["postgres"])
            await services.do_duty(connection, _DUTY)
            await services.eventually(all_made, f"{count * MAX_RUNS:,} runs", 60)
            seconds = time.perf_counter() - began
            used = (served.cpu() - before[0], lictor.cpu()["postgres"] - before[1])
            await connection.execute("VACUUM ANALYZE")
            idle = await services.do_duty(connection, _DUTY)
            if duplicates := await sql.duplicates.fetchval(connection):
                raise RuntimeError(f"{duplicates} runs were made twice")
        return {
            "schedules": count, "workers": workers, "helpers": helpers, "runs": count * MAX_RUNS, "seconds": seconds,
            "per_second": count * MAX_RUNS / seconds, "idle_seconds": idle,
            "worker_cpu_us": used[0] / (count * MAX_RUNS) * 1e6, "postgres_cpu_us": used[1] / (count * MAX_RUNS) * 1e6,
        }  # fmt: skip
    finally:
        await connection.close()


def planning(count: int = 1000) -> float:
    """µs of CPU in which the next ten times of a schedule are computed."""
    documents = [json.dumps(schedule(number)) for number in range(count)]
    began, now = time.process_time(), datetime.now(UTC)
    for document in documents:
        next_times(json.loads(document), after=now, count=MAX_RUNS)
    return (time.process_time() - began) / count * 1e6


async def measure(
    lictor: stack.Stack, sizes: Sizes, cases: Sequence[tuple[int, int]] = ((1, 0), (1, 3), (2, 3))
) -> dict[str, Any]:
    """All three parts; `cases` are numbers of worker processes and of helpers that the first one calls."""
    return {
        "planning_us": planning(),
        "top_ups": [await top_up(lictor, sizes.schedules, workers, helpers) for workers, helpers in cases],
        "due": await due_runs.measure(lictor, sizes.due, sizes.lead),
        "restarts": await restarts.measure(lictor, sizes.restarts, flows=min(2_000, sizes.schedules)),
    }


def show(console: Console, results: dict[str, Any]) -> None:
    """Print what `measure` gave."""
    rows = [
        (
            f"{got['workers']}", f"{got['helpers']}", f"{got['seconds']:.1f}", f"< {AIM:.0f}", f"{got['per_second']:,.0f}",
            f"{got['worker_cpu_us']:,.0f}", f"{got['postgres_cpu_us']:,.0f}",
            f"{(got['worker_cpu_us'] + got['postgres_cpu_us']) * got['runs'] / 1e6:.1f}", f"{got['idle_seconds'] * 1000:,.0f}",
        )
        for got in results["top_ups"]
    ]  # fmt: skip
    columns = (
        "worker processes", "helpers", "s", "aim", "runs/s", "CPU µs per run: workers", "Postgres", "CPU s in all",
        "pass with nothing to do, ms",
    )  # fmt: skip
    title = f"{results['top_ups'][0]['schedules']:,} schedules get {MAX_RUNS} runs each; computing the times of one: {results['planning_us']:,.0f} µs"
    console.print(table(title, columns, rows, left=0))
    due_runs.show(console, results["due"])
    restarts.show(console, results["restarts"])


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    sizes = QUICK if options.quick else Sizes(restarts=options.restarts)
    with stack.running(options.processes) as lictor:
        results = asyncio.run(measure(lictor, sizes))
    show(console, results)
    return results
