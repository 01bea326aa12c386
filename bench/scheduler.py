"""How fast the scheduler makes runs, and what a pass costs when there is nothing to do.

    .venv/bin/python bench/scheduler.py [flows ...]

Starts a Postgres of its own (fsync on), makes flows with different interval and cron schedules, and prints for each
number of flows: the first pass (10 runs for every flow), passes in steady state, and a pass of two workers at once.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import psutil

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration.schedules import next_times
from lictor.orchestration.scheduling import prepare_due_task_runs, schedule_flow_runs
from lictor.orchestration.types import Connection
from lictor.workers.database import SESSION_SETTINGS

MAX_RUNS = 10
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata")
NOW = datetime(2030, 3, 4, 5, 6, tzinfo=UTC)


def schedule(number: int) -> dict:
    """A schedule unlike those of other numbers: of four, two interval and two cron clocks."""
    start = {"dt": f"2026-01-01T{number % 24:02}:{number % 60:02}:00", "tz": ZONES[number % len(ZONES)]}
    if number % 4 < 2:
        clock = {"type": "IntervalClock", "interval": (600 + number) * 10**6, "start_date": start}
    elif number % 4 == 2:
        clock = {"type": "CronClock", "cron": f"{number % 60} * * * *", "start_date": start}
    else:
        clock = {"type": "CronClock", "cron": f"{number % 60} {number % 24} * * 1-5", "start_date": start}
    return {"type": "Schedule", "clocks": [clock]}


async def make_flows(connection: Connection, count: int) -> None:
    await connection.execute("TRUNCATE tenant, log, flow_run_state, task_run_state CASCADE")
    tenant_id = await connection.fetchval(
        "INSERT INTO tenant (name, slug) VALUES ('bench', 'bench') RETURNING id"
    )
    project_id = await connection.fetchval(
        "INSERT INTO project (tenant_id, name) VALUES ($1, 'bench') RETURNING id", tenant_id
    )
    await connection.execute(
        "WITH made AS (INSERT INTO flow_group (tenant_id, name)"
        "              SELECT $1, 'flow ' || n FROM generate_series(1, cardinality($3::jsonb[])) AS n"
        "              RETURNING id, name)"
        "INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, schedule,"
        "                  is_schedule_active, run_config)"
        "SELECT $1, $2, made.id, made.name, 1, made.name, ($3::jsonb[])[substr(made.name, 6)::int], true,"
        '       \'{"type": "LocalRun", "labels": ["bench"]}\' FROM made',
        tenant_id, project_id, [json.dumps(schedule(number)) for number in range(count)],
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO task (tenant_id, flow_id, slug) SELECT tenant_id, id, 'only' FROM flow"
    )
    # Not the tables of runs: as in a new installation, nothing is known of them yet.
    await connection.execute("VACUUM ANALYZE flow, flow_group, task")


def server_cpu(server: PostgresServer) -> float:
    """Seconds of CPU that the server's processes have used."""
    assert server.process is not None
    times = [it.cpu_times() for it in psutil.Process(server.process.pid).children(recursive=True)]
    return sum(it.user + it.system for it in times)


async def timed(server: PostgresServer, title: str, *passes) -> None:
    start, cpu, theirs = time.perf_counter(), time.process_time(), server_cpu(server)
    made = sum(len(answer) for answer in await asyncio.gather(*passes))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    theirs = server_cpu(server) - theirs
    rate = f"{made / seconds:9,.0f} runs/s" if made else " " * 16
    print(
        f"  {title:<38}{seconds:8.2f} s{made:9,} runs  {rate}   CPU: own {cpu:5.2f} s, Postgres {theirs:5.2f} s",
        flush=True,
    )


async def measure(server: PostgresServer, pool: asyncpg.Pool, count: int) -> None:
    async def scheduler(now: datetime = NOW) -> list:
        async with pool.acquire() as connection:
            return await schedule_flow_runs(connection, max_runs=MAX_RUNS, now=now)

    print(f"{count:,} flows")
    async with pool.acquire() as connection:
        await make_flows(connection, count)
    start = time.perf_counter()
    for number in range(1000):
        next_times(schedule(number), after=NOW, count=MAX_RUNS)
    print(f"  {'(computing 10 times of one schedule)':<38}{(time.perf_counter() - start) * 1000:8.0f} µs")
    await timed(server, "first pass", scheduler())
    await pool.execute("VACUUM ANALYZE")
    await timed(server, "pass with nothing to do", scheduler())
    await timed(server, "an hour later", scheduler(NOW + timedelta(hours=1)))
    async with pool.acquire() as connection:
        await make_flows(connection, count)
    await timed(server, "first pass, two schedulers at once", scheduler(), scheduler())
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE flow_run SET state_start_time = now() WHERE scheduled_start_time < $1",
            NOW + timedelta(minutes=30),
        )
        start = time.perf_counter()
        prepared = await prepare_due_task_runs(connection, timedelta(seconds=60))
        seconds = time.perf_counter() - start
    print(
        f"  {'task runs of runs that are due':<38}{seconds:8.2f} s{prepared:9,} runs  {prepared / seconds:9,.0f} runs/s"
    )


async def main(counts: list[int]) -> None:
    with PostgresServer.temporary({"fsync": "on"}) as server:
        server.create_database("bench")
        migrations.upgrade(server.dsn("bench"))
        async with asyncpg.create_pool(
            server.dsn("bench"), min_size=2, max_size=4, server_settings=SESSION_SETTINGS
        ) as pool:
            for count in counts:
                await measure(server, pool, count)


if __name__ == "__main__":
    asyncio.run(main([int(argument) for argument in sys.argv[1:]] or [1_000, 10_000]))
