"""Actions over HTTP, as Hasura calls them.

In: an `ActionCall`. Out: the handler's JSON answer. POSTs `{action, input, session_variables, request_query}` to
the handler's URL of the metadata; `{{NAME}}` in the URL is the environment variable NAME. A handler's 4xx answer
`{message, extensions}` becomes the error; anything else unexpected becomes Hasura's own error texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from lictor.engine.errors import GraphQLFailure
from lictor.engine.metadata.model import Action
from lictor.engine.types import ActionCall, Session

_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Headers that say something about the client's own request only
_NOT_FORWARDED = frozenset({
    "x-hasura-admin-secret", "x-hasura-access-key",  # and the key to everything
    "accept-encoding", "connection", "content-length", "content-type", "host", "keep-alive", "origin",
    "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
})  # fmt: skip


class WebhookTransport:
    """Calls action handlers by URL. `environment` fills templates and `value_from_env` headers."""

    def __init__(self, environment: Mapping[str, str], client: httpx2.AsyncClient | None = None) -> None:
        self.environment = environment
        self.client = client or httpx2.AsyncClient(follow_redirects=False)

    async def close(self) -> None:
        await self.client.aclose()

    async def call(self, call: ActionCall, session: Session, request_headers: Mapping[str, str]) -> Any:
        """The answer of the handler. Raises GraphQLFailure of kind "action"."""
        action: Action = call.root.action.action
        payload = {
            "action": {"name": call.name},
            "input": call.input,
            "session_variables": {**session.variables, "x-hasura-role": session.role},
            "request_query": call.request_query or "",
        }
        try:
            response = await self.client.post(
                self._expand(action.handler),
                content=orjson.dumps(payload),
                headers=self._headers(action, request_headers),
                timeout=action.timeout,
            )
        except httpx2.TimeoutException as error:
            raise _failure("Response timeout") from error
        except httpx2.HTTPError as error:
            raise _failure("http exception when calling webhook") from error
        return _answer(response.status_code, response.content)

    def _expand(self, template: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.environment:
                raise _failure(f"environment variable '{name}' not set")
            return self.environment[name]

        return _TEMPLATE.sub(value, template)

    def _headers(self, action: Action, request_headers: Mapping[str, str]) -> dict[str, str]:
        headers: dict[str, str] = {}
        if action.forward_client_headers:
            headers |= {k.lower(): v for k, v in request_headers.items() if k.lower() not in _NOT_FORWARDED}
        for header in action.headers:
            if header.value_from_env is not None:
                headers[header.name.lower()] = self.environment.get(header.value_from_env, "")
            else:
                headers[header.name.lower()] = self._expand(header.value or "")
        headers["content-type"] = "application/json"
        return headers


def _answer(status: int, content: bytes) -> Any:
    try:
        document = orjson.loads(content) if content else None
    except orjson.JSONDecodeError as error:
        raise _failure("not a valid json response from webhook", "parse-failed") from error
    if 200 <= status < 300:
        return document
    if 400 <= status < 500 and isinstance(document, dict) and isinstance(document.get("message"), str):
        extensions = document.get("extensions")
        if not isinstance(extensions, dict):
            extensions = {"path": "$", "code": document.get("code") or "unexpected"}
        raise GraphQLFailure([{"message": document["message"], "extensions": extensions}], "action")
    if 400 <= status < 500:
        raise _failure("the webhook's error has no message", "parse-failed")
    raise _failure("internal error")


def _failure(message: str, code: str = "unexpected") -> GraphQLFailure:
    return GraphQLFailure.of(message, code=code, kind="action")
