"""Errors in the shape and with the codes that Prefect 1.x clients know (contract server.md 3.1 and 3.5).

Exceptions of handlers, of the database and of the engine come in; error objects and, where the HTTP status
is not 200, an `HttpProblem` go out. Never shows a client a traceback, an SQL text or a null `extensions`.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Sequence
from typing import Any

import asyncpg
import orjson
import structlog

from lictor.actions.gateway.responses import Answer, Header
from lictor.actions.registry import ActionError
from lictor.engine import GraphQLFailure
from lictor.orchestration.errors import OrchestrationError

INTERNAL = "INTERNAL_SERVER_ERROR"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_REQUEST = "BAD_REQUEST"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
FORBIDDEN = "FORBIDDEN"

# What the client sees of a failure before execution: HTTP 400 and one of these codes (server.md 3.1).
_REFUSED = {"syntax": PARSE_FAILED, "validation": VALIDATION_FAILED, "coercion": INTERNAL}

_log = structlog.get_logger("lictor.gateway")


class HttpProblem(Exception):
    """An answer whose HTTP status is not 200."""

    def __init__(
        self, status: int, message: str, code: str = BAD_REQUEST, headers: tuple[Header, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    @property
    def answer(self) -> Answer:
        """The problem as a body of the errors shape."""
        return Answer(self.status, errors_body([error(str(self), self.code)]), self.headers)


class Unavailable(HttpProblem):
    """The database cannot be reached: 503, which clients repeat (client.md 1.3).

    There is no Retry-After on purpose: with it clients wait as told, six times; without it their own
    waits grow to 32 s and carry them over an outage of more than a minute.
    """

    def __init__(self, message: str) -> None:
        super().__init__(503, message, UNAVAILABLE)


def error(message: str, code: str, **more: Any) -> dict[str, Any]:
    """One error object. `more` may hold `locations` and `path`."""
    return {"message": message, **more, "extensions": {"code": code, "exception": {"message": message}}}


def errors_body(errors: Sequence[dict[str, Any]], data: dict[str, Any] | None = None) -> bytes:
    """A body with `errors`, and with `data` when there is any; for success there is no `errors` key."""
    body: dict[str, Any] = {"errors": errors}
    if data is not None:
        body["data"] = data
    return orjson.dumps(body, default=str)


def is_refusal(failure: GraphQLFailure) -> bool:
    """Whether the engine refused the document or its variables, so that nothing has run."""
    return failure.kind in _REFUSED


def refusal_code(failure: GraphQLFailure) -> str:
    """The code of a refusal."""
    return _REFUSED[failure.kind]


def refusal(failure: GraphQLFailure) -> Answer:
    """A document or variables that do not fit: HTTP 400 without `data`."""
    return Answer(400, errors_body(refusal_errors(failure)))


def refusal_errors(failure: GraphQLFailure) -> list[dict[str, Any]]:
    """The errors of a refusal."""
    code = refusal_code(failure)
    return [_recoded(item, code) for item in failure.errors]


def _recoded(item: dict[str, Any], code: str) -> dict[str, Any]:
    extensions = {**(item.get("extensions") or {}), "code": code}
    return {**item, "extensions": extensions}


def failure_errors(failure: GraphQLFailure) -> list[dict[str, Any]]:
    """The errors of a document that failed while running, with the texts and codes of server.md 3.5."""
    if failure.kind == "internal":
        return [error(unexpected(failure.__cause__ or failure), INTERNAL)]
    return [_translated(item) for item in failure.errors]


# Hasura's sentence begins with these; clients compare the short form (server.md 3.5).
_HASURA_TEXTS = ("Uniqueness violation.", "Foreign key violation.", "Check constraint violation.")


def _translated(item: dict[str, Any]) -> dict[str, Any]:
    message = str(item.get("message", ""))
    extensions = dict(item.get("extensions") or {})
    code = extensions.get("code")
    # The engine speaks Hasura's codes (lower case, hyphens); the public codes are upper case.
    code = code if isinstance(code, str) and code.isupper() else INTERNAL
    for text in _HASURA_TEXTS:
        if message.startswith(text):
            message = text
            code = FORBIDDEN if text == _HASURA_TEXTS[2] else code
    extensions = {**extensions, "code": code, "exception": {"message": message}}
    return {**item, "message": message, "extensions": extensions}


_WAITS = "The database cannot be reached at the moment; this subscription goes on as soon as it can."
DATABASE_AWAY = frozenset({
    "connection to the database failed", "connection error", "max connections reached on postgres"
})  # fmt: skip
"""What the engine (the first) and a Hasura say of a database that they cannot reach."""
SUBSCRIPTION_WAITS = errors_body([error(_WAITS, UNAVAILABLE)])
"""What a subscriber is told while the database is away."""


def poll_failed(failed: list[dict[str, Any]]) -> bytes:
    """The body for a subscriber whose poll failed with these errors of the engine; polling goes on."""
    if any(item.get("message") in DATABASE_AWAY for item in failed):
        return SUBSCRIPTION_WAITS
    return errors_body([_translated(item) for item in failed])


def explain(exc: Exception, value: Any = None) -> tuple[str, str]:
    """(message, code) of what went wrong in a handler, for the person who called it.

    `value` is what the handler was given, to name the field that Postgres could not take. What is not
    known is logged under a reference, and the client sees the reference only.
    """
    if isinstance(exc, ActionError):
        return str(exc), exc.code
    if isinstance(exc, OrchestrationError):
        return str(exc), INTERNAL
    if isinstance(exc, asyncpg.PostgresError):
        known = _explain_postgres(exc, value)
        if known is not None:
            return known
    return unexpected(exc), INTERNAL


def unexpected(exc: BaseException, **context: Any) -> str:
    """Log `exc` in full; returns the text with its reference that a client may see."""
    reference = secrets.token_hex(6)
    # As text: renderers that show local variables would show the database's password.
    _log.error("request failed", reference=reference, exception=as_text(exc), **context)
    return f"Lictor failed to answer. The server's log says why, under the reference {reference}."


def as_text(exc: BaseException) -> str:
    """The traceback of `exc` for the log."""
    return "".join(traceback.format_exception(exc)).rstrip()


def _explain_postgres(exc: asyncpg.PostgresError, value: Any) -> tuple[str, str] | None:
    match exc:
        case asyncpg.UniqueViolationError():
            return "Uniqueness violation.", INTERNAL
        case asyncpg.ForeignKeyViolationError():
            return "Foreign key violation.", INTERNAL
        case asyncpg.CheckViolationError():
            return "Check constraint violation.", FORBIDDEN
        case asyncpg.NotNullViolationError():
            return (
                f"Not-NULL violation. {exc.as_dict().get('column_name') or 'A value'} is required.",
                INTERNAL,
            )
        case asyncpg.CharacterNotInRepertoireError() | asyncpg.UntranslatableCharacterError():
            where = find_nul(value)
            place = f" (in {where})" if where else ""
            return f"A text holds the NUL character (\\u0000){place}, which Postgres cannot store.", INTERNAL
        case asyncpg.QueryCanceledError():
            return "The database took too long to answer.", INTERNAL
        case asyncpg.ProgramLimitExceededError():
            return "A value is larger than the database can store in its place.", INTERNAL
        case asyncpg.RaiseError() | asyncpg.DataError():
            return str(exc.args[0] if exc.args else exc).splitlines()[0], INTERNAL
        case _:
            return None


def find_nul(value: Any, path: str = "") -> str | None:
    """The path of the first text in `value` that holds a NUL character, such as `input.logs[3].message`."""
    if isinstance(value, str):
        return (path or "the value") if "\0" in value or "\\u0000" in value else None
    if isinstance(value, dict):
        children = (
            (item, f"{path}.{key}" if path else str(key), "\0" in str(key)) for key, item in value.items()
        )
    elif isinstance(value, list):
        children = ((item, f"{path}[{index}]", False) for index, item in enumerate(value))
    else:
        return None
    for item, at, bad_key in children:
        found = (path or "a key") if bad_key else find_nul(item, at)
        if found is not None:
            return found
    return None
