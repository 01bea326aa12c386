"""The standalone server over real HTTP: endpoints, admin secret, actions by webhook, bad bodies."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from lictor.engine import GraphQLFailure, Session
from lictor.engine.server import ServerSettings, create_app
from lictor.engine.server.session import session_of
from tests.engine.conftest import METADATA
from tests.engine.serving import SECRET, administered, served


class Webhooks:
    """A handler service that answers as told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse(None)
        self.free = asyncio.Event()  # answers wait for it
        self.free.set()
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []

    async def handle(self, request: Request) -> Response:
        self.bodies.append(orjson.loads(await request.body()))
        self.headers.append(dict(request.headers))
        await self.free.wait()
        return self.answer


@pytest.fixture
async def webhooks(monkeypatch) -> AsyncIterator[Webhooks]:
    hooks = Webhooks()
    async with served(Starlette(routes=[Route("/{name}", hooks.handle, methods=["POST"])])) as url:
        monkeypatch.setenv("LIBRARY_HANDLERS", url)
        monkeypatch.setenv("LIBRARY_TOKEN", "token of the environment")
        yield hooks


@pytest.fixture
def settings(library_dsn) -> ServerSettings:
    return ServerSettings(library_dsn, METADATA, admin_secret="sesame", pool_size=2)


@pytest.fixture
async def client(settings) -> AsyncIterator[httpx2.AsyncClient]:
    async with served(create_app(settings)) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


async def post(client, query, variables=None, *, headers=SECRET, path="/v1/graphql", **more):
    response = await client.post(path, json={"query": query, "variables": variables, **more}, headers=headers)
    return response.status_code, response.json()


async def test_endpoints(client):
    for path in ("/v1/graphql", "/v1alpha1/graphql"):
        assert await post(client, "{ author_by_pk(id: 1) { name } }", path=path) == (
            200, {"data": {"author_by_pk": {"name": "Ada"}}},
        )  # fmt: skip
    health = await client.get("/healthz")
    assert (health.status_code, health.text) == (200, "WARN: inconsistent objects in schema")
    assert (await client.get("/v1/version")).json() == {"server_type": "ce", "version": "v2.43.0"}
    assert (await client.get("/v1/graphql")).status_code == 405


async def test_operation_name_and_batches(client):
    two = "query A { label { name } } query B { author_by_pk(id: 2) { id } }"
    assert await post(client, two, operationName="B") == (200, {"data": {"author_by_pk": {"id": 2}}})
    response = await client.post(
        "/v1/graphql", json=[{"query": "{ __typename }"}, {"query": "{ nope }"}, 5], headers=SECRET
    )
    answers = response.json()
    assert answers[0] == {"data": {"__typename": "query_root"}}
    assert [list(answer) for answer in answers[1:]] == [["errors"], ["errors"]]


async def test_errors_by_endpoint(client):
    error = {
        "message": "field 'nope' not found in type: 'query_root'",
        "extensions": {"path": "$.selectionSet.nope", "code": "validation-failed"},
    }
    assert await post(client, "{ nope }") == (200, {"errors": [error]})
    assert await post(client, "{ nope }", path="/v1alpha1/graphql") == (400, {"errors": [error]})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid-json"),
        (b"{", "invalid-json"),
        (b"\xff", "invalid-json"),
        (b'{"query": "\\ud800"}', "invalid-json"),
        (b"5", "parse-failed"),
        (b"{}", "parse-failed"),
        (b'{"query": 1}', "parse-failed"),
        (b'{"query": "{ __typename }", "variables": "{}"}', "parse-failed"),
        (b'{"query": "{ __typename }", "operationName": 1}', "parse-failed"),
        (b'{"query": "\\u0000"}', "validation-failed"),
    ],
)
async def test_bad_bodies(client, body, code):
    response = await client.post("/v1/graphql", content=body, headers=SECRET)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert (await client.post("/v1alpha1/graphql", content=body, headers=SECRET)).status_code == 400


