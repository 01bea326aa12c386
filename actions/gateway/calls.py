"""Calls of actions in this process, repeated where that is safe.

An `ActionCall` of the engine and a `Caller` come in; the handler's answer goes out, or the exception it
ended with (`Unavailable` when the database is away). Never repeats a call that may have happened, unless
the action says that this is harmless.
"""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lictor import logs, tracing
from lictor.actions.gateway import metrics
from lictor.actions.gateway.auditing import recorded
from lictor.actions.gateway.database import BackEndAway, Fate, fate
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
                raise Unavailable(_told(failure, outcome)) from failure
            # Spread out: many calls meet the same outage at the same moment.
            if clock() + pause > deadline:
                raise Unavailable(_told(failure, outcome)) from failure
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 0.5)
        try:
            return await work()
        except Exception as exc:
            failure = exc


def _told(failure: Exception, outcome: Fate) -> str:
    if isinstance(failure, BackEndAway):
        return str(failure)
    return AWAY if outcome is Fate.NOT_DONE else BROKEN


async def perform(name: str, arguments: Mapping[str, Any], caller: Caller, wait: float) -> Any:
    """Run an action; see `patiently` for what happens when the database is away. What the audit trail wants is in it."""
    return await recorded(name, arguments, caller, lambda: _perform(name, arguments, caller, wait))


async def _perform(name: str, arguments: Mapping[str, Any], caller: Caller, wait: float) -> Any:
    action = ACTIONS[name]
    return await measured(
        name,
        arguments,
        lambda: patiently(
            functools.partial(call_action, name, arguments, caller), repeatable=action.idempotent, wait=wait
        ),
    )


async def measured(operation: str, arguments: Any, work: Callable[[], Awaitable[Any]]) -> Any:
    """What `work` returns; how long it took goes to the metrics, and what it is about to the log and the trace.

    `operation` is a name of a fixed set: that of an action, or query, mutation, subscription.
    """
    logs.call.set((operation, arguments))
    outcome = "error"
    began = time.perf_counter()
    try:
        with tracing.span(operation):
            result = await work()
        outcome = "ok"
        return result
    except Unavailable:
        outcome = "unavailable"
        raise
    finally:
        metrics.called(operation, outcome, time.perf_counter() - began)


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
