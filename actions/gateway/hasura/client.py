"""The way to a Hasura: its addresses, the secret, and who it is told is asking.

Settings come in; HTTP requests and websocket connections to one server go out. What is not reached is a BackEndAway
that says what became of the request. Never passes on a header that a client sent as X-Hasura-*.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from lictor import logs
from lictor.actions.gateway import metrics
from lictor.actions.gateway.database import COMMAND_SECONDS, BackEndAway, Fate
from lictor.actions.gateway.errors import Unavailable
from lictor.actions.gateway.hasura.answers import AWAY, BROKEN, judged
from lictor.engine import GraphQLFailure, Session
from lictor.settings import Settings

CONNECT_SECONDS = 3.0
IDLE_SECONDS = 15.0
"""After which a connection is not used again: Hasura closes idle ones after 30, and a request may not meet that."""
_PROBE = "{ tenant(limit: 0) { id } }"
"""What only a Hasura with Lictor's metadata and a database can answer."""
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class HasuraClient:
    """One server, and the connections to it. Safe to use from any number of tasks at once."""

    def __init__(self, settings: Settings) -> None:
        assert settings.graphql_url is not None
        self.url = settings.graphql_url
        secret = settings.graphql_admin_secret
        self._secret = {} if secret is None else {"x-hasura-admin-secret": secret.get_secret_value()}
        self._http = httpx2.AsyncClient(
            base_url=self.url,
            # A request that waits for a connection longer than this is better sent again.
            timeout=httpx2.Timeout(COMMAND_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx2.Limits(
                max_connections=settings.graphql_connections,
                max_keepalive_connections=settings.graphql_connections,
                keepalive_expiry=IDLE_SECONDS,
            ),
            # The proxies of the environment are for the world, and Hasura is next door.
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def socket_url(self) -> str:
        """Where subscriptions are served."""
        return f"ws{self.url.removeprefix('http')}/v1/graphql"

    async def close(self) -> None:
        await self._http.aclose()

    def headers(self, session: Session) -> dict[str, str]:
        """Who asks, for a Hasura that takes our word for it."""
        return {**self._secret, **session.values}

    async def ask(
        self, query: str, variables: Mapping[str, Any], name: str | None, headers: Mapping[str, str]
    ) -> bytes:
        """The body of the answer to one operation. Raises GraphQLFailure, BackEndAway, Unavailable."""
        body: dict[str, Any] = {"query": query, "variables": variables}
        if name is not None:
            body["operationName"] = name
        sent = {**headers, "content-type": "application/json"}
        if request_id := logs.request_id.get():
            sent["x-request-id"] = request_id
        began, outcome = time.perf_counter(), "away"
        try:
            response = await self._http.post("/v1/graphql", content=orjson.dumps(body), headers=sent)
            answer = judged(response.status_code, response.content)
            outcome = "ok"
            return answer
        except GraphQLFailure:
            outcome = "error"
            raise
        except _NOT_SENT as error:
            raise BackEndAway(AWAY, Fate.NOT_DONE) from error
        except httpx2.HTTPError as error:
            raise BackEndAway(BROKEN, Fate.UNKNOWN) from error
        finally:
            metrics.asked_hasura(outcome, time.perf_counter() - began)

    async def health(self) -> str | None:
        """What is wrong with the server; None if it is well. Its metadata may be another release's."""
        try:
            response = await self._http.get("/healthz", timeout=CONNECT_SECONDS)
        except httpx2.HTTPError as error:
            return f"It does not answer ({type(error).__name__}). Is it up, and LICTOR_GRAPHQL_URL right?"
        if response.status_code != 200:
            return f"It is not well: /healthz answers {response.status_code}."
        if response.text.startswith("WARN"):
            return "Its metadata are inconsistent: `lictor hasura apply` tells what is wrong."
        try:
            await self.ask(_PROBE, {}, None, self._secret)
        except (BackEndAway, Unavailable) as away:
            return str(away)
        except GraphQLFailure as failure:
            return f"It does not serve Lictor's metadata ({failure}). Run `lictor hasura apply`."
        return None
