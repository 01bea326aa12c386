"""Schedulers that are killed and started again at random while there is always something to schedule.

In: a stack. Out: how often each was killed, how many runs were made, and a proof: no firing of a clock has two runs, none
between the first and the last run of a flow has none, no flow is behind, no invariant is broken.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from datetime import timedelta
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, services, stack
from bench.report import progress
from bench.scheduler_world import frequent_schedule, make_flows, sql
from lictor.orchestration.schedules import next_times

WORKERS = 4
MAX_RUNS = 10
"""Runs ahead of each flow (the default of the setting)."""
SETTLES_WITHIN = 120.0
_SWITCH_ON = "mutation($input: set_schedule_active_input!) { set_schedule_active(input: $input) { success } }"
_SETTINGS = {
    "LICTOR_SCHEDULER_INTERVAL": "0.5", "LICTOR_DUE_TASK_RUNS_INTERVAL": "1", "LICTOR_CLOCK_LEASE": "1.5",
    "LICTOR_CLOCK_PATIENCE": "2", "LICTOR_WORKER_THREADS": "2",
}  # fmt: skip


async def measure(
    lictor: stack.Stack, seconds: float, flows: int = 2_000, seed: int | None = None
) -> dict[str, Any]:
    """Kill one of four workers (now and then the clock) every second or so, for `seconds`; flows are switched on all the
    while, by hand and by the API, which makes runs itself. Raises RuntimeError if anything was made twice or forgotten."""
    seed = random.randrange(2**32) if seed is None else seed
    connection = await asyncpg.connect(lictor.dsn, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        await make_flows(connection, [frequent_schedule(number) for number in range(flows)])
        with services.running(lictor, WORKERS, _SETTINGS) as served:
            progress(f"scheduler: {WORKERS} schedulers restarted at random for {seconds:.0f} s (seed {seed})")
            kills = await _disturb(lictor, connection, served, seconds, flows, random.Random(seed))
            began = time.perf_counter()

            async def caught_up() -> bool:
                return await sql.flows_behind.fetchval(connection, max_runs=MAX_RUNS) == 0

            await services.eventually(caught_up, "every flow has its runs", SETTLES_WITHIN)
            settled = time.perf_counter() - began
        runs = await sql.runs.fetchval(connection)
        return {
            "seconds": seconds, "seed": seed, **kills, "runs": runs, "settled_seconds": settled, **await check(connection),
        }  # fmt: skip
    finally:
        await connection.close()


async def _disturb(
    lictor: stack.Stack,
    connection: asyncpg.Connection,
    served: services.Services,
    seconds: float,
    flows: int,
    chance: random.Random,
) -> dict[str, int]:
    workers = clocks = 0
    until = time.monotonic() + seconds
    left, share = flows, max(1, int(flows / max(1.0, seconds)))
    while time.monotonic() < until:
        # At this moment schedulers find a batch of flows, which they and the API make runs of at once.
        count = min(left, share)
        if count:
            await sql.switch_on.execute(connection, count=count)
            if other := await sql.next_flow_off.fetchval(connection):
                await asyncio.to_thread(drive.call, lictor, _SWITCH_ON, {"input": {"flow_id": str(other)}})
            left -= count + (other is not None)
        await asyncio.sleep(chance.uniform(0, 1))
        if chance.random() < 0.1 and served.clock is not None:
            services.kill(served.clock)
            served.start_clock()
            clocks += 1
        else:
            services.kill(served.workers.pop(chance.randrange(len(served.workers))))
            served.start_worker(wait=False)
            workers += 1
        await asyncio.sleep(chance.uniform(0, 1))
    await sql.switch_on.execute(connection, count=flows)  # those that are left
    return {"workers_killed": workers, "clocks_killed": clocks}


async def check(connection: asyncpg.Connection) -> dict[str, int]:
    """Firings with two runs, firings without a run, broken invariants: all 0, or RuntimeError is raised."""
    found = {
        "duplicates": await sql.duplicates.fetchval(connection),
        "missing": sum(
            _missing(json.loads(row["schedule"]), row["times"]) for row in await sql.firings.fetch(connection)
        ),
        "violations": await sql.violations.fetchval(connection),
    }
    if any(found.values()):
        raise RuntimeError(f"a promise was broken: {found}")
    return found


def _missing(schedule: dict[str, Any], times: list[Any]) -> int:
    """Firings between the first and the last run that have no run.

    The last moment may have only one of its two runs: ten runs ahead may end between them.
    """
    due = next_times(schedule, after=times[0] - timedelta(microseconds=1), count=len(times) + 1)
    before_the_last = [each for each in due if each.start < times[-1]]
    return len(before_the_last) - sum(each < times[-1] for each in times)


def show(console: Console, results: dict[str, Any]) -> None:
    """Print what `measure` gave."""
    console.print(
        f"{WORKERS} schedulers restarted at random for {results['seconds']:.0f} s: SIGKILL for {results['workers_killed']} worker "
        f"processes and {results['clocks_killed']} clocks; {results['runs']:,} runs, of which {results['duplicates']} made twice and "
        f"{results['missing']} missing; {results['violations']} broken invariants; caught up {results['settled_seconds']:.1f} s after the last kill."
    )