async def test_admin_secret(client):
    for headers in ({}, {"x-hasura-role": "admin"}):
        assert await post(client, "{ __typename }", headers=headers, path="/v1alpha1/graphql") == (
            401,
            {"errors": [{
                "message": "x-hasura-admin-secret/x-hasura-access-key required, but not found",
                "extensions": {"path": "$", "code": "access-denied"},
            }]},
        )  # fmt: skip
    status, answer = await post(client, "{ __typename }", headers={"x-hasura-admin-secret": "x"})
    assert (status, answer["errors"][0]["extensions"]["code"]) == (200, "access-denied")
    assert (await post(client, "{ __typename }", headers={"x-hasura-access-key": "sesame"}))[1]["data"]


async def test_roles_and_session_variables(client):
    headers = {**SECRET, "x-hasura-role": "reader"}
    _, answer = await post(client, "{ author { id } }", headers=headers)
    assert answer["errors"][0]["message"] == "field 'author' not found in type: 'query_root'"
    headers = {**SECRET, "X-Hasura-User-Id": "4"}
    assert (await post(client, "{ my_articles { title } }", headers=headers))[1] == {
        "data": {"my_articles": [{"title": "Zen"}]}
    }


async def test_unauthorized_role(settings, webhooks):
    webhooks.answer = JSONResponse("pong")
    app = create_app(replace(settings, unauthorized_role="reader"))
    async with served(app) as url, httpx2.AsyncClient(base_url=url) as client:
        assert (await post(client, "{ ping }", headers={}))[1] == {"data": {"ping": "pong"}}
        _, answer = await post(client, "{ author { id } }", headers={"x-hasura-role": "admin"})
        assert "errors" in answer


async def test_an_action_is_called_as_hasura_calls_it(webhooks, client):
    webhooks.answer = JSONResponse({"id": "x", "ok": True, "more": 1})
    query = 'mutation { p: publish(input: {article_id: "x", labels: "a"}) { ok } }'
    headers = {**SECRET, "x-hasura-user-id": "7", "x-own": "kept", "cookie": "c=1"}
    assert await post(client, query, headers=headers) == (200, {"data": {"p": {"ok": True}}})
    assert webhooks.bodies == [{
        "action": {"name": "publish"},
        "input": {"input": {"article_id": "x", "labels": ["a"]}},
        "session_variables": {"x-hasura-role": "admin", "x-hasura-user-id": "7"},
        "request_query": query,
    }]  # fmt: skip
    got = webhooks.headers[0]
    assert (got["x-own"], got["cookie"], got["x-fixed"], got["x-from-env"]) == (
        "kept", "c=1", "fixed", "token of the environment",
    )  # fmt: skip
    assert got["content-type"] == "application/json"
    assert got["content-length"] == str(len(orjson.dumps(webhooks.bodies[0])))


async def test_headers_are_not_forwarded_unless_asked(webhooks, client):
    webhooks.answer = JSONResponse("pong")
    assert (await post(client, "{ ping }", headers={**SECRET, "x-own": "1"}))[1] == {"data": {"ping": "pong"}}
    assert "x-own" not in webhooks.headers[0]
    assert "x-hasura-admin-secret" not in webhooks.headers[0]


NO_MESSAGE = "parsing Hasura.GraphQL.Execute.Action.Types.ActionWebhookErrorResponse(ActionWebhookErrorResponse) failed, "
FAILURES = [
    (JSONResponse({"message": "Uniqueness violation.", "extensions": {"code": "x", "n": 1}}, 400),
     "Uniqueness violation.", {"code": "x", "n": 1}),
    (JSONResponse({"message": "no", "code": "mine"}, 422), "no", {"path": "$", "code": "mine"}),
    (JSONResponse({"message": "no"}, 404), "no", {"path": "$", "code": "unexpected"}),
    (JSONResponse({"message": "no", "code": "mine", "extensions": {"n": 1}}, 400), "no", {"n": 1}),
    (JSONResponse({}, 400), NO_MESSAGE + 'key "message" not found', {"path": "$", "code": "parse-failed"}),
    (JSONResponse({"message": 5}, 400), NO_MESSAGE + "expected String, but encountered Number",
     {"path": "$", "code": "parse-failed"}),
    (JSONResponse([], 400), NO_MESSAGE + "expected Object, but encountered Array",
     {"path": "$", "code": "parse-failed"}),
    (JSONResponse({"message": "secret detail"}, 500), "internal error", {"path": "$", "code": "unexpected"}),
    (PlainTextResponse("<html>"), "not a valid json response from webhook", {"path": "$", "code": "unexpected"}),
    (PlainTextResponse("<html>", 500), "not a valid json response from webhook", {"path": "$", "code": "unexpected"}),
    (PlainTextResponse(""), "not a valid json response from webhook", {"path": "$", "code": "unexpected"}),
    (RedirectResponse("/ping", 307), "internal error", {"path": "$", "code": "unexpected"}),
    (JSONResponse("text"), "got scalar String for the action webhook response, expecting publish_payload",
     {"path": "$", "code": "unexpected"}),
]  # fmt: skip


