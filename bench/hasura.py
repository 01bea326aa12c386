"""What it costs to have GraphQL answered by a server of its own: `python -m bench.hasura [SECONDS]`.

Three gateways over one database, one after the other and round about: with the engine in its process, before
`lictor engine serve` (LICTOR_GRAPHQL_URL), and the same with custom fields sent through it too
(LICTOR_GRAPHQL_ACTIONS=hasura). For each call: milliseconds of the middle one, one client after the other, and the CPU
that gateway, engine and Postgres used, which a busy machine changes least. A real Hasura is quicker than the engine in
its place; the ways between the processes are the same.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2

import lictor
from bench.stack import process_cpu
from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer

METADATA = Path(lictor.__file__).parent / "hasura" / "metadata"
ROUNDS = 3
MODES = {
    "in the process": {},
    "Hasura, custom fields direct": {"LICTOR_GRAPHQL_ACTIONS": "direct"},
    "Hasura, all through it": {"LICTOR_GRAPHQL_ACTIONS": "hasura"},
}
CALLS = {
    "query of a row": "query ($id: uuid!) { tenant_rows(where: {id: {_eq: $id}}) { id name } }",
    "custom query, no SQL": "query { hello }",
    "custom mutation": "mutation { write_run_logs(input: {logs: []}) { success } }",
}


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def process(command: list[str], url: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, from when it is healthy until the block ends."""
    running = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(url, timeout=2).status_code == 200:
                    break
            if time.monotonic() > deadline or running.poll() is not None:
                raise RuntimeError(f"{command[0]} did not start")
            # Another process: only asking tells.
            time.sleep(0.05)
        yield running
    finally:
        running.terminate()
        running.wait(timeout=30)


def measure(
    url: str, query: str, variables: dict[str, str], seconds: float, pids: list[int]
) -> tuple[float, float]:
    """Milliseconds of the middle call, and of CPU for each."""
    latencies = []
    with httpx2.Client(base_url=url, timeout=30) as client:
        body = {"query": query, "variables": variables}
        for _ in range(10):
            answer = client.post("/", json=body).json()
            assert "errors" not in answer, answer
        used = sum(map(process_cpu, pids))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.perf_counter()
            client.post("/", json=body)
            latencies.append(time.perf_counter() - began)
        used = sum(map(process_cpu, pids)) - used
    return statistics.median(latencies) * 1000, used / len(latencies) * 1000


def run(postgres: PostgresServer, seconds: float) -> dict[tuple[str, str], tuple[float, float]]:
    """The best of the rounds for each call and mode: what else runs on the machine only ever adds."""
    dsn = postgres.dsn("lictor")
    engine_port, gateway_port = _port(), _port()
    engine_url, gateway_url = f"http://127.0.0.1:{engine_port}", f"http://127.0.0.1:{gateway_port}"
    shared = {"LICTOR_ACTIONS_SECRET": uuid.uuid4().hex}
    hasura = {
        "HASURA_GRAPHQL_DATABASE_URL": dsn,
        "HASURA_GRAPHQL_METADATA_DIR": str(METADATA),
        "HASURA_GRAPHQL_SERVER_PORT": str(engine_port),
        "HASURA_GRAPHQL_V1_BOOLEAN_NULL_COLLAPSE": "true",
        "LICTOR_ACTIONS_URL": gateway_url,
    }
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with process(
        ["lictor.cli.main", "engine", "serve"], f"{engine_url}/healthz", **shared, **hasura
    ) as engine:
        for _ in range(ROUNDS):
            for mode, environment in MODES.items():
                remote = {"LICTOR_GRAPHQL_URL": engine_url} if environment else {}
                settings = {
                    **shared, **environment, **remote,
                    "LICTOR_DATABASE_URL": dsn, "LICTOR_PORT": str(gateway_port),
                }  # fmt: skip
                with process(
                    ["lictor.actions.gateway.serve"], f"{gateway_url}/health", **settings
                ) as gateway:
                    assert postgres.process is not None
                    pids = [gateway.pid, engine.pid, postgres.process.pid]
                    for call, query in CALLS.items():
                        variables = {"id": str(uuid.uuid4())} if "$id: uuid!" in query else {}
                        numbers = measure(gateway_url, query, variables, seconds, pids)
                        found.setdefault((call, mode), []).append(numbers)
    return {key: (min(a for a, _ in all_), min(b for _, b in all_)) for key, all_ in found.items()}


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with tempfile.TemporaryDirectory(prefix="lictor-bench-") as directory:
        Path(directory).chmod(0o711)
        with PostgresServer(Path(directory) / "postgres") as postgres:
            postgres.create_database("lictor")
            migrations.upgrade(postgres.dsn("lictor"))
            found = run(postgres, seconds)
    print(f"{'call':<22}{'answered':<32}{'p50 ms':>8}{'CPU ms':>8}")
    for (call, mode), (latency, cpu) in sorted(found.items(), key=lambda item: list(CALLS).index(item[0][0])):
        print(f"{call:<22}{mode:<32}{latency:>8.2f}{cpu:>8.2f}")


if __name__ == "__main__":
    main()
