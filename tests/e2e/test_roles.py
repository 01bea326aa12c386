"""Roles, as an unmodified Prefect 1.4.1 meets them: what a runner's key does, and what a reader's does not."""

from __future__ import annotations

import psycopg
import pytest

from tests.cli.lictor_process import until
from tests.e2e.conftest import Guarded, cloud, failing

# A dozen commands of the client, each of which takes seconds to import it.
pytestmark = pytest.mark.timeout(300)

FLOW = """\
from prefect import Flow, task
from prefect.tasks.secrets import PrefectSecret

@task
def told(value):
    assert value == "whispered"

with Flow('runs') as flow:
    told(PrefectSecret('word'))
"""


def _states(guarded: Guarded, flow: str) -> list[str]:
    with psycopg.connect(guarded.state["database_url"]) as db:
        rows = db.execute(
            "SELECT state FROM flow_run WHERE flow_id IN (SELECT id FROM flow WHERE name = %s)", (flow,)
        ).fetchall()
    return [state for (state,) in rows]


def test_a_runners_key_runs_flows_and_does_nothing_else(prefect, guarded, key, tmp_path, ask):
    user = cloud(prefect, tmp_path / "user", guarded.url, PREFECT__CLOUD__API_KEY=key)
    runner_key = guarded.cli("key", "create", "agents", "--user", "agents", "--role", "RUNNER")
    runner = cloud(prefect, tmp_path / "runner", guarded.url, PREFECT__CLOUD__API_KEY=runner_key)
    script = tmp_path / "runs.py"
    script.write_text(FLOW)
    user("create", "project", "roles")
    assert "needs the permission create:flow" in failing(
        runner, "register", "-p", str(script), "--project", "roles"
    )
    user("register", "-p", str(script), "--project", "roles", "--label", "roles")
    ask('mutation { set_secret(input: {name: "word", value: "whispered"}) { success } }')
    agent = runner.start("prefect", "agent", "local", "start", "--no-hostname-label", "--label", "roles")
    try:
        user("run", "--name", "runs", "--label", "roles")
        until(lambda: _states(guarded, "runs") == ["Success"], 120, "the run is Success")
    finally:
        agent.terminate()
        agent.communicate(timeout=30)
    assert "needs the permission create:project" in runner("create", "project", "mine")


def test_a_readers_key_sees_all_and_changes_nothing(prefect, guarded, key, tmp_path):
    user = cloud(prefect, tmp_path / "user", guarded.url, PREFECT__CLOUD__API_KEY=key)
    script = tmp_path / "seen.py"
    script.write_text(FLOW.replace("'runs'", "'seen'"))
    user("create", "project", "seen")
    user("register", "-p", str(script), "--project", "seen")
    reader_key = guarded.cli("key", "create", "reader", "--user", "reader", "--role", "READ_ONLY_USER")
    reader = cloud(prefect, tmp_path / "reader", guarded.url)
    reader("auth", "login", "-k", reader_key)
    assert "seen" in reader("get", "flows", "--name", "seen")
    refused = failing(reader, "run", "--name", "seen", "--project", "seen")
    assert "create_flow_run needs the permission create:run" in refused
    assert "An administrator of the tenant can give you one that has it." in refused
    assert _states(guarded, "seen") == []
    assert "needs the permission update:key-value" in failing(reader, "kv", "set", "typed", "hello")
