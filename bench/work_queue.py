"""The agent's poll and the dashboard's reads, with many runs waiting and very many finished.

In: a fresh stack, which is filled by bench/work_queue.sql. Out: milliseconds and CPU of get_runs_in_queue and of the
query that an agent sends after it, as the number of waiting runs grows; and of four reads of the dashboard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, stack
from bench.report import Options, progress, table
from lictor.orchestration import queries
from lictor.orchestration.queue import _sql as _queue

WAITING = (10, 1_000, 100_000)
AIM_GROWTH = 1.5
ORIGINAL_POLL = {10: "17", 1_000: "18", 100_000: "50 (20,000 waiting)"}

_sql = queries.load(str(Path(__file__).with_suffix("")))
runs_in_queue: queries.Statement = _queue.runs_in_queue

POLL = "mutation($input: get_runs_in_queue_input!) {\n    get_runs_in_queue(input: $input) {\n        flow_run_ids\n    }\n}"
AGENT = """query {{
    flow_run(where: {{ id: {{ _in: [{ids}] }}, _or: [{{ state: {{ _eq: "Scheduled" }} }},
        {{ state: {{ _eq: "Running" }}, task_runs: {{ state_start_time: {{ _lte: "{now}" }} }} }}] }}) {{
        id version state serialized_state parameters scheduled_start_time run_config name
        flow {{ id name environment storage version core_version }}
        task_runs(where: {{ state_start_time: {{ _lte: "{now}" }} }}) {{ id version task_id serialized_state }}
    }}
}}"""
STATES = (
    "Cancelled", "Cancelling", "ClientFailed", "Failed", "Finished", "Looped", "Mapped", "Paused", "Pending", "Queued",
    "Resume", "Retrying", "Running", "Scheduled", "Submitted", "Success", "TimedOut",
)  # fmt: skip
"""The dashboard asks for 17 counts in one document."""
ORIGINAL_READS = {"counts of 24 h": 43, "upcoming": 14, "failed task runs": 15, "recent runs": 7}


def _reads(project: str, since: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    """The documents of the dashboard, with their variables."""
    counts = " ".join(
        f'{state}: flow_run_aggregate(where: {{flow: {{project_id: {{_eq: $project}}}}, scheduled_start_time: {{_gte: $since}}, state: {{_eq: "{state}"}}}}) {{ aggregate {{ count }} }}'
        for state in STATES
    )
    of_project, of_window = {"project": project}, {"project": project, "since": since.isoformat()}
    return {
        "counts of 24 h": (f"query($project: uuid!, $since: timestamptz!) {{ {counts} }}", of_window),
        "upcoming": (
            'query($project: uuid!) { flow_run(where: {flow: {project_id: {_eq: $project}}, state: {_eq: "Scheduled"}},'
            " order_by: [{scheduled_start_time: asc}], limit: 50)"
            " { id name scheduled_start_time state labels flow { id name } } }",
            of_project,
        ),
        "failed task runs": (
            "query($project: uuid!, $since: timestamptz!) { task_run(where: {flow_run: {flow: {project_id: {_eq: $project}},"
            ' scheduled_start_time: {_gte: $since}}, state: {_eq: "Failed"}}, order_by: {state_timestamp: desc}, limit: 50)'
            " { id name state state_message state_timestamp task { id name } flow_run { id name flow { id name } } } }",
            of_window,
        ),
        "recent runs": (
            "query($project: uuid!) { flow_run(where: {flow: {project_id: {_eq: $project}}},"
            " order_by: {start_time: desc_nulls_last}, limit: 50)"
            " { id name start_time end_time state flow { id name } } }",
            of_project,
        ),
    }


@dataclass(frozen=True, slots=True)
class World:
    """What has been made: ids."""

    tenant: str
    project: str


async def _connect(lictor: stack.Stack) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        lictor.postgres.dsn("lictor", user="postgres"), server_settings={"timezone": "UTC", "jit": "off"}
    )
    # No triggers and no foreign keys while it is filled.
    await connection.execute("SET session_replication_role = replica")
    return connection


async def _polls(lictor: stack.Stack, tenant: str, seconds: float) -> dict[str, Any]:
    """An agent that polls without rest: get_runs_in_queue, then its query for the runs it got."""
    poll: list[float] = []
    query: list[float] = []
    both: list[float] = []
    got: list[str] = []
    before, until = lictor.cpu(), time.perf_counter() + seconds
    while time.perf_counter() < until or len(both) < 3:
        now = datetime.now(UTC).isoformat()
        given = {"input": {"before": now, "labels": ["bench"], "tenant_id": tenant}}
        answer, first = drive.call(lictor, POLL, given)
        got = answer["get_runs_in_queue"]["flow_run_ids"]
        ids = ", ".join(f'"{id}"' for id in got)
        answer, second = drive.call(lictor, AGENT.format(ids=ids, now=now))
        if len(answer["flow_run"]) != len(got):
            raise RuntimeError(f"{len(got)} runs were handed out, {len(answer['flow_run'])} read")
        poll.append(first)
        query.append(second)
        both.append(first + second)
    used = {name: (value - before[name]) / len(both) * 1e6 for name, value in lictor.cpu().items()}
    result: dict[str, Any] = {"handed_out": len(got), "polls": len(both), "cpu_us": used}
    for name, values in (("poll", poll), ("query", query), ("both", both)):
        result[name] = {f"p{share}": drive.quantile(values, share / 100) for share in (50, 95, 99)}
    return result


async def measure_at(
    lictor: stack.Stack, connection: asyncpg.Connection, world: World, waiting: Sequence[int], seconds: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Polls at each number of waiting runs, free and under a concurrency limit, then with very many sets of labels; reads
    at the last two numbers."""
    polls: list[dict[str, Any]] = []
    reads: list[dict[str, Any]] = []
    present = 0
    for number in waiting:
        progress(f"queue: {number:,} waiting")
        await _sql.waiting.execute(connection, first=present + 1, last=number, tenant_id=world.tenant)
        present = number
        polls.append({"limited": False, **await _settled_polls(lictor, connection, world.tenant, seconds)})
        progress(f"queue: {number:,} waiting, under a limit")
        await _sql.limit.execute(connection, tenant_id=world.tenant)
        polls.append({"limited": True, **await _settled_polls(lictor, connection, world.tenant, seconds)})
        await _sql.no_limit.execute(connection)
        if number in waiting[-2:]:
            reads += await measure_reads(lictor, world.project, number, seconds)
    progress("queue: 2,000 sets of labels")
    await _sql.many_label_sets.execute(connection, tenant_id=world.tenant)
    polls.append({"limited": False, **await _settled_polls(lictor, connection, world.tenant, seconds)})
    return polls, reads


