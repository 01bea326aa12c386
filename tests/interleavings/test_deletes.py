"""Runs deleted while others write to them, in every order: nothing is left of what is gone."""

from __future__ import annotations

import pytest

from lictor.orchestration import flows
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs, delete_flow_run
from lictor.orchestration.logs import LogLine, write_logs
from lictor.orchestration.purge import purge_deleted
from lictor.orchestration.task_runs import TaskRunKey, get_or_create_task_runs
from tests.interleavings.scenes import make_run, set_flow, set_tasks, task_runs_of
from tests.interleavings.tester import Session
from tests.orchestration.builders import make_flow


async def scene(pool, write: str):
    """A run at work, and a step that writes to it."""
    flow = await make_flow(pool, tasks=2)
    run = await make_run(pool, "Running", flow=flow)
    tasks = await task_runs_of(pool, run)
    task = await pool.fetchval("SELECT id FROM task WHERE flow_id = $1 LIMIT 1", flow)
    steps = {
        "logs": lambda it: write_logs(
            it, [[LogLine(run, tasks[0], None, "prefect", "INFO", f"line {n}") for n in range(3)]]
        ),
        "state": set_flow(run, "Success", 2),
        "task states": set_tasks(tasks, "Running", 1),
        "mapped child": lambda it: get_or_create_task_runs(it, [TaskRunKey(run, task, 7)]),
        "another run": lambda it: create_flow_runs(it, [NewFlowRun(flow_id=flow)]),
    }
    return flow, run, (write, steps[write])


@pytest.mark.parametrize("write", ["logs", "state", "task states", "mapped child"])
@pytest.mark.parametrize("deleting", ["commit", "rollback"])
async def test_a_run_deleted_while_it_is_written_to(every_order, pool, write, deleting):
    async def make():
        _, make.run, step = await scene(pool, write)
        run = make.run
        return [
            Session("person", [("delete", lambda it: delete_flow_run(it, run))], deleting),
            Session("process", [step]),
        ]

    async def check(seen):
        assert seen.results["person.delete"] is True
        there = await pool.fetchval("SELECT count(*) FROM flow_run WHERE id = $1", make.run)
        assert there == (deleting == "rollback")
        await purge_deleted(pool)
        if not there:
            left = await pool.fetchval(
                "SELECT (SELECT count(*) FROM log WHERE flow_run_id = $1)"
                " + (SELECT count(*) FROM task_run WHERE flow_run_id = $1)"
                " + (SELECT count(*) FROM flow_run_state WHERE flow_run_id = $1)",
                make.run,
            )
            assert left == 0

    await every_order(make, check)


@pytest.mark.parametrize("write", ["logs", "task states", "another run"])
async def test_a_flow_deleted_while_its_run_is_written_to(every_order, pool, write):
    async def make():
        flow, make.run, step = await scene(pool, write)
        make.flow = flow
        return [
            Session("person", [("delete", lambda it: flows.delete_flow(it, flow))]),
            Session("process", [step]),
        ]

    async def check(seen):
        assert seen.results["person.delete"] is True
        assert not await pool.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", make.flow)
        await purge_deleted(pool)
        assert not await pool.fetchval("SELECT count(*) FROM log WHERE flow_run_id = $1", make.run)

    await every_order(make, check)
