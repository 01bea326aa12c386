"""GraphQL over websockets, for any ASGI server.

In: a websocket that is not accepted yet, an engine, an authenticator. Out: a served connection, by the protocol
the client names. Queries and mutations run too. A slow client is waited for: what it has not read is one answer
for each of its operations. Never: decides who may do what; the authenticator makes the session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from lictor.engine.errors import GraphQLFailure, internal_error
from lictor.engine.server.operation import read_request
from lictor.engine.server.protocols import DEFAULT_PROTOCOL, PROTOCOLS, Closed, TransportProtocol
from lictor.engine.types import Session

log = logging.getLogger(__name__)
Authenticate = Callable[[Mapping[str, str]], Awaitable[Session]]
# Failures of these kinds are the document's or the variables': the operation did not start.
NOT_STARTED = frozenset({"syntax", "validation", "coercion"})
CLOSE_SECONDS = 5.0
"""How long a client that does not read is waited for when the connection is closed."""


class Answers(Protocol):
    """Bodies of answers, until `aclose`."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def aclose(self) -> Awaitable[None]: ...


class SocketEngine(Protocol):
    """What a connection needs of an engine; `lictor.engine.Engine` is one. All may raise GraphQLFailure."""

    def kind(self, query: str, operation_name: str | None, session: Session) -> str:
        """ "query", "mutation" or "subscription"."""
        ...

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        session: Session,
        request_headers: Mapping[str, str],
    ) -> bytes:
        """The body of the answer to a query or mutation."""
        ...

    def subscribe(
        self, query: str, variables: Mapping[str, Any] | None, operation_name: str | None, session: Session
    ) -> Answers:
        """The bodies of the answers to a subscription."""
        ...


@dataclass(frozen=True)
class SocketLimits:
    """Bounds of one connection.

    `keepalive`: seconds between signs of life, 0 for none. `recheck`: seconds after which the client is
    authenticated again, 0 for never. `init_timeout`: seconds until connection_init must have succeeded.
    `max_message`: characters of a message. `max_operations`: operations that run at the same time.
    """

    keepalive: float = 5.0
    recheck: float = 0.0
    init_timeout: float = 3.0
    max_message: int = 4 * 1024 * 1024
    max_operations: int = 1000


async def serve_socket(
    websocket: WebSocket,
    engine: SocketEngine,
    authenticate: Authenticate,
    limits: SocketLimits = SocketLimits(),
) -> None:
    """Serves one connection until either side ends it.

    `authenticate` is given the headers of the handshake, overridden by those in connection_init's payload, keys in
    lower case; it returns the session or raises GraphQLFailure, whose text the client is told, or Closed. Asked again
    (`SocketLimits.recheck`), it ends the connection by raising either or by returning another session: as Closed says,
    else with code 4403, after which clients connect anew.
    """
    offered = websocket.scope.get("subprotocols") or []
    protocol = next((PROTOCOLS[name] for name in offered if name in PROTOCOLS), None)
    with suppress(WebSocketDisconnect):
        await websocket.accept(subprotocol=None if protocol is None else protocol.name)
        if offered and protocol is None:
            await websocket.close(4406, "4406: Subprotocol not acceptable")
            return
        await _Connection(websocket, engine, authenticate, limits, protocol or DEFAULT_PROTOCOL).serve()


