"""Hasura's HTTP endpoints.

In: settings. Out: an ASGI application: POST /v1/graphql and /v1alpha1/graphql, GET /healthz, GET /v1/version.
Errors are answered with 200 on /v1 and with 4xx on /v1alpha1, as Hasura does. X-Hasura-* headers count only from
whoever holds the admin secret.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lictor.engine.api import SESSION_SETTINGS, Engine
from lictor.engine.errors import GraphQLFailure
from lictor.engine.server.settings import ServerSettings
from lictor.engine.server.webhooks import WebhookTransport, collected_cookies
from lictor.engine.types import ADMIN, Session

log = logging.getLogger(__name__)
VERSION = "v2.43.0"  # the version of Hasura whose behaviour is served
SECRET_HEADERS = ("x-hasura-admin-secret", "x-hasura-access-key")
ROLE_HEADER = "x-hasura-role"
MAX_BATCH = 100


def create_app(settings: ServerSettings) -> Starlette:
    """The application; its lifespan opens the pool and reads the metadata."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        webhooks = WebhookTransport(os.environ, user_agent=f"hasura-graphql-engine/{VERSION}")
        async with asyncpg.create_pool(
            settings.database_url,
            min_size=1,
            max_size=settings.pool_size,
            server_settings={**SESSION_SETTINGS, "jit": "off"},
            statement_cache_size=500,
        ) as pool:
            app.state.engine = await Engine.start(
                pool, settings.metadata_dir, options=settings.options, actions=webhooks
            )
            yield
        await webhooks.close()

    app = Starlette(
        routes=[
            Route("/v1/graphql", _graphql, methods=["POST"]),
            Route("/v1alpha1/graphql", _graphql_with_statuses, methods=["POST"]),
            Route("/healthz", _health, methods=["GET", "HEAD"]),
            Route("/v1/version", _version, methods=["GET"]),
        ],
        lifespan=lifespan,
    )
    app.state.settings = settings
    return app


async def _health(request: Request) -> Response:
    inconsistent = bool(request.app.state.engine.inconsistencies)
    return PlainTextResponse("WARN: inconsistent objects in schema" if inconsistent else "OK")


async def _version(request: Request) -> Response:
    return JSONResponse({"server_type": "ce", "version": VERSION})


async def _graphql(request: Request) -> Response:
    return await _respond(request, with_statuses=False)


async def _graphql_with_statuses(request: Request) -> Response:
    return await _respond(request, with_statuses=True)


async def _respond(request: Request, *, with_statuses: bool) -> Response:
    with collected_cookies() as cookies:
        body, failure = await _answer(request)
    status = _status(failure) if with_statuses and failure is not None else 200
    response = Response(body, status, media_type="application/json")
    for cookie in cookies:
        response.headers.append("set-cookie", cookie)
    return response


def _status(failure: GraphQLFailure) -> int:
    if failure.kind == "internal":
        return 500
    return 401 if failure.errors[0]["extensions"].get("code") == "access-denied" else 400


async def _answer(request: Request) -> tuple[bytes, GraphQLFailure | None]:
    """The body, and the failure if the (only) operation failed."""
    try:
        session = _session(request)
        document = _parse(await request.body())
        if isinstance(document, list):
            answers = [await _try(request, item, session) for item in document]
            return b"[" + b",".join(body for body, _ in answers) + b"]", None
    except GraphQLFailure as failure:
        return orjson.dumps(failure.body), failure
    return await _try(request, document, session)


async def _try(request: Request, item: Any, session: Session) -> tuple[bytes, GraphQLFailure | None]:
    engine: Engine = request.app.state.engine
    try:
        query, variables, operation_name = _operation(item)
        headers = dict(request.headers)
        return await engine.execute(query, variables, operation_name, session, headers), None
    except GraphQLFailure as failure:
        return orjson.dumps(failure.body), failure
    except Exception:
        log.exception("unexpected error")
        failure = GraphQLFailure.of("internal error", code="unexpected", kind="internal")
        return orjson.dumps(failure.body), failure


def _parse(body: bytes) -> Any:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise GraphQLFailure.of(f"Error in $: {error}", code="invalid-json") from error
    if isinstance(document, list) and len(document) > MAX_BATCH:
        raise GraphQLFailure.of(f"a batch holds at most {MAX_BATCH} operations")
    return document


def _operation(item: Any) -> tuple[str, dict[str, Any] | None, str | None]:
    if not isinstance(item, dict):
        raise GraphQLFailure.of("Error in $: parsing request failed, expected Object", code="parse-failed")
    query, variables, name = item.get("query"), item.get("variables"), item.get("operationName")
    if not isinstance(query, str):
        raise GraphQLFailure.of("Error in $: key 'query' with a string is expected", code="parse-failed")
    if variables is not None and not isinstance(variables, dict):
        raise GraphQLFailure.of("Error in $.variables: an object is expected", code="parse-failed")
    if name is not None and not isinstance(name, str):
        raise GraphQLFailure.of("Error in $.operationName: a string is expected", code="parse-failed")
    return query, variables, name


def _session(request: Request) -> Session:
    settings: ServerSettings = request.app.state.settings
    given = {k: v for k, v in request.headers.items() if k.startswith("x-hasura-")}
    secret = next((given[name] for name in SECRET_HEADERS if name in given), None)
    if settings.admin_secret is not None:
        if secret is None:
            if settings.unauthorized_role is not None:
                return Session(settings.unauthorized_role)
            raise _denied("x-hasura-admin-secret/x-hasura-access-key required, but not found")
        if not hmac.compare_digest(secret.encode(), settings.admin_secret.encode()):
            raise _denied('invalid "x-hasura-admin-secret"/"x-hasura-access-key"')
    variables = {name: value for name, value in given.items() if name not in SECRET_HEADERS}
    return Session(given.get(ROLE_HEADER) or ADMIN, variables)


def _denied(message: str) -> GraphQLFailure:
    return GraphQLFailure.of(message, code="access-denied")
