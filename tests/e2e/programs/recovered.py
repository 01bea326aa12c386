"""A flow whose process dies in the middle, and an agent that may die after it has submitted a run.

`recovered.py agent` is a local agent that looks for work all the time; `recovered.py dying-agent` is killed at the
moment it would start the process of a run that it has just set to Submitted. Otherwise: registers the flow. Input:
{"project": name, "labels": {flow name: label}}, and "at": {flow name: when its run is due} if not at once; prints
{flow name: id of a run}.
"""

import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

os.environ.update(
    PREFECT__CLOUD__HEARTBEAT_INTERVAL="0.5",
    PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL="0.3",
    PREFECT__FLOWS__CHECKPOINTING="true",
)

import pendulum
import prefect
from prefect import Flow, task
from prefect.agent.local import LocalAgent
from prefect.engine.results import LocalResult
from prefect.run_configs import LocalRun
from prefect.storage import Local

RESULT = LocalResult(dir=os.environ["HOME"])


@task(result=RESULT)
def before():
    return 20


@task(max_retries=1, retry_delay=timedelta(0), result=RESULT)
def dies_once(value):
    note = Path(os.environ["HOME"]) / prefect.context.flow_run_id
    if note.exists():
        return value + 1
    note.write_text(str(os.getpid()))
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        time.sleep(0.1)
    raise AssertionError("nobody killed this process")


@task
def after(value):
    assert value == 21, value


@task
def quick():
    return 1


with Flow("dies once") as flow:
    after(dies_once(before()))

with Flow("quick") as quick_flow:
    quick()


@task
def wait_for_word():
    """Notes its process, and ends when somebody has written beside that note that it may."""
    note = Path(os.environ["HOME"]) / prefect.context.flow_run_id
    note.write_text(str(os.getpid()))
    deadline = time.monotonic() + 300
    while not note.with_suffix(".go").exists():
        assert time.monotonic() < deadline, "nobody said go"
        time.sleep(0.1)


with Flow("waits") as waiting_flow:
    wait_for_word()


@task(max_retries=1, retry_delay=timedelta(hours=1))
def fails():
    raise ValueError("the first time")


with Flow("retries later") as retrying_flow:
    fails()

FLOWS = {each.name: each for each in (flow, quick_flow, waiting_flow, retrying_flow)}


class DyingAgent(LocalAgent):
    def deploy_flow(self, flow_run):
        os.kill(os.getpid(), signal.SIGKILL)


def work(agent_class, label):
    agent_class._loop_intervals = {0: 0.3}
    agent_class(labels=[label], hostname_label=False).start()


def parse(at):
    return None if at is None else pendulum.parse(at)


def register():
    given = json.load(sys.stdin)
    client = prefect.Client()
    client.create_project(given["project"])
    made = {}
    for name, label in given["labels"].items():
        each = FLOWS[name]
        each.storage = Local(
            directory=os.environ["HOME"], stored_as_script=True, path=__file__, add_default_labels=False
        )
        each.run_config = LocalRun(labels=[label])
        made[name] = client.create_flow_run(
            flow_id=each.register(given["project"], no_url=True),
            scheduled_start_time=parse(given.get("at", {}).get(name)),
        )
    print(json.dumps(made))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work({"agent": LocalAgent, "dying-agent": DyingAgent}[sys.argv[1]], sys.argv[2])
    else:
        register()
