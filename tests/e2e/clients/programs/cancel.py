"""Cancels a flow run while its task sleeps. Input: {"project"}. Output: the run's id and its state in the end."""

import threading
import time
from pathlib import Path

from prefect import Flow, task

from release import HOME, answer, client, execute, kind, register

STARTED = Path(HOME) / "started"


@task
def sleep():
    STARTED.touch()
    # The client looks every 15 s; a busy machine is late.
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(0.1)


@task
def after(slept):
    return slept


with Flow("cancelled") as flow:
    after(sleep())

run = client.create_flow_run(flow_id=register(flow))


def cancel():
    while not STARTED.exists():
        time.sleep(0.05)
    client.cancel_flow_run(run)


thread = threading.Thread(target=cancel, daemon=True)
thread.start()
state = execute(flow, run)
thread.join()
answer(run=run, state=kind(state), read=kind(client.get_flow_run_state(run)))
