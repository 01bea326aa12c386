"""Hasura's HTTP endpoints.

In: settings. Out: an ASGI application: POST and websockets at /v1/graphql and /v1alpha1/graphql, the administrators'
/v1/metadata, /v2/query and /v1/query (`admin`), GET /healthz, /v1/version and /v1alpha1/config.
Errors of GraphQL are answered with 200 on /v1 and with 4xx on /v1alpha1, as Hasura does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from lictor.engine.api import SESSION_SETTINGS, Engine
from lictor.engine.errors import GraphQLFailure, internal_error
from lictor.engine.metadata import empty_document
from lictor.engine.run.pgerrors import POSTGRES_ERRORS
from lictor.engine.server import admin
from lictor.engine.server.failure import ApiFailure
from lictor.engine.server.management import Management
from lictor.engine.server.operation import read_request
from lictor.engine.server.session import session_of
from lictor.engine.server.settings import ServerSettings
from lictor.engine.server.store import MetadataStore
from lictor.engine.server.webhooks import WebhookTransport, collected_cookies
from lictor.engine.server.websocket import SocketLimits, serve_socket
from lictor.engine.types import ADMIN, Session

log = logging.getLogger(__name__)
VERSION = "v2.43.0"  # the version of Hasura whose behaviour is served
MAX_BATCH = 100
HEALTH_SECONDS = 5.0


def create_app(settings: ServerSettings) -> Starlette:
    """The application; its lifespan opens the pools and reads the metadata."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        _tell(settings)
        webhooks = WebhookTransport(os.environ, user_agent=f"hasura-graphql-engine/{VERSION}")
        try:
            async with (
                _pool(settings.database_url, settings.pool_size) as pool,
                _metadata_pool(settings, pool) as metadata_pool,
            ):
                store = MetadataStore(metadata_pool)
                stored = None if settings.metadata_dir else await store.fetch()
                document = stored.document if stored else empty_document(settings.options.source)
                engine = await Engine.start(
                    pool, settings.metadata_dir or document, options=settings.options, actions=webhooks
                )
                app.state.engine = engine
                version = stored.version if stored else await store.version()
                app.state.management = Management(engine, store, version)
                try:
                    async with _polling(app.state.management, settings.schema_sync_poll_interval):
                        yield
                finally:
                    await engine.close()
        finally:
            await webhooks.close()

    app = Starlette(
        routes=[
            Route("/v1/graphql", _graphql, methods=["POST"]),
            Route("/v1alpha1/graphql", _graphql_with_statuses, methods=["POST"]),
            WebSocketRoute("/v1/graphql", _socket),
            WebSocketRoute("/v1alpha1/graphql", _socket),
            Route("/v1/metadata", admin.metadata, methods=["POST"]),
            Route("/v2/query", admin.query, methods=["POST"]),
            Route("/v1/query", admin.query_v1, methods=["POST"]),
            Route("/healthz", _health, methods=["GET", "HEAD"]),
            Route("/v1/version", _version, methods=["GET"]),
            Route("/v1alpha1/config", _config, methods=["GET"]),
        ],
        middleware=_cors(settings.cors_domains),
        lifespan=lifespan,
    )
    app.state.settings = settings
    return app


def _pool(url: str, size: int) -> asyncpg.Pool:
    return asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        server_settings={**SESSION_SETTINGS, "jit": "off"},
        statement_cache_size=500,
    )


