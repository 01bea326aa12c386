"""Executes flow runs with the real client's flow runner, one after another, in one process.

Input: {"flow": name, "runs": [flow run id, …]}. It notes every state and log line that the server has
acknowledged and prints {"states": [[kind, run id, state], …], "logs": [[flow run id, message], …]} at the end.
"""

import json
import os
import sys
from pathlib import Path

os.environ["PREFECT__CLOUD__HEARTBEAT_MODE"] = "off"
os.environ["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS"] = "true"
os.environ["PREFECT__LOGGING__LEVEL"] = "INFO"

import prefect
from prefect.client import Client
from prefect.engine.cloud import CloudFlowRunner
from prefect.utilities import logging as prefect_logging

sys.path.insert(0, str(Path(__file__).parent))
from register import FLOWS

acknowledged = {"states": [], "logs": []}


def noting(method, note):
    def wrapper(self, *args, **kwargs):
        answer = method(self, *args, **kwargs)
        note(args, kwargs)
        return answer

    return wrapper


def note_state(kind):
    def note(args, kwargs):
        given = dict(zip((f"{kind}_run_id", "version", "state"), args, strict=False), **kwargs)
        acknowledged["states"].append([kind, given[f"{kind}_run_id"], type(given["state"]).__name__])

    return note


def note_logs(args, kwargs):
    lines = args[0] if args else kwargs["logs"]
    acknowledged["logs"].extend([line["flow_run_id"], line["message"]] for line in lines)


Client.set_flow_run_state = noting(Client.set_flow_run_state, note_state("flow"))
Client.set_task_run_state = noting(Client.set_task_run_state, note_state("task"))
Client.write_run_logs = noting(Client.write_run_logs, note_logs)

if __name__ == "__main__":
    plan = json.load(sys.stdin)
    flow = FLOWS[plan["flow"]]
    for run_id in plan["runs"]:
        with prefect.context(flow_run_id=run_id, running_with_backend=True):
            CloudFlowRunner(flow=flow).run()
            print("ran", run_id, flush=True)
    prefect_logging.LOG_MANAGER.stop()
    print(json.dumps(acknowledged))
