"""Inserts.

In: an insert field and its table. Out: `Insert`. The objects stay data (one parameter for any number of rows);
what the document itself says of them is checked here, what stands in variables when the plan runs
(`sql/rows.py`). Raises GraphQLFailure with Hasura's texts.
"""

from __future__ import annotations

from typing import Any

from graphql import VariableNode

from lictor.engine.errors import at_index, at_key, invalid
from lictor.engine.expressions import TRUE, ListOf, ObjectOf, Source, VariableAt, both
from lictor.engine.plan.context import Arguments, Context, missing_field, non_null_list, not_found
from lictor.engine.plan.nodes import Insert, OnConflict
from lictor.engine.plan.selection import Field
from lictor.engine.plan.sources import CONFLICT_KEY
from lictor.engine.plan.values import Raw, Value, ValueReader, whole_source
from lictor.engine.plan.where import optional_where
from lictor.engine.schema.gtypes import GType, list_of, named
from lictor.engine.schema.model import ColumnField, RelationshipField, TableType
from lictor.engine.schema.scalars import Scalar
from lictor.engine.schema.writing import PLACEHOLDER, insert_columns, nested_fields, nested_type


def compile_insert(context: Context, table: TableType, single: bool, field: Field, path: str) -> Insert:
    """One insert field; `single` for insert_…_one. `path` is that of the field."""
    name = "object" if single else "objects"
    allowed: dict[str, None] = {name: None} | ({"on_conflict": None} if table.unique else {})
    arguments = context.arguments(field.arguments, allowed, field.name, path)
    args_path = at_key(path, "args")
    here = at_key(args_path, name)
    raw = arguments.get(name)
    if raw is None:
        raise missing_field(name, here)
    item = named(f"{table.name}_insert_input", True)
    rows = _rows_source(context, table, raw, item if single else list_of(item, True), here)
    on_conflict = _on_conflict(context, table, arguments, args_path)

    def read_conflict(target: TableType, value: Any, at: str) -> OnConflict:
        reader = ValueReader({}, {CONFLICT_KEY: value})
        inner = Context(context.operation, context.schema, context.options, reader, context.budget)
        whole = reader.json(value, VariableAt(CONFLICT_KEY))
        return compile_on_conflict(inner, target, whole, at)

    return Insert(table, rows, here, on_conflict, read_conflict)


# --- objects ----------------------------------------------------------------------------------------------


def _rows_source(context: Context, table: TableType, raw: Raw, expected: GType, path: str) -> Source:
    """Where the rows come from."""
    if (variable := _variable(context, raw)) is not None:
        context.reader.read(raw, expected, path)  # for the check of its type
        return variable
    value = context.reader.read(raw, expected, path)
    assert value is not None
    if expected.inner is not None:
        if value.kind != "list":
            return ListOf((_row_source(context, table, value, at_index(path, 0)),))
        if value.data is None:  # a lifted list of strings
            string = Value("string", None, value.source, False)
            return _row_source(context, table, string, at_index(path, 0))
        inner = expected.inner
        items = [
            _rows_source(context, table, item, inner, at_index(path, i)) for i, item in enumerate(value.data)
        ]
        return ListOf(tuple(items))
    return _row_source(context, table, value, path)


def _variable(context: Context, raw: Raw) -> VariableAt | None:
    """The variable that stands here, not a lifted literal."""
    if isinstance(raw.node, VariableNode) and raw.node.name.value in context.operation.variables:
        return VariableAt(raw.node.name.value)
    return None


def _row_source(context: Context, table: TableType, value: Value, path: str) -> Source:
    type_name = f"{table.name}_insert_input"
    columns = insert_columns(table)
    items: list[tuple[str, Source]] = []
    for key, raw in context.pairs(value, type_name, path):
        here = at_key(path, key)
        if (column := columns.get(key)) is not None:
            items.append((key, _column_source(context, raw, column.scalar, here)))
        elif (relationship := table.nested.get(key)) is not None:
            items.append((key, _nested_source(context, relationship, raw, here)))
        else:
            raise not_found(key, type_name, path)
    return ObjectOf(tuple(items))


