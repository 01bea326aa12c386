"""Postgres' errors as Hasura's.

In: an exception of asyncpg. Out: `GraphQLFailure` with Hasura's code and text. Unknown ones become an internal
error without details of the SQL; the exception stays as the cause, for the log.
"""

from __future__ import annotations

import logging

import asyncpg

from lictor.engine.errors import ROOT_PATH, GraphQLFailure

log = logging.getLogger(__name__)

# What asking Postgres can raise. InternalClientError is what asyncpg says of a connection that was lost at an unlucky
# moment; TimeoutError is an OSError.
POSTGRES_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
# What running a client's statement can raise.
DATABASE_ERRORS = (*POSTGRES_ERRORS, UnicodeError)

# Violated constraints: what Hasura says before Postgres' own words. Others of the class have only those.
_CONSTRAINTS = {
    "23001": "Can not delete or update due to data being referred. ",
    "23502": "Not-NULL violation. ",
    "23503": "Foreign key violation. ",
    "23505": "Uniqueness violation. ",
    "23514": "Check constraint violation. ",
    "23P01": "Exclusion violation. ",
}

# Connection exceptions, too many connections, the server is starting or shutting down.
_AWAY = ("08", "53300", "57P")
# asyncpg's own refusal to send a value. Only text is sent, so the text is not valid Unicode.
_CLIENT_SIDE = "invalid input for query argument"


def as_failure(error: Exception, path: str = ROOT_PATH) -> GraphQLFailure:
    """What the client is told. `path` is the part of the request that the statement is for."""
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        message = str(getattr(error, "message", None) or error)
        if message.startswith(_CLIENT_SIDE):
            return _not_utf8()
        if (found := _refused(state, message)) is not None:
            code, text = found
            return GraphQLFailure.of(text, path=path, code=code, kind="data")
        if state.startswith("54"):
            return GraphQLFailure.of(
                "the query is too complex for the database", code="unexpected", kind="data"
            )
        if state.startswith(_AWAY):
            return _away()
        if state == "57014":
            return GraphQLFailure.of(
                "the query took too long and was cancelled", code="unexpected", kind="internal"
            )
        if state.startswith("P0"):  # raised by a function of the schema's owner
            return GraphQLFailure.of(message, path=path, code="postgres-error", kind="data")
        return GraphQLFailure.of("database query error", path=path, code="unexpected", kind="internal")
    if isinstance(error, UnicodeError):
        return _not_utf8()
    return _away()


def logged_failure(error: Exception, sql: str, path: str = ROOT_PATH) -> GraphQLFailure:
    """What the client is told; a fault that is not the client's goes to the log with its statement."""
    failure = as_failure(error, path)
    if failure.kind == "internal":
        log.error("query failed: %s; statement: %.2000s", error, sql)
    return failure


def _refused(state: str, message: str) -> tuple[str, str] | None:
    """Hasura's code and text for what Postgres refuses to do with the client's data; None for other errors."""
    if state.startswith("23"):
        code = "permission-error" if state == "23514" else "constraint-violation"
        return code, _CONSTRAINTS.get(state, "") + message
    if state == "22025":
        return "bad-request", message
    if state.startswith("22") or state == "42804":
        return "data-exception", message
    if state == "42P10":
        return "constraint-error", "there is no unique or exclusion constraint on target column(s)"
    if state == "42704":
        return "constraint-error", message
    if state == "40001":
        return "concurrent-update", "serialization failure due to concurrent update"
    if state.startswith("40"):  # a deadlock
        return "concurrent-update", message
    return None


def _away() -> GraphQLFailure:
    return GraphQLFailure.of("connection to the database failed", code="unexpected", kind="internal")


def _not_utf8() -> GraphQLFailure:
    message = "a value holds characters that are not valid UTF-8"
    return GraphQLFailure.of(message, code="data-exception", kind="data")
