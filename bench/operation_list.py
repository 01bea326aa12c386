"""The operations that bench/operations.py measures, and what is made for them.

In: a connection with all rights. Out: bodies of calls, each naming what has been made for it. The list is that of
contract server.md 5.1; `original_calls` are its numbers of sequential calls to Hasura ("+h": a look for cloud hooks).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count as counter
from pathlib import Path
from typing import Any

import asyncpg

from bench import drive
from lictor.orchestration import queries
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.scheduling import schedule_flow_runs

LINES = 100
"""Log lines per call."""
TASK_RUNS = 1600
"""Of the one flow run whose task runs move."""

_sql = queries.load(str(Path(__file__).parent / "operations"))
SCHEDULE = {
    "type": "Schedule",
    "clocks": [{"type": "IntervalClock", "interval": 3_600 * 10**6, "start_date": {"dt": "2026-01-01T00:00:00", "tz": "UTC"}}],
    "filters": [], "or_filters": [], "not_filters": [], "adjustments": [], "__version__": "1.4.1",
}  # fmt: skip
TASK_RUN_INFO = (
    "mutation {{\n    get_or_create_task_run_info(input: {{ flow_run_id: \"{run}\", task_id: \"{task}\", map_index: {index} }})"
    " {{\n        version\n        id\n        serialized_state\n    }}\n}}"
)  # fmt: skip
HEARTBEAT = 'mutation {{\n    update_flow_run_heartbeat(input: {{ flow_run_id: "{run}" }}) {{\n        success\n    }}\n}}'


def mutation(name: str, input: Mapping[str, Any], answer: str) -> str:
    """A call of one mutation with its input as a variable, as the client writes it."""
    document = (
        f"mutation($input: {name}_input!) {{\n    {name}(input: $input) {{\n        {answer}\n    }}\n}}"
    )
    return drive.body(document, {"input": input})


class Maker:
    """Makes what operations need, in one tenant."""

    def __init__(
        self, connection: asyncpg.Connection, tenant: uuid.UUID, project: uuid.UUID, agent: uuid.UUID
    ) -> None:
        self.connection = connection
        self.ids = {"tenant_id": tenant, "project_id": project}
        self.project = str(project)
        self.tenant = str(tenant)
        self.agent = str(agent)
        self.names = (f"operations {n}" for n in counter())
        self._task_runs: list[str] = []

    @classmethod
    async def of(cls, connection: asyncpg.Connection) -> Maker:
        """A maker in a new tenant."""
        world = await _sql.world.fetchrow(connection)
        agent = await _sql.agent.fetchval(connection, tenant_id=world["tenant_id"])
        return cls(connection, world["tenant_id"], world["project_id"], agent)

    async def flow(self, tasks: int) -> uuid.UUID:
        return await _sql.flow.fetchval(self.connection, **self.ids, name=next(self.names), tasks=tasks)

    async def flow_runs(self, number: int, tasks: int, **given: Any) -> list[str]:
        """Ids of `number` new flow runs of a new flow with `tasks` tasks."""
        flow = await self.flow(tasks)
        requests = [NewFlowRun(flow_id=flow, **given) for _ in range(number)]
        made = []
        for start in range(0, number, 200):
            made += await create_flow_runs(self.connection, requests[start : start + 200])
        await self.connection.execute("ANALYZE flow_run, task_run, task")
        return [str(run.unwrap()) for run in made]

    async def running(self, number: int, tasks: int) -> list[str]:
        """Ids of flow runs that are under way."""
        runs = await self.flow_runs(number, tasks)
        await _sql.running.execute(self.connection, ids=runs)
        return runs

    async def task_runs(self) -> list[str]:
        """Ids of the task runs of one flow run that is under way; always the same."""
        if not self._task_runs:
            [run] = await self.running(1, TASK_RUNS)
            rows = await _sql.task_runs.fetch(self.connection, flow_run_id=run)
            self._task_runs = [str(row["id"]) for row in rows]
        return self._task_runs

    async def scheduled_flows(self, number: int, active: bool) -> list[str]:
        """Ids of flows with a schedule; of those that are active, the next ten runs are there."""
        rows = await _sql.scheduled_flows.fetch(
            self.connection, **self.ids, name=next(self.names), count=number, schedule=json.dumps(SCHEDULE)
        )
        ids = [row["id"] for row in rows]
        if active:
            await self.connection.execute(
                "UPDATE flow SET is_schedule_active = true WHERE id = ANY ($1)", ids
            )
            await schedule_flow_runs(self.connection, ids)
        await self.connection.execute("ANALYZE flow, flow_group, flow_run")
        return list(map(str, ids))

    async def flows_to_archive(self, number: int) -> list[str]:
        """Ids of flows of 100 tasks, each with ten runs of the scheduler and one made by hand, all waiting."""
        rows = await _sql.flows_with_waiting_runs.fetch(
            self.connection, **self.ids, name=next(self.names), count=number
        )
        requests = [NewFlowRun(flow_id=row["id"], auto_scheduled=n > 0) for row in rows for n in range(11)]
        for start in range(0, len(requests), 440):
            await create_flow_runs(self.connection, requests[start : start + 440])
        await self.connection.execute("ANALYZE flow, flow_group, flow_run, task_run, task")
        return [str(row["id"]) for row in rows]


Bodies = Callable[[Maker, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the list. `bodies(maker, n)` gives n calls; with `once` none of them may be sent twice, and at most
    `most` are made for one number of clients."""

    name: str
    bodies: Bodies
    original_calls: str
    once: bool = False
    most: int = 10**6
    original: Mapping[int, float] = field(default_factory=dict)
    """Per second, by the number of clients."""
    aim: Mapping[int, float] = field(default_factory=dict)
    per_call: int = 1
    as_agent: bool = False

    def at_most(self, most: int) -> Operation:
        """The same with less made for it."""
        return replace(self, most=min(self.most, most))


