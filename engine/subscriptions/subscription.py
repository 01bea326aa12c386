"""One subscriber: the answers it has not taken yet, and how it ends.

In: answers of polls (`offer`), the end (`fail`, `end`). Out: an asynchronous iterator of bodies. Never holds more
than one answer: a newer one of a live query takes the place of one not taken; a stream is not offered a batch
before the last one is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lictor.engine.errors import GraphQLFailure
from lictor.engine.types import Session


@dataclass(frozen=True, eq=False)
class Request:
    """What was asked; kept, to be compiled again when the schema changes."""

    query: str
    variables: Mapping[str, Any] | None
    operation_name: str | None
    session: Session


class Subscription(AsyncIterator[bytes]):
    """Iterates over bodies: `{"data":{...}}`, or `{"errors":[...]}` when a poll failed and polling goes on.

    The iteration raises GraphQLFailure if the subscription cannot start or go on; it stops when the engine is
    closed. Leave it by `aclose` (see contextlib.aclosing); an abandoned one is polled for ever.
    """

    def __init__(self, request: Request, leave: Callable[[Subscription], None]) -> None:
        self.request = request
        self.started = False
        self.cursor: str | None = None  # of a stream, once it has moved
        self._leave = leave
        self._item: bytes | None = None
        self._offered: bytes | None = None
        self._taken: bytes | None = None
        self._failure: GraphQLFailure | None = None
        self._ended = False
        self._changed = asyncio.Event()

    # --- from the polls ---------------------------------------------------------------------------------

    @property
    def holds_answer(self) -> bool:
        """Is there an answer that was not taken?"""
        return self._item is not None

    def wants(self, digest: bytes) -> bool:
        """Is an answer of this digest other than the one on its way?"""
        return digest != (self._taken if self._item is None else self._offered)

    def offer(self, body: bytes, digest: bytes | None) -> None:
        """The newest answer. None as a digest: it is news whatever it says."""
        self.started = True
        if digest is not None and digest == self._taken:
            self._item = None  # back to what the subscriber knows, before it took anything else
            return
        self._item, self._offered = body, digest
        self._changed.set()

    def forget(self) -> None:
        """The next answer is news, even if it is like the last."""
        self.started = True
        if self._item is None:
            self._taken = None

    def fail(self, failure: GraphQLFailure) -> None:
        """It ends with an error, after an answer that was not taken."""
        self._failure = failure
        self.end()

    def end(self) -> None:
        """No more answers; one that was not taken is still there."""
        self._ended = True
        self._changed.set()
        self._leave(self)

    # --- to the subscriber ------------------------------------------------------------------------------

    async def __anext__(self) -> bytes:
        while True:
            if self._item is not None:
                item, self._item = self._item, None
                self._taken = self._offered
                return item
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()

    async def aclose(self) -> None:
        """Nothing more is wanted."""
        self._item = self._failure = None
        self.end()