async def test_failures_of_actions(webhooks, client):
    query = 'mutation { publish(input: {article_id: "x"}) { ok } }'
    for asked, (answer, message, extensions) in enumerate(FAILURES, 1):
        webhooks.answer = answer
        error = {"message": message, "extensions": extensions}
        assert await post(client, query) == (200, {"errors": [error]})
        assert len(webhooks.bodies) == asked  # once each: no redirect is followed, nothing is tried again


async def test_a_handler_that_is_gone(client, monkeypatch):
    _, answer = await post(client, "{ ping }")
    assert answer["errors"] == [{
        "message": "environment variable 'LIBRARY_HANDLERS' not set",
        "extensions": {"path": "$", "code": "not-found"},
    }]  # fmt: skip
    for nowhere in ("http://127.0.0.1:1", "no url", "http://[::"):
        monkeypatch.setenv("LIBRARY_HANDLERS", nowhere)
        _, answer = await post(client, "{ ping }")
        assert answer["errors"][0]["message"] == "http exception when calling webhook"


async def test_a_header_from_a_variable_that_is_not_set(webhooks, client, monkeypatch):
    monkeypatch.delenv("LIBRARY_TOKEN")
    _, answer = await post(client, 'mutation { publish(input: {article_id: "x"}) { ok } }')
    assert answer["errors"][0]["message"] == "environment variable 'LIBRARY_TOKEN' not set"
    assert webhooks.bodies == []


async def test_headers_that_are_forwarded(webhooks, client):
    webhooks.answer = JSONResponse({"id": "x", "ok": True})
    query = 'mutation { publish(input: {article_id: "x"}) { ok } }'
    own = {"x-fixed": "the client's", "authorization": "Bearer t", "origin": "http://o", "referer": "http://r",
           "accept-language": "de", "x-hasura-user-id": "7", "user-agent": "browser"}  # fmt: skip
    await post(client, query, headers={**SECRET, **own})
    got = webhooks.headers[0]
    assert (got["authorization"], got["x-fixed"]) == ("Bearer t", "fixed")  # what is configured wins
    assert (got["x-forwarded-origin"], got["x-forwarded-user-agent"]) == ("http://o", "browser")
    assert got["x-forwarded-host"].startswith("127.0.0.1:")
    assert got["user-agent"] == "hasura-graphql-engine/v2.43.0"
    assert not {"origin", "referer", "accept-language"} & set(got)
    assert not [name for name in got if name.startswith("x-hasura-")]


