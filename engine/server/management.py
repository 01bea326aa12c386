"""Keeps the metadata that is served: every change is one step.

In: commands of Hasura's metadata API. Out: their answers, and an engine that serves the new state. A change builds the
new document, then the schema of it, then stores it, then swaps the engine's state: whoever asks meanwhile is answered
from the state before, and a failure at any point leaves everything as it was. Other copies of the server notice by
looking at the stored resource version now and then (HASURA_GRAPHQL_SCHEMA_SYNC_POLL_INTERVAL).
Raises ApiFailure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from lictor.engine.api import Engine, EngineState
from lictor.engine.metadata import MetadataError
from lictor.engine.run.pgerrors import POSTGRES_ERRORS
from lictor.engine.server.change import Change
from lictor.engine.server.commands import run_command
from lictor.engine.server.failure import ApiFailure, malformed
from lictor.engine.server.store import FIRST_VERSION, MetadataStore, VersionConflict

log = logging.getLogger(__name__)

_ATTEMPTS = 5
"""How often a change is made anew because another server was faster."""


class Management:
    """The one that may change what `engine` serves."""

    def __init__(self, engine: Engine, store: MetadataStore, version: int = FIRST_VERSION) -> None:
        self.engine = engine
        self.store = store
        self.version = version
        self._lock = asyncio.Lock()

    async def command(self, request: Any) -> Any:
        """Runs a command (`{type, args, version, resource_version}`) and gives its answer."""
        given = request.get("resource_version") if isinstance(request, dict) else None
        if given is not None and type(given) is not int:
            raise ApiFailure("a number is expected", "parse-failed", path="$.resource_version")

        async def run(change: Change) -> Any:
            return await run_command(change, request)

        return await self.change(run, given)

    async def change(self, run: Callable[[Change], Awaitable[Any]], given: int | None = None) -> Any:
        """What `run` answers, its change stored and served. `given` is the resource version it must be based on."""
        async with self._lock:
            for _ in range(_ATTEMPTS):
                await self._catch_up()
                if given is not None and given != self.version:
                    break
                change = Change(self.engine, self.version)
                try:
                    answer = await run(change)
                    if change.changed:
                        await self._store(change)
                except MetadataError as error:
                    raise malformed(error) from error
                except VersionConflict:
                    continue
                return answer
        conflict = VersionConflict(self.version if given is None else given)
        raise ApiFailure(str(conflict), "conflict", path="$", status=409)

    async def _store(self, change: Change) -> None:
        state = await change.state()
        try:
            self.version = await self.store.save(change.document, self.version)
        except POSTGRES_ERRORS as error:
            log.exception("the metadata cannot be stored")
            raise ApiFailure(
                f"the metadata cannot be stored: {error}", "postgres-error", path="$", status=500
            ) from error
        await self._serve(state)

    async def synchronize(self) -> None:
        """Serves what another server has stored since."""
        if await self.store.version() != self.version:
            async with self._lock:
                await self._catch_up()

    async def _catch_up(self) -> None:
        if await self.store.version() == self.version:
            return
        stored = await self.store.fetch()
        if stored is None:
            return
        log.info("metadata of resource version %d was stored by another server", stored.version)
        # Whatever it is, it has been seen: one that cannot be read is told once.
        self.version = stored.version
        try:
            await self._serve(await self.engine.build(stored.document))
        except MetadataError as error:
            log.error("the stored metadata cannot be read, the one before stays: %s", error)

    async def _serve(self, state: EngineState) -> None:
        for one in state.schema.inconsistencies:
            log.warning("inconsistent metadata: %s", one)
        # what the engine reads when it is told to reload, whatever it was started with
        self.engine.metadata = state.document
        await self.engine.serve(state)

    async def poll(self, seconds: float) -> None:
        """Synchronizes every so often, until cancelled."""
        away = False
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.synchronize()
                away = False
            except POSTGRES_ERRORS as error:
                if not away:
                    log.warning("the metadata database cannot be asked: %s", error)
                away = True
            except Exception:
                log.exception("synchronizing the metadata failed")
