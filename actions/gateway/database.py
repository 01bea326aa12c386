"""The connection pool of a gateway process, and what a broken connection means.

Settings come in, an open asyncpg pool goes out; exceptions come in, the answer to "did it happen?" goes
out. Knows no SQL of Lictor and no HTTP.
"""

from __future__ import annotations

import asyncio
import enum
import logging

import asyncpg
import structlog

from lictor import tracing
from lictor.engine import SESSION_SETTINGS
from lictor.settings import Settings

# A statement that runs longer than this has been given up by every client (client.md 1.1: 15 s).
COMMAND_SECONDS = 30.0
CONNECT_SECONDS = 5.0
# How long a starting process waits for a Postgres that is starting too.
START_SECONDS = 60.0

_log = structlog.get_logger("lictor.gateway")


class Fate(enum.Enum):
    """What became of the work of a call whose connection failed."""

    NOT_DONE = "not done"
    UNKNOWN = "unknown"


class BackEndAway(Exception):
    """What answers GraphQL for this process cannot be reached, or broke off; `str(error)` is for the client."""

    def __init__(self, message: str, what_became: Fate) -> None:
        super().__init__(message)
        self.fate = what_became


# Refused before anything was sent.
_NOT_SENT = (
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
)
# Postgres rolled the whole transaction back and asks to try again.
_ROLLED_BACK = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_BROKEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    TimeoutError,
)
# asyncpg's words when the server's farewell to an idle connection was read before its end: the next statement is not sent.
_NOT_SENT_TEXTS = ("cannot switch to state", "not connected")
_CLOSED_TEXTS = ("connection is closed", "pool is closing", "pool is closed")


def fate(exc: BaseException) -> Fate | None:
    """What became of the work when `exc` is a matter of the connection; None for every other exception.

    A handler is one statement or one transaction (invariant 4), so what its last statement met is what
    became of the whole.
    """
    if isinstance(exc, BackEndAway):
        return exc.fate
    if isinstance(exc, _BROKEN):  # before OSError, whose subclass TimeoutError is
        return Fate.UNKNOWN
    if isinstance(exc, (*_NOT_SENT, *_ROLLED_BACK, OSError)):
        # An established asyncpg connection never raises OSError itself: this is a failed connect.
        return Fate.NOT_DONE
    if isinstance(exc, asyncpg.InterfaceError) and any(text in str(exc) for text in _CLOSED_TEXTS):
        return Fate.NOT_DONE
    if isinstance(exc, asyncpg.InternalClientError):
        return Fate.NOT_DONE if str(exc).startswith(_NOT_SENT_TEXTS) else Fate.UNKNOWN
    return None


# It tells of every broken connection with a traceback; what a broken connection means is decided here.
logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


async def open_pool(settings: Settings, *, wait: float = START_SECONDS) -> asyncpg.Pool:
    """A pool on the database of `settings`; waits up to `wait` seconds while Postgres is starting.

    Raises what the last attempt met.
    """
    deadline = asyncio.get_running_loop().time() + wait
    pause = 0.05
    while True:
        try:
            return await _create(settings)
        except Exception as exc:
            if fate(exc) is None or asyncio.get_running_loop().time() + pause > deadline:
                raise
            _log.info("waiting for the database", reason=str(exc) or type(exc).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)


async def _create(settings: Settings) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=min(2, settings.database_pool_size),
        max_size=settings.database_pool_size,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        # Plans of the engine are many, and each is a statement.
        statement_cache_size=500,
        # The pool's reset query costs a round trip per call; handlers change no session state.
        reset=_no_reset,
        init=tracing.watch,
        server_settings={**SESSION_SETTINGS, "jit": "off", "application_name": "lictor-gateway"},
    )


async def _no_reset(connection: asyncpg.Connection) -> None:
    """Hand a connection back as it is."""


async def close_pool(pool: asyncpg.Pool, seconds: float = 10.0) -> None:
    """Close `pool`, waiting `seconds` for calls that still run."""
    try:
        async with asyncio.timeout(seconds):
            await pool.close()
    except TimeoutError:
        pool.terminate()
