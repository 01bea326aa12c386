"""`lictor up` as a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lictor.cli.embedded import processes
from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.instance import MARKER, Instance
from lictor.cli.stack import DATABASE

LICTOR = [sys.executable, "-m", "lictor.cli.main"]


def clean_environment(**variables: str) -> dict[str, str]:
    """Our environment without settings that the machine may have, plus `variables`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LICTOR_", "PREFECT__"))
    }
    return {**kept, **variables}


def run_lictor(*arguments: str, timeout: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command of `lictor` to its end."""
    return subprocess.run(
        [*LICTOR, *arguments],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def until(ask: Callable[[], bool], timeout: float, what: str, every: float = 0.03) -> None:
    """Ask `every` so many seconds until the answer is true; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not ask():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:g} s still not: {what}")
        # Of other processes: only asking tells.
        time.sleep(every)


class LictorProcess:
    """One `lictor up` on a data directory."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.variables = variables
        self.instance = Instance(data_dir)
        self.output_path = data_dir.parent / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                [*LICTOR, "up", "--port", "0", "--data-dir", str(self.instance.data_dir)],
                env=clean_environment(**self.variables),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def ensure_up(self) -> None:
        """Start it unless it runs, and wait until it is up."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        until(self.is_up, 60, "up")

    @property
    def supervisor_pid(self) -> int:
        assert self.process
        return self.process.pid

    @property
    def output(self) -> str:
        return self.output_path.read_text()

    @property
    def state(self) -> dict[str, Any]:
        return self.instance.state() or {}

    @property
    def url(self) -> str:
        """Where it serves; only of one that has been up."""
        return self.state["url"]

    @property
    def database_url(self) -> str:
        """Its database, for its owner."""
        return PostgresServer(self.instance.data_dir / "postgres").dsn(DATABASE)

    def pid(self, service: str) -> int:
        return self.state["services"][service]["pid"]

    def is_up(self) -> bool:
        """Whether every service runs and the API answers."""
        assert self.process, "never started"
        assert self.process.poll() is None, f"lictor ended with {self.process.returncode}:\n{self.output}"
        services = self.state.get("services", {})
        states = {service["state"] for service in services.values()}
        served = any(name.partition("-")[0] == "api" for name in services)
        return served and states == {"running", "done"} and self.api_answers()

    def api_answers(self) -> bool:
        """Whether a query that needs the database is answered."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        body = json.dumps({"query": "{ tenant { slug } }"}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"content-type": "application/json"})
        with contextlib.suppress(OSError), opener.open(request, timeout=15) as answer:
            return "data" in json.load(answer)
        return False

    def pids(self) -> list[int]:
        """Every process that belongs to it, the supervisor excepted."""
        return [
            *processes.pids_with_environment(MARKER, self.instance.marker),
            *PostgresServer(self.instance.data_dir / "postgres").pids(),
        ]

    def stop(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        assert self.process
        self.process.send_signal(signum)
        return self.process.wait(60)

    def kill(self) -> None:
        """End it and everything that belongs to it, however it may be."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
            self.process.kill()
            self.process.wait()
        for pid in self.pids():
            processes.send(pid, signal.SIGKILL)
