"""The real client in one long-lived process: imported once, then it registers and runs flows as it is told.

Runs in the client's own environment, not in Lictor's. In: one JSON command per line, {"do": "register", "tasks": n,
"times": k}, {"do": "prepare"} or {"do": "run", "n": n, "threads": bool}. Out: one JSON line per
command, times in seconds, on the file descriptor that is its argument.
"""

import json
import os
import sys
import time

# The heartbeat's process would import Prefect anew beside each measurement; the thread sends the same calls.
os.environ["PREFECT__CLOUD__HEARTBEAT_MODE"] = "thread"
os.environ["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS"] = "true"
os.environ["PREFECT__LOGGING__LEVEL"] = "INFO"

import prefect
from prefect import Flow, Parameter, task
from prefect.engine.cloud import CloudFlowRunner
from prefect.executors import LocalDaskExecutor, LocalExecutor
from prefect.storage import Local

PROJECT = "bench"


@task
def numbers(n):
    return list(range(n))


@task
def double(x):
    return x * 2


@task
def total(xs):
    return sum(xs)


with Flow("bench-mapped") as mapped:
    n = Parameter("n", default=10)
    total(double.map(numbers(n)))


def storage():
    return Local(directory=os.environ["HOME"], stored_as_script=True, path=__file__, add_default_labels=False)


class Commands:
    def __init__(self):
        self.client = prefect.Client()
        if not self.client.get_available_tenants():
            self.client.create_tenant("Real client")
        self.client.create_project(PROJECT)
        self.flow_id = None

    def prepare(self):
        mapped.storage = storage()
        self.flow_id = mapped.register(PROJECT, no_url=True)
        return {}

    def run(self, n, threads):
        executor = LocalDaskExecutor(scheduler="threads", num_workers=n) if threads else LocalExecutor()
        run_id = self.client.create_flow_run(flow_id=self.flow_id, parameters={"n": n})
        began, cpu = time.perf_counter(), time.process_time()
        with prefect.context(flow_run_id=run_id, running_with_backend=True):
            state = CloudFlowRunner(flow=mapped).run(executor=executor)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        return {"seconds": seconds, "cpu": cpu, "state": type(state).__name__, "flow_run_id": run_id}

    def register(self, tasks, times):
        measured = []
        for number in range(times):
            with Flow(f"bench-{tasks}-tasks-{number}") as flow:
                # Wide, not deep: sorting a chain of 1,000 takes the client itself half a minute.
                first = double(0)
                for _ in range(tasks - 1):
                    double(first)
            flow.storage = storage()
            began = time.perf_counter()
            flow.register(PROJECT, no_url=True)
            measured.append(time.perf_counter() - began)
        return {"seconds": measured}


if __name__ == "__main__":
    # Not standard output, to which Prefect logs.
    answers = os.fdopen(int(sys.argv[1]), "w")
    commands = Commands()
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(commands, command.pop("do"))(**command)
        print(json.dumps(answer), file=answers, flush=True)
