"""The client's other calls through the gateway: making runs, task runs, heartbeats, logs; and registration.

In: a running Lictor. Out: for each call its rate, latencies and CPU, beside the original Prefect Server's rate and the
aim (README.md says where they come from); for registration milliseconds by the real client, beside the instant server.
"""

from __future__ import annotations

import asyncio
import statistics
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, stack, transitions
from bench.client import Instant, instant_server, real_client
from bench.report import CPU_COLUMNS, Options, cpu_cells, progress, table

TASKS = 10
"""Tasks of the flow whose runs are made."""
LINES = 100
"""Log lines per call."""
FASTEST = 6000
"""Calls per second that no gateway here exceeds: so many bodies are made, lest one be sent twice."""
REGISTERED = (10, 100, 1000)
ORIGINAL_REGISTERED = {10: 81, 100: 133, 1000: 1130}
AIM_REGISTERED = {10: 10, 100: 20, 1000: 100}

CREATE_FLOW_RUN = (
    "mutation($input: create_flow_run_input!) {\n    create_flow_run(input: $input) {\n        id\n    }\n}"
)
TASK_RUN_INFO = (
    "mutation {{\n    get_or_create_task_run_info(input: {{ flow_run_id: \"{run}\", task_id: \"{task}\", map_index: {index} }})"
    " {{\n        version\n        id\n        serialized_state\n    }}\n}}"
)  # fmt: skip
HEARTBEAT = 'mutation {{\n    update_flow_run_heartbeat(input: {{ flow_run_id: "{run}" }}) {{\n        success\n    }}\n}}'
WRITE_LOGS = "mutation($input: write_run_logs_input!) {\n    write_run_logs(input: $input) {\n        success\n    }\n}"


