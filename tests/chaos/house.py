"""A whole Lictor to be broken: `lictor up` with two API processes and short intervals, and what can be done to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import redis

from lictor.cli.embedded import processes
from lictor.cli.embedded.postgres import PostgresServer
from tests.cli.lictor_process import LictorProcess, clean_environment

SETTINGS = {
    "LICTOR_API_PROCESSES": "2",
    "LICTOR_CLOCK_LEASE": "1.5",
    "LICTOR_CLOCK_PATIENCE": "3",
    "LICTOR_SCHEDULER_INTERVAL": "1",
    "LICTOR_DUE_TASK_RUNS_INTERVAL": "1",
    "LICTOR_SCHEDULED_RUNS_PER_FLOW": "20",
    "LICTOR_DATABASE_POOL_SIZE": "6",
    "LICTOR_LOG_LEVEL": "INFO",
}
COMEBACK = 60.0
"""Seconds after which something that should be up again is not."""


class House:
    """One running Lictor."""

    def __init__(self, **settings: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="lictor-chaos-"))
        self.directory.chmod(0o711)
        self.process = LictorProcess(self.directory / "data", **{**SETTINGS, **settings})
        self.extra: list[subprocess.Popen[bytes]] = []
        self.cluster = PostgresServer(self.process.instance.data_dir / "postgres")

    def start(self) -> None:
        self.process.ensure_up()

    def end(self) -> None:
        """End all of it; the directory goes, unless LICTOR_CHAOS_KEEP says otherwise."""
        for extra in self.extra:
            extra.kill()
            extra.wait()
        for pid in self.process.pids() if self.process.process else []:
            processes.send(pid, signal.SIGCONT)
        self.process.kill()
        if not os.environ.get("LICTOR_CHAOS_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def url(self) -> str:
        return self.process.url

    @property
    def log(self) -> str:
        return self.process.instance.log_path.read_text()

    def pids(self, service: str) -> list[int]:
        """The processes of `api`, `worker`, `clock`, `valkey` or `postgres` (its postmaster first)."""
        if service == "postgres":
            first = self.process.pid("postgres")
            return [first, *(pid for pid in self.cluster.pids() if pid != first)]
        names = [name for name in self.process.state["services"] if name.partition("-")[0] == service]
        pids = [self.process.pid(name) for name in names]
        if service == "worker":
            pids += [child for pid in pids for child in _children(pid)]
        return [pid for pid in pids if pid]

    def send(self, service: str, number: signal.Signals, *, all: bool = False) -> None:
        """A signal to the first process of a service, or to all of them."""
        pids = self.pids(service)
        for pid in pids if all else pids[:1]:
            processes.send(pid, number)

    def second_clock(self) -> subprocess.Popen[bytes]:
        """Another clock on the same database: it stands by, and leads when the first one is silent."""
        environment = clean_environment(
            **self.process.variables,
            LICTOR_DATABASE_URL=self.process.state["database_url"],
            LICTOR_REDIS_URL=self.process.state["redis_url"],
        )
        with (self.directory / "clock.log").open("ab") as log:
            clock = subprocess.Popen(
                [sys.executable, "-m", "lictor.workers.clock"], env=environment, stdout=log, stderr=log
            )
        self.extra.append(clock)
        return clock

    def end_clock(self, clock: subprocess.Popen[bytes]) -> None:
        """SIGTERM to a second clock: it resigns."""
        clock.terminate()
        clock.wait(20)
        self.extra.remove(clock)

    @contextlib.contextmanager
    def valkey(self) -> Iterator[redis.Redis]:
        with contextlib.closing(redis.Redis.from_url(self.process.state["redis_url"])) as client:
            yield client

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the database; waits for a Postgres that is away."""
        deadline = time.monotonic() + COMEBACK
        while True:
            try:
                connection = await asyncpg.connect(self.process.state["database_url"], timeout=5)
                break
            except (OSError, asyncpg.PostgresError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)
        try:
            yield connection
        finally:
            connection.terminate()

    async def breathes(self) -> None:
        """Wait until every service has a process again, whatever it can do: there is something to break."""
        began = time.monotonic()
        while {service["state"] for service in self.process.state.get("services", {}).values()} - {
            "running",
            "done",
        }:
            assert time.monotonic() - began < COMEBACK, f"not up again:\n{self.log[-3000:]}"
            await asyncio.sleep(0.1)

    async def recovered(self) -> float:
        """Wait until every service runs, the API answers and a duty ordered from now on is done; in how many seconds."""
        began = time.monotonic()
        while not await asyncio.to_thread(self.process.is_up):
            assert time.monotonic() - began < COMEBACK, f"not up again:\n{self.log[-3000:]}"
            await asyncio.sleep(0.1)
        async with self.database() as database:
            ordered = await database.fetchval("SELECT clock_timestamp()")
            done = "SELECT EXISTS (SELECT FROM utility.duty WHERE name = 'schedule_flow_runs' AND dispatched_at > $1 AND last_succeeded > $1)"
            while not await database.fetchval(done, ordered):
                assert time.monotonic() - began < COMEBACK, f"no duty is done:\n{self.log[-3000:]}"
                await asyncio.sleep(0.05)
        return time.monotonic() - began


def _children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []
