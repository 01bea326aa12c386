"""Conditions and orders as SQL.

In: `BoolExp` and `OrderItem`s of the plan, and the alias of the row they speak of. Out: `Sql`.
Values are sent as text and cast by Postgres (`($1::text)::uuid`), so that Postgres itself judges them.
"""

from __future__ import annotations

from itertools import count

from lictor.engine.expressions import (
    TRUE,
    Aggregated,
    AggregateValue,
    And,
    BoolExp,
    Compare,
    CompareColumns,
    ExistsComputed,
    ExistsIn,
    FunctionCall,
    IsNull,
    Not,
    Operand,
    Or,
    Param,
    Row,
    SessionVariables,
)
from lictor.engine.plan.nodes import OrderColumn, OrderItem
from lictor.engine.schema.model import ColumnField, ComputedField, RelationshipField, TableType
from lictor.engine.schema.operators import Operator
from lictor.engine.schema.scalars import Scalar
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified


class Aliases:
    """Table aliases t0, t1, … unique within one statement.

    `rows` has the expression of the whole row for those aliases whose columns are not exactly the table's, `seen` the
    columns of which a role sees some values, by alias and name.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self.rows: dict[str, str] = {}
        self.seen: dict[tuple[str, str], Sql] = {}

    def next(self) -> str:
        return f"t{next(self._numbers)}"


def column_sql(
    alias: str,
    column: Operand,
    aliases: Aliases,
    cast: Scalar | None = None,
    call: FunctionCall | None = None,
) -> Sql:
    """The value of a column of the row `alias` as far as the role sees it; `call` is that of a computed field."""
    if isinstance(column, AggregateValue):
        return _aggregate_sql(column, alias, aliases)
    if isinstance(column, ColumnField):
        value = _seen_sql(alias, column, aliases)
    else:
        value = call_sql(call or plain_call(column), alias, aliases)
        if column.visible_when is not None:
            value = _when_sql(column.visible_when, value, alias, aliases)
    return cat("(", value, f")::{cast.sql_type}") if cast else value


def _seen_sql(alias: str, column: ColumnField, aliases: Aliases) -> Sql:
    """The same text each time, aliases and all: DISTINCT ON and ORDER BY must not differ."""
    value = cat(f"{alias}.{ident(column.column)}")
    if column.visible_when is None:
        return value
    key = (alias, column.column)
    if key not in aliases.seen:
        aliases.seen[key] = _when_sql(column.visible_when, value, alias, aliases)
    return aliases.seen[key]


def _when_sql(condition: BoolExp, value: Sql, alias: str, aliases: Aliases) -> Sql:
    return cat("CASE WHEN ", where_sql(condition, alias, aliases), " THEN ", value, " END")


def _aggregate_sql(value: AggregateValue, alias: str, aliases: Aliases) -> Sql:
    if not value.columns:
        return cat("count(*)")
    columns = join(", ", [column_sql(alias, column, aliases) for column in value.columns])
    if value.function == "count" and len(value.columns) > 1:
        columns = cat("(", columns, ")")
    return cat(f"{value.function}({'DISTINCT ' if value.distinct else ''}", columns, ")")


def plain_call(field: ComputedField) -> FunctionCall:
    """The call of a computed field that takes no argument of a request."""
    arguments: list[tuple[str | None, Param | Row | None, Scalar]] = []
    for argument in field.arguments:
        if argument.name == field.row_argument:
            arguments.append((None, Row(field.row_table), argument.scalar))
        elif argument.name == field.session_argument:
            session = Param(SessionVariables(), argument.scalar, "scalar", "$")
            arguments.append((None, session, argument.scalar))
    return FunctionCall(field.function, tuple(arguments))


def call_sql(call: FunctionCall, alias: str | None, aliases: Aliases) -> Sql:
    """A function call; `alias` is the row that a `Row` argument takes."""
    arguments: list[Sql] = []
    for name, value, scalar in call.arguments:
        if isinstance(value, Row):
            assert alias is not None
            given = cat(_row_sql(value, alias, aliases))
        elif value is None:
            given = cat(f"NULL::{scalar.sql_type}")
        else:
            given = param_sql(value)
        arguments.append(cat(f"{ident(name)} => ", given) if name else given)
    return cat(qualified(call.function.schema, call.function.name), "(", join(", ", arguments), ")")


def _row_sql(row: Row, alias: str, aliases: Aliases) -> str:
    """The whole row of an alias. The cast makes the row of a subquery one of the table's type again."""
    return f"({aliases.rows.get(alias, alias)})::{qualified(row.table.schema, row.table.name)}"


def param_sql(param: Param) -> Sql:
    """The parameter cast to its type. Lists travel as text[]."""
    if param.use == "array":
        return cat("(", param, f"::text)::{param.scalar.sql_type}[]")
    if param.use in ("list", "texts"):
        if param.scalar.family == "array":  # an array of arrays would be one array of more dimensions
            return cat(f"SELECT item::{param.scalar.sql_type} FROM unnest(", param, "::text[]) AS item")
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


def _source_sql(table: TableType) -> str:
    return qualified(table.source.schema, table.source.name)


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
    tie: list[Sql] = []
    if isinstance(condition, ExistsComputed):
        assert condition.field.table is not None
        target = condition.field.table
        source = call_sql(plain_call(condition.field), alias, aliases)
    elif isinstance(condition, ExistsIn):
        target, source = condition.table, cat(_source_sql(condition.table))
    else:
        target = condition.relationship.target
        source = cat(_source_sql(target))
        tie = [cat(join_sql(condition.relationship, alias, remote))]
    inner = condition.filter if isinstance(condition, Aggregated) else condition.where
    where = [*tie, *visible_sql(target, remote, aliases), where_sql(inner, remote, aliases, root)]
    having = cat("")
    if isinstance(condition, Aggregated):
        having = cat(" HAVING ", where_sql(condition.predicate, remote, aliases, root))
    return cat("EXISTS (SELECT FROM ", source, f" AS {remote} WHERE ", join(" AND ", where), having, ")")


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
    item: OrderItem, through: tuple[RelationshipField | ComputedField, ...], alias: str, aliases: Aliases
) -> Sql:
    if through:
        remote = aliases.next()
        first, rest = through[0], through[1:]
        inner = _order_target(item, rest, remote, aliases)
        if isinstance(first, ComputedField):
            assert first.table is not None
            visible = visible_sql(first.table, remote, aliases)
            source = call_sql(plain_call(first), alias, aliases)
            where = cat(" WHERE ", *visible) if visible else cat("")
            return cat("(SELECT ", inner, " FROM ", source, f" AS {remote}", where, ")")
        # An object relationship over a key that is not unique shows one of its rows.
        limit = "" if first.is_array or first.unique else " LIMIT 1"
        tie = [cat(join_sql(first, alias, remote)), *visible_sql(first.target, remote, aliases)]
        source = _source_sql(first.target)
        return cat("(SELECT ", inner, f" FROM {source} AS {remote} WHERE ", join(" AND ", tie), f"{limit})")
    if isinstance(item.target, OrderColumn):
        return column_sql(alias, item.target.column, aliases)
    if item.target.column is None:
        return cat("count(*)")
    return cat(f"{item.target.function}(", column_sql(alias, item.target.column, aliases), ")")
