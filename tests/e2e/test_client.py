"""The commands that people type, by an unmodified Prefect 1.4.1, against `lictor up`."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.lictor_process import until

FLOW = """
from prefect import Flow, Parameter, task

@task
def say(name):
    return f"hello {name}"

with Flow("{name}") as flow:
    say(Parameter("name", default="world"))
"""


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "greet.py"
    path.write_text(FLOW.replace("{name}", f"greet {tmp_path.name}"))
    return path


def test_the_life_of_a_flow_on_the_command_line(prefect_client, flow_file, graphql):
    name = f"greet {flow_file.parent.name}"
    prefect_client("backend", "server")
    assert "created" in prefect_client("create", "project", "people", "--description", "what people type")
    assert "1 registered" in prefect_client("register", "-p", str(flow_file), "--project", "people")
    assert "1 skipped" in prefect_client("register", "-p", str(flow_file), "--project", "people")
    agent = prefect_client.start(
        "prefect", "agent", "local", "start", "--name", "typed", "--no-hostname-label", "--label", "here"
    )
    try:
        watched = prefect_client("run", "--name", name, "--label", "here", "--param", 'name="you"', "--watch")
        assert "Flow run succeeded!" in watched
        assert "Task 'say': Finished task run for task with final state: 'Success'" in watched
    finally:
        agent.send_signal(signal.SIGINT)
        output, _ = agent.communicate(timeout=30)
    assert "Completed deployment of flow run" in output
    listed = prefect_client("get", "flow-runs", "--flow", name)
    assert "Success" in listed
    assert name in prefect_client("get", "flows", "--project", "people")
    assert "what people type" in prefect_client("get", "projects")
    assert "say" in prefect_client("get", "tasks", "--flow-name", name)
    assert '"archived": false' in prefect_client("describe", "flows", "--name", name)
    run_name = graphql(
        "query($name: String!) { flow_run(where: {flow: {name: {_eq: $name}}}) { name agent { name } } }",
        name=name,
    )["flow_run"][0]
    assert run_name["agent"] == {"name": "typed"}
    assert "Success" in prefect_client("describe", "flow-runs", "--name", run_name["name"])
    assert "Flow run SUCCESS" in prefect_client("get", "logs", "--name", run_name["name"])


def test_an_agent_takes_many_runs_to_success(prefect_client, graphql):
    flows = prefect_client.program("register", {"project": "agents"})
    runs = [
        graphql(
            "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }",
            input={"flow_id": flow},
        )["create_flow_run"]["id"]
        for flow in (flows["mapped"], flows["retried"], flows["chain"])
    ]
    agent = prefect_client.start("prefect", "agent", "local", "start", "--no-hostname-label")

    def states() -> set[str]:
        rows = graphql("query($ids: [uuid!]!) { flow_run(where: {id: {_in: $ids}}) { state } }", ids=runs)
        return {row["state"] for row in rows["flow_run"]}

    try:
        until(lambda: states() == {"Success"}, 240, "every run is Success")
    finally:
        agent.send_signal(signal.SIGINT)
        try:
            agent.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            agent.kill()
    history = graphql(
        "query($id: uuid!) { task_run(where: {flow_run_id: {_eq: $id}}) { states(order_by: {version: asc}) { state version } } }",
        id=runs[1],
    )["task_run"][0]["states"]
    assert [row["state"] for row in history] == [
        "Pending", "Running", "Failed", "Retrying", "Running", "Failed", "Retrying", "Running", "Success",
    ]  # fmt: skip
    assert [row["version"] for row in history] == list(range(1, len(history) + 1))


@pytest.mark.timeout(400)
def test_a_thousand_mapped_children_all_succeed(prefect_client, graphql):
    flows = prefect_client.program("register", {"project": "thousand"})
    run = graphql(
        "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }",
        input={"flow_id": flows["mapped"], "parameters": {"n": 1000}},
    )["create_flow_run"]["id"]
    prefect_client.program("execute", {"flow": "mapped", "runs": [run]}, timeout=380)
    answer = graphql(
        """query($id: uuid!) {
          flow_run_by_pk(id: $id) { state }
          children: task_run(where: {flow_run_id: {_eq: $id}, map_index: {_gte: 0}}, order_by: {map_index: asc}) {
            map_index state version states(order_by: {version: asc}) { state version } } }""",
        id=run,
    )
    assert answer["flow_run_by_pk"]["state"] == "Success"
    assert [child["map_index"] for child in answer["children"]] == list(range(1000))
    history = [("Pending", 1), ("Running", 2), ("Success", 3)]
    for child in answer["children"]:
        assert [(row["state"], row["version"]) for row in child["states"]] == history
        assert (child["state"], child["version"]) == ("Success", 3)