def _column_source(context: Context, raw: Raw, scalar: Scalar, path: str) -> Source:
    if scalar.family == "enum" and _variable(context, raw) is None:
        value = context.reader.read(raw, scalar.gtype, path)
        if value is not None and not value.is_null:
            context.check_enum_value(value, scalar, path)
    return _value_source(context, raw, scalar.gtype, path)


def _value_source(context: Context, raw: Raw, expected: GType, path: str) -> Source:
    value = context.reader.read(raw, expected, path)
    if (variable := _variable(context, raw)) is not None:
        return variable
    assert value is not None
    return whole_source(context.reader, value, expected, path)


def _nested_source(context: Context, relationship: RelationshipField, raw: Raw, path: str) -> Source:
    """`{data: …, on_conflict: …}` of a relationship."""
    type_name, target = nested_type(relationship), relationship.target
    value = context.reader.read(raw, named(type_name), path)
    if (variable := _variable(context, raw)) is not None:
        return variable
    assert value is not None
    if value.is_null:
        return whole_source(context.reader, value, named(type_name), path)
    given = dict(context.pairs(value, type_name, path))
    for key in given:
        if key not in nested_fields(target):
            raise not_found(key, type_name, path)
    if "data" not in given:
        raise missing_field("data", at_key(path, "data"))
    item = named(f"{target.name}_insert_input", True)
    expected = list_of(item, True) if relationship.is_array else item
    items = [("data", _rows_source(context, target, given["data"], expected, at_key(path, "data")))]
    if "on_conflict" in given:
        _on_conflict(context, target, given, path)  # for the check of what the document says
        on_conflict = named(f"{target.name}_on_conflict")
        source = _value_source(context, given["on_conflict"], on_conflict, at_key(path, "on_conflict"))
        items.append(("on_conflict", source))
    return ObjectOf(tuple(items))


# --- on_conflict ------------------------------------------------------------------------------------------


def _on_conflict(
    context: Context, table: TableType, arguments: Arguments, args_path: str
) -> OnConflict | None:
    value = context.read(arguments, "on_conflict", named(f"{table.name}_on_conflict"), args_path)
    if value is None or value.is_null or value.kind == "opaque":
        return None
    return compile_on_conflict(context, table, value, at_key(args_path, "on_conflict"))


def compile_on_conflict(context: Context, table: TableType, value: Value, path: str) -> OnConflict:
    """A value of type `<table>_on_conflict`, with the role's filter and presets for the rows it updates."""
    type_name = f"{table.name}_on_conflict"
    given = dict(context.pairs(value, type_name, path))
    for key in given:
        if key not in ("constraint", "update_columns", "where"):
            raise not_found(key, type_name, path)
    constraint_type = f"{table.name}_constraint"
    constraint = context.required(given, "constraint", named(constraint_type, True), path)
    name = context.enum(constraint, constraint_type, tuple(table.unique), at_key(path, "constraint"))
    columns = _update_columns(context, table, given, path)
    condition = optional_where(context, table, given, path)
    if not columns or table.update is None:
        return OnConflict(name, (), (), TRUE)
    return OnConflict(name, columns, table.update.presets, both(table.update.filter, condition))


def _update_columns(
    context: Context, table: TableType, given: Arguments, path: str
) -> tuple[ColumnField, ...]:
    type_name, here = f"{table.name}_update_column", at_key(path, "update_columns")
    value = context.read(given, "update_columns", non_null_list(type_name).required, path)
    if value is None:
        return ()
    written = table.update.columns if table.update else {}
    names = tuple(written) or (PLACEHOLDER,)
    items = context.items(value, named(type_name, True), here)
    chosen = [context.enum(item, type_name, names, at) for item, at in items]
    if PLACEHOLDER in chosen and not written:
        raise invalid("erroneous column name", path)
    return tuple(written[column] for column in dict.fromkeys(chosen))
