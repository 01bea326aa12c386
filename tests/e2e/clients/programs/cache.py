"""Runs a cached task twice in one flow and once in another flow with the same cache key. Input: {"project"}.

Output: per run its id and the client's state and result, and how often the task's body ran.
"""

from datetime import timedelta
from pathlib import Path

from prefect import Flow, task
from prefect.engine.results import LocalResult

from release import HOME, answer, client, execute, given, kind, register

calls = []


@task(cache_for=timedelta(hours=1), cache_key="key of " + given["project"], result=LocalResult(dir=HOME))
def expensive():
    calls.append(1)
    return 40 + len(calls)


def run(flow, flow_id):
    flow_run_id = client.create_flow_run(flow_id=flow_id)
    state = execute(flow, flow_run_id, [expensive]).result[expensive]
    value = state.load_result(state._result).result
    return {"run": flow_run_id, "state": kind(state), "value": value}


first, second = (Flow(name, tasks=[expensive]) for name in ("first", "second"))
first_id, second_id = register(first), register(second)
answer(
    runs=[run(first, first_id), run(first, first_id), run(second, second_id)],
    calls=len(calls),
    stored=len([path for path in Path(HOME).iterdir() if path.is_file()]),
)
