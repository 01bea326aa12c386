"""A real client maps over 10 to 100 tasks at once: seconds per flow run beyond a server that answers instantly.

In: a running Lictor. Out: for each n and executor the median seconds of a run against the instant server and against
Lictor, taken in turns in two long-lived client processes (imports cost nothing here), and what the original needs.
"""

from __future__ import annotations

import statistics
from typing import Any

from rich.console import Console

from bench import stack
from bench.client import Instant, RealClient, instant_server, real_client
from bench.report import Options, progress, table

SIZES = (10, 20, 50, 100)
ORIGINAL_BEYOND = {10: 0.45, 20: 0.7, 50: 1.7, 100: 3.1}
"""Seconds beyond the instant server that the original Prefect Server needs; measured elsewhere (README.md)."""
ORIGINAL_INSTANT = {10: 0.31, 20: 0.52, 50: 1.03, 100: 1.9}
"""Seconds against the instant server in that same measurement."""
EXECUTORS = {"threads": True, "one by one": False}


def measure(
    lictor: stack.Stack, instant: Instant, sizes: tuple[int, ...] = SIZES, times: int = 3
) -> list[dict[str, Any]]:
    """One result for each executor and n, medians of `times` runs."""
    with real_client(lictor.url) as ours, real_client(instant.url) as theirs:
        for one in (ours, theirs):
            one.ask("prepare")
            one.ask("run", n=2, threads=True)  # warm: lazy imports, plans
        return [
            {"executor": name, **_one(lictor, instant, ours, theirs, n, threads, times)}
            for name, threads in EXECUTORS.items()
            for n in sizes
        ]


def _one(
    lictor: stack.Stack,
    instant: Instant,
    ours: RealClient,
    theirs: RealClient,
    n: int,
    threads: bool,
    times: int,
) -> dict[str, Any]:
    progress(f"mapped: {n} tasks, {'threads' if threads else 'one by one'}")
    seconds: dict[str, list[float]] = {"instant": [], "lictor": []}
    client_cpu: list[float] = []
    calls: dict[str, int] = {}
    cpu = dict.fromkeys(lictor.cpu(), 0.0)
    for _ in range(times):
        instant.calls()
        seconds["instant"].append(_run(theirs, n, threads)["seconds"])
        calls = instant.calls()
        before = lictor.cpu()
        answer = _run(ours, n, threads)
        seconds["lictor"].append(answer["seconds"])
        client_cpu.append(answer["cpu"])
        cpu = {name: cpu[name] + used - before[name] for name, used in lictor.cpu().items()}
    median = {name: statistics.median(values) for name, values in seconds.items()}
    calls.pop("create_flow_run", None)  # made before the clock starts
    number = sum(calls.values())
    return {
        "n": n,
        **median,
        "all": seconds,
        "beyond": median["lictor"] - median["instant"],
        "calls": number,
        "calls_by_kind": calls,
        "server_cpu": sum(cpu.values()) / times,
        "client_cpu": statistics.median(client_cpu),
        "cpu_us": {name: used / times / number * 1e6 for name, used in cpu.items()},
    }


def _run(client: RealClient, n: int, threads: bool) -> dict[str, Any]:
    answer = client.ask("run", n=n, threads=threads)
    if answer["state"] != "Success":
        raise RuntimeError(f"a mapped flow over {n} ended in {answer['state']}: {answer['flow_run_id']}")
    return answer


def show(console: Console, results: list[dict[str, Any]], processes: int) -> None:
    """Print the table."""
    rows = []
    for got in results:
        original = ORIGINAL_BEYOND.get(got["n"]) if got["executor"] == "threads" else None
        share = f"{got['beyond'] / original:.0%}" if original else "-"
        rows.append((
            got["executor"], str(got["n"]), f"{got['instant']:.2f}", f"{got['lictor']:.2f}", f"{got['beyond']:+.3f}",
            f"{original:+.2f}" if original else "-", share, str(got["calls"]), f"{got['client_cpu']:.2f}", f"{got['server_cpu']:.2f}",
            f"{got['cpu_us']['gateway']:,.0f}", f"{got['cpu_us']['postgres']:,.0f}",
        ))  # fmt: skip
    columns = (
        "executor", "n", "instant server s", "Lictor s", "beyond it s", "original beyond s *", "share of original",
        "calls per run", "client's CPU s", "servers' CPU s", "CPU µs per call: gateway", "Postgres",
    )  # fmt: skip
    console.print(
        table(f"A real client maps over n tasks, {processes} gateway process(es)", columns, rows, left=1)
    )
    console.print(
        "* Prefect Server with Hasura and Postgres, measured elsewhere (2 noisy cores, medians of 3), n tasks at "
        "once, beyond its own instant server's 0.31 / 0.52 / 1.03 / 1.9 s. Aim: at most a tenth of it."
    )


def run(console: Console, options: Options) -> list[dict[str, Any]]:
    """Measure and print; returns the numbers."""
    with stack.running(options.processes) as lictor, instant_server() as instant:
        results = measure(lictor, instant, SIZES[:2] if options.quick else SIZES)
    show(console, results, options.processes)
    return results
