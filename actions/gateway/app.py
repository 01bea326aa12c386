"""The ASGI application of the gateway: which request goes where.

HTTP requests come in, answers go out; everything they need is opened at start and closed at the end
(lifespan). POST at any path is GraphQL; the few other routes are listed in `_get` and `_post`.
"""

from __future__ import annotations

from pathlib import Path

import asyncpg
import structlog

import lictor
from lictor.actions import (
    handlers,  # noqa: F401 - importing it registers the actions
    hasura_webhook,
)
from lictor.actions.gateway import errors, health
from lictor.actions.gateway.authentication import Authenticator
from lictor.actions.gateway.body import Disconnected, read_body
from lictor.actions.gateway.calls import InProcessTransport
from lictor.actions.gateway.cors import ALLOWED_METHODS, preflight_headers
from lictor.actions.gateway.database import close_pool, open_pool
from lictor.actions.gateway.errors import HttpProblem, Unavailable
from lictor.actions.gateway.execute import Executor
from lictor.actions.gateway.headers import Callers, Headers, Sender, known_headers
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import batch_of, operation_of, operation_of_query_string, parse_body
from lictor.actions.gateway.page import PAGE_HEADERS, help_page, names_a_file
from lictor.actions.gateway.responses import (
    Answer,
    Receive,
    Scope,
    Send,
    send_answer,
    send_html,
    send_nothing,
)
from lictor.engine import Engine, EngineOptions
from lictor.settings import Settings, get_settings

METADATA_DIR = Path(lictor.__file__).parent / "hasura" / "metadata"
ACTIONS_PREFIX = "/actions/"

_log = structlog.get_logger("lictor.gateway")
_ALLOW = ((b"allow", ALLOWED_METHODS),)


class Gateway:
    """The application; open between `start` and `stop`."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._settings = settings
        self._limits = limits or Limits.of(settings)
        self._pool: asyncpg.Pool | None = None
        self._under_way = 0

    async def start(self) -> None:
        """Open the database pool and compile the metadata. Raises what prevents it."""
        pool = self._pool = await open_pool(self._settings)
        self._callers = Callers(pool, self._settings)
        self._authenticator = Authenticator(pool, self._settings, self._limits.database_wait)
        engine = await Engine.start(
            pool,
            METADATA_DIR,
            # Apollo took values for undeclared variables, and clients send them.
            options=EngineOptions(v1_boolean_null_collapse=True, ignore_unexpected_variables=True),
            actions=InProcessTransport(self._callers, self._limits.database_wait),
        )
        self._executor = Executor(engine, self._callers, self._limits)
        self._health = health.Health(self._settings, engine)

    async def stop(self) -> None:
        """Close what `start` opened."""
        if self._pool is not None:
            await close_pool(self._pool)
            self._pool = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

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
        headers = known_headers(scope["headers"])
        method = scope["method"]
        try:
            if method == "POST":
                answer = await self._post(scope["path"], headers, receive)
            elif method in ("GET", "HEAD"):
                found = await self._get(scope, headers, send)
                if found is None:
                    return
                answer = found
            elif method == "OPTIONS":
                await send_nothing(send, 204, preflight_headers(headers))
                return
            else:
                raise HttpProblem(405, f"The method {method} is not allowed here.", headers=_ALLOW)
        except HttpProblem as problem:
            answer = problem.answer
        except Disconnected:
            return
        except Exception as exc:
            text = errors.unexpected(exc, method=method, path=scope["path"])
            answer = Answer(200, errors.errors_body([errors.error(text, errors.INTERNAL)]))
        await send_answer(send, answer, headers.get(b"accept-encoding"))

    async def _post(self, path: str, headers: Headers, receive: Receive) -> Answer:
        if path.startswith(ACTIONS_PREFIX):
            name = path.removeprefix(ACTIONS_PREFIX)
            return await hasura_webhook.answer(
                name, headers, receive, self._settings, self._callers, self._limits
            )
        if self._under_way >= self._limits.requests:
            raise Unavailable("The server is busy; nothing was changed. Try again.")
        self._under_way += 1
        try:
            sender = Sender(headers, await self._authenticator.identify(headers))
            value = parse_body(await read_body(receive, headers, self._limits))
            if type(value) is list:
                return await self._executor.run_batch(batch_of(value, self._limits.batch), sender)
            return await self._executor.run(operation_of(value), sender)
        finally:
            self._under_way -= 1

    async def _get(self, scope: Scope, headers: Headers, send: Send) -> Answer | None:
        """The answer to a GET; None when a page has been sent instead."""
        path = scope["path"]
        if path == "/.well-known/apollo/server-health":
            return health.SERVER_HEALTH
        if path == "/livez":
            return health.LIVE
        if path == "/health":
            return await self._health.answer()
        operation = operation_of_query_string(scope["query_string"])
        if operation is not None:
            sender = Sender(headers, await self._authenticator.identify(headers))
            return await self._executor.run(operation, sender, query_only=True)
        if names_a_file(path) or path.startswith((ACTIONS_PREFIX, "/.well-known/")):
            raise HttpProblem(404, f"There is nothing at {path}.", "NOT_FOUND")
        if b"text/html" in headers.get(b"accept", b""):
            host = headers.get(b"host", b"127.0.0.1:4200").decode("latin-1")
            await send_html(send, 200, help_page(health.VERSION, f"{scope['scheme']}://{host}"), PAGE_HEADERS)
            return None
        raise HttpProblem(400, "GET query missing: send ?query=… or POST a JSON object with `query`.")


def create_app(settings: Settings | None = None, limits: Limits | None = None) -> Gateway:
    """The gateway as an ASGI application; also for `uvicorn --factory`. `limits` other than the settings'."""
    return Gateway(settings or get_settings(), limits)
