"""Registers the flows of this module with the real client; prints {name: flow id}. Input: {"project": name}."""

import json
import os
import sys

import prefect
from prefect import Flow, Parameter, task
from prefect.storage import Local


@task
def numbers(n):
    return list(range(n))


@task
def double(x):
    return x * 2


@task
def total(xs):
    return sum(xs)


@task(max_retries=2, retry_delay=__import__("datetime").timedelta(seconds=0))
def third_time_lucky():
    if prefect.context.task_run_count < 3:
        raise ValueError("not yet")
    return "at last"


with Flow("mapped") as mapped:
    n = Parameter("n", default=5)
    total(double.map(numbers(n)))

with Flow("retried") as retried:
    third_time_lucky()

with Flow("chain") as chain:
    total([double(double(1)), double(2)])

FLOWS = {flow.name: flow for flow in (mapped, retried, chain)}

if __name__ == "__main__":
    project = json.load(sys.stdin)["project"]
    client = prefect.Client()
    client.create_project(project)
    ids = {}
    for name, flow in FLOWS.items():
        flow.storage = Local(
            directory=os.environ["HOME"], stored_as_script=True, path=__file__, add_default_labels=False
        )
        ids[name] = flow.register(project, no_url=True)
    print(json.dumps(ids))
