"""Postgres' errors as Hasura's.

In: an exception of asyncpg. Out: `GraphQLFailure` with Hasura's code and text. Unknown ones become an internal
error without details of the SQL; the exception stays as the cause, for the log.
"""

from __future__ import annotations

import logging

import asyncpg

from lictor.engine.errors import ROOT_PATH, GraphQLFailure

log = logging.getLogger(__name__)
DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, UnicodeError, OSError)
_CONSTRAINTS = {
    "23505": "Uniqueness violation. ",
    "23503": "Foreign key violation. ",
    "23502": "Not-NULL violation. ",
    "23514": "Check constraint violation. ",
    "23P01": "Exclusion constraint violation. ",
}

# Connection exceptions, too many connections, the server is starting or shutting down.
_AWAY = ("08", "53300", "57P")
# asyncpg's own refusal to send a value. Only text is sent, so the text is not valid Unicode.
_CLIENT_SIDE = "invalid input for query argument"


def as_failure(error: Exception, path: str = ROOT_PATH) -> GraphQLFailure:
    """What the client is told. `path` is the field whose constraint was violated."""
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        message = str(getattr(error, "message", None) or error)
        if message.startswith(_CLIENT_SIDE):
            return _not_utf8()
        if state in _CONSTRAINTS:
            code = "permission-error" if state == "23514" else "constraint-violation"
            return GraphQLFailure.of(_CONSTRAINTS[state] + message, path=path, code=code, kind="data")
        if state.startswith("22") or state == "42804":
            return GraphQLFailure.of(message, code="data-exception", kind="data")
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
            return GraphQLFailure.of(message, code="postgres-error", kind="data")
        return GraphQLFailure.of("database query error", code="unexpected", kind="internal")
    if isinstance(error, UnicodeError):
        return _not_utf8()
    return _away()


def logged_failure(error: Exception, sql: str, path: str = ROOT_PATH) -> GraphQLFailure:
    """What the client is told; a fault that is not the client's goes to the log with its statement."""
    failure = as_failure(error, path)
    if failure.kind == "internal":
        log.error("query failed: %s; statement: %.2000s", error, sql)
    return failure


def _away() -> GraphQLFailure:
    return GraphQLFailure.of("connection to the database failed", code="unexpected", kind="internal")


def _not_utf8() -> GraphQLFailure:
    message = "a value holds characters that are not valid UTF-8"
    return GraphQLFailure.of(message, code="data-exception", kind="data")