async def _create_flow_run(maker: Maker, number: int) -> list[str]:
    flow = str(await maker.flow(10))
    return [
        mutation("create_flow_run", {"flow_id": flow, "idempotency_key": uuid.uuid4().hex}, "id")
        for _ in range(number)
    ]


async def _find_flow_run(maker: Maker, number: int) -> list[str]:
    bodies = await _create_flow_run(maker, 1)
    return bodies * number


def _set_flow_run_state(kind: str, number_of_runs: int, tasks: int, **given: Any) -> Bodies:
    """Calls that move flow runs, each its own, to `kind`."""

    async def bodies(maker: Maker, number: int) -> list[str]:
        runs = await maker.flow_runs(min(number, number_of_runs), tasks)
        state = {"type": kind, "message": f"{kind}.", "__version__": "1.4.1"}
        return [
            mutation("set_flow_run_states", {"states": [{"flow_run_id": run, "state": state, **given}]}, "states { id status message }")
            for run in runs
        ]  # fmt: skip

    return bodies


def _set_task_run_states(kind: str, per_call: int) -> Bodies:
    async def bodies(maker: Maker, number: int) -> list[str]:
        ids = await maker.task_runs()
        state = {"type": kind, "message": "Task run succeeded.", "context": {"tags": []}, "cached_inputs": {},
                 "_result": {"type": "NoResultType", "__version__": "1.4.1"}, "__version__": "1.4.1"}  # fmt: skip
        calls = [ids[n : n + per_call] for n in range(0, TASK_RUNS - per_call + 1, per_call)]
        return [
            mutation(
                "set_task_run_states",
                {"states": [{"task_run_id": id, "state": state} for id in call]},
                "states { id status message }",
            )
            for call in calls
        ]

    return bodies


def _with_id(name: str, argument: str, ids: Callable[[Maker, int], Awaitable[list[str]]], answer: str) -> Bodies:  # fmt: skip
    """Calls that take the id of something made for each."""

    async def bodies(maker: Maker, number: int) -> list[str]:
        return [mutation(name, {argument: id}, answer) for id in await ids(maker, number)]

    return bodies


