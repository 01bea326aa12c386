"""Whether this process lives, and whether it can serve.

Settings, the engine and the state of the process come in; answers go out. A check uses its own connection, so that a
pool that is merely busy does not look ill; checks that arrive together share one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from importlib.metadata import version
from typing import NamedTuple
from urllib.parse import parse_qs

import asyncpg
import orjson

from lictor.actions.gateway.errors import unexpected
from lictor.actions.gateway.hasura import Hasura
from lictor.actions.gateway.responses import Answer
from lictor.engine import Engine
from lictor.orchestration import ops
from lictor.orchestration.outages import DATABASE_ERRORS
from lictor.revision import needed_revision
from lictor.settings import Settings

PROBE_SECONDS = 2.0
VERSION = version("lictor")

# Static, as the original's: they say that the process answers (server.md 3.1).
SERVER_HEALTH = Answer(200, b'{"status":"pass"}')
LIVE = Answer(200, b'{"status":"ok"}')
HEALTH = Answer(200, orjson.dumps({"status": "ok", "version": VERSION}))


class Check(NamedTuple):
    """What one check found; `message` says what is wrong and the way out."""

    ok: bool
    message: str


_UNKNOWN = Check(False, "Not known: the database does not answer.")
# With LICTOR_GRAPHQL_URL there is one more, "graphql".
CHECKS: tuple[str, ...] = ("process", "database", "migrations", "schema", "leader")


class Health:
    """The readiness of one gateway process."""

    def __init__(self, settings: Settings, engine: Engine, hasura: Hasura | None = None) -> None:
        self._settings = settings
        self._engine = engine
        self._hasura = hasura
        self._probe: asyncio.Task[dict[str, Check]] | None = None
        self.draining = False
        """The process was told to end."""

    async def ready(self, query_string: bytes = b"") -> Answer:
        """200 when all checks pass, else 503; `?exclude=leader` leaves one out of the judgement, not of the answer."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._check())
        found = await asyncio.shield(self._probe)
        excluded = parse_qs(query_string.decode("latin-1")).get("exclude", [])
        checks = {"process": self._process(), **found}
        return _answer(checks, {name for each in excluded for name in each.split(",")})

    def _process(self) -> Check:
        if self.draining:
            return Check(False, "This process is ending and takes no new requests. Use another one.")
        return Check(True, "This process answers.")

    async def _check(self) -> dict[str, Check]:
        checks = dict.fromkeys(CHECKS[1:], _UNKNOWN)
        if self._hasura is not None:
            checks["graphql"] = await self._graphql(self._hasura)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._ask(checks)
            if checks["database"].ok:
                checks["schema"] = await self._schema()
        except TimeoutError:
            checks["database"] = Check(False, f"It did not answer within {PROBE_SECONDS:g} seconds.")
        except DATABASE_ERRORS as exc:
            text = f"It cannot be used ({type(exc).__name__}). Is Postgres up, and LICTOR_DATABASE_URL right?"
            checks["database"] = Check(False, text)
        except Exception as exc:
            checks["database"] = Check(False, unexpected(exc))
        return checks

    async def _graphql(self, hasura: Hasura) -> Check:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                trouble = await hasura.trouble()
        except TimeoutError:
            trouble = f"It did not answer within {PROBE_SECONDS:g} seconds."
        return Check(trouble is None, trouble or "Hasura answers.")

    async def _ask(self, checks: dict[str, Check]) -> None:
        connection = await asyncpg.connect(
            self._settings.database_url, server_settings={"application_name": "lictor-health"}
        )
        try:
            checks["migrations"] = migrations_check(await ops.revision(connection))
            checks["database"] = Check(True, "It answers.")
            try:
                leader = await ops.leader(connection)
            except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
                checks["leader"] = Check(False, "Not known: the database is not migrated.")
            else:
                checks["leader"] = leader_check(leader, self._settings.ready_leader_seconds)
        finally:
            await connection.close()

    async def _schema(self) -> Check:
        """What the metadata misses in the database. Whoever migrates it later need not restart the gateway."""
        if self._engine.inconsistencies:
            await self._engine.reload()
        missing = self._engine.inconsistencies
        if missing:
            return Check(False, f"The schema of the database does not fit: {missing[0]}")
        return Check(True, "It is what the API shows.")


def migrations_check(present: str | None) -> Check:
    """The revision of the database against what this release needs. A newer one is a rolling upgrade's."""
    needed = needed_revision()
    if present is None:
        return Check(False, f"The schema is missing; this release needs {needed}. Run `lictor db upgrade`.")
    if present < needed:
        return Check(
            False, f"The schema is at {present}; this release needs {needed}. Run `lictor db upgrade`."
        )
    return Check(True, f"The schema is at {present}.")


def leader_check(leader: ops.Leader | None, patience: float) -> Check:
    """Whether a clock leads, or has led within `patience` seconds."""
    way_out = "Start one with `python -m lictor.workers.clock` (`lictor up` runs one), or read its log."
    if leader is None:
        return Check(False, f"No clock has ever led. {way_out}")
    if leader.vacant_seconds > patience:
        return Check(False, f"No clock has led for {leader.vacant_seconds:.0f} s. {way_out}")
    return Check(True, f"A clock leads, in term {leader.term}.")


def _answer(checks: dict[str, Check], excluded: Collection[str]) -> Answer:
    ok = all(check.ok for name, check in checks.items() if name not in excluded)
    body = {
        "status": "ok" if ok else "fail",
        "version": VERSION,
        "checks": {
            name: {"status": "ok" if check.ok else "fail", "message": check.message}
            for name, check in checks.items()
        },
    }
    return Answer(200 if ok else 503, orjson.dumps(body))
