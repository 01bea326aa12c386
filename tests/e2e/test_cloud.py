"""Lictor as Prefect Cloud: an unmodified Prefect 1.4.1 with `backend = cloud`, an API key, and keys being asked for."""

from __future__ import annotations

import json
import re
import stat
from typing import Any

import psycopg
import pytest

from tests.cli.lictor_process import until
from tests.e2e.conftest import Guarded, cloud, failing

# A dozen commands of the client, each of which takes seconds to import it.
pytestmark = pytest.mark.timeout(300)


def test_log_in_and_change_tenants(prefect, guarded, key, tmp_path):
    client = cloud(prefect, tmp_path / "home", guarded.url)
    assert "Unauthorized. Invalid Prefect Cloud API key." in failing(
        client, "auth", "login", "-k", f"{key[:-1]}-"
    )
    assert "You are not authenticated" in failing(client, "auth", "list-tenants")
    assert "Logged in to Prefect Cloud tenant 'default' (default)" in client("auth", "login", "-k", key)

    own = guarded.cli("tenant", "create", "Second team")
    foreign = _tenant_without_members(guarded, "foreign")
    listed = client("auth", "list-tenants")
    assert re.search(r"^default +default .*\*$", listed, re.MULTILINE), listed
    assert re.search(rf"^Second team +second-team +{own}$", listed, re.MULTILINE), listed

    assert f"Tenant switched to {own}" in client("auth", "switch-tenants", "--slug", "second-team")
    assert f"You are logged in to tenant {own}" in client("auth", "status")
    assert "Your API key is not valid for that tenant" in failing(
        client, "auth", "switch-tenants", "--id", foreign
    )
    assert f"You are logged in to tenant {own}" in client("auth", "status")
    assert "restored to the default tenant" in client("auth", "switch-tenants", "--default")
    assert own not in client("auth", "status")


def _tenant_without_members(guarded: Guarded, slug: str) -> str:
    with psycopg.connect(guarded.state["database_url"]) as db:
        row = db.execute(
            "INSERT INTO tenant (name, slug) VALUES (%s, %s) RETURNING id", (slug, slug)
        ).fetchone()
    assert row
    return str(row[0])


def test_keys_on_the_command_line(prefect, guarded, key, tmp_path):
    first = cloud(prefect, tmp_path / "first", guarded.url)
    first("auth", "login", "-k", key)
    made = first("auth", "create-key", "-n", "second", "--expire", "2099-01-01", "--quiet").strip()
    assert re.fullmatch(r"lictor_[0-9a-f]{12}_[\w-]{43}", made)
    rows = [line.split() for line in first("auth", "list-keys").splitlines()]
    ((_, key_id, *end),) = [row for row in rows if row[0] == "second"]
    assert end == ["2099-01-01T00:00:00+00:00"]
    assert any(row[:3] == ["of", "the", "tests"] and row[-1] == "NEVER" for row in rows)
    assert json.loads(guarded.cli("key", "list", "--json"))[-1]["id"] == key_id

    second = cloud(prefect, tmp_path / "second", guarded.url, PREFECT__CLOUD__API_KEY=made)
    assert "default" in second("auth", "list-tenants")
    assert "successfully revoked" in first("auth", "revoke-key", "--id", key_id)
    assert "You are not authenticated" in failing(second, "auth", "list-tenants")
    assert "Your authentication is not working" in second("auth", "status")
    assert "Unable to revoke key" in failing(first, "auth", "revoke-key", "--id", key_id)
    # What a thief of the database would find is not what opens the door.
    with psycopg.connect(guarded.state["database_url"]) as db:
        rows = db.execute(
            "SELECT auth_api_key::text, api_key_digest::text FROM vault.api_key_digest, auth_api_key WHERE prefix = %s",
            (key.split("_")[1],),
        ).fetchall()
    assert rows
    assert key.split("_", 2)[2] not in str(rows)


