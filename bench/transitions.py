"""State transitions per second through the gateway, beside Postgres doing the same minimal SQL.

One state per call and 50 per call, at 1, 16 and 64 clients, a new connection for each call as the real
client makes it. The limit is pgbench on the same server in the same run: a row of state and the run's row.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.table import Table

from bench import drive, stack
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs

DOCUMENT = (
    "mutation($input: set_task_run_states_input!) {\n    set_task_run_states(input: $input) {\n"
    "        states {\n            id\n            status\n            message\n        }\n    }\n}"
)
RUNS = 4000
CLIENTS = (1, 16, 64)
SQL = Path(__file__).parent / "pgbench"


async def seed(dsn: str, runs: int = RUNS) -> list[UUID]:
    """A running flow run with `runs` task runs; returns their ids."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        tenant = await connection.fetchval(
            "INSERT INTO tenant (name, slug) VALUES ('bench', 'bench') RETURNING id"
        )
        project = await connection.fetchval(
            "INSERT INTO project (tenant_id, name) VALUES ($1, 'bench') RETURNING id", tenant
        )
        group = await connection.fetchval(
            "INSERT INTO flow_group (tenant_id, name) VALUES ($1, 'bench') RETURNING id", tenant
        )
        flow = await connection.fetchval(
            "INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id) "
            "VALUES ($1, $2, $3, 'bench', 1, 'bench') RETURNING id", tenant, project, group)  # fmt: skip
        await connection.execute(
            "INSERT INTO task (tenant_id, flow_id, name, slug) SELECT $1, $2, 'task', 'task-' || n FROM generate_series(1, $3::int) AS n",
            tenant, flow, runs)  # fmt: skip
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow)])
        await connection.execute("UPDATE flow_run SET state = 'Running' WHERE id = $1", made.unwrap())
        await connection.execute(
            "CREATE TABLE bench_run AS SELECT row_number() OVER () AS number, id FROM task_run"
        )
        await connection.execute("ALTER TABLE bench_run ADD PRIMARY KEY (number)")
        await connection.execute("CREATE TABLE bench_state (LIKE task_run_state INCLUDING ALL)")
        await connection.execute("ANALYZE")
        rows = await connection.fetch("SELECT id FROM task_run ORDER BY id")
        return [row["id"] for row in rows]
    finally:
        await connection.close()


def body(ids: list[UUID], kind: str) -> str:
    """A call as the client sends it: the variables are JSON in JSON."""
    state = {"type": kind, "message": "Task run succeeded.", "context": {"tags": []}, "cached_inputs": {},
             "_result": {"type": "NoResultType", "__version__": "1.4.1"}, "__version__": "1.4.1"}  # fmt: skip
    states = [
        {"task_run_id": str(id), "state": state, "version": 1 if kind == "Running" else None} for id in ids
    ]
    return drive.body(DOCUMENT, {"input": {"states": states}})


def measure(
    lictor: stack.Stack, ids: list[UUID], clients: int, per_call: int, seconds: float
) -> dict[str, Any]:
    """Calls at full speed by `clients` at once; each has runs of its own."""
    share = max(per_call, len(ids) // clients)
    plans = []
    for number in range(clients):
        mine = [ids[(number * share + n) % len(ids)] for n in range(share)]
        calls = [mine[n : n + per_call] for n in range(0, len(mine) - per_call + 1, per_call)]
        plans.append([body(call, kind) for call in calls[:200] for kind in ("Running", "Success")])
    result = drive.drive(lictor, plans, seconds)
    # In states, not in calls.
    result["rate"] *= per_call
    result["cpu_us"] = {name: value / per_call for name, value in result["cpu_us"].items()}
    return result


def pgbench(lictor: stack.Stack, script: str, clients: int, per_call: int, seconds: float) -> float:
    """Transitions per second that Postgres does by itself."""
    tool = lictor.postgres.binaries["pgbench"]
    done = subprocess.run(
        [str(tool), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(max(1, round(seconds))),
         "-D", f"runs={RUNS}", "-f", str(SQL / script), lictor.postgres.dsn("lictor", socket=True)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1]) * per_call


def run(console: Console, seconds: float = 5.0, processes: int = 1) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    results: dict[str, Any] = {}
    table = Table(title=f"State transitions per second, {processes} gateway process(es)")
    for column in (
        "states per call",
        "clients",
        "Lictor",
        "p50 ms",
        "p99 ms",
        "Postgres alone",
        "share",
        "CPU µs per state: gateway",
        "Postgres",
        "load generator",
        "errors",
    ):
        table.add_column(column, justify="right")
    with stack.running(processes) as lictor:
        ids = asyncio.run(seed(lictor.dsn))
        for per_call, script in ((1, "transition.sql"), (50, "transition50.sql")):
            measure(
                lictor, ids, 4, per_call, min(seconds, 1.0)
            )  # warm: plans, prepared statements, file cache
            for clients in CLIENTS:
                got = measure(lictor, ids, clients, per_call, seconds)
                limit = pgbench(lictor, script, clients, per_call, seconds)
                results[f"{per_call}/{clients}"] = {**got, "limit": limit}
                table.add_row(
                    str(per_call), str(clients), f"{got['rate']:,.0f}", f"{got['p50'] * 1000:.1f}", f"{got['p99'] * 1000:.1f}",
                    f"{limit:,.0f}", f"{got['rate'] / limit:.0%}", *(f"{got['cpu_us'][name]:,.0f}" for name in ("gateway", "postgres", "load")),
                    str(got["errors"]) + (f" ({got['first_error']})" if got["errors"] else ""),
                )  # fmt: skip
        memory = lictor.memory()
    console.print(table)
    console.print(
        f"Memory after that: gateway {memory['gateway'] / 1e6:,.0f} MB, Postgres {memory['postgres'] / 1e6:,.0f} MB"
    )
    return results
