"""Flows and runs for the browser's tests: registered and run through the API, as clients do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.ui.conftest import Ask

CREATE_PROJECT = "mutation($name: String!) { create_project(input: {name: $name}) { id } }"
CREATE_FLOW = """mutation($flow: JSON!, $project: UUID!, $active: Boolean) {
  create_flow(input: {serialized_flow: $flow, project_id: $project, set_schedule_active: $active}) { id } }"""
CREATE_RUN = """mutation($flow: UUID!, $at: DateTime, $name: String) {
  create_flow_run(input: {flow_id: $flow, scheduled_start_time: $at, flow_run_name: $name}) { id } }"""
SET_STATE = """mutation($id: UUID!, $state: JSON!) {
  set_flow_run_states(input: {states: [{flow_run_id: $id, state: $state}]}) { states { status } } }"""
HOURLY = {
    "type": "Schedule",
    "clocks": [
        {
            "type": "IntervalClock",
            "interval": 3600 * 10**6,
            "start_date": {"dt": "2026-01-01T00:00:00", "tz": "Europe/Berlin"},
            "end_date": None,
            "labels": None,
            "parameter_defaults": {},
        }
    ],
}


@dataclass(frozen=True)
class Flow:
    id: UUID
    group: UUID
    name: str
    project: UUID
    project_name: str


def document(
    name: str,
    *,
    tasks: int = 3,
    edges: list[tuple[int, int]] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    schedule: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A flow as Prefect 1.4.1 serialises it: a chain of tasks unless `edges` says otherwise."""
    pairs = [(n, n + 1) for n in range(tasks - 1)] if edges is None else edges
    return {
        "type": "prefect.core.flow.Flow",
        "name": name,
        "__version__": "1.4.1",
        "parameters": parameters or [],
        "schedule": schedule,
        "run_config": {"type": "UniversalRun", "labels": ["here"]},
        "storage": {"type": "Local"},
        "tasks": [
            {
                "name": f"task {n}",
                "slug": f"task-{n}",
                "type": "prefect.tasks.core.function.FunctionTask",
                "tags": ["even"] if n % 2 == 0 else [],
                "max_retries": 0,
                "trigger": {"fn": "prefect.triggers.all_successful", "kwargs": {}},
            }
            for n in range(tasks)
        ],
        "edges": [
            {
                "upstream_task": {"slug": f"task-{up}"},
                "downstream_task": {"slug": f"task-{down}"},
                "key": None,
                "mapped": False,
            }
            for up, down in pairs
        ],
    }


async def register(
    ask: Ask,
    db: asyncpg.Connection,
    *,
    project: UUID | None = None,
    name: str | None = None,
    active: bool = True,
    **given: Any,
) -> Flow:
    """Register a flow, in a project of its own unless one is given."""
    name = name or f"flow-{uuid4().hex[:8]}"
    if project is None:
        made = await ask(CREATE_PROJECT, name=f"project-{uuid4().hex[:8]}")
        project = UUID(made["create_project"]["id"])
    made = await ask(CREATE_FLOW, flow=document(name, **given), project=str(project), active=active)
    row = await db.fetchrow(
        "SELECT flow.id, flow_group_id, project.name FROM flow JOIN project ON project.id = flow.project_id"
        " WHERE flow.id = $1",
        UUID(made["create_flow"]["id"]),
    )
    assert row is not None
    return Flow(row["id"], row["flow_group_id"], name, project, row["name"])


async def run(ask: Ask, flow: Flow, *states: str, at: str | None = None, name: str | None = None) -> UUID:
    """A run that has gone through `states`."""
    made = (await ask(CREATE_RUN, flow=str(flow.id), at=at, name=name))["create_flow_run"]["id"]
    for state in states:
        await ask(SET_STATE, id=made, state={"type": state, "message": f"{state} by the test"})
    return UUID(made)
