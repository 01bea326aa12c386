"""Fixtures of the workers' tests: a real Valkey and real clock and worker processes on a database of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from lictor.cli.embedded.valkey import ValkeyServer

DEADLINE = 20.0
"""Seconds after which something that should have happened has not."""
LEASE = 1.5
"""Seconds: the clocks' lease in these tests."""


async def eventually(question: Callable[[], Awaitable[Any]], what: str, within: float = DEADLINE) -> Any:
    """The first true answer to `question`, asked again and again; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within} s: {what}; last answer {answer!r}"
        await asyncio.sleep(0.02)


class Processes:
    """Starts clock and worker processes and ends what still runs."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.running: list[Process] = []

    def start(self, *arguments: str, **environment: str) -> Process:
        number = len(self.running)
        log_path = self.directory / f"{number}.log"
        with log_path.open("wb") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={**os.environ, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process = Process(popen, log_path)
        self.running.append(process)
        return process

    def clock(self, **environment: str) -> Process:
        return self.start("lictor.workers.clock", **environment)

    def worker(self, **environment: str) -> Process:
        return self.start("lictor.workers", LICTOR_WORKER_THREADS="2", **environment)

    def end_group(self, process: Process) -> None:
        """SIGKILL a process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.popen.pid, signal.SIGKILL)
        process.popen.wait()

    def end(self) -> None:
        for process in self.running:
            self.end_group(process)


class Process:
    """A process that was started, and what it has logged."""

    def __init__(self, popen: subprocess.Popen[bytes], log_path: Path) -> None:
        self.popen = popen
        self.log_path = log_path

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    async def says(self, text: str) -> None:
        async def said() -> bool:
            assert self.popen.poll() is None or text in self.log, f"ended: {self.log}"
            return text in self.log

        await eventually(said, f"{text!r} in the log")

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A running Valkey of the test's own."""
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def processes(tmp_path: Path, fresh_database: str, valkey: ValkeyServer) -> Iterator[Processes]:
    """A way to start clocks and workers on `connections`' database and `valkey`."""
    started = Processes(
        tmp_path,
        {
            "LICTOR_DATABASE_URL": fresh_database,
            "LICTOR_REDIS_URL": valkey.url,
            "LICTOR_CLOCK_LEASE": str(LEASE),
            "LICTOR_SCHEDULER_INTERVAL": "0.5",
            "LICTOR_DUE_TASK_RUNS_INTERVAL": "0.5",
            "LICTOR_TENANT_PURGE_INTERVAL": "0.5",
            "LICTOR_LOG_LEVEL": "DEBUG",
            "LICTOR_LOG_FORMAT": "json",
        },
    )
    yield started
    started.end()


@pytest.fixture
async def connections(fresh_database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the processes' database."""
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=4) as pool:
        yield pool
