"""GraphQL over websockets, at any path: who may open one, and what its operations may do.

An ASGI websocket comes in; it is served to its end by the engine's two protocols, with the gateway's own keys, limits
and errors: a query or mutation here is what it is as a POST. Every client is asked who it is again and again, so that
a deleted key does not live on in an open socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket

from lictor import logs
from lictor.actions.audit import origin
from lictor.actions.gateway import errors, metrics
from lictor.actions.gateway.addresses import Origins
from lictor.actions.gateway.auditing import origin_of
from lictor.actions.gateway.authentication import Authenticator, Unauthenticated
from lictor.actions.gateway.database import BackEndAway, fate
from lictor.actions.gateway.errors import HttpProblem, Unavailable
from lictor.actions.gateway.execute import Executor, session_of
from lictor.actions.gateway.graphql import GraphQL
from lictor.actions.gateway.headers import CORE_VERSION, REQUEST_ID, Headers, Sender, known_headers
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import Operation
from lictor.actions.gateway.places import Places
from lictor.actions.gateway.responses import JSON, Receive, Scope, Send
from lictor.actions.identity import Identity
from lictor.engine import GraphQLFailure, Session
from lictor.engine.server.protocols import Closed
from lictor.engine.server.websocket import SocketLimits, serve_socket
from lictor.settings import Settings

KEEPALIVE_SECONDS = 15.0
"""Between two signs of life: proxies close what is silent, the usual ones after 60 s."""
INIT_SECONDS = 10.0
RETRY_SECONDS = 1.0
"""After which a subscription that met a database that is away is begun again."""
_RECHECK_LEAST = 1.0

_log = structlog.get_logger("lictor.gateway")


class Sockets:
    """The open sockets of one process."""

    def __init__(
        self,
        engine: GraphQL,
        executor: Executor,
        authenticator: Authenticator,
        settings: Settings,
        limits: Limits,
        operations: Places,
    ) -> None:
        self._operations = _Operations(engine, executor, operations)
        self._authenticator = authenticator
        self._origins = Origins(settings)
        self._settings = settings
        self._places = Places(limits.sockets, "Too many websockets are open here. Try again later.")
        recheck = max(settings.auth_cache_seconds, _RECHECK_LEAST) if settings.auth == "key" else 0.0
        self._limits = SocketLimits(
            keepalive=KEEPALIVE_SECONDS,
            recheck=recheck,
            init_timeout=INIT_SECONDS,
            max_message=limits.body,
            max_operations=limits.socket_operations,
        )

    @property
    def open(self) -> int:
        """How many there are."""
        return self._places.taken

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, until either side ends it."""
        headers = known_headers(scope["headers"])
        logs.request_id.set(logs.request_id_of(headers.get(REQUEST_ID)))
        origin.set(origin_of(headers, scope))
        try:
            if not self._origins.allow(headers):
                raise _strange_page(headers)
            with self._places:
                began = time.perf_counter()
                authenticate = _Authentication(self._authenticator)
                await serve_socket(
                    WebSocket(scope, receive, send), self._operations, authenticate, self._limits
                )
        except HttpProblem as problem:
            metrics.refused(problem.code)
            await _refuse(send, problem)
            return
        if self._settings.log_requests:
            seconds = round(time.perf_counter() - began, 3)
            _log.info("websocket", path=scope["path"], seconds=seconds)


def _strange_page(headers: Headers) -> HttpProblem:
    origin = headers.get(b"origin", b"").decode("latin-1")[:200]
    return HttpProblem(
        403,
        f"Pages of {origin} may not open websockets here. If they should, name this origin in LICTOR_ALLOWED_ORIGINS; "
        "behind a proxy, let it pass on the Host, with its port, or send X-Forwarded-Host.",
        errors.FORBIDDEN,
    )


