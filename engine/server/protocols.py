"""The two protocols of GraphQL over a websocket, as messages.

`graphql-transport-ws` (the library graphql-ws) and `graphql-ws` (Apollo's older subscriptions-transport-ws). In:
what happened. Out: the texts to send, or `Closed` with the code to close with: the newer protocol closes the
connection on every misuse, the older one answers with a message and goes on. Never: touches a socket.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import orjson

from lictor.engine.errors import GraphQLFailure

Meaning = Literal["init", "start", "stop", "terminate", "ping", "pong"]
MAX_REASON = 123  # bytes of a close frame's reason


class Closed(Exception):
    """The connection is to be closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:MAX_REASON].decode(errors="ignore")


class TransportProtocol:
    """graphql-transport-ws."""

    name = "graphql-transport-ws"
    incoming: ClassVar[dict[str, Meaning]] = {
        "connection_init": "init", "subscribe": "start", "complete": "stop", "ping": "ping", "pong": "pong",
    }  # fmt: skip
    next_type = "next"
    repeated_init = False

    # --- the connection ---------------------------------------------------------------------------------

    def acknowledged(self) -> list[str]:
        return [_message("connection_ack")]

    def alive(self) -> str:
        """The sign of life."""
        return _message("ping")

    def pong(self, payload: Any) -> str:
        return _message("pong", payload=payload)

    def refused(self, failure: GraphQLFailure) -> list[str]:
        """connection_init is not accepted. Raises Closed."""
        raise Closed(4400, f"4400: Connection initialization failed: {failure}")

    def misuse(self, reason: str) -> list[str]:
        """A message that the protocol does not know. Raises Closed."""
        raise Closed(4400, f"4400: {reason}")

    # --- operations -------------------------------------------------------------------------------------

    def not_initialised(self, operation: str, reason: str | None) -> list[str]:
        """An operation without a (successful) connection_init. Raises Closed."""
        raise Closed(4401, "4401: Unauthorized")

    def duplicate(self, operation: str) -> list[str]:
        """The operation's id is taken. Raises Closed."""
        raise Closed(4409, f"4409: Subscriber for {operation} already exists")

    def next(self, operation: str, body: bytes) -> str:
        """An answer; `body` is the whole `{"data":...}` or `{"errors":...}`."""
        return f'{{"type":"{self.next_type}","id":{_json(operation)},"payload":{body.decode()}}}'

    def error(self, operation: str, failure: GraphQLFailure) -> list[str]:
        """The operation does not start or go on."""
        return [_message("error", id=operation, payload=failure.errors)]

    def complete(self, operation: str) -> str:
        return _message("complete", id=operation)


class ApolloProtocol(TransportProtocol):
    """graphql-ws, also for clients that name no protocol."""

    name = "graphql-ws"
    incoming: ClassVar[dict[str, Meaning]] = {
        "connection_init": "init", "start": "start", "stop": "stop", "connection_terminate": "terminate",
    }  # fmt: skip
    next_type = "data"
    repeated_init = True

    def acknowledged(self) -> list[str]:
        return [_message("connection_ack"), self.alive()]

    def alive(self) -> str:
        return _message("ka")

    def refused(self, failure: GraphQLFailure) -> list[str]:
        return self.misuse(str(failure))

    def misuse(self, reason: str) -> list[str]:
        return [_message("connection_error", payload=reason)]

    def not_initialised(self, operation: str, reason: str | None) -> list[str]:
        message = "start received before the connection is initialised"
        if reason is not None:
            message = f"cannot start as connection_init failed with: {reason}"
        return [*self._start_failed(operation, message), self.complete(operation)]

    def duplicate(self, operation: str) -> list[str]:
        return self._start_failed(operation, f"an operation already exists with this id: {operation}")

    def error(self, operation: str, failure: GraphQLFailure) -> list[str]:
        return [_message("error", id=operation, payload=failure.body), self.complete(operation)]

    def _start_failed(self, operation: str, message: str) -> list[str]:
        payload = {"path": "$", "error": message, "code": "start-failed"}
        return [_message("error", id=operation, payload=payload)]


PROTOCOLS = {protocol.name: protocol for protocol in (TransportProtocol(), ApolloProtocol())}
DEFAULT_PROTOCOL = PROTOCOLS["graphql-ws"]


def _message(kind: str, **more: Any) -> str:
    return _json({"type": kind, **{key: value for key, value in more.items() if value is not None}})


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