def growth(polls: Sequence[dict[str, Any]], limited: bool) -> float:
    """How many times longer the poll's p95 is with the most waiting runs than with the fewest (aim: at most 1.5).

    Of the runs with few sets of labels: the last poll of `measure_at`, with 2,000 sets, is another question.
    """
    p95 = {got["waiting"]: got["poll"]["p95"] for got in polls[:-1] if got["limited"] == limited}
    return p95[max(p95)] / p95[min(p95)]


async def _settled_polls(
    lictor: stack.Stack, connection: asyncpg.Connection, tenant: str, seconds: float
) -> dict[str, Any]:
    # What autovacuum does a minute later.
    await connection.execute("VACUUM ANALYZE flow_run")
    await connection.execute("VACUUM ANALYZE task_run")
    await _polls(lictor, tenant, 0.2)  # warm; the runs handed out get their task runs
    counts = await _sql.counts.fetchrow(connection, tenant_id=tenant)
    return {**counts, **await _polls(lictor, tenant, seconds)}


async def measure_reads(
    lictor: stack.Stack, project: str, waiting: int, seconds: float
) -> list[dict[str, Any]]:
    """One result for each read of the dashboard, at `waiting` runs."""
    results = []
    for name, (document, variables) in _reads(project, datetime.now(UTC) - timedelta(days=1)).items():
        progress(f"queue: dashboard, {name}")
        drive.drive(lictor, [[drive.body(document, variables)]], 0.2)
        got = drive.drive(lictor, [[drive.body(document, variables)]], seconds)
        results.append({"name": name, "waiting": waiting, "original": ORIGINAL_READS[name], **got})
    return results


