"""A Lictor to measure: real Postgres with its production settings, one or more gateway processes.

Everything lives in a temporary directory on loopback and is gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer

COUNTING = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top"}
"""Settings of a Postgres that counts the statements it is sent."""


@dataclass
class Stack:
    """A running stack: where it is and which processes it is made of."""

    host: str
    port: int
    dsn: str
    postgres: PostgresServer
    gateways: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far by the gateway processes and by all of Postgres."""
        assert self.postgres.process is not None
        return {
            "gateway": sum(process_cpu(process.pid) for process in self.gateways),
            "postgres": process_cpu(self.postgres.process.pid),
        }

    def memory(self) -> dict[str, int]:
        """Unshared memory in bytes of the same processes."""
        assert self.postgres.process is not None
        trees = {"gateway": [p.pid for p in self.gateways], "postgres": [self.postgres.process.pid]}
        return {
            name: sum(p.memory_full_info().uss for pid in pids for p in _tree(psutil.Process(pid)))
            for name, pids in trees.items()
        }


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def process_cpu(pid: int) -> float:
    """CPU seconds that a process and those it has begun have used so far."""
    process = psutil.Process(pid)
    # Of the children that have ended, the parent knows (cutime); of those alive, only they themselves.
    total = 0.0
    for member in _tree(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            total += times.user + times.system
            if member.pid == process.pid:
                total += times.children_user + times.children_system
    return total


@contextlib.contextmanager
def running(
    processes: int = 1, settings: Mapping[str, str] | None = None, kept: Path | None = None
) -> Iterator[Stack]:
    """A fresh stack with `processes` gateway processes that share one listening socket.

    `settings` are added to Postgres' production settings. In the directory `kept` the database stays, and is found again
    by the next that names it; its schema is brought to today's.
    """
    with contextlib.ExitStack() as ends:
        directory = kept or Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="lictor-bench-")))
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711)
        postgres = ends.enter_context(PostgresServer(directory / "postgres", settings=settings))
        if not postgres.database_exists("lictor"):
            postgres.create_database("lictor")
        migrations.upgrade(postgres.dsn("lictor"))
        yield ends.enter_context(_gateways(postgres, processes))


@contextlib.contextmanager
def _gateways(postgres: PostgresServer, processes: int) -> Iterator[Stack]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    host, port = listener.getsockname()[:2]
    stack = Stack(host, port, postgres.dsn("lictor"), postgres)
    command = [
        sys.executable, "-m", "uvicorn", "lictor.actions.gateway.app:create_app", "--factory",
        "--fd", str(listener.fileno()), "--loop", "uvloop", "--http", "httptools", "--no-access-log",
        "--no-proxy-headers", "--no-server-header", "--no-date-header",
    ]  # fmt: skip
    environment = {**os.environ, "LICTOR_DATABASE_URL": postgres.dsn("lictor", socket=True)}
    try:
        for _ in range(processes):
            stack.gateways.append(
                subprocess.Popen(
                    command,
                    env=environment,
                    pass_fds=[listener.fileno()],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        _wait_until_healthy(stack)
        yield stack
    finally:
        for process in stack.gateways:
            process.terminate()
        for process in stack.gateways:
            process.wait(timeout=20)
        listener.close()


def _wait_until_healthy(stack: Stack) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"{stack.url}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