async def test_a_handler_that_takes_too_long(webhooks, settings, tmp_path):
    metadata = Path(shutil.copytree(METADATA, tmp_path / "metadata"))
    text = (metadata / "actions.yaml").read_text()
    (metadata / "actions.yaml").write_text(text.replace("timeout: 5", "timeout: 0.05"))
    webhooks.free.clear()
    async with (
        served(create_app(replace(settings, metadata_dir=metadata))) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        _, answer = await post(client, 'mutation { publish(input: {article_id: "x"}) { ok } }')
    webhooks.free.set()
    assert answer["errors"] == [{
        "message": "http exception when calling webhook",
        "extensions": {"path": "$", "code": "unexpected"},
    }]  # fmt: skip


async def test_cookies_of_handlers_reach_their_caller_only(webhooks, client):
    answer = JSONResponse("pong")
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2")
    webhooks.answer = answer
    # a client of its own: `client` would keep the cookies and send them itself
    async with httpx2.AsyncClient(base_url=client.base_url) as first:
        body = {"query": "{ a: ping b: ping }"}
        response = await first.post("/v1/graphql", json=body, headers=SECRET)
    cookies = [value.split(";")[0] for value in response.headers.get_list("set-cookie")]
    assert sorted(cookies) == ["one=1", "one=1", "two=2", "two=2"]
    webhooks.answer = JSONResponse("pong")
    response = await client.post("/v1/graphql", json={"query": "{ ping }"}, headers=SECRET)
    assert "set-cookie" not in response.headers
    assert "cookie" not in webhooks.headers[-1]


async def test_cors(settings):
    async def allowed(client, origin):
        response = await client.get("/v1/version", headers={"origin": origin})
        return response.headers.get("access-control-allow-origin")

    async with administered(settings) as admin:
        assert await allowed(admin.http, "https://any.example") == "https://any.example"
        preflight = {"origin": "https://any.example", "access-control-request-method": "POST"}
        preflight["access-control-request-headers"] = "x-hasura-admin-secret"
        response = await admin.http.options("/v1/graphql", headers=preflight)
        assert (response.status_code, response.headers["access-control-allow-headers"]) == (
            200, "x-hasura-admin-secret",
        )  # fmt: skip
    domains = ("https://*.example.org:8443", "http://localhost:3000")
    async with administered(replace(settings, cors_domains=domains)) as admin:
        assert await allowed(admin.http, "https://a.example.org:8443") == "https://a.example.org:8443"
        assert await allowed(admin.http, "http://localhost:3000") == "http://localhost:3000"
        for origin in ("https://example.org", "https://a.example.org", "https://a.example.org:84430",
                       "https://xlocalhost:3000", "https://a.example.org:8443.evil.example"):  # fmt: skip
            assert await allowed(admin.http, origin) is None
    async with administered(replace(settings, cors_domains=())) as admin:
        assert await allowed(admin.http, "https://any.example") is None


async def test_strict_health_and_config(client, settings):
    strict = await client.get("/healthz?strict=true")
    assert (strict.status_code, strict.text) == (500, "ERROR: inconsistent objects in schema")
    config = (await client.get("/v1alpha1/config", headers=SECRET)).json()
    assert config["is_admin_secret_set"] is True
    assert config["live_queries"] == {"batch_size": 100, "refetch_delay": 1.0}
    assert (await client.get("/v1alpha1/config")).status_code == 401
    assert (await client.get("/v1alpha1/config", headers={**SECRET, "x-hasura-role": "x"})).status_code == 400


@pytest.mark.parametrize(
    ("secret", "headers", "session"),
    [
        (None, {}, Session()),
        (None, {"X-Hasura-Role": "user"}, Session("user", {"x-hasura-role": "user"})),
        ("s", {"X-Hasura-Admin-Secret": "s", "X-Hasura-A": "1"}, Session(variables={"x-hasura-a": "1"})),
        ("s", {"x-hasura-access-key": "s", "x-hasura-use-backend-only-permissions": "TRUE"}, Session(backend_only=True)),
        ("s", {"x-hasura-access-key": "s", "x-hasura-use-backend-only-permissions": "false"}, Session()),
        # without the secret headers say nothing
        ("s", {"x-hasura-role": "admin", "x-hasura-use-backend-only-permissions": "true"}, Session("anonymous")),
    ],
    ids=["open", "open, a role", "secret", "backend only", "not backend only", "no secret"],
)  # fmt: skip
def test_sessions(secret, headers, session):
    settings = ServerSettings("postgresql:///x", admin_secret=secret, unauthorized_role="anonymous")
    assert session_of(headers, settings) == session


@pytest.mark.parametrize("secret", ["sécret", "секрет", "plain"])
def test_a_secret_of_any_letters(secret):
    settings = ServerSettings("postgresql:///x", admin_secret=secret)
    as_http_has_it = secret.encode().decode("latin-1")
    for given in (secret, as_http_has_it):
        assert session_of({"X-Hasura-Admin-Secret": given}, settings) == Session("admin")
    with pytest.raises(GraphQLFailure, match="invalid"):
        session_of({"X-Hasura-Admin-Secret": secret[:-1] + "x"}, settings)


def test_a_switch_that_is_neither_on_nor_off():
    settings = ServerSettings("postgresql:///x")
    with pytest.raises(GraphQLFailure, match="Not a valid boolean text"):
        session_of({"x-hasura-use-backend-only-permissions": "maybe"}, settings)


def test_settings_from_the_environment(tmp_path):
    environment = {
        "HASURA_GRAPHQL_DATABASE_URL": "postgresql:///x",
        "HASURA_GRAPHQL_METADATA_DIR": str(tmp_path),
        "HASURA_GRAPHQL_ADMIN_SECRET": "s",
        "HASURA_GRAPHQL_SERVER_PORT": "9000",
        "HASURA_GRAPHQL_V1_BOOLEAN_NULL_COLLAPSE": "true",
        "HASURA_GRAPHQL_ENABLE_CONSOLE": "true",
    }
    settings = ServerSettings.from_environment(environment)
    assert (settings.admin_secret, settings.port, settings.metadata_dir) == ("s", 9000, tmp_path)
    assert settings.options.v1_boolean_null_collapse
    assert not settings.options.stringify_numeric_types
    assert settings.unused == ("HASURA_GRAPHQL_ENABLE_CONSOLE",)
    assert (settings.cors_domains, settings.metadata_database_url) == (("*",), None)
    assert settings.options.infer_function_permissions
    for name, value in (("SERVER_PORT", "x"), ("STRINGIFY_NUMERIC_TYPES", "maybe"), ("DATABASE_URL", "")):
        with pytest.raises(ValueError, match=f"HASURA_GRAPHQL_{name}"):
            ServerSettings.from_environment({**environment, f"HASURA_GRAPHQL_{name}": value})
    more = {
        "HASURA_GRAPHQL_DATABASE_URL": "postgresql:///x",
        "HASURA_GRAPHQL_METADATA_DATABASE_URL": "postgresql:///y",
        "HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "250",
        "HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_BATCH_SIZE": "7",
        "HASURA_GRAPHQL_STREAMING_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "500",
        "HASURA_GRAPHQL_STREAMING_QUERIES_MULTIPLEXED_BATCH_SIZE": "8",
        "HASURA_GRAPHQL_WEBSOCKET_KEEPALIVE": "9",
        "HASURA_GRAPHQL_WEBSOCKET_CONNECTION_INIT_TIMEOUT": "10",
        "HASURA_GRAPHQL_SCHEMA_SYNC_POLL_INTERVAL": "0",
        "HASURA_GRAPHQL_INFER_FUNCTION_PERMISSIONS": "false",
        "HASURA_GRAPHQL_CORS_DOMAIN": "",
        "HASURA_GRAPHQL_LOG_LEVEL": "warn",
    }
    settings = ServerSettings.from_environment(more)
    options = settings.options
    assert (options.live_queries_refetch_interval, options.live_queries_batch_size) == (0.25, 7)
    assert (options.streaming_refetch_interval, options.streaming_batch_size) == (0.5, 8)
    assert (options.websocket_keepalive, options.websocket_connection_init_timeout) == (9.0, 10.0)
    assert not options.infer_function_permissions
    assert (settings.schema_sync_poll_interval, settings.cors_domains, settings.metadata_dir) == (
        0.0,
        (),
        None,
    )
    assert (settings.metadata_database_url, settings.log_level, settings.unused) == (
        "postgresql:///y",
        "warn",
        (),
    )
    disabled = ServerSettings.from_environment({**more, "HASURA_GRAPHQL_DISABLE_CORS": "true"})
    assert disabled.cors_domains is None
    for name, value in (
        ("LOG_LEVEL", "loud"),
        ("PG_CONNECTIONS", "0"),
        ("SERVER_PORT", "65536"),
        ("SERVER_PORT", "²"),
    ):
        with pytest.raises(ValueError, match=f"HASURA_GRAPHQL_{name}"):
            ServerSettings.from_environment({**more, f"HASURA_GRAPHQL_{name}": value})
