"""CORS and health routes (contract server.md 3.1, ui-and-cloud.md A.0.2 and E 3)."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from tests.actions.gateway.conftest import RunningGateway

UI_HEADERS = (
    "content-security-policy,content-type,x-backend,x-content-type-options,x-frame-options,"
    "x-permitted-cross-domain-policies,x-prefect-tenant-id,x-prefect-ui,x-prefect-user-id"
)


@pytest.mark.parametrize("path", ["/", "/graphql", "/x/y"])
async def test_preflight_of_the_original_ui(gateway: RunningGateway, path: str) -> None:
    headers = {
        "origin": "http://localhost:8080",
        "access-control-request-method": "POST",
        "access-control-request-headers": UI_HEADERS,
    }
    answer = await gateway.client.options(path, headers=headers)
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == UI_HEADERS
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert int(answer.headers["access-control-max-age"]) > 600
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("asked", [None, "", "a b", 'x"y', "a,", "x" * 5000])
async def test_strange_preflights_get_the_usual_list(gateway: RunningGateway, asked: str | None) -> None:
    headers = {} if asked is None else {"access-control-request-headers": asked}
    answer = await gateway.client.options("/", headers=headers)
    assert answer.status_code == 204
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    assert set(UI_HEADERS.split(",")) | {"authorization"} <= allowed


async def test_every_answer_may_be_read_from_any_origin(gateway: RunningGateway) -> None:
    answers = [
        await gateway.post("{ hello }", headers={"origin": "http://localhost:8080"}),
        await gateway.post("{ no_such_field }"),
        await gateway.client.post("/", content=b"{"),
        await gateway.client.get("/x.js"),
        await gateway.client.put("/"),
        await gateway.client.get("/health"),
        await gateway.client.get("/", headers={"accept": "text/html"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 404, 405, 200, 200]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}


async def test_health_routes(gateway: RunningGateway) -> None:
    apollo = await gateway.client.get("/.well-known/apollo/server-health")
    assert (apollo.status_code, apollo.json()) == (200, {"status": "pass"})
    own = await gateway.client.get("/health")
    assert (own.status_code, own.json()) == (200, {"status": "ok", "version": version("lictor")})
    for header in ({}, {"x-request-id": "bad id"}, {"x-request-id": "x" * 129}):
        made = (await gateway.client.get("/health", headers=header)).headers["x-request-id"]
        assert len(made) == 16
    given = await gateway.client.get("/health", headers={"x-request-id": "agent-7:run/3"})
    assert given.headers["x-request-id"] == "agent-7:run/3"
    live = await gateway.client.get("/livez")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
