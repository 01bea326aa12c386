"""Registration by a real client, against Lictor and beside the instant server.

In: both servers. Out: milliseconds of flow.register() and the servers' CPU. Shown by the section `operations`.
"""

from __future__ import annotations

import statistics
from typing import Any

from rich.console import Console

from bench import stack
from bench.client import Instant, real_client
from bench.report import progress, table

REGISTERED = (10, 100, 1000)
ORIGINAL_REGISTERED = {10: 81, 100: 133, 1000: 1130}
AIM_REGISTERED = {10: 10, 100: 20, 1000: 100}


def register(
    lictor: stack.Stack, instant: Instant, sizes: tuple[int, ...] = REGISTERED, times: int = 3
) -> list[dict[str, Any]]:
    """Median milliseconds of flow.register() by the real client, against the instant server and against Lictor."""
    results = []
    with real_client(lictor.url) as ours, real_client(instant.url) as theirs:
        for one in (ours, theirs):
            one.ask("register", tasks=2, times=1)
        for tasks in sizes:
            progress(f"operations: registration of {tasks} tasks")
            got: dict[str, Any] = {"tasks": tasks}
            before = lictor.cpu()
            for name, client in (("instant", theirs), ("lictor", ours)):
                seconds = client.ask("register", tasks=tasks, times=times)["seconds"]
                got[name] = statistics.median(seconds) * 1000
            got["cpu_ms"] = {
                name: (used - before[name]) / times * 1000 for name, used in lictor.cpu().items()
            }
            got["beyond"] = got["lictor"] - got["instant"]
            results.append(got)
    return results


def show(console: Console, registrations: list[dict[str, Any]]) -> None:
    """Print the table."""
    rows = [
        (
            f"{got['tasks']:,}", f"{got['instant']:,.0f}", f"{got['lictor']:,.0f}", f"{got['beyond']:+,.0f}",
            f"{ORIGINAL_REGISTERED.get(got['tasks'], 0):,}", f"{AIM_REGISTERED.get(got['tasks'], 0):,}",
            f"{got['cpu_ms']['gateway']:,.0f}", f"{got['cpu_ms']['postgres']:,.0f}",
        )
        for got in registrations
    ]  # fmt: skip
    columns = (
        "tasks", "instant server ms", "Lictor ms", "beyond it ms", "original ms *", "aim ms", "CPU ms: gateway", "Postgres",
    )  # fmt: skip
    console.print(table("flow.register() by the real client", columns, rows, left=0))
