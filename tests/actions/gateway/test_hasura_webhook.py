"""The door for a Hasura container: secret, payload, answers (contract of Hasura Actions v2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from lictor.cli.embedded.postgres import PostgresServer
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

SECRET = "hasura's secret"


@pytest.fixture(scope="session")
async def guarded(postgres: PostgresServer, template_database: str) -> AsyncIterator[RunningGateway]:
    postgres.create_database("webhook", template=template_database)
    settings = settings_for(postgres.dsn("webhook"), actions_secret=SECRET)
    assert SECRET not in repr(settings)
    async with serve(settings) as running:
        yield running
    postgres.drop_database("webhook")


def payload(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "action": {"name": name},
        "input": arguments,
        "session_variables": {"x-hasura-role": "admin"},
        "request_query": "mutation { … }",
    }


async def call(gateway: RunningGateway, name: str, body: Any, secret: str | None = SECRET) -> Any:
    headers = {} if secret is None else {"X-Lictor-Actions-Secret": secret}
    return await gateway.client.post(f"/actions/{name}", json=body, headers=headers)


async def test_answer_is_the_handlers(guarded: RunningGateway) -> None:
    answer = await call(guarded, "hello", payload("hello", {}))
    assert answer.status_code == 200
    assert answer.json() == (await guarded.post("{ hello }")).json()["data"]["hello"]
    name = f"t-{uuid4()}"
    answer = await call(
        guarded, "create_tenant", payload("create_tenant", {"input": {"name": name, "slug": name}})
    )
    assert answer.status_code == 200
    found = await guarded.post("query ($s: String) { tenant(where: {slug: {_eq: $s}}) { id } }", {"s": name})
    assert found.json()["data"]["tenant"] == [{"id": answer.json()["id"]}]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "sécret"])
async def test_secret(guarded: RunningGateway, secret: str | None) -> None:
    headers = {} if secret is None else {"X-Lictor-Actions-Secret": secret.encode()}
    answer = await guarded.client.post("/actions/hello", json=payload("hello", {}), headers=headers)
    assert answer.status_code == 401
    assert answer.json()["extensions"]["code"] == "UNAUTHENTICATED"


async def test_without_a_secret_the_door_is_shut(gateway: RunningGateway) -> None:
    for secret in (None, "", "None"):
        answer = await call(gateway, "hello", payload("hello", {}), secret)
        assert answer.status_code == 403
        assert "LICTOR_ACTIONS_SECRET" in answer.json()["message"]


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("no_such_action", payload("no_such_action", {}), 404),
        ("hello", payload("api", {}), 400),
        # Every field of its input may be left out, but not the input.
        ("get_runs_in_queue", payload("get_runs_in_queue", {}), 400),
        ("hello", [], 400),
        ("hello", {}, 400),
        ("hello", {"action": {"name": "hello"}}, 400),
        ("hello", {"action": {"name": "hello"}, "input": []}, 400),
    ],
)
async def test_payloads_that_do_not_fit(guarded: RunningGateway, name: str, body: Any, status: int) -> None:
    answer = await call(guarded, name, body)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert answer.json()["extensions"]["code"]


async def test_malformed_body(guarded: RunningGateway) -> None:
    headers = {"X-Lictor-Actions-Secret": SECRET}
    answer = await guarded.client.post("/actions/hello", content=b"{", headers=headers)
    assert answer.status_code == 400
    assert "line 1" in answer.json()["message"]


async def test_errors_of_handlers_are_400_with_message_and_code(guarded: RunningGateway) -> None:
    unknown = payload("get_task_run_info", {"task_run_id": str(uuid4())})
    answer = await call(guarded, "get_task_run_info", unknown)
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "Invalid task run ID",
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
    orphan = payload("create_project", {"input": {"tenant_id": str(uuid4()), "name": "x"}})
    answer = await call(guarded, "create_project", orphan)
    assert (answer.status_code, answer.json()["message"]) == (400, "Foreign key violation.")


async def test_actions_are_called_by_post_only(guarded: RunningGateway) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await guarded.client.request(method, "/actions/hello")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST, OPTIONS"


async def test_hasura_says_who_asks_before_the_headers_do(guarded: RunningGateway) -> None:
    tenants = []
    for _ in range(2):
        name = f"t-{uuid4()}"
        made = await call(
            guarded, "create_tenant", payload("create_tenant", {"input": {"name": name, "slug": name}})
        )
        tenants.append(made.json()["id"])
    user = str(uuid4())
    body = payload("auth_info", {})
    body["session_variables"] |= {"x-hasura-tenant-id": tenants[0], "x-hasura-user-id": user}
    headers = {"X-Lictor-Actions-Secret": SECRET, "X-Prefect-Tenant-Id": tenants[1]}
    answer = await guarded.client.post("/actions/auth_info", json=body, headers=headers)
    assert (answer.json()["tenant_id"], answer.json()["user_id"]) == (tenants[0], user)
    answer = await guarded.client.post("/actions/auth_info", json=payload("auth_info", {}), headers=headers)
    assert answer.json()["tenant_id"] == tenants[1]


@pytest.mark.parametrize("name", ["x-hasura-tenant-id", "x-hasura-user-id"])
@pytest.mark.parametrize("value", ["", "garbage", "null", None, 7, [], {}])
async def test_a_session_variable_that_cannot_be_read_opens_nothing(
    guarded: RunningGateway, name: str, value: Any
) -> None:
    body = payload("auth_info", {})
    body["session_variables"][name] = value
    answer = await call(guarded, "auth_info", body)
    assert answer.status_code == 400
    assert name in answer.json()["message"]


async def test_session_variables_are_an_object(guarded: RunningGateway) -> None:
    for variables in (None, [], "x-hasura-role", 7):
        answer = await call(guarded, "hello", payload("hello", {}) | {"session_variables": variables})
        assert answer.status_code == 400
        assert "session_variables" in answer.json()["message"]