async def _refuse(send: Send, problem: HttpProblem) -> None:
    body = problem.answer.body
    headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(body))]
    start = {"type": "websocket.http.response.start", "status": problem.status, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": body})


class _Authentication:
    """Who is at the other end of one socket, asked as often as one likes."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._session: Session | None = None

    async def __call__(self, headers: Mapping[str, str]) -> Session:
        """The session of these headers. Raises Closed: 4401 without a valid key, 4403 where the key does not open the
        tenant, 1013 while the database cannot tell.
        """
        known = _known(headers)
        # The words that a Prefect client knows are for answers of HTTP.
        known.pop(CORE_VERSION, None)
        try:
            identity = await self._authenticator.identify(known)
        except Unauthenticated as problem:
            metrics.refused(problem.code)
            if problem.status == 403:
                raise Closed(4403, f"4403: Forbidden: {problem}") from None
            raise Closed(4401, f"4401: Unauthorized: {problem}") from None
        except Unavailable as problem:
            if self._session is None:
                raise Closed(1013, str(problem)) from None
            # Nobody can have taken a key away meanwhile.
            return self._session
        self._session = session_of(identity)
        return self._session


def _known(headers: Mapping[str, str]) -> Headers:
    return known_headers(
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
    )


class _Operations:
    """What sockets ask for, in the shape that `serve_socket` wants; a GraphQLFailure is told to the client as it is."""

    def __init__(self, engine: GraphQL, executor: Executor, places: Places) -> None:
        self._engine = engine
        self._executor = executor
        self._places = places

    def kind(self, query: str, operation_name: str | None, session: Session) -> str:
        """What it is. Raises GraphQLFailure for what a POST would refuse before it runs."""
        try:
            return self._executor.kind(Operation(query, {}, operation_name), session.role)
        except HttpProblem as problem:
            metrics.refused(problem.code)
            raise GraphQLFailure([errors.error(str(problem), problem.code)], "validation") from None
        except GraphQLFailure as failure:
            raise _told(failure) from failure

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        session: Session,
        request_headers: Mapping[str, str],
    ) -> bytes:
        """The body that a POST would get. Raises GraphQLFailure where nothing of it has run."""
        sender = Sender(_known(request_headers), Identity.of_session(session.variables))
        try:
            with self._places:
                operation = Operation(query, dict(variables or {}), operation_name)
                answer = await self._executor.run(operation, sender)
        except Unavailable as problem:
            metrics.refused(problem.code)
            raise GraphQLFailure([errors.error(str(problem), problem.code)], "validation") from None
        if answer.status == 400:
            raise GraphQLFailure(orjson.loads(answer.body)["errors"], "validation")
        return answer.body

    async def subscribe(
        self, query: str, variables: Mapping[str, Any] | None, operation_name: str | None, session: Session
    ) -> AsyncGenerator[bytes, None]:
        """The answers. While the database is away there is one that says so, and it goes on when it is back."""
        while True:
            try:
                answers = self._engine.subscribe(query, variables, operation_name, session)
                async with aclosing(answers):
                    async for body in answers:
                        yield _public(body)
                return
            except GraphQLFailure as failure:
                cause = failure.__cause__
                if not isinstance(cause, Exception) or fate(cause) is None:
                    raise _told(failure) from failure
            except BackEndAway as away:
                _log.info("a subscription waits", reason=str(away))
            yield errors.SUBSCRIPTION_WAITS
            await asyncio.sleep(RETRY_SECONDS)


def _told(failure: GraphQLFailure) -> GraphQLFailure:
    """The failure with the codes that the gateway uses."""
    if errors.is_refusal(failure):
        metrics.refused(errors.refusal_code(failure))
        return GraphQLFailure(errors.refusal_errors(failure), failure.kind)
    return GraphQLFailure(errors.failure_errors(failure), failure.kind)


def _public(body: bytes) -> bytes:
    """An answer of a poll; the errors of one that failed in the gateway's shape."""
    if body.startswith(b'{"data"'):
        return body
    return errors.poll_failed(orjson.loads(body)["errors"])
