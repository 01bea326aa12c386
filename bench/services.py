"""The services of a stack to measure: a Valkey, a clock and worker processes, as `lictor up` runs them.

In: a running stack and settings. Out: processes that are gone afterwards, and the CPU that they have used.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg

from bench import stack
from lictor.cli.embedded.valkey import ValkeyServer
from lictor.orchestration import queries

_READY = "ready for action"
_sql = queries.load(str(Path(__file__).with_suffix("")))


class Services:
    """Clocks and workers on one database and one Valkey; what is killed stays counted in nothing."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = {**os.environ, **environment}
        self._started = 0
        self.workers: list[subprocess.Popen[bytes]] = []
        self.clock: subprocess.Popen[bytes] | None = None

    def _start(self, module: str) -> subprocess.Popen[bytes]:
        self._started += 1
        with self._log(self._started).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _log(self, number: int) -> Path:
        return self._directory / f"{number}.log"

    def start_clock(self) -> None:
        """Start the clock."""
        self.clock = self._start("lictor.workers.clock")

    def start_worker(self, *, wait: bool = True) -> None:
        """Start a worker process; with `wait`, until it takes messages."""
        worker = self._start("lictor.workers")
        self.workers.append(worker)
        log, deadline = self._log(self._started), time.monotonic() + 60
        while wait and _READY not in log.read_text():
            if worker.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no worker: {log.read_text()[-2000:]}")
            time.sleep(0.05)

    def cpu(self) -> float:
        """CPU seconds that the worker processes have used so far."""
        return sum(stack.process_cpu(worker.pid) for worker in self.workers)

    def errors(self) -> list[str]:
        """Lines of the logs that tell of an error."""
        return [
            line
            for log in sorted(self._directory.glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if '"level":"error"' in line or '"level": "error"' in line or line.startswith("Traceback")
        ]


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL a process and all that it has forked."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def running(
    lictor: stack.Stack, workers: int, settings: Mapping[str, str] | None = None
) -> Iterator[Services]:
    """A Valkey, one clock and `workers` worker processes that take messages; `settings` go to all of them."""
    with tempfile.TemporaryDirectory(prefix="lictor-bench-") as directory:
        (Path(directory) / "logs").mkdir()
        with ValkeyServer(Path(directory)) as valkey:
            environment = {
                "LICTOR_DATABASE_URL": lictor.dsn, "LICTOR_REDIS_URL": valkey.url, "LICTOR_LOG_FORMAT": "json",
                "LICTOR_LOG_LEVEL": "INFO", **(settings or {}),
            }  # fmt: skip
            services = Services(Path(directory) / "logs", environment)
            try:
                for _ in range(workers):
                    services.start_worker()
                services.start_clock()
                yield services
            finally:
                for process in (*services.workers, *([services.clock] if services.clock else [])):
                    kill(process)


async def eventually(question: Callable[[], Awaitable[Any]], what: str, within: float) -> Any:
    """The first true answer to `question`, asked every 50 ms; raises RuntimeError after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := await question()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(0.05)
    return answer


async def do_duty(connection: asyncpg.Connection, name: str, within: float = 600) -> float:
    """Make a duty due now and wait until it is done; returns the seconds that its worker wrote down."""

    async def declared() -> bool:
        return await _sql.idle.fetchval(connection, name=name)

    async def done() -> bool:
        return await _sql.done.fetchval(connection, name=name, dispatch=dispatch)

    await eventually(declared, f"the duty {name} is idle", within)
    dispatch = await _sql.make_due.fetchval(connection, name=name)
    await connection.execute("NOTIFY lictor_leader")
    await eventually(done, f"the duty {name} is done", within)
    return await _sql.duration.fetchval(connection, name=name)
