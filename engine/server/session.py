"""Who asks: from headers to a session.

In: the request's headers and the settings. Out: `Session`. X-Hasura-* headers count only from whoever holds the admin
secret; without an admin secret everybody is admin. Raises GraphQLFailure (code "access-denied").
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from lictor.engine.errors import GraphQLFailure
from lictor.engine.server.settings import ServerSettings
from lictor.engine.types import ADMIN, Session

SECRET_HEADERS = ("x-hasura-admin-secret", "x-hasura-access-key")
ROLE_HEADER = "x-hasura-role"
BOOLEAN_TEXTS = {True: ("true", "t", "yes", "y"), False: ("false", "f", "no", "n")}
BACKEND_ONLY_HEADER = "x-hasura-use-backend-only-permissions"


def session_of(headers: Mapping[str, str], settings: ServerSettings) -> Session:
    """The session that `headers` (keys in any case) ask for and are entitled to."""
    given = {name: value for key, value in headers.items() if (name := key.lower()).startswith("x-hasura-")}
    secret = next((given[name] for name in SECRET_HEADERS if name in given), None)
    if settings.admin_secret is not None:
        if secret is None:
            if settings.unauthorized_role is not None:
                return Session(settings.unauthorized_role)
            raise _denied("x-hasura-admin-secret/x-hasura-access-key required, but not found")
        if not _same(secret, settings.admin_secret):
            raise _denied('invalid "x-hasura-admin-secret"/"x-hasura-access-key"')
    backend_only = (given.pop(BACKEND_ONLY_HEADER, "") or "false").lower()
    if backend_only not in BOOLEAN_TEXTS[True] + BOOLEAN_TEXTS[False]:
        raise GraphQLFailure.of(
            f"{BACKEND_ONLY_HEADER}:  Not a valid boolean text. True values are {_shown(BOOLEAN_TEXTS[True])} and "
            f" False values are {_shown(BOOLEAN_TEXTS[False])}. All values are case insensitive",
            code="bad-request",
        )
    variables = {name: value for name, value in given.items() if name not in SECRET_HEADERS}
    return Session(given.get(ROLE_HEADER) or ADMIN, variables, backend_only in BOOLEAN_TEXTS[True])


def _shown(texts: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{text}"' for text in texts) + "]"


def _same(given: str, secret: str) -> bool:
    """HTTP headers come decoded as Latin-1, those of a websocket's connection_init as they are."""
    forms = [given.encode(errors="surrogatepass")]
    if not given.isascii() and all(ord(character) < 256 for character in given):
        forms.append(given.encode("latin-1"))
    return any(hmac.compare_digest(form, secret.encode()) for form in forms)


def _denied(message: str) -> GraphQLFailure:
    return GraphQLFailure.of(message, code="access-denied")