class _Connection:
    """One connection: its session, and a task for each operation."""

    def __init__(
        self,
        websocket: WebSocket,
        engine: SocketEngine,
        authenticate: Authenticate,
        limits: SocketLimits,
        protocol: TransportProtocol,
    ) -> None:
        self.websocket = websocket
        self.engine = engine
        self.authenticate = authenticate
        self.limits = limits
        self.protocol = protocol
        self.session: Session | None = None
        self.headers: Mapping[str, str] = {}
        self.refusal: str | None = None
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        # Tasks that a vanished client does not stop: what is being changed is changed.
        self.changing: set[asyncio.Task[None]] = set()
        self.sending = asyncio.Lock()
        self.closed = False
        self.revoked: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Reads until the end, then stops whatever still runs."""
        reading = self._spawn(self._read())
        try:
            await asyncio.wait({reading, self.revoked}, return_when=asyncio.FIRST_COMPLETED)
            if self.revoked.done():
                # First, for the client may not even read that it is closed.
                self._cancel()
                raise self.revoked.result()
            reading.result()
        except Closed as closed:
            await self._close(closed)
        except WebSocketDisconnect:
            pass
        finally:
            self._cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def _cancel(self) -> None:
        for task in self.tasks - self.changing:
            task.cancel()

    async def _read(self) -> None:
        deadline = asyncio.get_running_loop().time() + self.limits.init_timeout
        while True:
            try:
                async with asyncio.timeout_at(None if self.session is not None else deadline):
                    message = await self.websocket.receive()
            except TimeoutError:
                raise Closed(4408, "4408: Connection initialisation timeout") from None
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or message.get("bytes") or ""
            if len(text) > self.limits.max_message:
                raise Closed(1009, f"a message has at most {self.limits.max_message} characters")
            await self._send(*await self._answer(text))

    async def _answer(self, text: str | bytes) -> list[str]:
        """Acts on one message; the texts to send at once."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return self.protocol.misuse(f"the message is not JSON: {error}")
        kind = message.get("type") if isinstance(message, dict) else None
        meaning = self.protocol.incoming.get(kind) if isinstance(kind, str) else None
        if meaning is None:
            return self.protocol.misuse(f"unexpected type of message: {kind!r:.50}")
        if meaning == "init":
            return await self._initialise(message.get("payload"))
        if meaning == "terminate":
            raise Closed(1000, "")
        if meaning == "ping":
            return [self.protocol.pong(message.get("payload"))]
        if meaning == "pong":
            return []
        operation = message.get("id")
        if not isinstance(operation, str) or not operation:
            return self.protocol.misuse(f"a message of type {kind!r} has an id, a string")
        if meaning == "start":
            return self._start(operation, message.get("payload"))
        self._stop(operation)
        return []

    # --- the connection ---------------------------------------------------------------------------------

    async def _initialise(self, payload: Any) -> list[str]:
        first = self.session is None
        if not first and not self.protocol.repeated_init:
            raise Closed(4429, "4429: Too many initialisation requests")
        headers = {name.lower(): value for name, value in self.websocket.headers.items()}
        given = payload.get("headers") if isinstance(payload, dict) else None
        if isinstance(given, dict):
            headers |= {name.lower(): str(value) for name, value in given.items() if value is not None}
        try:
            self.session = await self.authenticate(headers)
        except GraphQLFailure as failure:
            self.refusal = str(failure)
            return self.protocol.refused(failure)
        self.headers = headers
        if first and self.limits.keepalive > 0:
            self._spawn(self._keep_alive())
        if first and self.limits.recheck > 0:
            self._spawn(self._recheck())
        return self.protocol.acknowledged()

    async def _keep_alive(self) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await asyncio.sleep(self.limits.keepalive)
                await self._send(self.protocol.alive())

    async def _recheck(self) -> None:
        """Ends the connection once the client is not what it was."""
        closed = None
        while closed is None:
            await asyncio.sleep(self.limits.recheck)
            known = self.session
            try:
                if await self.authenticate(self.headers) != known and self.session is known:
                    closed = Closed(4403, "4403: Forbidden: the rights have changed")
            except Closed as refusal:
                closed = refusal
            except GraphQLFailure as failure:
                closed = Closed(4403, f"4403: Forbidden: {failure}")
            except Exception:
                log.exception("a client cannot be authenticated again")
                closed = Closed(1011, "internal error")
        self.revoked.set_result(closed)

    async def _send(self, *texts: str) -> None:
        """Sends in order, one sender at a time: each waits here while the client is slow."""
        for text in texts:
            async with self.sending:
                if self.closed:
                    raise WebSocketDisconnect
                await self.websocket.send_text(text)

    async def _close(self, closed: Closed) -> None:
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS), self.sending:
                self.closed = True
                await self.websocket.close(closed.code, closed.reason)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(self.changing.discard)
        return task

    # --- operations -------------------------------------------------------------------------------------

    def _start(self, operation: str, payload: Any) -> list[str]:
        if self.session is None:
            return self.protocol.not_initialised(operation, self.refusal)
        if operation in self.operations:
            return self.protocol.duplicate(operation)
        if len(self.operations) >= self.limits.max_operations:
            failure = GraphQLFailure.of(
                f"too many operations on this connection (at most {self.limits.max_operations})",
                code="unexpected-payload",
            )
            return self.protocol.error(operation, failure)
        self.operations[operation] = self._spawn(self._operate(operation, payload, self.session))
        return []

    def _stop(self, operation: str) -> None:
        task = self.operations.pop(operation, None)
        if task is not None and task not in self.changing:
            task.cancel()

    async def _operate(self, operation: str, payload: Any, session: Session) -> None:
        last: list[str] = []
        with suppress(WebSocketDisconnect):
            try:
                last = await self._run(operation, payload, session)
            except GraphQLFailure as failure:
                last = self.protocol.error(operation, failure)
            except (WebSocketDisconnect, asyncio.CancelledError):
                raise
            except Exception:
                log.exception("unexpected error")
                failure = internal_error()
                last = self.protocol.error(operation, failure)
            finally:
                task = self.operations.get(operation)
                if task is not asyncio.current_task():
                    last = []  # stopped: nothing more is said about it
                else:
                    del self.operations[operation]  # before the client knows that the id is free
            await self._send(*last)

    async def _run(self, operation: str, payload: Any, session: Session) -> list[str]:
        """Runs it; the texts that end it. Raises GraphQLFailure if it did not start or cannot go on."""
        query, variables, name = read_request(payload)
        kind = self.engine.kind(query, name, session)
        if kind == "subscription":
            async with aclosing(self.engine.subscribe(query, variables, name, session)) as answers:
                async for body in answers:
                    await self._send(self.protocol.next(operation, body))
            return [self.protocol.complete(operation)]
        task = asyncio.current_task()
        if kind == "mutation" and task is not None:
            self.changing.add(task)
        try:
            body = await self.engine.execute(query, variables, name, session, self.headers)
        except GraphQLFailure as failure:
            if failure.kind in NOT_STARTED:
                raise
            body = orjson.dumps(failure.body)
        return [self.protocol.next(operation, body), self.protocol.complete(operation)]
