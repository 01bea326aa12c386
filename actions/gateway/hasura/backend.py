"""A Hasura behind the gateway's seam (`lictor.actions.gateway.graphql`).

Documents come in, answers go out. What a document is, the engine of this process tells, which has this release's
metadata: its kind, its depth, and whether it has custom fields only, which then never leave the process
(docs/decisions/0020-hasura.md). Everything else is Hasura's to answer, and so is what this release does not know.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Literal

from lictor.actions.gateway.documents import root_fields
from lictor.actions.gateway.errors import is_refusal
from lictor.actions.gateway.hasura import foreign
from lictor.actions.gateway.hasura.client import HasuraClient
from lictor.actions.gateway.hasura.subscriptions import subscribe
from lictor.engine import ActionCall, Engine, GraphQLFailure, Prepared, Session
from lictor.settings import Settings

_LIMIT = "raise the limit"


class ForHasura:
    """A document that a Hasura is asked; `known` is what the engine here made of it."""

    def __init__(
        self,
        query: str,
        name: str | None,
        known: Prepared | foreign.Foreign,
        refusal: GraphQLFailure | None,
        direct: bool,
    ) -> None:
        self.query = query
        self.name = name
        self.refusal = refusal
        self._known = known
        self._direct = direct

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]:
        return self._known.kind

    @property
    def depth(self) -> int:
        return self._known.depth

    @property
    def only_actions(self) -> bool:
        return self._direct and isinstance(self._known, Prepared) and self._known.only_actions

    def typenames(self, variables: Mapping[str, Any] | None) -> dict[str, str]:
        assert isinstance(self._known, Prepared)
        return self._known.typenames(variables)

    def action_calls(self, variables: Mapping[str, Any] | None) -> list[ActionCall]:
        assert isinstance(self._known, Prepared)
        return self._known.action_calls(variables)

    def shape(self, call: ActionCall, result: Any) -> Any:
        assert isinstance(self._known, Prepared)
        return self._known.shape(call, result)

    def variables(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Those that the document uses: clients send others too, and a Hasura refuses them."""
        if not given:
            return {}
        used = self._known.used_variables
        return {name: value for name, value in given.items() if name in used}


class Hasura:
    """The server at LICTOR_GRAPHQL_URL. `engine` knows this release's metadata and is asked no data."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._engine = engine
        self._direct = settings.graphql_actions == "direct"
        self._client = HasuraClient(settings)
        self.subscriptions: set[object] = set()

    def prepare(self, query: str, operation_name: str | None = None, *, role: str = "admin") -> ForHasura:
        """What the document is. Raises GraphQLFailure for one that is none, or goes beyond a limit."""
        try:
            found = self._engine.prepare(query, operation_name, role=role)
            return ForHasura(query, operation_name, found, None, self._direct)
        except GraphQLFailure as refusal:
            if refusal.kind == "syntax" or _LIMIT in str(refusal):
                raise
            unknown = foreign.read(query, operation_name)
            if unknown is None:
                raise
            return ForHasura(query, operation_name, unknown, refusal, self._direct)

    async def run(
        self,
        prepared: ForHasura,
        variables: Mapping[str, Any] | None,
        session: Session,
        request_headers: Mapping[str, str] = {},
    ) -> bytes:
        """The body of Hasura's answer. Raises GraphQLFailure, BackEndAway and Unavailable."""
        headers = {**request_headers, **self._client.headers(session)}
        try:
            return await self._client.ask(
                prepared.query, prepared.variables(variables), prepared.name, headers
            )
        except GraphQLFailure as failure:
            raise _of_this_kind(failure, prepared) from failure.__cause__

    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        session: Session,
    ) -> AsyncGenerator[bytes, None]:
        """Answers as they change. Raises GraphQLFailure and BackEndAway."""
        prepared = self.prepare(query, operation_name, role=session.role)
        payload = {"query": query, "variables": prepared.variables(variables)}
        if operation_name is not None:
            payload["operationName"] = operation_name
        is_stream = any(field.name.endswith("_stream") for field in root_fields(query, operation_name))
        running = object()
        self.subscriptions.add(running)
        try:
            answers = subscribe(
                self._client.socket_url, self._client.headers(session), payload, is_stream=is_stream
            )
            async with aclosing(answers):
                async for body in answers:
                    yield body
        except GraphQLFailure as failure:
            raise _of_this_kind(failure, prepared) from failure.__cause__
        finally:
            self.subscriptions.discard(running)

    async def trouble(self) -> str | None:
        """What is wrong with the server; None if it is well."""
        return await self._client.health()

    async def close(self) -> None:
        """Close what is open. The engine is its owner's."""
        await self._client.close()


def _of_this_kind(failure: GraphQLFailure, prepared: ForHasura) -> GraphQLFailure:
    """A refusal of a document that the engine here refuses too is one of the document, else one of its variables."""
    if prepared.refusal is not None and is_refusal(failure):
        return GraphQLFailure(failure.errors, "validation")
    return failure
