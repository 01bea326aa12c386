"""How requests may be spelled: paths, methods, variables, batches (contract server.md 3.1, client.md 1.1)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.actions.gateway.conftest import RunningGateway

HELLO = "query { hello }"
TENANT = "query ($id: uuid) { tenant(where: {id: {_eq: $id}}, limit: 1) { id } }"
UNKNOWN_ID = "00000000-0000-0000-0000-00000000abcd"


def is_hello(body: object) -> bool:
    return (
        isinstance(body, dict)
        and set(body) == {"data"}
        and list(body["data"]) == ["hello"]
        and body["data"]["hello"]
    )


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphql/", "/x/y", "/a.js", "/graphql/alpha/"])
async def test_post_answers_at_every_path(gateway: RunningGateway, path: str) -> None:
    answer = await gateway.post(HELLO, path=path)
    assert answer.status_code == 200
    assert is_hello(answer.json())
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "variables",
    [{"id": UNKNOWN_ID}, json.dumps({"id": UNKNOWN_ID}), None, "null", "", "{}", " {} ", {}, {"id": None}],
    ids=repr,
)
async def test_variables_in_every_spelling(gateway: RunningGateway, variables: object) -> None:
    answer = await gateway.post(TENANT, variables)
    assert answer.status_code == 200
    assert set(answer.json()) == {"data"}


async def test_string_variables_reach_the_database(gateway: RunningGateway) -> None:
    made = await gateway.post(
        "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }",
        json.dumps({"input": {"name": "Strings", "slug": "strings"}}),
    )
    tenant = made.json()["data"]["create_tenant"]["id"]
    found = await gateway.post(TENANT, json.dumps({"id": tenant}))
    assert found.json() == {"data": {"tenant": [{"id": tenant}]}}
    found = await gateway.post(TENANT, {"id": tenant})
    assert found.json() == {"data": {"tenant": [{"id": tenant}]}}
    found = await gateway.post(TENANT, {"id": UNKNOWN_ID})
    assert found.json() == {"data": {"tenant": []}}


async def test_absent_variables(gateway: RunningGateway) -> None:
    answer = await gateway.client.post("/", json={"query": HELLO})
    assert is_hello(answer.json())


@pytest.mark.parametrize("variables", ["{", "nul", "[1]", '"x"', "7", [], 7, True, [{"id": None}]], ids=repr)
async def test_bad_variables_are_named(gateway: RunningGateway, variables: object) -> None:
    answer = await gateway.post(HELLO, variables)
    assert answer.status_code == 400
    assert "`variables`" in answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/graphql+json", "text/plain", "application/octet-stream", None],
)
async def test_any_content_type_that_carries_json(gateway: RunningGateway, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await gateway.client.post("/", content=json.dumps({"query": HELLO}).encode(), headers=headers)
    assert is_hello(answer.json())


@pytest.mark.parametrize("path", ["/", "/graphql"])
async def test_get_with_a_query(gateway: RunningGateway, path: str) -> None:
    answer = await gateway.client.get(path, params={"query": HELLO})
    assert answer.status_code == 200
    assert is_hello(answer.json())


async def test_get_with_variables_and_operation_name(gateway: RunningGateway) -> None:
    document = f"query A {{ hello }} query B($id: uuid) {TENANT.split(')', 1)[1]}"
    params = {"query": document, "variables": json.dumps({"id": UNKNOWN_ID}), "operationName": "B"}
    answer = await gateway.client.get("/graphql", params=params)
    assert answer.json() == {"data": {"tenant": []}}


async def test_get_refuses_mutations(gateway: RunningGateway) -> None:
    query = 'mutation { create_tenant(input: {name: "By GET", slug: "by-get"}) { id } }'
    answer = await gateway.client.get("/", params={"query": query})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    found = await gateway.post('{ tenant(where: {slug: {_eq: "by-get"}}) { id } }')
    assert found.json() == {"data": {"tenant": []}}


async def test_get_without_a_query(gateway: RunningGateway) -> None:
    answer = await gateway.client.get("/graphql", headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert "query" in answer.json()["errors"][0]["message"]


async def test_a_browser_gets_a_page(gateway: RunningGateway) -> None:
    answer = await gateway.client.get("/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert gateway.url in answer.text
    assert "prefect" in answer.text.lower()


@pytest.mark.parametrize("path", ["/assets/app.js", "/app.css", "/favicon.ico", "/a/b.map"])
async def test_missing_assets_are_404_and_no_page(gateway: RunningGateway, path: str) -> None:
    answer = await gateway.client.get(path, headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND"])
async def test_other_methods(gateway: RunningGateway, method: str) -> None:
    answer = await gateway.client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/health", 200), ("/x.js", 404)])
async def test_head_is_get_without_a_body(gateway: RunningGateway, path: str, status: int) -> None:
    answer = await gateway.client.head(path)
    assert answer.status_code == status
    assert answer.content == b""
    assert answer.headers["content-length"] == str(len((await gateway.client.get(path)).content))


async def test_gzip_request(gateway: RunningGateway) -> None:
    body = gzip.compress(json.dumps({"query": HELLO, "variables": "null"}).encode())
    # Two members are one body too.
    for content in (body, gzip.compress(b" \n") + body):
        answer = await gateway.client.post("/", content=content, headers={"content-encoding": "gzip"})
        assert is_hello(answer.json())


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (gzip.compress(b'{"query": "{ hello }"}', mtime=0)[:-9], "gzip", 400),
        (b"{}", "br", 415),
    ],
    ids=["not gzip", "cut gzip", "unknown"],
)
async def test_bad_content_encoding(gateway: RunningGateway, body: bytes, encoding: str, status: int) -> None:
    answer = await gateway.client.post("/", content=body, headers={"content-encoding": encoding})
    assert answer.status_code == status
    assert encoding in answer.json()["errors"][0]["message"]


async def test_answers_are_compressed_only_when_large_and_asked_for(gateway: RunningGateway) -> None:
    many = {"query": " ".join(["{", *(f"a{i}: hello" for i in range(8000)), "}"])}
    large = await gateway.client.post("/", json=many, headers={"accept-encoding": "gzip, deflate"})
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.json()["data"]) == 8000
    for refused in ("identity", "gzip;q=0", "gzip; q=0.0, br"):
        plain = await gateway.client.post("/", json=many, headers={"accept-encoding": refused})
        assert "content-encoding" not in plain.headers
        assert plain.json() == large.json()
    small = await gateway.client.post("/", json={"query": HELLO}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer undefined", "x-prefect-interactive-api": "true"},
        {"authorization": "Bearer null"},
        {"authorization": b"Basic \xff\xfe"},
        {
            "x-prefect-tenant-id": "null",
            "x-prefect-user-id": "null",
            "x-prefect-ui": "true",
            "x-backend": "SERVER",
        },
        {"x-prefect-agent-id": "not-a-uuid", "x-prefect-core-version": "🤖".encode()},
        {"x-prefect-agent-id": "", "x-prefect-core-version": "", "x-prefect-tenant-id": ""},
        {"x-prefect-heartbeat-id": "x" * 8000, "user-agent": "python-requests/2.31"},
    ],
    ids=repr,
)
async def test_odd_headers_are_tolerated(gateway: RunningGateway, headers: dict[str, Any]) -> None:
    answer = await gateway.post(HELLO, headers=headers)
    assert is_hello(answer.json())


async def test_no_answer_redirects_or_throttles(gateway: RunningGateway) -> None:
    for path in ("/graphql", "/graphql/", "//", "/health", "/livez", "/nothing", "/actions/hello"):
        for method in ("GET", "POST", "OPTIONS", "PUT"):
            answer = await gateway.client.request(method, path)
            assert answer.status_code not in (301, 302, 303, 307, 308, 429)