@asynccontextmanager
async def _metadata_pool(settings: ServerSettings, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    url = settings.metadata_database_url
    if url is None or url == settings.database_url:
        yield pool
        return
    async with _pool(url, 2) as own:
        yield own


@asynccontextmanager
async def _polling(management: Management, seconds: float) -> AsyncIterator[None]:
    task = asyncio.create_task(management.poll(seconds)) if seconds else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _tell(settings: ServerSettings) -> None:
    """What somebody who reads the log has to know about the settings."""
    if settings.unused:
        log.info("this server has no use for %s", ", ".join(settings.unused))
    if settings.admin_secret is None:
        log.warning("HASURA_GRAPHQL_ADMIN_SECRET is not set: whoever reaches this server is admin")
    if settings.metadata_dir is not None:
        log.info("the metadata of %s are served, whatever is stored", settings.metadata_dir)


def _cors(domains: tuple[str, ...] | None) -> list[Middleware]:
    """`*` is any origin, `https://*.example.org` any one below it."""
    if domains is None:
        return []
    patterns = (
        ".*" if one == "*" else re.escape(one.rstrip("/")).replace(r"\*", r"[^/]+") for one in domains
    )
    return [
        Middleware(
            CORSMiddleware,
            allow_origin_regex="|".join(patterns) or r"(?!)",
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=["*"],
        )
    ]


async def _socket(websocket: WebSocket) -> None:
    settings: ServerSettings = websocket.app.state.settings
    options = settings.options
    limits = SocketLimits(options.websocket_keepalive, options.websocket_connection_init_timeout)

    async def authenticate(headers: Mapping[str, str]) -> Session:
        return session_of(headers, settings)

    await serve_socket(websocket, websocket.app.state.engine, authenticate, limits)


async def _health(request: Request) -> Response:
    engine: Engine = request.app.state.engine
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await engine.pool.fetchval("SELECT 1")
    except POSTGRES_ERRORS as error:
        log.warning("unhealthy: the database does not answer: %r", error)
        return PlainTextResponse("ERROR", 500)
    if not engine.inconsistencies:
        return PlainTextResponse("OK")
    if request.query_params.get("strict", "").lower() == "true":
        return PlainTextResponse("ERROR: inconsistent objects in schema", 500)
    return PlainTextResponse("WARN: inconsistent objects in schema")


async def _version(request: Request) -> Response:
    return JSONResponse({"server_type": "ce", "version": VERSION})


async def _config(request: Request) -> Response:
    """What Hasura's console asks for."""
    settings: ServerSettings = request.app.state.settings
    try:
        if session_of(request.headers, settings).role != ADMIN:
            denied = ApiFailure("restricted access : admin only", "access-denied", path="$")
            return JSONResponse(denied.body, denied.status)
    except GraphQLFailure as failure:
        code = failure.errors[0]["extensions"]["code"]
        return JSONResponse({"path": "$", "error": str(failure), "code": code}, 401)
    options = settings.options
    return JSONResponse({
        "version": VERSION,
        "is_function_permissions_inferred": options.infer_function_permissions,
        "is_remote_schema_permissions_enabled": False,
        "is_admin_secret_set": settings.admin_secret is not None,
        "is_auth_hook_set": False,
        "is_jwt_set": False,
        "jwt": [],
        "is_allow_list_enabled": False,
        "live_queries": {
            "batch_size": options.live_queries_batch_size,
            "refetch_delay": options.live_queries_refetch_interval,
        },
        "streaming_queries": {
            "batch_size": options.streaming_batch_size,
            "refetch_delay": options.streaming_refetch_interval,
        },
        "console_assets_dir": None,
        "experimental_features": [],
        "is_prometheus_metrics_enabled": False,
        "default_naming_convention": "hasura-default",
        "feature_flags": [],
    })  # fmt: skip


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
        session = session_of(request.headers, request.app.state.settings)
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
        query, variables, operation_name = read_request(item)
        headers = dict(request.headers)
        return await engine.execute(query, variables, operation_name, session, headers), None
    except GraphQLFailure as failure:
        return orjson.dumps(failure.body), failure
    except Exception:
        log.exception("unexpected error")
        failure = internal_error()
        return orjson.dumps(failure.body), failure


def _parse(body: bytes) -> Any:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise GraphQLFailure.of(f"Error in $: {error}", code="invalid-json") from error
    if isinstance(document, list) and len(document) > MAX_BATCH:
        raise GraphQLFailure.of(f"a batch holds at most {MAX_BATCH} operations")
    return document
