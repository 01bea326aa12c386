"""Conditions and orders as SQL.

In: `BoolExp` and `OrderItem`s of the plan, and the alias of the row they speak of. Out: `Sql`.
Values are sent as text and cast by Postgres (`($1::text)::uuid`), so that Postgres itself judges them.
"""

from __future__ import annotations

from itertools import count

from lictor.engine.expressions import (
    TRUE,
    And,
    BoolExp,
    Compare,
    CompareColumns,
    ExistsIn,
    IsNull,
    Not,
    Or,
    Param,
)
from lictor.engine.plan.nodes import OrderColumn, OrderItem
from lictor.engine.schema.model import ColumnField, RelationshipField, TableType
from lictor.engine.schema.operators import Operator
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


def column_sql(alias: str, column: ColumnField, aliases: Aliases, cast: Scalar | None = None) -> Sql:
    """The value of a column of the row `alias` as far as the role sees it."""
    value = cat(f"{alias}.{ident(column.column)}")
    if column.visible_when is not None:
        value = cat("CASE WHEN ", where_sql(column.visible_when, alias, aliases), " THEN ", value, " END")
    return cat("(", value, f")::{cast.sql_type}") if cast else value


def param_sql(param: Param) -> Sql:
    """The parameter cast to its type. Lists travel as text[]."""
    if param.use == "array":
        return cat("(", param, f"::text)::{param.scalar.sql_type}[]")
    if param.use in ("list", "texts"):
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


def where_sql(condition: BoolExp, alias: str, aliases: Aliases, root: str | None = None) -> Sql:
    """A boolean expression over the row `alias`; `root` is the row that a permission speaks of, if another."""
    root = root or alias
    if isinstance(condition, Compare):
        left = column_sql(alias, condition.column, aliases, condition.cast)
        return _operation(condition.operator, left, param_sql(condition.operand))
    if isinstance(condition, And):
        return _all(condition.items, " AND ", "TRUE", alias, aliases, root)
    if isinstance(condition, Or):
        return _all(condition.items, " OR ", "FALSE", alias, aliases, root)
    if isinstance(condition, Not):
        return cat("(NOT ", where_sql(condition.item, alias, aliases, root), ")")
    if isinstance(condition, IsNull):
        left = column_sql(alias, condition.column, aliases, condition.cast)
        return cat("(", left, f" IS {'NOT ' if condition.negated else ''}NULL)")
    if isinstance(condition, CompareColumns):
        left = column_sql(alias, condition.column, aliases)
        right = column_sql(root if condition.of_root else alias, condition.other, aliases)
        return _operation(condition.operator, left, right)
    remote = aliases.next()
    if isinstance(condition, ExistsIn):
        source, tie, target = condition.table.source, [], condition.table
    else:
        source, target = condition.relationship.target.source, condition.relationship.target
        tie = [cat(join_sql(condition.relationship, alias, remote))]
    where = [*tie, *visible_sql(target, remote, aliases), where_sql(condition.where, remote, aliases, root)]
    return cat(
        f"EXISTS (SELECT FROM {qualified(source.schema, source.name)} AS {remote} WHERE ",
        join(" AND ", where),
        ")",
    )


def visible_sql(table: TableType, alias: str, aliases: Aliases) -> list[Sql]:
    """The role's filter on the rows of `table`, as a list of at most one condition."""
    return [] if table.row_filter == TRUE else [where_sql(table.row_filter, alias, aliases)]


def _operation(operator: Operator, left: Sql, right: Sql) -> Sql:
    before, after = operator.sql.split("{1}")
    start, middle = before.split("{0}")
    return cat(f"({start}", left, middle, right, f"{after})")


def _all(
    items: tuple[BoolExp, ...], operator: str, empty: str, alias: str, aliases: Aliases, root: str
) -> Sql:
    if not items:
        return cat(empty)
    if len(items) == 1:
        return where_sql(items[0], alias, aliases, root)
    return cat("(", join(operator, [where_sql(item, alias, aliases, root) for item in items]), ")")


def order_sql(items: tuple[OrderItem, ...], alias: str, aliases: Aliases) -> Sql:
    """` ORDER BY …`, or nothing."""
    if not items:
        return cat("")
    return cat(" ORDER BY ", join(", ", [_order_item(item, alias, aliases) for item in items]))


def _order_item(item: OrderItem, alias: str, aliases: Aliases) -> Sql:
    return cat(_order_target(item, item.through, alias, aliases), f" {item.direction}")


def _order_target(
    item: OrderItem, through: tuple[RelationshipField, ...], alias: str, aliases: Aliases
) -> Sql:
    if through:
        remote = aliases.next()
        first, rest = through[0], through[1:]
        inner = _order_target(item, rest, remote, aliases)
        # An object relationship over a key that is not unique shows one of its rows.
        limit = "" if first.is_array or first.unique else " LIMIT 1"
        where = [cat(join_sql(first, alias, remote)), *visible_sql(first.target, remote, aliases)]
        return cat(
            "(SELECT ",
            inner,
            f" FROM {table_sql(first)} AS {remote} WHERE ",
            join(" AND ", where),
            f"{limit})",
        )
    if isinstance(item.target, OrderColumn):
        return column_sql(alias, item.target.column, aliases)
    if item.target.column is None:
        return cat("count(*)")
    return cat(f"{AGGREGATES[item.target.function]}(", column_sql(alias, item.target.column, aliases), ")")
