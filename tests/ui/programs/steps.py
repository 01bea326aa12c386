"""A flow whose run waits for a word, and an agent that looks for work all the time.

`steps.py agent LABEL` is the agent. Otherwise: registers the flow and makes runs of it. Input: {"project": name,
"label": of its runs, "runs": [name, …]}; prints {name of a run: its id}.

A run notes its process in $HOME/<id> and waits until there is $HOME/<id>.word. It succeeds if "well" stands in it.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.update(
    PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL="0.3",
    PREFECT__CLOUD__LOGGING_HEARTBEAT="0.5",
    PREFECT__FLOWS__CHECKPOINTING="true",
)

import prefect
from prefect import Flow, task
from prefect.agent.local import LocalAgent
from prefect.engine.results import LocalResult
from prefect.run_configs import LocalRun
from prefect.storage import Local

RESULT = LocalResult(dir=os.environ["HOME"])


def note() -> Path:
    return Path(os.environ["HOME"]) / prefect.context.flow_run_id


@task(result=RESULT)
def numbers():
    return [1, 2, 3]


@task(result=RESULT)
def double(number):
    return number * 2


@task(result=RESULT)
def wait(numbers):
    prefect.context.logger.info("waiting for a word")
    note().write_text(str(os.getpid()))
    deadline = time.monotonic() + 200
    while not note().with_suffix(".word").exists():
        assert time.monotonic() < deadline, "nobody said a word"
        # The word is a file that a test makes.
        time.sleep(0.1)
    prefect.context.logger.info("the word has come")
    return numbers


@task(result=RESULT)
def total(numbers):
    word = note().with_suffix(".word").read_text()
    assert word == "well", f"the word is {word}"
    return sum(numbers)


with Flow("steps") as flow:
    total(wait(double.map(numbers())))


def register():
    given = json.load(sys.stdin)
    client = prefect.Client()
    client.create_project(given["project"])
    flow.storage = Local(
        directory=os.environ["HOME"], stored_as_script=True, path=__file__, add_default_labels=False
    )
    flow.run_config = LocalRun(labels=[given["label"]])
    flow_id = flow.register(given["project"], no_url=True)
    print(
        json.dumps({name: client.create_flow_run(flow_id=flow_id, run_name=name) for name in given["runs"]})
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        LocalAgent._loop_intervals = {0: 0.3}
        LocalAgent(labels=[sys.argv[2]], hostname_label=False).start()
    else:
        register()
