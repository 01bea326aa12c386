"""A client of subscriptions, in both websocket protocols.

In: a `Case` with `subscription` and `steps`. Each step is one of
  next: data            the next answer
  error: {...}          an error in place of an answer
  run: mutation         sent over HTTP by the admin, or `{query, role, headers}`
  quiet: seconds        nothing comes for so long
  stop: true            the client ends the subscription
  complete: true        the server says that it is over
  send: message         sent as it is; connect: {...} is the payload of connection_init
  receive: message      the next message but keep-alives; closed: code for the connection's end
Raises AssertionError with the differences.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import websockets

from tests.engine.conformance.case import Case
from tests.engine.conformance.compare import differences
from tests.engine.conformance.endpoint import Endpoint, judge_errors

PATIENCE = 20.0  # seconds until a message that should come counts as lost
PROTOCOLS = ("graphql-ws", "graphql-transport-ws")
NAMES = {
    "graphql-ws": {"start": "start", "next": "data", "stop": "stop"},
    "graphql-transport-ws": {"start": "subscribe", "next": "next", "stop": "complete"},
}
KEEP_ALIVES = ("ka", "ping", "pong")


class Subscriber:
    """One connection with one subscription on it."""

    def __init__(self, endpoint: Endpoint, case: Case, protocol: str) -> None:
        self.endpoint = endpoint
        self.case = case
        self.names = NAMES[protocol]
        self.protocol = protocol

    async def run(self) -> None:
        """Connect, subscribe and go through the steps."""
        url = self.endpoint.url.replace("http", "ws", 1) + self.case.path
        subprotocol = websockets.Subprotocol(self.protocol)
        async with websockets.connect(url, subprotocols=[subprotocol], proxy=None) as connection:
            assert connection.subprotocol == self.protocol
            self.connection = connection
            await self._send(
                {"type": "connection_init", "payload": {"headers": self.endpoint.headers(self.case)}}
            )
            if self.case.subscription != "none":
                assert (await self._receive())["type"] == "connection_ack"
                payload = {"query": self.case.subscription, "variables": self.case.variables}
                await self._send({"id": "1", "type": self.names["start"], "payload": payload})
            for number, step in enumerate(self.case.steps):
                try:
                    await self._step(step)
                except AssertionError as failure:
                    raise AssertionError(f"step {number} {step}: {failure}") from None

    async def _step(self, step: dict[str, Any]) -> None:
        (kind, value), *others = step.items()
        assert not others, "one thing a step"
        match kind:
            case "next":
                message = await self._receive()
                assert message["type"] == self.names["next"], f"came {message}"
                _same(value, message["payload"].get("data", message["payload"]))
            case "error":
                self._check_error(value, await self._receive())
            case "run":
                await self._run(value)
            case "quiet":
                await self._quiet(value)
            case "stop":
                await self._send({"id": "1", "type": self.names["stop"]})
            case "complete":
                message = await self._receive()
                assert message["type"] == "complete", f"came {message}"
            case "send":
                await self._send(value)
            case "receive":
                _same(value, await self._receive())
            case "closed":
                with_code = await self._closing_code()
                assert with_code == value, f"closed with {with_code}"
            case _:
                raise ValueError(f"unknown step {kind}")

    async def _send(self, message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def _receive(self) -> dict[str, Any]:
        """The next message that is no keep-alive."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = json.loads(await self.connection.recv())
                if message["type"] == "ping":
                    await self._send({"type": "pong"})
                if message["type"] not in KEEP_ALIVES:
                    return message

    async def _quiet(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                message = await self._receive()
        except TimeoutError:
            return
        raise AssertionError(f"came {message}")

    async def _closing_code(self) -> int | None:
        async with asyncio.timeout(PATIENCE):
            await self.connection.wait_closed()
        return self.connection.close_code

    def _check_error(self, expected: dict[str, Any], message: dict[str, Any]) -> None:
        """graphql-ws wraps errors as {"errors": [...]} in `error` or `data`; graphql-transport-ws sends a list or one."""
        payload = message["payload"]
        if isinstance(payload, list):
            answer = {"errors": payload}
        elif "errors" in payload:
            answer = {"errors": payload["errors"]}
        else:
            answer = {"errors": [payload]}
        found = judge_errors(expected, answer)
        assert not found, "\n".join(found) + f"\ncame {message}"

    async def _run(self, request: str | dict[str, Any]) -> None:
        """A mutation by HTTP; it must succeed."""
        request = {"query": request} if isinstance(request, str) else request
        headers = {"x-hasura-admin-secret": self.endpoint.admin_secret}
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            response = await client.post(
                f"{self.endpoint.url}/v1/graphql", json={"query": request["query"]}, headers=headers
            )
        assert "errors" not in response.json(), response.text


def _same(expected: Any, actual: Any) -> None:
    found = differences(expected, actual)
    assert not found, "\n".join(found)
