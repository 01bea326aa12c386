"""Conditions and orders as SQL.

In: `BoolExp` and `OrderItem`s of the plan, and the alias of the row they speak of. Out: `Sql`.
Values are sent as text and cast by Postgres (`($1::text)::uuid`), so that Postgres itself judges them.
"""

from __future__ import annotations

from itertools import count

from lictor.engine.plan.nodes import (
    And,
    BoolExp,
    Compare,
    Exists,
    IsNull,
    Not,
    Or,
    OrderColumn,
    OrderItem,
    Param,
)
from lictor.engine.schema.model import ColumnField, RelationshipField
from lictor.engine.schema.scalars import Scalar
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified

AGGREGATES = {
    "avg": "avg", "max": "max", "min": "min", "sum": "sum", "stddev": "stddev", "stddev_pop": "stddev_pop",
    "stddev_samp": "stddev_samp", "var_pop": "var_pop", "var_samp": "var_samp", "variance": "variance",
}  # fmt: skip


class Aliases:
    """Table aliases t0, t1, … unique within one statement."""

    def __init__(self) -> None:
        self._numbers = count()

    def next(self) -> str:
        return f"t{next(self._numbers)}"


def column_sql(alias: str, column: ColumnField, cast: Scalar | None = None) -> str:
    reference = f"{alias}.{ident(column.column)}"
    return f"({reference})::{cast.sql_type}" if cast else reference


def param_sql(param: Param) -> Sql:
    """The parameter cast to its type. Lists travel as text[]."""
    if param.use == "list":
        if param.scalar.pg_type == "text":
            return cat("(", param, "::text[])")
        return cat("(", param, f"::text[])::{param.scalar.sql_type}[]")
    if param.use == "path":
        return cat("(", param, "::text[])")
    if param.use in ("limit", "offset"):
        return cat("(", param, "::text)::bigint")
    if param.scalar.pg_type == "text":
        return cat(param, "::text")
    return cat("(", param, f"::text)::{param.scalar.sql_type}")


def join_sql(relationship: RelationshipField, here: str, there: str) -> str:
    """The condition that ties a remote row to the local one."""
    return " AND ".join(
        f"{there}.{ident(remote)} = {here}.{ident(local)}" for local, remote in relationship.join
    )


def table_sql(relationship: RelationshipField) -> str:
    source = relationship.target.source
    return qualified(source.schema, source.name)


def where_sql(condition: BoolExp, alias: str, aliases: Aliases) -> Sql:
    """A boolean expression over the row `alias`."""
    if isinstance(condition, Compare):
        left = column_sql(alias, condition.column, condition.cast)
        before, after = condition.operator.sql.split("{1}")
        return cat("(", before.replace("{0}", left), param_sql(condition.operand), after, ")")
    if isinstance(condition, And):
        return _all(condition.items, " AND ", "TRUE", alias, aliases)
    if isinstance(condition, Or):
        return _all(condition.items, " OR ", "FALSE", alias, aliases)
    if isinstance(condition, Not):
        return cat("(NOT ", where_sql(condition.item, alias, aliases), ")")
    if isinstance(condition, IsNull):
        left = column_sql(alias, condition.column, condition.cast)
        return cat(f"({left} IS {'NOT ' if condition.negated else ''}NULL)")
    assert isinstance(condition, Exists)
    remote = aliases.next()
    return cat(
        f"EXISTS (SELECT FROM {table_sql(condition.relationship)} AS {remote}",
        f" WHERE {join_sql(condition.relationship, alias, remote)} AND ",
        where_sql(condition.where, remote, aliases),
        ")",
    )


def _all(items: tuple[BoolExp, ...], operator: str, empty: str, alias: str, aliases: Aliases) -> Sql:
    if not items:
        return cat(empty)
    if len(items) == 1:
        return where_sql(items[0], alias, aliases)
    return cat("(", join(operator, [where_sql(item, alias, aliases) for item in items]), ")")


def order_sql(items: tuple[OrderItem, ...], alias: str, aliases: Aliases) -> Sql:
    """` ORDER BY …`, or nothing."""
    if not items:
        return cat("")
    return cat(" ORDER BY ", join(", ", [cat(_order_item(item, alias, aliases)) for item in items]))


def _order_item(item: OrderItem, alias: str, aliases: Aliases) -> str:
    return f"{_order_target(item, item.through, alias, aliases)} {item.direction}"


def _order_target(
    item: OrderItem, through: tuple[RelationshipField, ...], alias: str, aliases: Aliases
) -> str:
    if through:
        remote = aliases.next()
        first, rest = through[0], through[1:]
        inner = _order_target(item, rest, remote, aliases)
        # An object relationship over a key that is not unique shows one of its rows.
        limit = "" if first.is_array or first.unique else " LIMIT 1"
        return f"(SELECT {inner} FROM {table_sql(first)} AS {remote} WHERE {join_sql(first, alias, remote)}{limit})"
    if isinstance(item.target, OrderColumn):
        return column_sql(alias, item.target.column)
    if item.target.column is None:
        return "count(*)"
    return f"{AGGREGATES[item.target.function]}({column_sql(alias, item.target.column)})"
