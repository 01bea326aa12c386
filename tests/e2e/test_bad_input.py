"""What is wrong or large is told by its field, nothing is half-written, and the process stays up."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

CREATE = "mutation($input: create_flow_input!) { create_flow(input: $input) { id } }"
LOGS = "mutation($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }"
STATES = (
    "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id } } }"
)


@pytest.fixture
def project(graphql) -> str:
    tenant = graphql("{ tenant { id } }")["tenant"][0]["id"]
    document = "mutation($input: create_project_input!) { create_project(input: $input) { id } }"
    return graphql(document, input={"name": str(uuid4()), "tenant_id": tenant})["create_project"]["id"]


@pytest.fixture
def run(graphql, project) -> str:
    flow = graphql(
        CREATE, input={"project_id": project, "serialized_flow": {"name": "f", "tasks": [{"slug": "t"}]}}
    )
    document = "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }"
    return graphql(document, input={"flow_id": flow["create_flow"]["id"]})["create_flow_run"]["id"]


@pytest.fixture
def post(lictor):
    with httpx2.Client(base_url=lictor.url, timeout=60, trust_env=False) as http:

        def send(content: bytes | dict[str, Any]) -> tuple[int, str]:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            answer = http.post("/", content=body, headers={"Content-Type": "application/json"})
            return answer.status_code, answer.json()["errors"][0]["message"]

        yield send


def call(query: str, **input: Any) -> dict[str, Any]:
    return {"query": query, "variables": json.dumps({"input": input})}


def test_a_registration_of_6_mb_is_taken_whole(graphql, project):
    tasks = [{"slug": f"t-{n}", "name": "x" * 6000} for n in range(1000)]
    flow = graphql(
        CREATE, input={"project_id": project, "serialized_flow": {"name": "large", "tasks": tasks}}
    )["create_flow"]["id"]
    row = graphql(
        "query($id: uuid!) { flow_by_pk(id: $id) { serialized_flow tasks_aggregate { aggregate { count } } } }",
        id=flow,
    )["flow_by_pk"]
    assert row["tasks_aggregate"]["aggregate"]["count"] == 1000
    assert row["serialized_flow"]["tasks"] == tasks


def test_a_bad_registration_is_told_and_leaves_nothing(graphql, post, project):
    for document, words in (
        (
            {"name": "bad", "tasks": [{"name": "no slug"}]},
            "serialized_flow.tasks[0]: Object missing required field `slug`",
        ),
        (
            {
                "name": "bad",
                "tasks": [{"slug": "a"}],
                "edges": [{"upstream_task": "a", "downstream_task": "b"}],
            },
            "reference tasks that do not exist: b",
        ),
    ):
        status, message = post(call(CREATE, project_id=project, serialized_flow=document))
        assert (status, words in message) == (200, True), message
    status, message = post(call(CREATE, project_id="no uuid", serialized_flow={"name": "bad"}))
    assert (status, "Could not parse UUID: no uuid" in message) == (200, True), message
    assert (
        graphql("query($id: uuid!) { flow(where: {project_id: {_eq: $id}}) { id } }", id=project)["flow"]
        == []
    )


def test_bad_states_and_logs_are_told_and_leave_nothing(graphql, post, run):
    large = {"type": "Failed", "message": "x" * 1_000_001}
    running = {"flow_run_id": run, "state": {"type": "Running"}}
    cases = [
        (call(STATES, states=[running, {"flow_run_id": run, "state": large}]), 200, "State payload is too large: states[1].state"),
        (call(STATES, states=[running, {"flow_run_id": run, "state": {"type": "Odd"}}]), 200, "states[1].state.type is 'Odd'"),
        (call(STATES, states=[running, {"flow_run_id": str(uuid4()), "state": {"type": "Running"}}]), 200, "State update failed for flow run ID"),
        (call(STATES, states=[{**running, "colour": "red"}]), 400, "colour"),
        (call(LOGS, logs=[{"flow_run_id": run, "message": "fine"}, {"flow_run_id": run, "message": "a\0b"}]), 200, "logs[1].message"),
        (call(LOGS, logs=[{"flow_run_id": run, "message": "fine"}, {"flow_run_id": str(uuid4())}]), 200, "Foreign key violation."),
        ({"query": "{ flow_run { colour } }"}, 400, "colour"),
        ({"query": "{ hello", "variables": None}, 400, ""),
        ({"query": "{ hello }", "variables": "{"}, 400, "variables"),
        (b'{"query": "{ hello }', 400, ""),
        (b'{"query": "\xff"}', 400, ""),
    ]  # fmt: skip
    for content, status, words in cases:
        got, message = post(content)
        assert (got, words in message) == (status, True), (got, message)
    row = graphql(
        "query($id: uuid!) { flow_run_by_pk(id: $id) { version state logs { id } states { version } } }",
        id=run,
    )
    assert row["flow_run_by_pk"] == {
        "version": 1,
        "state": "Scheduled",
        "logs": [],
        "states": [{"version": 1}],
    }
