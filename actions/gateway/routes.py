"""Every address of the gateway and who may ask it: the one table that the dispatcher reads.

A method, a path and a query string come in; the route goes out, or the HttpProblem 405. What is not in the table is not
served, and a route without a door cannot be written.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from lictor.actions.gateway.cors import ALLOWED_METHODS
from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.operations import operation_of_query_string


class Door(enum.Enum):
    """Who may ask; doors.py opens them."""

    PUBLIC = "everybody: the same for all, and says nothing of anybody's data"
    KEY = "who has an API key (LICTOR_AUTH=key); else programs, and pages of this server or of named origins"
    METRICS = "as LICTOR_METRICS says: this machine, who has the token, or nobody"
    SECRET = "Hasura, by LICTOR_ACTIONS_SECRET"


class Route(NamedTuple):
    """One row. `path` is exact, or ends in * for all that begin so."""

    name: str
    method: str
    """GET stands for HEAD as well; WEBSOCKET for a handshake."""
    path: str
    door: Door
    why: str
    asks: bool = False
    """Only with an operation in the query string."""
    allowed: bytes | None = None
    """All methods of these addresses, where no other row has them."""

    def fits(self, path: str) -> bool:
        """Whether `path` is one of this route's."""
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


_SAYS_NOTHING = "Probes and proxies have no key; it says how the process is, not what it has."

ROUTES: tuple[Route, ...] = (
    Route("action", "POST", "/actions/*", Door.SECRET, "Acts for whom Hasura names.", allowed=b"POST, OPTIONS"),
    Route("graphql", "POST", "/*", Door.KEY, "Reads and changes everything."),
    Route("socket", "WEBSOCKET", "/*", Door.KEY, "As a POST; the key may come in the first message."),
    Route("server_health", "GET", "/.well-known/apollo/server-health", Door.PUBLIC, _SAYS_NOTHING),
    Route("live", "GET", "/livez", Door.PUBLIC, _SAYS_NOTHING),
    Route("health", "GET", "/health", Door.PUBLIC, _SAYS_NOTHING),
    Route("ready", "GET", "/ready", Door.PUBLIC, _SAYS_NOTHING),
    Route("openapi", "GET", "/openapi.json", Door.PUBLIC, "The same for every Lictor of this version."),
    Route("metrics", "GET", "/metrics", Door.METRICS, "Numbers of all tenants."),
    Route("query", "GET", "/*", Door.KEY, "Reads everything.", asks=True),
    Route("settings", "GET", "/settings.json", Door.PUBLIC, "Where the API is: the address that was asked for."),
    Route("page", "GET", "/*", Door.PUBLIC, "The UI's files are in every wheel; its page asks for the key."),
)  # fmt: skip


def route_of(method: str, path: str, query_string: bytes) -> Route:
    """The first row that fits. Raises HttpProblem 405, and 400 for a query string that cannot be read."""
    method = "GET" if method == "HEAD" else method
    for route in ROUTES:
        if not route.fits(path):
            continue
        if route.method == method:
            if not route.asks or operation_of_query_string(query_string) is not None:
                return route
        elif route.allowed is not None and method != "WEBSOCKET":
            text = "Actions are called by POST." if method == "GET" else _not_allowed(method)
            raise HttpProblem(405, text, headers=((b"allow", route.allowed),))
    raise HttpProblem(405, _not_allowed(method), headers=((b"allow", methods_of(path)),))


def methods_of(path: str) -> bytes:
    """The methods that an address takes, as a header says it."""
    return next(
        (route.allowed for route in ROUTES if route.allowed is not None and route.fits(path)), ALLOWED_METHODS
    )


def _not_allowed(method: str) -> str:
    return f"The method {method} is not allowed here."