async def _task_run_infos(maker: Maker, number: int) -> list[str]:
    [run] = await maker.running(1, 1)
    task = await maker.connection.fetchval("SELECT task_id FROM task_run WHERE flow_run_id = $1::text::uuid", run)  # fmt: skip
    return [drive.body(TASK_RUN_INFO.format(run=run, task=task, index=n)) for n in range(number)]


async def _present_task_run_infos(maker: Maker, number: int) -> list[str]:
    ids = await maker.task_runs()
    rows = await maker.connection.fetch("SELECT flow_run_id, task_id FROM task_run WHERE id = ANY ($1::text[]::uuid[])", ids[:160])  # fmt: skip
    return [drive.body(TASK_RUN_INFO.format(run=row[0], task=row[1], index=-1)) for row in rows]


async def _polls(maker: Maker, number: int) -> list[str]:
    await maker.flow_runs(100, 1)
    due = {"before": datetime.now(UTC).isoformat(), "labels": [], "tenant_id": maker.tenant}
    return [mutation("get_runs_in_queue", due, "flow_run_ids")] * number


async def _logs(maker: Maker, number: int) -> list[str]:
    runs, task_runs = await maker.flow_runs(16, 10), await maker.task_runs()
    return [mutation("write_run_logs", {"logs": [_line(runs[n % 16], task_runs[k % 10], k) for k in range(LINES)]}, "success") for n in range(64)]  # fmt: skip


def _line(run: str, task_run: str, number: int) -> dict[str, Any]:
    return {
        "flow_run_id": run,
        "task_run_id": task_run,
        "timestamp": datetime.now(UTC).isoformat(),
        "name": "prefect.CloudTaskRunner",
        "message": f"Task 'double[{number}]': Finished task run for task with final state: 'Success'",
        "level": "INFO",
    }


async def _heartbeats(maker: Maker, number: int) -> list[str]:
    return [drive.body(HEARTBEAT.format(run=run)) for run in await maker.running(64, 10)]


def _document(name: str, tasks: int, schedule: dict[str, Any] | None) -> dict[str, Any]:
    """A flow of `tasks` tasks in a row, as the client serialises it."""
    return {
        "name": name, "type": "prefect.core.flow.Flow", "schedule": schedule, "parameters": [], "environment": None,
        "reference_tasks": [], "__version__": "1.4.1",
        "run_config": {"env": None, "labels": [], "type": "LocalRun", "working_dir": None, "__version__": "1.4.1"},
        "storage": {"flows": {}, "prefect_version": "1.4.1", "type": "Local", "__version__": "1.4.1"},
        "tasks": [
            {
                "name": "double", "slug": f"double-{n}", "type": "prefect.tasks.core.function.FunctionTask", "inputs": {},
                "outputs": "typing.Any", "auto_generated": False, "cache_for": None, "cache_key": None, "mapped": False,
                "cache_validator": {"fn": "prefect.engine.cache_validators.never_use", "kwargs": {}}, "max_retries": 0,
                "retry_delay": None, "skip_on_upstream_skip": True, "tags": [], "timeout": None,
                "trigger": {"fn": "prefect.triggers.all_successful", "kwargs": {}}, "__version__": "1.4.1",
            }
            for n in range(1, tasks + 1)
        ],
        "edges": [
            {"upstream_task": {"slug": f"double-{n}", "__version__": "1.4.1"}, "mapped": False, "flattened": False,
             "downstream_task": {"slug": f"double-{n + 1}", "__version__": "1.4.1"}, "key": "x", "__version__": "1.4.1"}
            for n in range(1, tasks)
        ],
    }  # fmt: skip


def _register(second: bool, scheduled: bool = False) -> Bodies:
    async def bodies(maker: Maker, number: int) -> list[str]:
        names = [f"registered {uuid.uuid4().hex}" for _ in range(number)]
        if second:
            flows = await maker.scheduled_flows(number, active=scheduled)
            rows = await maker.connection.fetch("SELECT name FROM flow WHERE id = ANY ($1::text[]::uuid[])", flows)  # fmt: skip
            names = [row["name"] for row in rows]
        return [
            mutation("create_flow", {
                "serialized_flow": _document(name, 100, SCHEDULE if scheduled else None), "project_id": maker.project,
            }, "id")
            for name in names
        ]  # fmt: skip

    return bodies


