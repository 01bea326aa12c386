"""Runs a flow whose task succeeds the third time, and one whose task never does. Input: {"project"}."""

from datetime import timedelta

import prefect
from prefect import Flow, task

from release import answer, client, execute, kind, register

options = {"max_retries": 2, "retry_delay": timedelta(seconds=0)}


@task(**options)
def third_time():
    if prefect.context.task_run_count < 3:
        raise ValueError("not yet")
    return prefect.context.task_run_count


@task(**options)
def never():
    raise ValueError("never")


def run(task_):
    flow = Flow(task_.name, tasks=[task_])
    flow_run_id = client.create_flow_run(flow_id=register(flow))
    state = execute(flow, flow_run_id, [task_])
    return {"run": flow_run_id, "state": kind(state), "result": str(state.result[task_].result)}


answer(third_time=run(third_time), never=run(never))
