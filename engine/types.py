"""The values that cross the engine's boundary.

In and out: options chosen at start, who asks (`Session`), what an action is asked (`ActionCall`), and the
protocol by which actions are reached. Plain frozen data, no behaviour; nothing here imports another stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

ADMIN = "admin"


@dataclass(frozen=True)
class EngineOptions:
    """Hasura's switches (HASURA_GRAPHQL_*) and the engine's own bounds.

    `v1_boolean_null_collapse`: a comparison with null is no filter (HASURA_GRAPHQL_V1_BOOLEAN_NULL_COLLAPSE).
    `stringify_numeric_types`: bigint, numeric and float8 leave as strings.
    `ignore_unexpected_variables`: values for variables that are undeclared, or declared and used nowhere, are
    dropped; Hasura refuses them.
    `infer_function_permissions`: a query function is for whoever may select from the table it returns.
    `enable_introspection`: `__schema` and `__type` are answered; the metadata may forbid them to single roles.
    `source`: the metadata source that is served.
    `max_plans`: documents kept compiled. `max_variants`: SQL shapes kept per document.
    `live_queries_refetch_interval`, `streaming_refetch_interval`: seconds between two runs of a subscription's SQL;
    `live_queries_batch_size`, `streaming_batch_size`: most subscribers that share one statement.
    `websocket_keepalive`: seconds between keep-alive messages; `websocket_connection_init_timeout`: seconds a
    client has for its connection_init.
    `max_cached_text`: characters of literal-free documents that are kept compiled, all together.

    What a request may be (beyond it, an error names the limit):
    `max_document_size`: characters of a document. `max_tokens`: its names, punctuators, numbers and strings.
    `max_depth`: levels of selections, and of values. `max_fields`: fields an operation selects, fragments
    expanded. Values in variables count for none of these, but for `max_conditions`: keys and items of filters and
    orders in variables; rows to insert, scalars and lists of scalars are not bounded.
    """

    v1_boolean_null_collapse: bool = False
    stringify_numeric_types: bool = False
    ignore_unexpected_variables: bool = False
    enable_introspection: bool = True
    infer_function_permissions: bool = True
    source: str = "default"
    max_plans: int = 2048
    max_variants: int = 64
    max_cached_text: int = 2_000_000
    max_document_size: int = 1_000_000
    max_tokens: int = 100_000
    max_depth: int = 100
    max_fields: int = 10_000
    max_conditions: int = 20_000
    live_queries_refetch_interval: float = 1.0
    live_queries_batch_size: int = 100
    streaming_refetch_interval: float = 1.0
    streaming_batch_size: int = 100
    websocket_keepalive: float = 5.0
    websocket_connection_init_timeout: float = 3.0


@dataclass(frozen=True)
class Session:
    """Who asks. `variables` holds the `x-hasura-*` session variables, keys in lower case.

    `backend_only`: permissions marked backend_only count (x-hasura-use-backend-only-permissions, which only a
    holder of the admin secret may send).
    """

    role: str = ADMIN
    variables: Mapping[str, str] = field(default_factory=dict)
    backend_only: bool = False

    @property
    def values(self) -> dict[str, str]:
        """All session variables, with the role."""
        return {**self.variables, "x-hasura-role": self.role}


@dataclass(frozen=True)
class ActionCall:
    """One action field of a document, ready to be handled.

    `alias` is the key of the answer, `input` the coerced arguments by name (defaults applied).
    `request_query` is the text of the whole document where it is known. `root` is the engine's own: how the
    answer is fitted to the selection.
    """

    name: str
    alias: str
    input: dict[str, Any]
    request_query: str | None = field(default=None, repr=False, compare=False)
    root: Any = field(default=None, repr=False, compare=False)


class ActionTransport(Protocol):
    """Reaches the handler of an action: over HTTP, or a function in the same process."""

    async def call(self, call: ActionCall, session: Session, request_headers: Mapping[str, str]) -> Any:
        """The handler's plain JSON-able answer. Raises GraphQLFailure with the handler's own errors."""
        ...
