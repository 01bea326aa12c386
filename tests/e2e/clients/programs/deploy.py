"""Registers two flows for an agent and creates a run of the second. Input: {"project", "label"}.

`greet` logs; `gated` pauses before its second task until somebody approves. Output: ids.
"""

import prefect
from prefect import Flow, Parameter, task
from prefect.triggers import manual_only

from release import answer, client, given, register


@task
def say(name):
    prefect.context.logger.info("hello %s", name)
    return name


@task
def prepare():
    return 20


@task(trigger=manual_only)
def proceed(value):
    return value + 1


with Flow("greet") as greet:
    say(Parameter("name", default="world"))

with Flow("gated") as gated:
    proceed(prepare())

labels = [given["label"]]
greet_id = register(greet, labels)
gated_id = register(gated, labels)
answer(greet=greet_id, gated=gated_id, run=client.create_flow_run(flow_id=gated_id))
