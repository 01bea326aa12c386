"""Whether this process lives, and whether it can serve.

A database URL and the engine come in; answers go out. A check uses its own connection, so that a pool that is
merely busy does not look ill; checks that arrive together share one.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import asyncpg
import orjson

from lictor.actions.gateway.errors import unexpected
from lictor.actions.gateway.responses import Answer
from lictor.engine import Engine
from lictor.settings import Settings

PROBE_SECONDS = 2.0
VERSION = version("lictor")

# Static, as the original's: it says that the process answers (server.md 3.1).
SERVER_HEALTH = Answer(200, b'{"status":"pass"}')
LIVE = Answer(200, b'{"status":"ok"}')


class Health:
    """The readiness of one gateway process."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._probe: asyncio.Task[str | None] | None = None

    async def answer(self) -> Answer:
        """200 `{"status":"ok","version":…}` when the database answers in time and has the schema, else 503."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._fault())
        fault = await asyncio.shield(self._probe)
        if fault is None:
            return Answer(200, orjson.dumps({"status": "ok", "version": VERSION}))
        return Answer(503, orjson.dumps({"status": "fail", "version": VERSION, "message": fault}))

    async def _fault(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._connect()
            return await self._schema_fault()
        except TimeoutError:
            return f"The database did not answer within {PROBE_SECONDS:g} seconds."
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            return f"The database cannot be used ({type(exc).__name__})."
        except Exception as exc:
            return unexpected(exc)

    async def _connect(self) -> None:
        connection = await asyncpg.connect(
            self._settings.database_url, server_settings={"application_name": "lictor-health"}
        )
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    async def _schema_fault(self) -> str | None:
        """What the metadata misses in the database. Whoever migrates it later need not restart the gateway."""
        if self._engine.inconsistencies:
            await self._engine.reload()
        missing = self._engine.inconsistencies
        return f"The schema of the database does not fit: {missing[0]}" if missing else None