async def explain(connection: asyncpg.Connection, tenant: str) -> str:
    """The plan of orchestration/sql/queue.sql as it runs now."""
    rows = await connection.fetch(
        "EXPLAIN (ANALYZE, BUFFERS) " + runs_in_queue.text,
        *(
            {"tenant_id": tenant, "labels": '["bench"]', "before": datetime.now(UTC), "limit": 25}.get(name)
            for name in runs_in_queue.parameters
        ),
    )
    return "\n".join(row[0] for row in rows)


async def measure(
    lictor: stack.Stack, *, waiting: Sequence[int], finished: int, seconds: float, with_plan: bool = False
) -> dict[str, Any]:
    """Fill the database of `lictor` and measure polls and reads."""
    connection = await _connect(lictor)
    try:
        progress(f"queue: filling in {finished:,} finished runs")
        made = await _sql.world.fetchrow(connection)
        world = World(str(made["tenant_id"]), str(made["project_id"]))
        await connection.execute("ANALYZE flow; ANALYZE task")
        await _sql.finished.execute(connection, count=finished, tenant_id=world.tenant)
        polls, reads = await measure_at(lictor, connection, world, waiting, seconds)
        results: dict[str, Any] = {"finished": finished, "polls": polls, "reads": reads}
        results["p95_growth"] = {"free": growth(polls, False), "limited": growth(polls, True)}
        if with_plan:
            results["plan"] = await explain(connection, world.tenant)
            await _sql.limit.execute(connection, tenant_id=world.tenant)
            results["plan"] += "\n\nUnder a limit:\n" + await explain(connection, world.tenant)
        return results
    finally:
        await connection.close()


def show(console: Console, results: dict[str, Any]) -> None:
    """Print the tables, and the plan if there is one."""
    rows = [
        (
            f"{got['waiting']:,}", f"{got['label_sets']:,}", str(got["handed_out"]),
            "yes" if got["limited"] else "no",
            *(f"{got[name][share] * 1000:.1f}" for name in ("poll", "query", "both") for share in ("p50", "p95")),
            ORIGINAL_POLL.get(got["waiting"], "-"), "< 3", f"{got['cpu_us']['gateway']:,.0f}",
            f"{got['cpu_us']['postgres']:,.0f}",
        )
        for got in results["polls"]
    ]  # fmt: skip
    columns = (
        "waiting", "label sets", "handed out", "limited", "poll p50 ms", "p95", "agent's query p50 ms", "p95", "both p50 ms",
        "p95",
        "original poll p50 ms *", "aim", "CPU µs of both: gateway", "Postgres",
    )  # fmt: skip
    title = f"An agent's poll; {results['finished']:,} finished runs, nine of ten waiting runs are for others"
    console.print(table(title, columns, rows, left=0))
    least, most = (pick(got["waiting"] for got in results["polls"]) for pick in (min, max))
    console.print(
        f"p95 of the poll at {most:,} waiting runs, as a multiple of that at {least:,}: "
        f"{results['p95_growth']['free']:.2f}, under a limit {results['p95_growth']['limited']:.2f} (aim: at most {AIM_GROWTH})"
    )
    rows = [
        (
            got["name"], f"{got['waiting']:,}", f"{got['p50'] * 1000:.1f}", f"{got['p99'] * 1000:.1f}", str(got["original"]), "< 5",
            f"{got['cpu_us']['gateway']:,.0f}", f"{got['cpu_us']['postgres']:,.0f}",
            f"{got['errors']}" + (f" ({got['first_error']})" if got["first_error"] else ""),
        )
        for got in results["reads"]
    ]  # fmt: skip
    columns = (
        "read", "waiting", "p50 ms", "p99 ms", "original p50 ms *", "aim", "CPU µs: gateway", "Postgres", "errors",
    )  # fmt: skip
    console.print(table(f"Reads of the dashboard at {results['finished']:,} finished runs", columns, rows))
    console.print(
        "* Prefect Server with Hasura and Postgres, measured elsewhere (2 noisy cores, medians of 3)."
    )
    if plan := results.get("plan"):
        console.print(plan, markup=False, highlight=False, soft_wrap=True)


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    with stack.running(options.processes) as lictor:
        results = asyncio.run(
            measure(
                lictor,
                waiting=WAITING[:2] if options.quick else WAITING,
                finished=options.finished // 20 if options.quick else options.finished,
                seconds=min(options.seconds, 3.0),
                with_plan=options.explain,
            )
        )
    show(console, results)
    return results
