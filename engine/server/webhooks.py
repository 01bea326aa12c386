"""Actions over HTTP, as Hasura calls them.

In: an `ActionCall`. Out: the handler's JSON answer. POSTs `{action, input, session_variables, request_query}` to
the handler's URL of the metadata; `{{NAME}}` in the URL is the environment variable NAME. A handler's 4xx answer
`{message, extensions}` becomes the error; anything else unexpected becomes Hasura's own error texts. Cookies that
handlers set are passed on to whoever collects them. Redirects are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx2
import orjson

from lictor.engine.errors import GraphQLFailure
from lictor.engine.metadata.model import Action
from lictor.engine.types import ActionCall, Session

_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Session variables have their own place in the payload, and the admin secret is one of these headers.
_SESSION_PREFIX = "x-hasura-"
# Headers that say something about the client's own request only
_NOT_FORWARDED = frozenset({
    "accept", "accept-datetime", "accept-encoding", "accept-language", "cache-control", "connection",
    "content-length", "content-md5", "content-type", "dnt", "host", "keep-alive", "origin", "referer", "te",
    "trailer", "transfer-encoding", "upgrade", "user-agent",
})  # fmt: skip
_FORWARDED_AS = {
    "host": "x-forwarded-host",
    "user-agent": "x-forwarded-user-agent",
    "origin": "x-forwarded-origin",
}
_NO_MESSAGE = "parsing Hasura.GraphQL.Execute.Action.Types.ActionWebhookErrorResponse(ActionWebhookErrorResponse) failed, "
_cookies: ContextVar[list[str] | None] = ContextVar("cookies", default=None)


@contextmanager
def collected_cookies() -> Iterator[list[str]]:
    """Within, the values of the Set-Cookie headers of all handlers are added to the list."""
    cookies: list[str] = []
    token = _cookies.set(cookies)
    try:
        yield cookies
    finally:
        _cookies.reset(token)


class WebhookTransport:
    """Calls action handlers by URL. `environment` fills templates and `value_from_env` headers."""

    def __init__(
        self, environment: Mapping[str, str], user_agent: str, client: httpx2.AsyncClient | None = None
    ) -> None:
        self.environment = environment
        self.user_agent = user_agent
        self.client = client or httpx2.AsyncClient(follow_redirects=False)
        # cookies are their caller's: none is kept and sent with the call of the next
        self.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    async def close(self) -> None:
        await self.client.aclose()

    async def call(self, call: ActionCall, session: Session, request_headers: Mapping[str, str]) -> Any:
        """The answer of the handler. Raises GraphQLFailure of kind "action"."""
        action: Action = call.root.action.action
        payload = {
            "action": {"name": call.name},
            "input": call.input,
            "session_variables": session.values,
            "request_query": call.request_query or "",
        }
        url, headers = self._expand(action.handler), self._headers(action, request_headers)
        try:
            response = await self.client.post(
                url, content=orjson.dumps(payload), headers=headers, timeout=action.timeout
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # a timeout is one of them
            raise _failure("http exception when calling webhook") from error
        answer = _answer(response.status_code, response.content)
        if (cookies := _cookies.get()) is not None:
            cookies += response.headers.get_list("set-cookie")
        return answer

    def _variable(self, name: str) -> str:
        if name not in self.environment:
            raise _failure(f"environment variable '{name}' not set", "not-found")
        return self.environment[name]

    def _expand(self, template: str) -> str:
        return _TEMPLATE.sub(lambda match: self._variable(match[1]), template)

    def _headers(self, action: Action, request_headers: Mapping[str, str]) -> dict[str, str]:
        """Those of the client, if they are forwarded, under those of the configuration."""
        headers: dict[str, str] = {}
        if action.forward_client_headers:
            for given, value in request_headers.items():
                name = given.lower()
                if name in _FORWARDED_AS:
                    headers[_FORWARDED_AS[name]] = value
                elif name not in _NOT_FORWARDED and not name.startswith(_SESSION_PREFIX):
                    headers[name] = value
        headers |= {"content-type": "application/json", "user-agent": self.user_agent}
        for header in action.headers:
            if header.value_from_env is not None:
                headers[header.name.lower()] = self._variable(header.value_from_env)
            else:
                headers[header.name.lower()] = self._expand(header.value or "")
        return headers


def _answer(status: int, content: bytes) -> Any:
    if 300 <= status < 400:
        raise _failure("internal error")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _failure("not a valid json response from webhook") from error
    if 200 <= status < 300:
        return document
    if 400 <= status < 500:
        raise _refusal(document)
    raise _failure("internal error")


def _refusal(document: Any) -> GraphQLFailure:
    """The error that the handler gave. With `extensions` its `code` counts for nothing, as in Hasura."""
    if not isinstance(document, dict):
        return _failure(f"{_NO_MESSAGE}expected Object, but encountered {_kind(document)}", "parse-failed")
    message, code, extensions = (document.get(key) for key in ("message", "code", "extensions"))
    if "message" not in document:
        return _failure(f'{_NO_MESSAGE}key "message" not found', "parse-failed")
    for value in (message, "" if code is None else code):
        if not isinstance(value, str):
            text = f"{_NO_MESSAGE}expected String, but encountered {_kind(value)}"
            return _failure(text, "parse-failed")
    if not isinstance(extensions, dict):
        extensions = {"path": "$", "code": "unexpected" if code is None else code}
    return GraphQLFailure([{"message": message, "extensions": extensions}], "action")


def _kind(value: Any) -> str:
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    return "String" if isinstance(value, str) else "Array" if isinstance(value, list) else "Object"


def _failure(message: str, code: str = "unexpected") -> GraphQLFailure:
    return GraphQLFailure.of(message, code=code, kind="action")
