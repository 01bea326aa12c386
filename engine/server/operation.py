"""One GraphQL request as it travels: `{"query", "variables", "operationName"}`.

In: a JSON value, from a body or from a message. Out: its three parts. Raises GraphQLFailure ("parse-failed").
"""

from __future__ import annotations

from typing import Any

from lictor.engine.errors import GraphQLFailure


def read_request(item: Any) -> tuple[str, dict[str, Any] | None, str | None]:
    """The document, the variables, the operation's name."""
    if not isinstance(item, dict):
        raise GraphQLFailure.of("Error in $: parsing request failed, expected Object", code="parse-failed")
    query, variables, name = item.get("query"), item.get("variables"), item.get("operationName")
    if not isinstance(query, str):
        raise GraphQLFailure.of("Error in $: key 'query' with a string is expected", code="parse-failed")
    if variables is not None and not isinstance(variables, dict):
        raise GraphQLFailure.of("Error in $.variables: an object is expected", code="parse-failed")
    if name is not None and not isinstance(name, str):
        raise GraphQLFailure.of("Error in $.operationName: a string is expected", code="parse-failed")
    return query, variables, name