OPERATIONS = (
    Operation("create_flow_run (10 tasks)", _create_flow_run, "4 + h", once=True, original={1: 32, 16: 52}, aim={16: 1000}),
    Operation("create_flow_run, key used already", _find_flow_run, "2"),
    Operation("set_flow_run_states: Success", _set_flow_run_state("Success", 64, 10), "2 + h"),
    Operation("set_flow_run_states: Running", _set_flow_run_state("Running", 64, 10), "3 + h"),
    Operation("set_flow_run_states: Submitted", _set_flow_run_state("Submitted", 10**6, 10, version=1), "3 + h", once=True, most=1000),
    Operation("set_flow_run_states: Submitted by an agent", _set_flow_run_state("Submitted", 10**6, 10, version=1), "5 + h", once=True,
              most=1000, as_agent=True),
    Operation("set_flow_run_states: Cancelled, 100 unfinished tasks", _set_flow_run_state("Cancelled", 10**6, 100), "203 + h",
              once=True, most=160),
    Operation("cancel_flow_run, 100 unfinished tasks",
              _with_id("cancel_flow_run", "flow_run_id", lambda maker, n: maker.flow_runs(n, 100), "state"), "204 + h",
              once=True, most=160),
    Operation("set_task_run_states: Running", _set_task_run_states("Running", 1), "3"),
    Operation("set_task_run_states: Success", _set_task_run_states("Success", 1), "2", original={1: 43, 16: 68}, aim={16: 2000}),
    Operation("set_task_run_states: 100 in one call, states", _set_task_run_states("Success", 100), "200", per_call=100,
              original={1: 129, 16: 129}, aim={16: 20_000}),
    Operation("get_or_create_task_run_info, create", _task_run_infos, "3", once=True, original={16: 73}, aim={16: 2000}),
    Operation("get_or_create_task_run_info, get", _present_task_run_infos, "1", original={16: 140}, aim={16: 3000}),
    Operation("get_runs_in_queue by an agent, 25 handed out", _polls, "2", as_agent=True),
    Operation(f"write_run_logs, lines ({LINES} per call)", _logs, "1", per_call=LINES, original={16: 3290}, aim={16: 50_000}),
    Operation("update_flow_run_heartbeat", _heartbeats, "0 (1 later)", original={16: 182}, aim={16: 3000}),
    Operation("delete_flow_run (10 tasks)",
              _with_id("delete_flow_run", "flow_run_id", lambda maker, n: maker.flow_runs(n, 10), "success"), "1", once=True, most=800),
    Operation("set_schedule_active, 10 new runs",
              _with_id("set_schedule_active", "flow_id", lambda maker, n: maker.scheduled_flows(n, False), "success"),
              "44 + 10 h", once=True, most=320),
    Operation("set_schedule_active, nothing new",
              _with_id("set_schedule_active", "flow_id", lambda maker, n: maker.scheduled_flows(n, True), "success"), "4"),
    Operation("set_schedule_inactive, 10 runs",
              _with_id("set_schedule_inactive", "flow_id", lambda maker, n: maker.scheduled_flows(n, True), "success"),
              "12", once=True, most=320),
    Operation("archive_flow, 10 scheduled runs, 1 by hand with 100 tasks",
              _with_id("archive_flow", "flow_id", lambda maker, n: maker.flows_to_archive(n), "success"), "217 + h", once=True, most=96),
    Operation("create_flow: 100 tasks, 99 edges, first version", _register(second=False), "11", once=True, most=160),
    Operation("create_flow: second version", _register(second=True), "15", once=True, most=160),
    Operation("create_flow: second version, 10 runs before and after", _register(second=True, scheduled=True), "69 + 10 h",
              once=True, most=160),
)  # fmt: skip
