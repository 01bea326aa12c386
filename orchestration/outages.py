"""What asyncpg raises when the database is the trouble and not what it was asked.

Tuples for `except` and `isinstance`; the gateway's `fate` says of one of them what became of the work.
"""

from __future__ import annotations

import asyncpg

CONNECTION_ERRORS = (
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection whose end was read between two statements.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""Of the connection, not of the data: no single call gave the reason."""

DATABASE_ERRORS = (*CONNECTION_ERRORS, asyncpg.PostgresError)
"""These, and whatever Postgres itself says: for loops that go on when it is starting, or not migrated yet."""
