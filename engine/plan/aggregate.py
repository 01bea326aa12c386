"""Selections of `<table>_aggregate`: aggregate { count sum { … } … } and nodes { … }."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import SelectionSetNode

from lictor.engine.errors import at_key, invalid
from lictor.engine.plan.context import BOOLEAN, Context, non_null_list, not_found
from lictor.engine.plan.nodes import (
    AggregateFields,
    AggregateSelect,
    ColumnLeaf,
    CountField,
    FunctionFields,
    NodesField,
    Rows,
    TypenameLeaf,
)
from lictor.engine.plan.order import aggregate_columns, compile_select_columns
from lictor.engine.plan.selection import Field, collect, compile_computed, compile_fields
from lictor.engine.schema.model import TableType, aggregated_computed


def compile_aggregate(
    context: Context, table: TableType, rows: Rows, sets: Sequence[SelectionSetNode], path: str
) -> AggregateSelect:
    """Everything below an aggregate field. `path` is that of the field."""
    type_name = f"{table.name}_aggregate"
    here = at_key(path, "selectionSet")
    if not sets:
        raise invalid(f"missing selection set for '{type_name}'", here)
    found: list[AggregateFields | NodesField | TypenameLeaf] = []
    for field in collect(context, sets, type_name, here):
        at = at_key(here, field.name)
        if field.name == "__typename":
            found.append(TypenameLeaf(field.key, type_name))
        elif field.name == "nodes":
            context.arguments(field.arguments, {}, field.name, at)
            found.append(NodesField(field.key, compile_fields(context, field.selections, table, at)))
        elif field.name == "aggregate":
            context.arguments(field.arguments, {}, field.name, at)
            found.append(_aggregate_fields(context, table, field, at))
        else:
            raise not_found(field.name, type_name, here)
    return AggregateSelect(rows, tuple(found))


def _aggregate_fields(context: Context, table: TableType, parent: Field, path: str) -> AggregateFields:
    type_name = f"{table.name}_aggregate_fields"
    here = at_key(path, "selectionSet")
    if not parent.selections:
        raise invalid(f"missing selection set for '{type_name}'", here)
    found: list[CountField | FunctionFields | TypenameLeaf] = []
    for field in collect(context, parent.selections, type_name, here):
        at = at_key(here, field.name)
        if field.name == "__typename":
            found.append(TypenameLeaf(field.key, type_name))
        elif field.name == "count":
            found.append(_count(context, table, field, at))
        else:
            found.append(_function(context, table, field, here))
    return AggregateFields(parent.key, tuple(found))


def _count(context: Context, table: TableType, field: Field, path: str) -> CountField:
    if field.selections:
        raise invalid("unexpected subselection set for non-object field", path)
    arguments = context.arguments(field.arguments, {"columns": None, "distinct": None}, field.name, path)
    args_path = at_key(path, "args")
    value = context.read(arguments, "columns", non_null_list(f"{table.name}_select_column"), args_path)
    columns = (
        () if value is None else compile_select_columns(context, table, value, at_key(args_path, "columns"))
    )
    value = context.read(arguments, "distinct", BOOLEAN, args_path)
    distinct = (
        value is not None and not value.is_null and context.boolean(value, at_key(args_path, "distinct"))
    )
    return CountField(field.key, columns, distinct)


def _function(context: Context, table: TableType, field: Field, path: str) -> FunctionFields:
    columns = aggregate_columns(table, field.name) or {}
    if not columns and not aggregated_computed(table, field.name):
        raise not_found(field.name, f"{table.name}_aggregate_fields", path)
    at = at_key(path, field.name)
    context.arguments(field.arguments, {}, field.name, at)
    type_name = f"{table.name}_{field.name}_fields"
    here = at_key(at, "selectionSet")
    if not field.selections:
        raise invalid(f"missing selection set for '{type_name}'", here)
    found: list[TypenameLeaf | ColumnLeaf] = []
    for child in collect(context, field.selections, type_name, here):
        if child.name == "__typename":
            found.append(TypenameLeaf(child.key, type_name))
            continue
        if (computed := aggregated_computed(table, field.name).get(child.name)) is not None:
            found.append(compile_computed(context, computed, child, at_key(here, child.name)))
            continue
        column = columns.get(child.name)
        if column is None:
            raise not_found(child.name, type_name, here)
        if child.selections:
            raise invalid("unexpected subselection set for non-object field", at_key(here, child.name))
        context.arguments(child.arguments, {}, child.name, at_key(here, child.name))
        found.append(ColumnLeaf(child.key, column, None))
    return FunctionFields(field.key, field.name, tuple(found))
