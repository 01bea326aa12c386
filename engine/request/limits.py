"""How large a request may be.

In: EngineOptions, which has these attributes. Out: errors that name the limit and the way out.
"""

from __future__ import annotations

from typing import Protocol

from lictor.engine.errors import GraphQLFailure, invalid

_ADVICE = {
    "max_document_size": "send values as variables",
    "max_tokens": "send values as variables",
    "max_depth": "nest less deeply",
    "max_fields": "split the operation",
    "max_conditions": "split the request",
}


class RequestLimits(Protocol):
    """The bounds that the first stage keeps (see EngineOptions for what each means)."""

    @property
    def max_document_size(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def max_depth(self) -> int: ...
    @property
    def max_fields(self) -> int: ...


def passed(what: str, option: str, limit: int) -> GraphQLFailure:
    """The refusal of a request beyond `limit`; `what` has a place for the number."""
    return invalid(f"{what.format(limit)} ({option}); {_ADVICE[option]}, or raise the limit", "$.query")


def check_size(text: str, limits: RequestLimits) -> None:
    """Raises GraphQLFailure for a document that is too long to be read at all."""
    if len(text) > limits.max_document_size:
        raise passed(
            "the document has more than {} characters", "max_document_size", limits.max_document_size
        )
