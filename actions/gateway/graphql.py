"""The seam between the gateway and what answers GraphQL.

Two implementations stand behind it: the engine in this process (`lictor.engine.Engine`), and a Hasura over HTTP and
websockets (`lictor.actions.gateway.hasura`). Whatever the gateway asks of either is here; nothing else of them is used.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sized
from typing import Any, Literal, Protocol

from lictor.engine import ActionCall, Session


class PreparedDocument(Protocol):
    """A document that may run."""

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]: ...

    @property
    def depth(self) -> int:
        """Levels below the root fields."""
        ...

    @property
    def only_actions(self) -> bool:
        """The gateway is to run it by itself: it has custom fields only, whose handlers are in this process."""
        ...

    def typenames(self, variables: Mapping[str, Any] | None) -> dict[str, str]:
        """Root `__typename` fields of a document for the gateway: key of the answer → name of the root's type."""
        ...

    def action_calls(self, variables: Mapping[str, Any] | None) -> list[ActionCall]:
        """The custom fields of such a document with their arguments. Raises GraphQLFailure ("coercion")."""
        ...

    def shape(self, call: ActionCall, result: Any) -> Any:
        """A handler's answer fitted to the selection of `call`. Raises GraphQLFailure ("action")."""
        ...


class Answers(Protocol):
    """Bodies of a subscription's answers, until `aclose`."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def aclose(self) -> Awaitable[None]: ...


class GraphQL(Protocol):
    """What answers documents. All may raise GraphQLFailure; a Hasura that is away is a BackEndAway."""

    @property
    def subscriptions(self) -> Sized:
        """Those that run."""
        ...

    def prepare(
        self, query: str, operation_name: str | None = None, *, role: str = ...
    ) -> PreparedDocument: ...

    async def run(
        self,
        prepared: Any,
        variables: Mapping[str, Any] | None,
        session: Session,
        request_headers: Mapping[str, str] = ...,
    ) -> bytes:
        """The body of the answer, `{"data":{...}}`."""
        ...

    def subscribe(
        self, query: str, variables: Mapping[str, Any] | None, operation_name: str | None, session: Session
    ) -> Answers | AsyncGenerator[bytes, None]: ...
