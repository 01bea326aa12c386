"""Registers flows with a Prefect client and creates a run of each that has no schedule.

In: `register.py PROJECT FILE...`, with Prefect's own variables saying where the server is. Out: one JSON object on
standard output: {"flow name": {"flow_id": ..., "flow_run_id": ... or null}}. Runs in the client's virtual environment:
Lictor never imports it, it never imports Lictor.
"""

# pyright: reportMissingImports=false

import contextlib
import json
import runpy
import sys

import prefect


def main(project: str, files: list[str]) -> None:
    """Exit status 1 with a traceback if the server refuses anything."""
    result = {}
    # The client prints about what it does; our standard output is for the result.
    with contextlib.redirect_stdout(sys.stderr):
        client = prefect.Client()
        client.create_project(project)
        for file in files:
            flow = runpy.run_path(file)["flow"]
            flow_id = flow.register(project, idempotency_key=flow.serialized_hash())
            run_id = None if flow.schedule else client.create_flow_run(flow_id=flow_id)
            result[flow.name] = {"flow_id": flow_id, "flow_run_id": run_id}
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
