"""Subscriptions at a Hasura: each a connection of its own, by the protocol graphql-transport-ws.

A document and the headers of who asks come in; bodies of answers go out as they come. One connection for each, so that
a client that reads slowly slows its own down and nobody else's. A connection that fails is a BackEndAway, after which
the subscription may be begun again; but a stream has a place in it that nobody knows, and ends with an error.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
import structlog
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from lictor.actions.gateway.database import BackEndAway, Fate
from lictor.actions.gateway.errors import UNAVAILABLE, Unavailable, error
from lictor.actions.gateway.hasura.answers import AWAY, failure_of, plain
from lictor.engine import GraphQLFailure

PROTOCOL = websockets.Subprotocol("graphql-transport-ws")
OPEN_SECONDS = 5.0
PING_SECONDS = 20.0
_MAX_ANSWER = 256 * 1024 * 1024
_FEW = 4
"""Answers read ahead of a slow client; then the connection is not read, and Hasura waits."""
_STREAM_ENDS = (
    "The connection to the GraphQL engine broke. Begin this stream again after the last row you have."
)

_log = structlog.get_logger("lictor.gateway")


async def subscribe(
    url: str, headers: Mapping[str, str], payload: dict[str, Any], *, is_stream: bool
) -> AsyncGenerator[bytes, None]:
    """The answers, each a body. Raises GraphQLFailure and BackEndAway."""
    told = False
    try:
        async with connect_websocket(
            url,
            subprotocols=[PROTOCOL],
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1,
            max_size=_MAX_ANSWER,
            max_queue=_FEW,
            compression=None,
            proxy=None,
        ) as socket:
            await _send(socket, type="connection_init", payload={"headers": dict(headers)})
            async for message in _messages(socket):
                match message.get("type"):
                    case "connection_ack":
                        await _send(socket, type="subscribe", id="1", payload=payload)
                    case "next":
                        told = True
                        yield _body(message["payload"])
                    case "error":
                        raise _failure(message.get("payload"))
                    case "complete":
                        return
                    case "ping":
                        await _send(socket, type="pong")
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as problem:
        if isinstance(problem, ConnectionClosed) and problem.rcvd is not None and problem.rcvd.code >= 4000:
            _log.error("Hasura refuses a websocket", code=problem.rcvd.code, reason=problem.rcvd.reason)
        if is_stream and told:
            raise GraphQLFailure([error(_STREAM_ENDS, UNAVAILABLE)], "data") from problem
        raise BackEndAway(AWAY, Fate.UNKNOWN) from problem


async def _send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def _messages(socket: ClientConnection) -> AsyncGenerator[dict[str, Any], None]:
    """What arrives. Raises ConnectionClosed, also for an end in order: only `complete` ends a subscription."""
    while True:
        yield orjson.loads(await socket.recv())


def _body(payload: dict[str, Any]) -> bytes:
    errors = payload.get("errors")
    if errors:
        payload = {**payload, "errors": [plain(item) for item in errors]}
    return orjson.dumps(payload)


def _failure(payload: Any) -> Exception:
    """Hasura sends a list, an error or an object of errors, by its release."""
    if isinstance(payload, dict):
        payload = payload.get("errors", [payload])
    found = failure_of(payload if isinstance(payload, list) else [])
    return BackEndAway(str(found), Fate.NOT_DONE) if isinstance(found, Unavailable) else found
