"""What a Hasura has answered, in the gateway's words.

Status and bytes come in; the body goes out, or what it means: GraphQLFailure (Hasura refused, or it failed), BackEndAway
(there is no Hasura there now, or none that would have us), Unavailable (a handler says that its database is away).
"""

from __future__ import annotations

from typing import Any

import orjson
import structlog

from lictor.actions.gateway.database import BackEndAway, Fate
from lictor.actions.gateway.errors import DATABASE_AWAY, UNAVAILABLE, Unavailable
from lictor.engine import GraphQLFailure

AWAY = "The GraphQL engine cannot be reached at the moment; nothing was changed. Try again."
BROKEN = "The connection to the GraphQL engine broke; whether the call took effect is not known. Try again."
CLOSED = "The GraphQL engine does not let the gateway in; nothing was changed. Is LICTOR_GRAPHQL_ADMIN_SECRET its secret?"
DATABASE = "The GraphQL engine cannot reach the database at the moment. Try again."
# Hasura's codes for what is wrong with a document or its variables. Those of handlers are in upper case.
_REFUSALS = frozenset(("validation-failed", "parse-failed", "invalid-json", "not-found", "not-supported"))
_FAULTS = frozenset(("unexpected", "postgres-error", "postgres-max-connections-error"))
# A proxy's: the request did not get through, or nobody knows whether it did.
_STATUSES = {503: Fate.NOT_DONE, 429: Fate.NOT_DONE}

_log = structlog.get_logger("lictor.gateway")


def judged(status: int, content: bytes) -> bytes:
    """The body of an answer that has data. Raises what the answer is otherwise."""
    if status == 200 and content.startswith(b'{"data":'):
        return content
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict):
        if isinstance(document.get("errors"), list) and document["errors"]:
            raise failure_of(document["errors"])
        if status == 200 and "data" in document:
            return content
    _log.error("no answer of a Hasura", status=status, body=content[:200].decode("utf-8", "replace"))
    what_became = _STATUSES.get(status, Fate.NOT_DONE if 400 <= status < 500 else Fate.UNKNOWN)
    raise BackEndAway(AWAY if what_became is Fate.NOT_DONE else BROKEN, what_became)


def failure_of(errors: list[Any]) -> Exception:
    """What errors in Hasura's shape come to."""
    told = [plain(item) for item in errors if isinstance(item, dict)]
    if not told:
        return BackEndAway(BROKEN, Fate.UNKNOWN)
    code, message = told[0]["extensions"].get("code"), str(told[0]["message"])
    if code == "access-denied":
        _log.error("Hasura refuses LICTOR_GRAPHQL_ADMIN_SECRET", reason=message)
        return BackEndAway(CLOSED, Fate.NOT_DONE)
    if message in DATABASE_AWAY:
        return BackEndAway(DATABASE, Fate.UNKNOWN)
    if code == UNAVAILABLE:
        return Unavailable(message)
    if code == "concurrent-update":
        # Postgres has rolled it back and wants it again.
        return BackEndAway(message, Fate.NOT_DONE)
    if code == "unexpected-payload":
        # A subscription by HTTP.
        return GraphQLFailure(told, "validation")
    if code in _REFUSALS:
        return GraphQLFailure(told, "coercion")
    return GraphQLFailure(told, "internal" if code in _FAULTS and not _is_raised(code, message) else "data")


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An error without what is for administrators only: statements, and the headers of requests to handlers."""
    extensions = item.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    kept = {key: value for key, value in extensions.items() if key != "internal"}
    return {**item, "message": item.get("message", ""), "extensions": kept}


def _is_raised(code: Any, message: str) -> bool:
    """Whether a function of the database has said so (RAISE), for the client to read."""
    return code == "postgres-error" and message != "postgres tx error"
