"""Calls of actions in this process, repeated where that is safe.

An `ActionCall` of the engine and a `Caller` come in; the handler's answer goes out, or the exception it
ended with (`Unavailable` when the database is away). Never repeats a call that may have happened, unless
the action says that this is harmless.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lictor.actions.gateway.database import Fate, fate
from lictor.actions.gateway.errors import Unavailable, error, explain
from lictor.actions.gateway.headers import Callers
from lictor.actions.identity import Identity
from lictor.actions.registry import ACTIONS, Caller, call_action
from lictor.engine import ActionCall, GraphQLFailure, Session

AWAY = "The database cannot be reached at the moment; nothing was changed. Try again."
BROKEN = "The connection to the database broke; whether the call took effect is not known. Try again."


async def patiently(
    work: Callable[[], Awaitable[Any]], *, repeatable: bool, wait: float, first: Exception | None = None
) -> Any:
    """What `work` returns; when the database is away, tried again for up to `wait` seconds.

    Work whose fate is unknown is tried again only when `repeatable`. Raises Unavailable when time is up,
    and every other exception of `work` as it is. `first` is what an attempt already met.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    pause = 0.02
    failure = first
    while True:
        if failure is not None:
            outcome = fate(failure)
            if outcome is None:
                raise failure
            if outcome is Fate.UNKNOWN and not repeatable:
                raise Unavailable(BROKEN) from failure
            # Spread out: many calls meet the same outage at the same moment.
            if clock() + pause > deadline:
                raise Unavailable(AWAY if outcome is Fate.NOT_DONE else BROKEN) from failure
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 0.5)
        try:
            return await work()
        except Exception as exc:
            failure = exc


async def perform(name: str, arguments: Mapping[str, Any], caller: Caller, wait: float) -> Any:
    """Run an action; see `patiently` for what happens when the database is away."""
    return await patiently(
        functools.partial(call_action, name, arguments, caller),
        repeatable=ACTIONS[name].idempotent,
        wait=wait,
    )


class InProcessTransport:
    """The engine's way to the handlers, for documents that mix actions with generated fields."""

    def __init__(self, callers: Callers, wait: float) -> None:
        self._callers = callers
        self._wait = wait

    async def call(self, call: ActionCall, session: Session, request_headers: Mapping[str, str]) -> Any:
        """The handler's answer. Raises GraphQLFailure of kind "action" with the handler's error."""
        caller = self._callers.of_forwarded(request_headers, Identity.of_session(session.variables))
        try:
            return await perform(call.name, call.input, caller, self._wait)
        except Unavailable:
            raise
        except Exception as exc:
            message, code = explain(exc, call.input)
            raise GraphQLFailure([error(message, code, path=[call.alias])], "action") from exc
