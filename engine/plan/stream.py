"""Streams: `<table>_stream(batch_size, cursor, where)`.

In: the field of a subscription. Out: `StreamRoot`: the rows beyond the cursor, in its order, at most `batch_size`
of them. Raises GraphQLFailure with Hasura's texts. A null start of a nullable column is compared as SQL compares
null: nothing lies beyond it.
"""

from __future__ import annotations

from lictor.engine.errors import at_key, invalid
from lictor.engine.expressions import BoolExp, Compare, Or, both
from lictor.engine.plan.context import INT, Arguments, Context, missing_field, not_found, null_value
from lictor.engine.plan.nodes import OrderColumn, OrderItem, Rows, Select, StreamRoot
from lictor.engine.plan.selection import Field, compile_fields
from lictor.engine.plan.values import Value
from lictor.engine.plan.where import optional_where
from lictor.engine.request.variables import CURSOR_ORDERINGS
from lictor.engine.schema import scalars
from lictor.engine.schema.gtypes import list_of, named
from lictor.engine.schema.model import ColumnField, TableType
from lictor.engine.schema.operators import operators
from lictor.engine.schema.subscriptions import cursor_input, cursor_value_input

STREAM_ARGUMENTS = ("batch_size", "cursor", "where")
FALSE = Or(())
# The column of a cursor, its start (None while the variables are unknown), the path of the start, ASC or DESC.
Cursor = tuple[ColumnField, Value, str, str]


def compile_stream(context: Context, table: TableType, field: Field, path: str) -> StreamRoot:
    """The stream's rows and cursor."""
    arguments = context.arguments(field.arguments, dict.fromkeys(STREAM_ARGUMENTS), field.name, path)
    args_path = at_key(path, "args")
    size = context.required(arguments, "batch_size", INT.required, args_path)
    limit = context.param(size, scalars.INT, at_key(args_path, "batch_size"), "limit")
    condition = optional_where(context, table, arguments, args_path)
    fields = compile_fields(context, field.selections, table, path)
    cursor = _cursor(context, table, arguments, args_path)
    if cursor is None:  # a check without variables: nobody runs this plan
        column = next(iter(table.columns.values()))
        return StreamRoot(field.key, Select(Rows(table, limit=limit), fields), column, None)
    column, start, start_path, ordering = cursor
    after = None
    beyond: BoolExp = FALSE
    if not start.is_null:
        after = context.param(start, column.scalar, start_path)
        operator = operators(column.scalar)["_gt" if ordering == "ASC" else "_lt"]
        beyond = Compare(column, operator, after)
    elif not column.nullable:
        raise null_value(start, column.scalar, start_path)
    rows = Rows(
        table,
        where=both(beyond, condition),
        order_by=(OrderItem((), OrderColumn(column), ordering),),
        limit=limit,
    )
    return StreamRoot(field.key, Select(rows, fields), column, after)


def _cursor(context: Context, table: TableType, arguments: Arguments, args_path: str) -> Cursor | None:
    """The one column of all cursors given; None if that cannot be known without variables."""
    here = at_key(args_path, "cursor")
    item_type = named(cursor_input(table))
    value = context.required(arguments, "cursor", list_of(item_type, True), args_path)
    found: list[Cursor] = []
    known = value.kind != "opaque"
    for item, at in context.items(value, item_type, here):
        if item.is_null:
            continue
        columns = _columns(context, table, item, at)
        known = known and columns is not None
        found += columns or ()
    if not known:
        return None
    if len(found) != 1:
        message = (
            "multiple column cursors are not supported yet"
            if found
            else "one streaming column field is expected"
        )
        raise invalid(message, args_path)
    return found[0]


def _columns(context: Context, table: TableType, cursor: Value, path: str) -> list[Cursor] | None:
    """The columns one cursor names; None if its value is unknown."""
    if cursor.kind == "opaque":
        return None
    given = dict(context.pairs(cursor, cursor_input(table), path))
    ordering, start = "ASC", None
    for key, raw in given.items():
        here = at_key(path, key)
        if key == "ordering":
            value = context.reader.read(raw, named("cursor_ordering"), here)
            if value is not None and not value.is_null:
                ordering = context.enum(value, "cursor_ordering", CURSOR_ORDERINGS, here)
        elif key == "initial_value":
            start = context.reader.read(raw, named(cursor_value_input(table), True), here)
        else:
            raise not_found(key, cursor_input(table), path)
    here = at_key(path, "initial_value")
    if start is None:
        raise missing_field("initial_value", here)
    if start.kind == "opaque":
        return None
    found: list[Cursor] = []
    for name, raw in context.pairs(start, cursor_value_input(table), here):
        column = table.columns.get(name)
        if column is None:
            raise not_found(name, cursor_value_input(table), here)
        value = context.reader.read(raw, named(column.scalar.name), at_key(here, name))
        if value is not None:
            found.append((column, value, at_key(here, name), ordering))
    return found
