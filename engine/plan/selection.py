"""Selection sets of tables.

In: a selection set and the table it selects from. Out: leaves of the plan, and the rows arguments
(where, order_by, distinct_on, limit, offset) of every level. Fragments are flattened, @include and @skip are
decided, equal response keys are merged, as Hasura does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    ValueNode,
)

from lictor.engine.errors import at_key, invalid
from lictor.engine.expressions import FunctionCall, Param
from lictor.engine.plan.calls import ARGS, compile_call
from lictor.engine.plan.context import INT, STRING, Arguments, Context, non_null_list, not_found
from lictor.engine.plan.directives import included
from lictor.engine.plan.nodes import (
    ColumnLeaf,
    ComputedRowsLeaf,
    Leaf,
    RelationAggregateLeaf,
    RelationLeaf,
    Rows,
    Select,
    TypenameLeaf,
)
from lictor.engine.plan.order import check_distinct_on, compile_order_by, compile_select_columns
from lictor.engine.plan.where import optional_where
from lictor.engine.schema import scalars
from lictor.engine.schema.model import ColumnField, ComputedField, TableType

ROWS_ARGUMENTS = frozenset({"where", "order_by", "distinct_on", "limit", "offset"})


@dataclass(slots=True)
class Field:
    """A field after flattening and merging: `selections` of all its occurrences."""

    key: str
    name: str
    arguments: Sequence[ArgumentNode]
    selections: list[SelectionSetNode]


def collect(context: Context, sets: Sequence[SelectionSetNode], type_name: str, path: str) -> list[Field]:
    """The fields selected from a type, in response order. `path` is that of the selection set."""
    fields: dict[str, Field] = {}
    for selections in sets:
        _collect_into(context, fields, selections, type_name, path)
    return list(fields.values())


def _collect_into(
    context: Context, fields: dict[str, Field], selections: SelectionSetNode, type_name: str, path: str
) -> None:
    for node in selections.selections:
        context.budget.spend()
        if node.directives and not included(context, node, path):
            continue
        if isinstance(node, FieldNode):
            _add_field(fields, node, path)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            if condition is None or condition.name.value == type_name:
                _collect_into(context, fields, node.selection_set, type_name, path)
        elif isinstance(node, FragmentSpreadNode):
            fragment = context.operation.fragments[node.name.value]
            if fragment.type_condition.name.value == type_name:
                _collect_into(context, fields, fragment.selection_set, type_name, path)


def _add_field(fields: dict[str, Field], node: FieldNode, path: str) -> None:
    name = node.name.value
    key = node.alias.value if node.alias else name
    selections = [node.selection_set] if node.selection_set is not None else []
    known = fields.get(key)
    if known is None:
        fields[key] = Field(key, name, node.arguments, selections)
        return
    if known.name != name:
        raise invalid(
            f"selection of both '{known.name}' and '{name}' specify the same response name, '{key}'", path
        )
    if _values(known.arguments) != _values(node.arguments):
        raise invalid(f"inconsistent arguments between multiple selections of field '{name}'", path)
    known.selections += selections


def _values(arguments: Sequence[ArgumentNode]) -> dict[str, ValueNode]:
    return {argument.name.value: argument.value for argument in arguments}


# --- tables -----------------------------------------------------------------------------------------------


def compile_fields(
    context: Context, sets: Sequence[SelectionSetNode], table: TableType, path: str
) -> tuple[Leaf, ...]:
    """What is selected of each row. `path` is that of the field that selects."""
    here = at_key(path, "selectionSet")
    if not sets:
        raise invalid(f"missing selection set for '{table.name}'", here)
    return tuple(_leaf(context, table, field, here) for field in collect(context, sets, table.name, here))


def _leaf(context: Context, table: TableType, field: Field, path: str) -> Leaf:
    # deferred: an aggregate's nodes select fields again
    from lictor.engine.plan.aggregate import compile_aggregate

    if field.name == "__typename":
        return TypenameLeaf(field.key, table.name)
    here = at_key(path, field.name)
    if (column := table.columns.get(field.name)) is not None:
        return _column(context, column, field, here)
    if (relationship := table.relationships.get(field.name)) is not None:
        allowed = ROWS_ARGUMENTS if relationship.is_array else frozenset[str]()
        arguments = context.arguments(field.arguments, dict.fromkeys(allowed), field.name, here)
        rows = compile_rows(context, relationship.target, arguments, here)
        fields = compile_fields(context, field.selections, relationship.target, here)
        return RelationLeaf(field.key, relationship, Select(rows, fields))
    if (relationship := table.aggregates.get(field.name)) is not None:
        arguments = context.arguments(field.arguments, dict.fromkeys(ROWS_ARGUMENTS), field.name, here)
        rows = compile_rows(context, relationship.target, arguments, here)
        aggregate = compile_aggregate(context, relationship.target, rows, field.selections, here)
        return RelationAggregateLeaf(field.key, relationship, aggregate)
    if (computed := table.computed.get(field.name)) is not None:
        if computed.table is None:
            return compile_computed(context, computed, field, here)
        allowed = {*ROWS_ARGUMENTS, ARGS} if computed.inputs else ROWS_ARGUMENTS
        arguments = context.arguments(field.arguments, dict.fromkeys(allowed), field.name, here)
        call = compile_call(context, computed, arguments, here)
        rows = compile_rows(context, computed.table, arguments, here, call=call)
        fields = compile_fields(context, field.selections, computed.table, here)
        return ComputedRowsLeaf(field.key, Select(rows, fields))
    raise not_found(field.name, table.name, path)


def compile_computed(context: Context, computed: ComputedField, field: Field, path: str) -> ColumnLeaf:
    """A computed field that is a scalar."""
    assert computed.scalar is not None
    if field.selections:
        raise invalid("unexpected subselection set for non-object field", path)
    allowed = {ARGS} if computed.inputs else set[str]()
    if computed.scalar.family == "json":
        allowed.add("path")
    arguments = context.arguments(field.arguments, dict.fromkeys(allowed), field.name, path)
    call = compile_call(context, computed, arguments, path)
    return ColumnLeaf(field.key, computed, _json_path(context, arguments, path), call)


def _column(context: Context, column: ColumnField, field: Field, path: str) -> ColumnLeaf:
    if field.selections:
        raise invalid("unexpected subselection set for non-object field", path)
    allowed = {"path": None} if column.scalar.family == "json" else {}
    arguments = context.arguments(field.arguments, allowed, field.name, path)
    return ColumnLeaf(field.key, column, _json_path(context, arguments, path))


def _json_path(context: Context, arguments: Arguments, path: str) -> Param | None:
    args_path = at_key(path, "args")
    value = context.read(arguments, "path", STRING, args_path)
    if value is None or value.is_null:
        return None
    return context.param(value, scalars.STRING, at_key(args_path, "path"), "path")


def compile_rows(
    context: Context,
    table: TableType,
    arguments: Arguments,
    path: str,
    *,
    call: FunctionCall | None = None,
) -> Rows:
    """The rows arguments of one field."""
    if not arguments:
        return Rows(table, call)
    args_path = at_key(path, "args")
    where = optional_where(context, table, arguments, args_path)
    value = context.read(arguments, "order_by", non_null_list(f"{table.name}_order_by"), args_path)
    order_by = () if value is None else compile_order_by(context, table, value, at_key(args_path, "order_by"))
    value = context.read(arguments, "distinct_on", non_null_list(f"{table.name}_select_column"), args_path)
    distinct_on = (
        ()
        if value is None
        else compile_select_columns(context, table, value, at_key(args_path, "distinct_on"))
    )
    check_distinct_on(distinct_on, order_by, args_path)
    limit = _bound(context, arguments, "limit", args_path)
    offset = _bound(context, arguments, "offset", args_path)
    return Rows(table, call, where, order_by, distinct_on, limit, offset)


def _bound(context: Context, arguments: Arguments, name: str, path: str) -> Param | None:
    value = context.read(arguments, name, INT, path)
    if value is None or value.is_null:
        return None
    return context.param(value, scalars.INT, at_key(path, name), "limit" if name == "limit" else "offset")
