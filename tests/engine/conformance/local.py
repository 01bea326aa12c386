"""Our own engine as a process of its own, on a free port of the loopback interface.

In: the address of an empty database. Out: a URL that answers /healthz. Raises AssertionError with the process'
output if it does not come up.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

COMMAND = [sys.executable, "-m", "lictor.cli.main", "engine", "serve"]
ADMIN_SECRET = "conformance"
STARTING_TIME = 30.0  # seconds


@contextmanager
def running_engine(database_url: str, directory: Path) -> Iterator[str]:
    """The URL of an engine that serves no metadata yet; it is ended afterwards. Its log goes to `directory`."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HASURA_GRAPHQL_")}
    environment = {
        **kept,
        "HASURA_GRAPHQL_DATABASE_URL": database_url,
        "HASURA_GRAPHQL_ADMIN_SECRET": ADMIN_SECRET,
        "HASURA_GRAPHQL_SERVER_PORT": str(port),
        "HASURA_GRAPHQL_PG_CONNECTIONS": "5",
    }
    log = directory / "engine.log"
    with log.open("wb") as output:
        process = subprocess.Popen(COMMAND, env=environment, stdout=output, stderr=output)
    try:
        _await_answer(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTING_TIME
    with httpx2.Client(trust_env=False) as client:
        while True:
            assert process.poll() is None, f"the engine ended with {process.returncode}:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the engine does not answer:\n{log.read_text()}"
            try:
                if client.get(f"{url}/healthz").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
