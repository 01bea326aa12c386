"""order_by and distinct_on.

In: a value of type `[<table>_order_by!]` (or one object, whose key order counts) and `[<table>_select_column!]`.
Out: `OrderItem`s and columns, checked against one another by Hasura's rule.
"""

from __future__ import annotations

from lictor.engine.errors import at_key, invalid
from lictor.engine.plan.context import Context, not_found
from lictor.engine.plan.nodes import OrderAggregate, OrderColumn, OrderItem
from lictor.engine.plan.values import Raw, Value
from lictor.engine.schema.gtypes import named
from lictor.engine.schema.model import ColumnField, ComputedField, RelationshipField, TableType
from lictor.engine.schema.operators import COMPARABLE_AGGREGATES, DIRECTIONS, NUMERIC_AGGREGATES


def compile_order_by(context: Context, table: TableType, value: Value, path: str) -> tuple[OrderItem, ...]:
    """The order of rows, first key first."""
    if value.is_null:
        return ()
    found: list[OrderItem] = []
    for item, at in context.items(value, named(f"{table.name}_order_by", True), path):
        found += _object(context, table, item, at, ())
    return tuple(found)


def _object(
    context: Context,
    table: TableType,
    value: Value,
    path: str,
    through: tuple[RelationshipField | ComputedField, ...],
) -> list[OrderItem]:
    type_name = f"{table.name}_order_by"
    found: list[OrderItem] = []
    for key, raw in context.pairs(value, type_name, path):
        here = at_key(path, key)
        if (column := table.columns.get(key)) is not None:
            if (child := _given(context, raw, "order_by", here)) is not None:
                found.append(OrderItem(through, OrderColumn(column), _direction(context, child, here)))
        elif (rel := table.relationships.get(key)) is not None and not rel.is_array:
            if (child := _given(context, raw, f"{rel.target.name}_order_by", here)) is not None:
                found += _object(context, rel.target, child, here, (*through, rel))
        elif (rel := table.aggregates.get(key)) is not None:
            if (child := _given(context, raw, f"{rel.target.name}_aggregate_order_by", here)) is not None:
                found += _aggregate(context, rel.target, child, here, (*through, rel))
        elif (computed := table.orderable_computed.get(key)) is not None:
            found += _computed(context, computed, raw, here, through)
        else:
            raise not_found(key, type_name, path)
    return found


def _computed(
    context: Context,
    computed: ComputedField,
    raw: Raw,
    path: str,
    through: tuple[RelationshipField | ComputedField, ...],
) -> list[OrderItem]:
    expected = "order_by" if computed.table is None else f"{computed.table.name}_aggregate_order_by"
    child = _given(context, raw, expected, path)
    if child is None:
        return []
    if computed.table is not None:
        return _aggregate(context, computed.table, child, path, (*through, computed))
    return [OrderItem(through, OrderColumn(computed), _direction(context, child, path))]


def _aggregate(
    context: Context,
    table: TableType,
    value: Value,
    path: str,
    through: tuple[RelationshipField | ComputedField, ...],
) -> list[OrderItem]:
    type_name = f"{table.name}_aggregate_order_by"
    found: list[OrderItem] = []
    for key, raw in context.pairs(value, type_name, path):
        here = at_key(path, key)
        if key == "count":
            if (child := _given(context, raw, "order_by", here)) is not None:
                target = OrderAggregate("count", None)
                found.append(OrderItem(through, target, _direction(context, child, here)))
            continue
        columns = aggregate_columns(table, key)
        if columns is None:
            raise not_found(key, type_name, path)
        child_type = f"{table.name}_{key}_order_by"
        child = _given(context, raw, child_type, here)
        for name, item in () if child is None else context.pairs(child, child_type, here):
            if name not in columns:
                raise not_found(name, child_type, here)
            direction = _given(context, item, "order_by", at_key(here, name))
            if direction is not None:
                target = OrderAggregate(key, columns[name])
                found.append(OrderItem(through, target, _direction(context, direction, at_key(here, name))))
    return found


def aggregate_columns(table: TableType, function: str) -> dict[str, ColumnField] | None:
    """The columns an aggregate function takes, or None if there is no such function on this table."""
    if function in NUMERIC_AGGREGATES:
        columns = table.numeric_columns
    elif function in COMPARABLE_AGGREGATES:
        columns = table.comparable_columns
    else:
        return None
    return {column.name: column for column in columns} or None


def _given(context: Context, raw: Raw, type_name: str, path: str) -> Value | None:
    """A value that orders by something; null and a variable without a value are no order."""
    value = context.reader.read(raw, named(type_name), path)
    return None if value is None or value.is_null else value


def _direction(context: Context, value: Value, path: str) -> str:
    return DIRECTIONS[context.enum(value, "order_by", tuple(DIRECTIONS), path)]


def compile_select_columns(
    context: Context, table: TableType, value: Value, path: str
) -> tuple[ColumnField, ...]:
    """The columns of a `[<table>_select_column!]` argument."""
    if value.is_null:
        return ()
    type_name = f"{table.name}_select_column"
    names = tuple(table.columns)
    return tuple(
        table.columns[context.enum(item, type_name, names, at)]
        for item, at in context.items(value, named(type_name, True), path)
    )


def check_distinct_on(
    distinct_on: tuple[ColumnField, ...], order_by: tuple[OrderItem, ...], path: str
) -> None:
    """Hasura's rule: the first order_by columns are exactly those of distinct_on, in any order."""
    if not distinct_on or not order_by:
        return
    columns = {column.name for column in distinct_on}
    initial = {
        item.target.column.name
        for item in order_by[: len(columns)]
        if not item.through and isinstance(item.target, OrderColumn)
    }
    if initial != columns:
        raise invalid('"distinct_on" columns must match initial "order_by" columns', path)
