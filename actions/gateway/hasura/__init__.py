"""A Hasura, or `lictor engine serve`, as what answers GraphQL behind the gateway (LICTOR_GRAPHQL_URL)."""

from lictor.actions.gateway.hasura.backend import Hasura

__all__ = ["Hasura"]
