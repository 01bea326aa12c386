"""A Lictor that took over a Prefect Server at work: what agents and running flows ask of it, and its way into a file."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.lictor_process import LictorProcess, run_lictor

pytestmark = pytest.mark.timeout(300)


def _graphql(url: str, query: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer
    return answer["data"]


def test_agents_and_running_flows_go_on(
    prefect_server: Callable[..., str], make_directory: Callable[[], Path], tmp_path: Path
) -> None:
    source = prefect_server(60)
    with psycopg.connect(source) as connection:
        (tenant, due, running) = connection.execute(
            "SELECT md5('tenant 1')::uuid::text, array_agg(id::text) FILTER (WHERE state = 'Scheduled'"
            " AND scheduled_start_time < now() AND tenant_id = md5('tenant 1')::uuid AND labels = '[]'),"
            " (array_agg(id::text) FILTER (WHERE state = 'Running'))[1] FROM flow_run"
        ).fetchone() or (None, None, None)
    # A data directory where Lictor has never run: its Postgres is started for the import and stopped after it.
    process = LictorProcess(make_directory() / "data")
    data_dir = str(process.instance.data_dir)
    done = run_lictor("import", "--from", source, "--quiet", LICTOR_DATA_DIR=data_dir)
    assert done.returncode == 0, done.stderr
    assert process.instance.state() is None
    try:
        process.ensure_up()
        url = (process.instance.state() or {})["url"]
        queue = "mutation($i: get_runs_in_queue_input!) { get_runs_in_queue(input: $i) { flow_run_ids } }"
        before = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
        found = _graphql(url, queue, i={"tenant_id": tenant, "before": before, "labels": []})
        assert due
        assert set(due) <= set(found["get_runs_in_queue"]["flow_run_ids"])

        # A process that began on the Prefect Server ends its run here, at the version that it left off.
        finish = "mutation($i: set_flow_run_states_input!) { set_flow_run_states(input: $i) { states { status } } }"
        state = {"flow_run_id": running, "version": 3, "state": {"type": "Success", "message": "went on"}}
        told = _graphql(url, finish, i={"states": [state]})
        assert told["set_flow_run_states"]["states"][0]["status"] == "SUCCESS"
        asked = (
            "query($id: uuid!) { flow_run_by_pk(id: $id) { version state flow { name project { name } }"
            " states(order_by: {version: asc}) { version state } logs_aggregate { aggregate { count } } } }"
        )
        run = _graphql(url, asked, id=running)["flow_run_by_pk"]
        assert (run["version"], run["state"]) == (4, "Success")
        assert [one["version"] for one in run["states"]] == [1, 2, 3, 4]
        assert run["logs_aggregate"]["aggregate"]["count"] == 3
        assert run["flow"]["project"]["name"].startswith("ETL ")
        assert process.stop() == 0
    finally:
        process.kill()
    # What the command line finds in a data directory where nothing runs.
    saved = run_lictor("backup", str(tmp_path / "saved.zip"), "--quiet", "--json", LICTOR_DATA_DIR=data_dir)
    assert saved.returncode == 0, saved.stderr
    rows = {table["name"]: table["rows"] for table in json.loads(saved.stdout)["tables"]}
    assert (rows["tenant"], rows["task_run"] >= 180) == (2, True)
