"""Calls to a Lictor: at full speed by many clients (bench.load in a process of its own), or one by one.

In: GraphQL documents and variables. Out: rates, latencies, errors, and the CPU that each process spent per call.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from bench import stack


def body(document: str, variables: Any = None) -> str:
    """A call as the real client sends it: the variables are JSON in JSON (contract client.md 1.1)."""
    return json.dumps({"query": document, "variables": json.dumps(variables)})


def drive(
    lictor: stack.Stack,
    clients: list[list[str]],
    seconds: float,
    *,
    headers: Mapping[str, str] | None = None,
    once: bool = False,
) -> dict[str, Any]:
    """Each client sends its bodies in turn for `seconds`, a new connection for each call, closed loop; with `once` none
    is sent a second time, and a client that has sent its last ends.

    `rate` is in calls per second, `p50`, `p95` and `p99` in seconds, `cpu_us` in µs per call of each party.
    """
    plan = {
        "host": lictor.host, "port": lictor.port, "seconds": seconds, "clients": clients, "headers": dict(headers or {}),
        "once": once,
    }  # fmt: skip
    before = lictor.cpu()
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    after = lictor.cpu()
    result: dict[str, Any] = json.loads(done.stdout)
    calls = result["calls"]
    result["rate"] = calls / result["seconds"]
    result["cpu_us"] = {name: (after[name] - before[name]) / calls * 1e6 for name in after}
    result["cpu_us"]["load"] = result["cpu"] / calls * 1e6
    return result


def call(lictor: stack.Stack, document: str, variables: Any = None) -> tuple[dict[str, Any], float]:
    """One call on a new connection: the data of its answer and the seconds it took. Raises on errors."""
    return post(lictor, body(document, variables))


def post(
    lictor: stack.Stack, body: str, headers: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], float]:
    """The same with a body made before."""
    encoded = body.encode()
    began = time.perf_counter()
    connection = http.client.HTTPConnection(lictor.host, lictor.port, timeout=60)
    try:
        connection.request("POST", "/", encoded, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        status, answer = response.status, response.read()
    finally:
        connection.close()
    seconds = time.perf_counter() - began
    decoded = json.loads(answer)
    if status != 200 or "errors" in decoded:
        raise RuntimeError(f"{status} {answer[:600].decode(errors='replace')}")
    return decoded["data"], seconds


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
