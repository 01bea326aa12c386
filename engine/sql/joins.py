"""Rows of tables beside the objects of an action's answer.

In: the joins of an `ActionRoot`. Out: one statement each. Its first parameters are lists (text[]), one for every
part of the key, and its result has a row for every place in them, in order: the json of the related rows as text.
Keys travel as text and are cast by Postgres to the types of the table's columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor.engine.plan.nodes import ActionJoin, ActionRoot, RelationAggregateLeaf
from lictor.engine.sql.fragment import Sql, cat, render
from lictor.engine.sql.params import Encode, encoder
from lictor.engine.sql.select import SelectBuilder

_KEYS = "keys"  # no alias of the builder's looks like this


@dataclass(frozen=True, eq=False)
class JoinStatement:
    """`encoders` make the parameters that follow the `key_parts` lists."""

    text: str
    key_parts: int
    encoders: tuple[Encode, ...]


def build_joins(root: ActionRoot, stringify_numbers: bool) -> tuple[JoinStatement, ...]:
    """The statements of an action's relationships, in the order of `root.joins`."""
    return tuple(_build(join, stringify_numbers) for join in root.joins)


def _build(join: ActionJoin, stringify_numbers: bool) -> JoinStatement:
    count = len(join.scalars)
    lists = ", ".join(f"${i + 1}::text[]" for i in range(count))
    names = ", ".join(f"c{i}" for i in range(count))
    casts = ", ".join(f"c{i}::{scalar.sql_type} AS c{i}" for i, scalar in enumerate(join.scalars))
    keys = f"(SELECT place, {casts} FROM unnest({lists}) WITH ORDINALITY AS given({names}, place)) AS {_KEYS}"
    rows = _rows(SelectBuilder(stringify_numbers), join)
    text, params = render(cat("SELECT ", rows, f"::text FROM {keys} ORDER BY {_KEYS}.place"), first=count + 1)
    return JoinStatement(text, count, tuple(encoder(param) for param in params))


def _rows(builder: SelectBuilder, join: ActionJoin) -> Sql:
    via = (join.leaf.relationship, _KEYS)
    if isinstance(join.leaf, RelationAggregateLeaf):
        return builder.aggregate_of(join.leaf.aggregate, via)
    if join.leaf.relationship.is_array:
        return builder.list_of(join.leaf.select, via)
    return builder.object_of(join.leaf.select, via)
