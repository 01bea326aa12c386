"""One run of a duty by a worker: begun only if the order still stands, and written down in `utility.duty`."""

import contextlib
from collections.abc import Awaitable, Callable

import structlog

from lictor import tracing
from lictor.orchestration.types import Connection
from lictor.workers.database import Database
from lictor.workers.statements import clock as _sql

_log = structlog.get_logger("lictor.worker")


async def run_duty(
    database: Database, name: str, dispatch: int | None, work: Callable[[Connection], Awaitable[int]]
) -> None:
    """Do `work` for the order number `dispatch` of the duty `name`; `work` returns of how many things it did.

    An order that is no longer the last one, or is done, is dropped: its message was late or came twice. None means
    "not ordered by the clock": the work is done and nothing written down. What `work` raises is written down and
    raised, so that Dramatiq tries again.
    """
    structlog.contextvars.bind_contextvars(duty=name, dispatch=dispatch)
    with tracing.span(name, {"lictor.duty": name}):
        await _run(database, name, dispatch, work)


async def _run(
    database: Database, name: str, dispatch: int | None, work: Callable[[Connection], Awaitable[int]]
) -> None:
    async with database.acquire() as connection:
        if dispatch is not None and not await _sql.begin_duty.fetchval(
            connection, name=name, dispatch=dispatch
        ):
            _log.debug("order_void")
            return
        try:
            done = await work(connection)
        except Exception as error:
            if dispatch is not None:
                # If the database is the trouble, this fails too; the first error is the one that tells.
                with contextlib.suppress(Exception):
                    text = f"{type(error).__name__}: {error}"[:1000]
                    await _sql.fail_duty.execute(connection, name=name, dispatch=dispatch, error=text)
            raise
        if dispatch is not None:
            await _sql.finish_duty.execute(connection, name=name, dispatch=dispatch)
    _log.log(20 if done else 10, "duty_done", done=done)