def test_what_only_cloud_had_in_a_flow_run(prefect, guarded, key, tmp_path, ask):
    client = cloud(prefect, tmp_path / "home", guarded.url, PREFECT__CLOUD__API_KEY=key)
    saw = client.program("cloud", {"project": "cloudy"})
    assert saw["tenant"] == [ask("{ auth_info { tenant_id } }")["auth_info"]["tenant_id"], "default"]
    assert saw["missing"][0] == "KeyError"
    assert saw["found"] == [True, False]
    assert saw["same"] is True
    assert saw["read"] == saw["values"]
    assert saw["too_large"][0] == "ClientError"
    assert "10 KB limit" in saw["too_large"][1]
    assert (saw["deleted"], saw["gone"][0], saw["again"][0]) == (True, "ValueError", "ValueError")
    assert saw["seen"] == {"secret": "correct horse", "token": {"user": "someone", "scopes": [1, 2]}}
    assert saw["agent_config"][0] == "IndexError"
    run = ask("query($id: uuid!) { flow_run_by_pk(id: $id) { state } }", id=saw["run"])
    assert run["flow_run_by_pk"]["state"] == "Success"
    with psycopg.connect(guarded.state["database_url"]) as db:
        (stored,) = db.execute("SELECT count(*), string_agg(s::text, ' ') FROM vault.secret s").fetchall()
    assert stored[0] == 2
    assert b"correct horse".hex() not in stored[1]
    assert stat.S_IMODE(guarded.instance.secret_key_path.stat().st_mode) == 0o600


def test_key_values_on_the_command_line(prefect, guarded, key, tmp_path, ask):
    client = cloud(prefect, tmp_path / "home", guarded.url)
    client("auth", "login", "-k", key)
    assert "Key value pair set successfully" in client("kv", "set", "typed", "hello")
    assert "'hello'" in client("kv", "get", "typed")
    assert "typed" in client("kv", "list")
    other = guarded.cli("tenant", "create", "Neighbours")
    client("auth", "switch-tenants", "--slug", "neighbours")
    assert "No keys found" in client("kv", "list")
    assert "No value found for key: typed" in failing(client, "kv", "get", "typed")
    client("kv", "set", "typed", "another")
    assert ask("{ key_value { key value } }", tenant=other)["key_value"] == [
        {"key": "typed", "value": "another"}
    ]
    client("auth", "switch-tenants", "--default")
    assert "'hello'" in client("kv", "get", "typed")
    assert "has been deleted" in client("kv", "delete", "typed")


def test_an_agent_waits_while_the_work_queue_is_paused(prefect, guarded, key, tmp_path, ask):
    client = cloud(prefect, tmp_path / "home", guarded.url, PREFECT__CLOUD__API_KEY=key)
    flow = tmp_path / "small.py"
    flow.write_text(
        "from prefect import Flow, task\n@task\ndef one(): pass\nwith Flow('small') as flow: one()\n"
    )
    client("create", "project", "queue")
    client("register", "-p", str(flow), "--project", "queue", "--label", "queue")
    tenant = ask("{ auth_info { tenant_id } }")["auth_info"]["tenant_id"]
    switch = "mutation($t: UUID!) { %s_tenant_work_queue(input: {tenant_id: $t}) { success } }"
    ask(switch % "pause", t=tenant)
    assert ask('{ tenant(where: {slug: {_eq: "default"}}) { settings } }')["tenant"][0]["settings"] == {
        "work_queue_paused": True
    }
    client("run", "--name", "small", "--label", "queue")
    agent = client.start("prefect", "agent", "local", "start", "--no-hostname-label", "--label", "queue")

    def one(field: str) -> Any:
        rows = ask(f"{{ {field} }}")
        return next(iter(rows.values()))

    try:
        seen = 'agent(where: {labels: {_contains: ["queue"]}}) { last_queried created }'
        until(lambda: any(a["last_queried"] > a["created"] for a in one(seen)), 60, "the agent has asked")
        runs = 'flow_run(where: {flow: {name: {_eq: "small"}}}) { state }'
        assert one(runs) == [{"state": "Scheduled"}]
        ask(switch % "resume", t=tenant)
        until(lambda: one(runs) == [{"state": "Success"}], 90, "the run is Success")
    finally:
        agent.terminate()
        agent.communicate(timeout=30)