@dataclass(frozen=True, slots=True)
class World:
    """What the calls name."""

    flow: str
    flow_runs: list[str]
    tasks: list[str]
    task_runs: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `bodies(world, client, count)` gives that many calls of client number `client`."""

    name: str
    clients: int
    bodies: Callable[[World, int, int], list[str]]
    original: float | None
    aim: float | None
    per_call: int = 1
    creates: bool = False


def _create_flow_run(world: World, client: int, count: int) -> list[str]:
    return [
        drive.body(CREATE_FLOW_RUN, {"input": {"flow_id": world.flow, "idempotency_key": uuid.uuid4().hex}})
        for _ in range(count)
    ]


def _create_task_run(world: World, client: int, count: int) -> list[str]:
    run, task = world.flow_runs[client % len(world.flow_runs)], world.tasks[client % len(world.tasks)]
    first = client * count
    return [drive.body(TASK_RUN_INFO.format(run=run, task=task, index=first + n)) for n in range(count)]


def _get_task_run(world: World, client: int, count: int) -> list[str]:
    run = world.flow_runs[client % len(world.flow_runs)]
    return [drive.body(TASK_RUN_INFO.format(run=run, task=task, index=-1)) for task in world.tasks]


def _heartbeat(world: World, client: int, count: int) -> list[str]:
    return [drive.body(HEARTBEAT.format(run=world.flow_runs[client % len(world.flow_runs)]))]


def _write_logs(world: World, client: int, count: int) -> list[str]:
    lines = [
        {
            "flow_run_id": world.flow_runs[client % len(world.flow_runs)],
            "task_run_id": world.task_runs[n % len(world.task_runs)],
            "timestamp": datetime.now(UTC).isoformat(),
            "name": "prefect.CloudTaskRunner",
            "message": f"Task 'double[{n}]': Finished task run for task with final state: 'Success'",
            "level": "INFO",
        }
        for n in range(LINES)
    ]
    return [drive.body(WRITE_LOGS, {"input": {"logs": lines}})]


TABLE = (
    Line("create_flow_run (10 tasks)", 1, _create_flow_run, 32, None, creates=True),
    Line("create_flow_run (10 tasks)", 16, _create_flow_run, 52, 1000, creates=True),
    Line("get_or_create_task_run_info, create", 16, _create_task_run, 73, 2000, creates=True),
    Line("get_or_create_task_run_info, get", 16, _get_task_run, 140, 3000),
    Line("update_flow_run_heartbeat", 16, _heartbeat, 182, 3000),
    Line(f"write_run_logs, lines ({LINES} per call)", 16, _write_logs, 3290, 50_000, per_call=LINES),
)


async def _world(dsn: str) -> World:
    """A flow of 10 tasks with 16 runs."""
    await transitions.seed(dsn, TASKS)
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        flow = await connection.fetchval(
            "UPDATE flow SET run_config = '{\"type\": \"LocalRun\"}' WHERE name = 'bench' RETURNING id"
        )
        made = [transitions.NewFlowRun(flow_id=flow) for _ in range(16)]
        runs = [run.unwrap() for run in await transitions.create_flow_runs(connection, made)]
        tasks = await connection.fetch("SELECT id FROM task WHERE flow_id = $1", flow)
        task_runs = await connection.fetch("SELECT id FROM task_run WHERE flow_run_id = $1", runs[0])
    finally:
        await connection.close()
    return World(
        str(flow),
        list(map(str, runs)),
        [str(row["id"]) for row in tasks],
        [str(row["id"]) for row in task_runs],
    )


def measure(lictor: stack.Stack, seconds: float) -> list[dict[str, Any]]:
    """One result per line of TABLE."""
    world = asyncio.run(_world(lictor.dsn))
    results = []
    for line in TABLE:
        progress(f"calls: {line.name}, {line.clients} client(s)")
        drive.drive(lictor, [line.bodies(world, 10**4 + n, 20) for n in range(4)], min(seconds, 0.5))
        each = int(FASTEST * seconds / line.clients) if line.creates else 1
        got = drive.drive(lictor, [line.bodies(world, n, each) for n in range(line.clients)], seconds)
        got |= {"name": line.name, "clients": line.clients, "original": line.original, "aim": line.aim}
        got["per_second"] = got["rate"] * line.per_call
        if line.creates and got["repeated"]:
            got["first_error"] = "the bodies ran out: some calls only found what another had made"
        results.append(got)
    return results


def register(
    lictor: stack.Stack, instant: Instant, sizes: tuple[int, ...] = REGISTERED, times: int = 3
) -> list[dict[str, Any]]:
    """Median milliseconds of flow.register() by the real client, against the instant server and against Lictor."""
    results = []
    with real_client(lictor.url) as ours, real_client(instant.url) as theirs:
        for one in (ours, theirs):
            one.ask("register", tasks=2, times=1)
        for tasks in sizes:
            progress(f"calls: registration of {tasks} tasks")
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


def show(
    console: Console, calls: list[dict[str, Any]], registrations: list[dict[str, Any]], processes: int
) -> None:
    """Print both tables."""
    rows = [
        (
            got["name"], str(got["clients"]), f"{got['per_second']:,.0f}", f"{got['p50'] * 1000:.1f}",
            f"{got['p99'] * 1000:.1f}", f"{got['original']:,}", f"{got['per_second'] / got['original']:.0f} x",
            f"{got['aim']:,}" if got["aim"] else "-", *cpu_cells(got["cpu_us"]),
            f"{got['errors']}" + (f" ({got['first_error']})" if got["first_error"] else ""),
        )
        for got in calls
    ]  # fmt: skip
    columns = (
        "call", "clients", "Lictor per s", "p50 ms", "p99 ms", "original per s *", "ratio", "aim", *CPU_COLUMNS, "errors",
    )  # fmt: skip
    console.print(table(f"Calls, {processes} gateway process(es), a new connection each", columns, rows))
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
    console.print(
        "* Prefect Server with Hasura and Postgres, measured elsewhere (2 noisy cores, medians of 3)."
    )


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    with stack.running(options.processes) as lictor, instant_server() as instant:
        calls = measure(lictor, min(options.seconds, 3.0))
        registrations = register(lictor, instant, REGISTERED[:2] if options.quick else REGISTERED)
    show(console, calls, registrations, options.processes)
    return {"calls": calls, "register": registrations}
