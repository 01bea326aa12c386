"""The one connection pool of a worker process, opened by the first actor that needs it.

It lives on Dramatiq's event loop, where all actors run, and is closed before that loop ends.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from dramatiq import Broker, Middleware, Worker
from dramatiq.asyncio import get_event_loop_thread

from lictor import tracing
from lictor.settings import Settings, get_settings
from lictor.workers.duties import TIME_LIMIT

SESSION_SETTINGS = {
    "timezone": "UTC",
    "jit": "off",
    # Our statements are few and large. A plan made once, when a table was small, would be kept while it grows: ten
    # thousand new schedules would be planned with sequential scans of all runs.
    "plan_cache_mode": "force_custom_plan",
}


def connection_options(settings: Settings, application_name: str) -> dict[str, Any]:
    """Keyword arguments for `asyncpg.connect` and `create_pool` that all connections of the workers share."""
    return {
        "dsn": settings.database_url,
        "timeout": 10,
        "server_settings": {"application_name": application_name, **SESSION_SETTINGS},
    }


class Database:
    """A pool that is opened when first used. Use it from one event loop only."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def pool(self) -> asyncpg.Pool:
        """The pool. Raises what asyncpg raises if the database cannot be reached."""
        async with self._opening:
            if self._pool is None:
                settings = get_settings()
                self._pool = await asyncpg.create_pool(
                    **connection_options(settings, "lictor worker"),
                    min_size=1,
                    max_size=settings.database_pool_size,
                    init=tracing.watch,
                    command_timeout=TIME_LIMIT.total_seconds(),
                )
            return self._pool

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection of the pool."""
        async with (await self.pool()).acquire() as connection:
            yield connection

    async def close(self) -> None:
        """Close the pool; what does not come back within 5 seconds is cut off."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()


database = Database()


class CloseDatabase(Middleware):
    """Closes the pool when the worker shuts down. Must stand after AsyncIO: what comes last is stopped first."""

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Called by Dramatiq when all actors have ended and the event loop still runs."""
        loop_thread = get_event_loop_thread()
        if loop_thread is not None:
            loop_thread.run_coroutine(database.close())
