"""The stand-in for the Hasura v2 container: the same metadata over the same Postgres, in process.

A request passes four stages, each a package: `request` (parse, lift literals) → `plan` (resolve names) →
`sql` (text and parameters) → `run` (execute). `metadata`, `catalog` and `schema` prepare what requests are
resolved against. The engine knows nothing of any particular database.
"""

from lictor.engine.api import SESSION_SETTINGS, Engine, Prepared
from lictor.engine.errors import GraphQLFailure
from lictor.engine.types import ActionCall, ActionTransport, EngineOptions, Session

__all__ = [
    "SESSION_SETTINGS",
    "ActionCall",
    "ActionTransport",
    "Engine",
    "EngineOptions",
    "GraphQLFailure",
    "Prepared",
    "Session",
]
