"""A plan's table fields as one statement.

In: `OperationPlan`. Out: `Statement`: text, one result column per table root field (json as text: whatever codec
a pool has set for json, bytes pass through), and the encoders of
its parameters. Root fields that are no tables (actions, introspection, __typename) are not its business.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor.engine.plan.nodes import AggregateRoot, OperationPlan, SelectRoot
from lictor.engine.plan.sources import needs_session
from lictor.engine.sql.fragment import Sql, cat, join, render
from lictor.engine.sql.params import Encode, encoder
from lictor.engine.sql.select import SelectBuilder


@dataclass(frozen=True, eq=False)
class Statement:
    """`keys[i]` is the response key of result column i."""

    text: str
    encoders: tuple[Encode, ...]
    keys: tuple[str, ...]
    needs_session: bool


def build_statement(plan: OperationPlan, stringify_numbers: bool) -> Statement | None:
    """The statement of a plan, or None if it reads no table."""
    builder = SelectBuilder(stringify_numbers)
    keys: list[str] = []
    columns: list[Sql] = []
    for root in plan.roots:
        if isinstance(root, (SelectRoot, AggregateRoot)):
            keys.append(root.key)
            columns.append(cat(builder.root(root), "::text"))
    if not columns:
        return None
    text, params = render(cat("SELECT ", join(", ", columns)))
    session = any(needs_session(param.source) for param in params)
    return Statement(text, tuple(encoder(param) for param in params), tuple(keys), session)
