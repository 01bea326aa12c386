"""The table of statuses and codes of contract server.md 3.1, row by row, and the texts of 3.5."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.actions.gateway.conftest import RunningGateway

CREATE_PROJECT = "mutation ($input: create_project_input!) { create_project(input: $input) { id } }"
CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"


async def make_tenant(gateway: RunningGateway) -> str:
    slug = f"t-{uuid4()}"
    answer = await gateway.post(CREATE_TENANT, {"input": {"name": slug, "slug": slug}})
    return answer.json()["data"]["create_tenant"]["id"]


def one_error(body: dict[str, Any]) -> dict[str, Any]:
    [error] = body["errors"]
    assert isinstance(error["extensions"], dict)
    return error


@pytest.mark.parametrize(
    "query", ["{ hello }", "query Q { api { backend mode } }", "{ tenant(limit: 0) { id } }"]
)
async def test_success_has_data_only(gateway: RunningGateway, query: str) -> None:
    answer = await gateway.post(query)
    assert answer.status_code == 200
    assert set(answer.json()) == {"data"}


@pytest.mark.parametrize(
    "query", ["{", "query {", "{ hello ", "mutation", "{ a(b: ) }", "}{", "{ hello } }", "\u0000"]
)
async def test_syntax_errors(gateway: RunningGateway, query: str) -> None:
    answer = await gateway.post(query)
    assert answer.status_code == 400
    assert set(answer.json()) == {"errors"}
    assert one_error(answer.json())["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("{ no_such_field }", "no_such_field"),
        ("{ tenant { no_such_column } }", "no_such_column"),
        ("{ tenant(no_such_argument: 1) { id } }", "no_such_argument"),
        ("{ hello(no_such_argument: 1) }", "no_such_argument"),
        ("mutation { no_such_mutation(input: {}) { id } }", "no_such_mutation"),
        ("mutation { create_project { id } }", "input"),
        ("{ tenant }", "tenant"),
        ("query A { hello } query B { hello }", "operation"),
    ],
)
async def test_documents_that_do_not_fit(gateway: RunningGateway, query: str, named: str) -> None:
    answer = await gateway.post(query)
    assert answer.status_code == 400
    assert set(answer.json()) == {"errors"}
    error = one_error(answer.json())
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert named in error["message"]


async def test_unknown_operation_name(gateway: RunningGateway) -> None:
    answer = await gateway.client.post("/", json={"query": "query A { hello }", "operationName": "C"})
    assert answer.status_code == 400


def nested(levels: int) -> str:
    """A document whose operation is `levels` deep, through flow.project.flows…"""
    parts = ["flow", "project", "flows"]
    names = [parts[0], *(parts[1 + n % 2] for n in range(levels - 1))]
    return "{ " + " { ".join(names) + " { id " + "} " * len(names) + "}"


async def test_depth(gateway: RunningGateway) -> None:
    assert (await gateway.post(nested(7))).status_code == 200
    for levels in (8, 30):
        answer = await gateway.post(nested(levels))
        assert answer.status_code == 400
        error = one_error(answer.json())
        assert error["message"].endswith("exceeds maximum operation depth of 7")
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "query",
    ["{ a " * 20_000, "{ a " * 20_000 + "}" * 20_000, nested(10_000)],
    ids=["open", "closed", "valid"],
)
async def test_absurd_depth_is_refused(gateway: RunningGateway, query: str) -> None:
    answer = await gateway.post(query)
    assert answer.status_code == 400
    assert (await gateway.post("{ hello }")).status_code == 200


@pytest.mark.parametrize(
    "variables",
    [
        {"input": None},
        {},
        {"input": {"name": "no slug"}},
        {"input": {"name": "a", "slug": "b", "no_such_member": 1}},
        {"input": {"name": None, "slug": "b"}},
        {"input": {"name": {"a": 1}, "slug": "b"}},
        {"input": 7},
    ],
    ids=repr,
)
async def test_variables_that_do_not_fit(gateway: RunningGateway, variables: dict[str, Any]) -> None:
    for spelled in (variables, json.dumps(variables)):
        answer = await gateway.post(CREATE_TENANT, spelled)
        assert answer.status_code == 400
        assert set(answer.json()) == {"errors"}
        assert one_error(answer.json())["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_bad_enum_value(gateway: RunningGateway) -> None:
    query = "mutation ($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }"
    log = {"flow_run_id": str(uuid4()), "message": "x", "level": "LOUD"}
    answer = await gateway.post(query, {"input": {"logs": [log]}})
    assert answer.status_code == 400
    assert one_error(answer.json())["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_a_resolver_error(gateway: RunningGateway) -> None:
    query = "query ($id: UUID!) {\n  info: get_task_run_info(task_run_id: $id) { id }\n}"
    answer = await gateway.post(query, {"id": str(uuid4())})
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"] == {"info": None}
    assert one_error(body) == {
        "message": "Invalid task run ID",
        "locations": [{"line": 2, "column": 3}],
        "path": ["info"],
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "exception": {"message": "Invalid task run ID"}},
    }


async def test_bad_uuid_is_a_resolver_error(gateway: RunningGateway) -> None:
    answer = await gateway.post('{ get_task_run_info(task_run_id: "nonsense") { id } }')
    assert answer.status_code == 200
    assert answer.json()["data"] == {"get_task_run_info": None}
    assert "Could not parse UUID: nonsense" in one_error(answer.json())["message"]


async def test_bad_uuid_in_a_generated_field(gateway: RunningGateway) -> None:
    answer = await gateway.post('{ t: tenant(where: {id: {_eq: "nonsense"}}) { id } }')
    assert answer.status_code == 200
    assert answer.json()["data"] == {"t": None}
    error = one_error(answer.json())
    assert error["path"] == ["t"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_uniqueness_violation_has_the_text_that_clients_compare(gateway: RunningGateway) -> None:
    variables = {"input": {"tenant_id": await make_tenant(gateway), "name": "same"}}
    first = await gateway.post(CREATE_PROJECT, json.dumps(variables))
    assert set(first.json()) == {"data"}
    second = await gateway.post(CREATE_PROJECT, json.dumps(variables))
    assert second.status_code == 200
    assert one_error(second.json())["message"] == "Uniqueness violation."
    # What the client does with it (client.md 1.4).
    assert "'Uniqueness violation.'" in str(second.json()["errors"])
    assert second.json()["data"] == {"create_project": None}


async def test_foreign_key_violation(gateway: RunningGateway) -> None:
    answer = await gateway.post(CREATE_PROJECT, {"input": {"tenant_id": str(uuid4()), "name": "orphan"}})
    assert answer.status_code == 200
    assert one_error(answer.json())["message"] == "Foreign key violation."


async def test_nul_is_named_with_its_field(gateway: RunningGateway) -> None:
    variables = {"input": {"tenant_id": await make_tenant(gateway), "name": "nul \u0000"}}
    answer = await gateway.post(CREATE_PROJECT, variables)
    assert answer.status_code == 200
    message = one_error(answer.json())["message"]
    assert "NUL" in message
    assert "input.name" in message


async def test_mutations_run_in_order_and_fail_alone(gateway: RunningGateway) -> None:
    tenant = await make_tenant(gateway)
    fields = "\n".join(
        f'{alias}: create_project(input: {{tenant_id: "{tenant}", name: "{name}"}}) {{ id }}'
        for alias, name in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "three"))
    )
    answer = await gateway.post(f"mutation {{\n{fields}\n}}")
    assert answer.status_code == 200
    body = answer.json()
    assert list(body["data"]) == ["a", "b", "c", "d"]
    assert body["data"]["c"] is None
    error = one_error(body)
    assert (error["path"], error["locations"]) == (["c"], [{"line": 4, "column": 1}])
    found = await gateway.post(
        "query ($id: uuid) { project(where: {tenant_id: {_eq: $id}}, order_by: {created: asc}) { name } }",
        {"id": tenant},
    )
    assert [row["name"] for row in found.json()["data"]["project"]] == ["one", "two", "three"]


async def test_a_document_that_mixes_actions_and_tables(gateway: RunningGateway) -> None:
    answer = await gateway.post("{ tenant(limit: 0) { id } hello again: hello }")
    body = answer.json()
    assert set(body) == {"data"}
    assert body["data"]["tenant"] == []
    assert body["data"]["hello"] == body["data"]["again"]


async def test_typename_everywhere(gateway: RunningGateway) -> None:
    answer = await gateway.post("{ __typename api { __typename backend } }")
    schema = await gateway.post("{ __schema { queryType { name } mutationType { name } } }")
    assert schema.status_code == 200
    names = schema.json()["data"]["__schema"]
    assert answer.json()["data"] == {
        "__typename": names["queryType"]["name"],
        "api": {"__typename": "api_info", "backend": "SERVER"},
    }
    assert names["mutationType"]["name"]
