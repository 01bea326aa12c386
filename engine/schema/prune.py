"""No type without content: what a role may not see at all is not in its schema, as GraphQL demands.

In: root types as graphql-core objects. Out: the same, without the fields and arguments whose types would have nothing
in them (a table of which a role may only count the rows has no columns to select, to order by or to be distinct on).
"""

from __future__ import annotations

from collections.abc import Iterable

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)


def prune(roots: Iterable[GraphQLObjectType]) -> None:
    """Removes them in place, and what becomes empty by that."""
    types = _reachable(roots)
    while empty := {found for found in types if _is_empty(found)}:
        types -= empty
        for found in types:
            if isinstance(found, GraphQLObjectType):
                _prune_object(found, empty)
            elif isinstance(found, GraphQLInputObjectType):
                for name in [n for n, f in found.fields.items() if get_named_type(f.type) in empty]:
                    del found.fields[name]


def _prune_object(found: GraphQLObjectType, empty: set[GraphQLNamedType]) -> None:
    for name, field in list(found.fields.items()):
        gone = {key: arg.type for key, arg in field.args.items() if get_named_type(arg.type) in empty}
        if get_named_type(field.type) in empty or any(isinstance(t, GraphQLNonNull) for t in gone.values()):
            del found.fields[name]
        for key in gone:
            del field.args[key]


def _is_empty(found: GraphQLNamedType) -> bool:
    if isinstance(found, (GraphQLObjectType, GraphQLInputObjectType)):
        return not found.fields
    return isinstance(found, GraphQLEnumType) and not found.values


def _reachable(roots: Iterable[GraphQLNamedType]) -> set[GraphQLNamedType]:
    found: set[GraphQLNamedType] = set()
    pending = list(roots)
    while pending:
        here = pending.pop()
        if here in found:
            continue
        found.add(here)
        if isinstance(here, GraphQLObjectType):
            for field in here.fields.values():
                pending.append(get_named_type(field.type))
                pending += [get_named_type(argument.type) for argument in field.args.values()]
        elif isinstance(here, GraphQLInputObjectType):
            pending += [get_named_type(field.type) for field in here.fields.values()]
    return found
