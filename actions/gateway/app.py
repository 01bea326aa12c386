"""The ASGI application of the gateway: which request goes where.

HTTP requests and websockets come in, answers go out; everything they need is opened at start and closed at the end
(lifespan). POST and websockets at any path are GraphQL; the few other routes are listed in `_get` and `_post`. What no
route takes is the web UI's, where it has been built.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncpg
import orjson
import structlog

import lictor
from lictor import logs, tracing
from lictor.actions import (
    handlers,  # noqa: F401 - importing it registers the actions
    hasura_webhook,
)
from lictor.actions.audit import Trail, origin
from lictor.actions.gateway import errors, health, metrics, scrape
from lictor.actions.gateway.addresses import address_of, below_root
from lictor.actions.gateway.auditing import origin_of
from lictor.actions.gateway.authentication import Authenticator
from lictor.actions.gateway.body import Disconnected, read_body
from lictor.actions.gateway.calls import InProcessTransport
from lictor.actions.gateway.cors import ALLOWED_METHODS, preflight_headers
from lictor.actions.gateway.database import close_pool, open_pool
from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.execute import Executor
from lictor.actions.gateway.graphql import GraphQL
from lictor.actions.gateway.hasura import Hasura
from lictor.actions.gateway.headers import REQUEST_ID, Callers, Headers, Sender, known_headers
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import batch_of, operation_of, operation_of_query_string, parse_body
from lictor.actions.gateway.page import PAGE_HEADERS, help_page, names_a_file
from lictor.actions.gateway.places import Places
from lictor.actions.gateway.responses import (
    HTML,
    Answer,
    Receive,
    Scope,
    Send,
    send_answer,
    send_nothing,
)
from lictor.actions.gateway.sockets import Sockets
from lictor.actions.gateway.web import HASHED, Web
from lictor.actions.gateway.witness import Witness
from lictor.actions.openapi import openapi
from lictor.engine import Engine, EngineOptions
from lictor.settings import Settings, get_settings

METADATA_DIR = Path(lictor.__file__).parent / "hasura" / "metadata"
ACTIONS_PREFIX = "/actions/"

_log = structlog.get_logger("lictor.gateway")
_CLOSE = (b"connection", b"close")
_SAMPLE_SECONDS = 1.0


def _allowed(path: str) -> bytes:
    """The methods that an address takes."""
    return hasura_webhook.METHODS if path.startswith(ACTIONS_PREFIX) else ALLOWED_METHODS


class Gateway:
    """The application; open between `start` and `stop`."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._settings = settings
        self._limits = limits or Limits.of(settings)
        self._pool: asyncpg.Pool | None = None
        self._witness: Witness | None = None
        self._trail: Trail | None = None
        self._places = Places(self._limits.requests, "The server is busy; nothing was changed. Try again.")
        self._web = Web(settings)
        self._engine: Engine | None = None
        self._hasura: Hasura | None = None
        self._draining = False
        self._sampling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the database pool and compile the metadata. Raises what prevents it."""
        pool = self._pool = await open_pool(self._settings)
        self._trail = Trail(pool, self._settings)
        self._callers = Callers(pool, self._settings, self._trail)
        self._authenticator = Authenticator(pool, self._settings, self._limits.database_wait, self._trail)
        engine = self._engine = await Engine.start(
            pool,
            METADATA_DIR,
            # Apollo took values for undeclared variables, and clients send them.
            options=EngineOptions(v1_boolean_null_collapse=True, ignore_unexpected_variables=True),
            actions=InProcessTransport(self._callers, self._limits.database_wait),
        )
        graphql: GraphQL = engine
        if self._settings.graphql_url is not None:
            graphql = self._hasura = Hasura(self._settings, engine)
        self._witness = Witness(pool, self._settings)
        self._executor = Executor(graphql, self._callers, self._limits, self._witness)
        self._sockets = Sockets(
            graphql, self._executor, self._authenticator, self._settings, self._limits, self._places
        )
        self._health = health.Health(self._settings, engine, self._hasura)
        self._openapi = Answer(200, orjson.dumps(openapi(self._settings, METADATA_DIR)))
        self._scraper = scrape.Scraper(pool)
        self._sampling = asyncio.create_task(self._sample(pool, graphql))
        self._witness.start()
        self._trail.start()

    def drain(self) -> None:
        """The process is to end: every answer closes its connection, and /ready says so."""
        self._draining = self._health.draining = True

    async def stop(self) -> None:
        """Close what `start` opened."""
        if self._sampling is not None:
            self._sampling.cancel()
            metrics.ended()
        if self._witness is not None:
            await self._witness.stop()
            self._witness = None
        if self._trail is not None:
            await self._trail.stop()
            self._trail = None
        if self._hasura is not None:
            await self._hasura.close()
            self._hasura = None
        if self._engine is not None:
            await self._engine.close()
            self._engine = None
        if self._pool is not None:
            await close_pool(self._pool)
            self._pool = None

    async def _sample(self, pool: asyncpg.Pool, graphql: GraphQL) -> None:
        while True:
            metrics.sample(pool, self._places.taken, self._sockets.open, len(graphql.subscriptions))
            await asyncio.sleep(_SAMPLE_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        scope = below_root(scope, self._settings.root_path)
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._sockets.serve(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as exc:
            _log.error("the gateway cannot start", exception=errors.as_text(exc))
            await self.stop()
            await send({"type": "lifespan.startup.failed", "message": f"{type(exc).__name__}: {exc}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        headers = known_headers(scope["headers"])
        method = scope["method"]
        identifier = logs.request_id_of(headers.get(REQUEST_ID))
        logs.request_id.set(identifier)
        origin.set(origin_of(headers, scope))
        extra = ((b"x-request-id", identifier.encode("ascii")), *((_CLOSE,) if self._draining else ()))
        if method == "OPTIONS":
            status = 204
            await send_nothing(send, status, (*preflight_headers(headers, _allowed(scope["path"])), *extra))
        else:
            with tracing.span(method, parent=tracing.parent_of(scope["headers"])):
                answer = await self._answer(scope, headers, receive)
            if answer is None:
                return
            status = answer.status
            if self._draining and _CLOSE not in extra:
                extra = (*extra, _CLOSE)
            answer = answer._replace(headers=(*answer.headers, *extra))
            await send_answer(send, answer, headers.get(b"accept-encoding"))
        metrics.answered(status)
        if self._settings.log_requests:
            milliseconds = round((time.perf_counter() - began) * 1000, 2)
            _log.info("request", method=method, path=scope["path"], status=status, milliseconds=milliseconds)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Answer | None:
        """The answer to a request; None for a client that has gone. Never raises for what a client or we do wrong."""
        method = scope["method"]
        try:
            if method == "POST":
                return await self._post(scope["path"], headers, receive)
            if method in ("GET", "HEAD"):
                return await self._get(scope, headers)
            allow = ((b"allow", _allowed(scope["path"])),)
            raise HttpProblem(405, f"The method {method} is not allowed here.", headers=allow)
        except HttpProblem as problem:
            metrics.refused(problem.code)
            return problem.answer
        except Disconnected:
            return None
        except Exception as exc:
            text = errors.unexpected(exc, method=method, path=scope["path"])
            return Answer(200, errors.errors_body([errors.error(text, errors.INTERNAL)]))

    async def _post(self, path: str, headers: Headers, receive: Receive) -> Answer:
        if path.startswith(ACTIONS_PREFIX):
            name = path.removeprefix(ACTIONS_PREFIX)
            return await hasura_webhook.answer(
                name, headers, receive, self._settings, self._callers, self._limits
            )
        with self._places:
            sender = Sender(headers, await self._authenticator.identify(headers))
            value = parse_body(await read_body(receive, headers, self._limits))
            if type(value) is list:
                return await self._executor.run_batch(batch_of(value, self._limits.batch), sender)
            return await self._executor.run(operation_of(value), sender)

    async def _get(self, scope: Scope, headers: Headers) -> Answer:
        path = scope["path"]
        if path == "/.well-known/apollo/server-health":
            return health.SERVER_HEALTH
        if path == "/openapi.json":
            return self._openapi
        if path.startswith(ACTIONS_PREFIX):
            raise HttpProblem(405, "Actions are called by POST.", headers=((b"allow", _allowed(path)),))
        if path == "/livez":
            return health.LIVE
        if path == "/health":
            return health.HEALTH
        if path == "/ready":
            return await self._health.ready(scope["query_string"])
        if path == "/metrics":
            scrape.check_access(self._settings, headers, scope)
            return Answer(200, await self._scraper.page(), kind=scrape.CONTENT_TYPE)
        operation = operation_of_query_string(scope["query_string"])
        if operation is not None:
            sender = Sender(headers, await self._authenticator.identify(headers))
            return await self._executor.run(operation, sender, query_only=True)
        return await self._page_or_file(scope, headers)

    async def _page_or_file(self, scope: Scope, headers: Headers) -> Answer:
        path = scope["path"]
        if path == "/settings.json":
            return self._web.settings_json(scope, headers)
        if path.startswith((f"/{HASHED}", "/.well-known/")) or names_a_file(path):
            file = await self._web.file(path, headers)
            if file is None:
                raise HttpProblem(404, f"There is nothing at {path}.", "NOT_FOUND")
            return file
        if b"text/html" in headers.get(b"accept", b""):
            page = await self._web.page(scope, headers)
            if page is not None:
                return page
            text = help_page(health.VERSION, address_of(headers, scope, self._settings))
            return Answer(200, text, PAGE_HEADERS, HTML)
        raise HttpProblem(400, "GET query missing: send ?query=… or POST a JSON object with `query`.")


def create_app(settings: Settings | None = None, limits: Limits | None = None) -> Gateway:
    """The gateway as an ASGI application; also for `uvicorn --factory`. `limits` other than the settings'."""
    return Gateway(settings or get_settings(), limits)
