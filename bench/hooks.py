"""Deliveries to hooks per second, with a listener that fails 30 % of the time; and what the outbox costs a state.

    .venv/bin/python -m bench.hooks [deliveries]

Starts a Postgres (fsync on), a Valkey, one or two worker processes as `lictor up` runs them, and a listener in this
process. Then it proves: every event was told, none was lost, and each run's events came in their order.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import psutil

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.embedded.valkey import ValkeyServer
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from lictor.workers.database import SESSION_SETTINGS

STATES = ("Submitted", "Running", "Success")
PER_RUN = 1 + len(STATES)
"""States of a run, the one it is made with included."""
FAILING = 0.3
RETRY_DELAY = 0.2
"""Seconds; with the default of 5, the last of 10,000 would be told after many minutes, and nothing else measured."""
PER_HOST = 32


class Listener:
    """Answers 200, or 503 in 30 % of cases; remembers the versions that it took, run by run."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.requests = 0
        self.begun = asyncio.Event()
        self.taken: defaultdict[str, list[int]] = defaultdict(list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                state = orjson.loads(await reader.readexactly(length))["event"]["state"]
                self.requests += 1
                self.begun.set()
                if self.random.random() < FAILING:
                    writer.write(b"HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n")
                else:
                    self.taken[state["flow_run_id"]].append(state["version"])
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()


async def make_flow(pool: asyncpg.Pool) -> UUID:
    """A flow without tasks in a new tenant."""
    tenant = await pool.fetchval(
        "INSERT INTO tenant (name, slug) VALUES ('bench', gen_random_uuid()::text) RETURNING id"
    )
    ids = [
        await pool.fetchval(
            f"INSERT INTO {table} (tenant_id, name) VALUES ($1, 'bench') RETURNING id", tenant
        )
        for table in ("project", "flow_group")
    ]
    return await pool.fetchval(
        "INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id)"
        " VALUES ($1, $2, $3, 'bench', 1, 'bench') RETURNING id", tenant, *ids)  # fmt: skip


async def make_hook(pool: asyncpg.Pool, flow: UUID, url: str, states: tuple[str, ...]) -> None:
    await pool.execute(
        "INSERT INTO cloud_hook (tenant_id, type, states, config)"
        " SELECT tenant_id, 'WEBHOOK', $2::jsonb, $3::jsonb FROM flow WHERE id = $1",
        flow, json.dumps([state.upper() for state in states]), json.dumps({"url": url}),
    )  # fmt: skip


async def make_runs(pool: asyncpg.Pool, flow: UUID, count: int) -> list[UUID]:
    async with pool.acquire() as connection:
        made = await create_flow_runs(connection, [NewFlowRun(flow_id=flow) for _ in range(count)])
    return [each.unwrap() for each in made]


async def enter(pool: asyncpg.Pool, runs: list[UUID], kind: str, per_call: int) -> None:
    state = prepare_state({"type": kind, "message": f"{kind}."})
    async with pool.acquire() as connection:
        for first in range(0, len(runs), per_call):
            await set_flow_run_states(
                connection, [[NewState(id, state) for id in runs[first : first + per_call]]]
            )


async def cost(pool: asyncpg.Pool, count: int) -> None:
    """Microseconds of a state, alone and among 50, with and without the outbox's trigger."""
    flow = await make_flow(pool)
    runs = await make_runs(pool, flow, count)
    cases = {
        "no trigger": "ALTER TABLE flow_run_state DISABLE TRIGGER write_outbox_on_state_insert",
        "no hook": "ALTER TABLE flow_run_state ENABLE TRIGGER write_outbox_on_state_insert",
        "a hook for other states": "FAILED",
        "a hook for this state": "RUNNING",
    }
    best: dict[tuple[str, int], float] = {}
    for _ in range(3):
        await pool.execute("DELETE FROM cloud_hook")
        for name, change in cases.items():
            if name.startswith("a hook"):
                await pool.execute("DELETE FROM cloud_hook")
                await make_hook(pool, flow, "http://127.0.0.1:9/", (change,))
            else:
                await pool.execute(change)
            for per_call in (1, 50):
                started = time.perf_counter()
                await enter(pool, runs, "Running", per_call)
                took = (time.perf_counter() - started) / len(runs) * 1e6
                best[name, per_call] = min(took, best.get((name, per_call), took))
    print("a flow run's state, µs of one connection's time (best of 3): 1 per call, 50 per call")
    for name in cases:
        print(f"  {name:<38}{best[name, 1]:9,.0f} µs{best[name, 50]:9,.0f} µs", flush=True)
    await pool.execute("DELETE FROM tenant")


def start_worker(dsn: str, redis_url: str, directory: Path) -> subprocess.Popen[bytes]:
    environment = {
        "LICTOR_DATABASE_URL": dsn,
        "LICTOR_REDIS_URL": redis_url,
        "LICTOR_HOOK_NETWORKS": "127.0.0.0/8",
        "LICTOR_HOOK_RETRY_DELAY": str(RETRY_DELAY),
        "LICTOR_HOOK_MAX_ATTEMPTS": "100",
        "LICTOR_HOOK_RETRY_LONGEST": "2",
        "LICTOR_HOOK_CONCURRENCY_PER_HOST": str(PER_HOST),
        "LICTOR_LOG_LEVEL": "WARNING",
    }
    with (directory / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dramatiq", "lictor.workers.main", "--processes", "1", "--threads", "2"],
            env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def end_worker(worker: subprocess.Popen[bytes]) -> None:
    os.killpg(worker.pid, signal.SIGTERM)
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _cpu(pid: int) -> float:
    """CPU seconds of a process and those it has begun."""
    parent = psutil.Process(pid)
    times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
    return sum(each.user + each.system for each in times)


async def deliver(
    pool: asyncpg.Pool, dsn: str, redis_url: str, count: int, workers: int, postgres: int
) -> None:
    """Owe `count` events and have them told, beginning with the workers' start."""
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    flow = await make_flow(pool)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await make_hook(pool, flow, url, ("Scheduled", *STATES))
    runs: list[UUID] = []
    while len(runs) < count // PER_RUN:
        runs += await make_runs(pool, flow, min(500, count // PER_RUN - len(runs)))
    for kind in STATES:
        await enter(pool, runs, kind, 50)
    owed = await pool.fetchval("SELECT count(*) FROM hook_delivery")
    with tempfile.TemporaryDirectory() as directory:
        started = [start_worker(dsn, redis_url, Path(directory)) for _ in range(workers)]
        try:
            await listener.begun.wait()
            began = time.perf_counter()
            theirs, ours = _cpu(postgres), sum(_cpu(worker.pid) for worker in started)
            while await pool.fetchval("SELECT EXISTS (SELECT FROM hook_delivery WHERE status = 'Pending')"):
                await asyncio.to_thread(time.sleep, 0.1)
            seconds = time.perf_counter() - began
            theirs, ours = _cpu(postgres) - theirs, sum(_cpu(worker.pid) for worker in started) - ours
        finally:
            for worker in started:
                end_worker(worker)
    server.close()
    told = {id: list(dict.fromkeys(versions)) for id, versions in listener.taken.items()}
    lost = owed - sum(map(len, told.values()))
    disordered = sum(versions != sorted(versions) for versions in told.values())
    undelivered = await pool.fetchval("SELECT count(*) FROM hook_delivery WHERE status <> 'Delivered'")
    twice = sum(map(len, listener.taken.values())) - owed
    print(
        f"{owed:,} deliveries, {workers} worker process(es), {FAILING:.0%} of requests fail: {seconds:.1f} s,"
        f" {owed / seconds:,.0f} deliveries/s, {listener.requests / seconds:,.0f} requests/s;"
        f" CPU per request: workers {ours / listener.requests * 1e6:,.0f} µs, Postgres {theirs / listener.requests * 1e6:,.0f} µs;"
        f" lost {lost}, not delivered {undelivered}, told twice {twice}, runs out of order {disordered}",
        flush=True,
    )
    await pool.execute("DELETE FROM tenant")
    if lost or undelivered or disordered:
        raise RuntimeError("a promise was broken")


async def main(count: int) -> None:
    with (
        PostgresServer.temporary({"fsync": "on"}) as server,
        tempfile.TemporaryDirectory() as directory,
        ValkeyServer(Path(directory)) as valkey,
    ):
        assert server.process is not None
        server.create_database("bench")
        dsn = server.dsn("bench")
        migrations.upgrade(dsn)
        async with asyncpg.create_pool(
            dsn, min_size=2, max_size=4, server_settings={**SESSION_SETTINGS, "plan_cache_mode": "auto"}
        ) as pool:
            await cost(pool, min(200, count // 2))
            for workers in (1, 2):
                await deliver(pool, dsn, valkey.url, count, workers, server.process.pid)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
