"""Generated mutations of tables: insert, update, delete.

In: a mutation field and its table. Out: `MutationRoot`. Objects to insert stay data (one parameter for any
number of rows); update operators are part of the plan. Raises GraphQLFailure with Hasura's texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import VariableNode

from lictor.engine.errors import at_index, at_key, invalid, uncoercible
from lictor.engine.expressions import TRUE, And, BoolExp, Compare, ListOf, ObjectOf, Param, Source, VariableAt
from lictor.engine.plan.context import Arguments, Context, non_null_list, not_found
from lictor.engine.plan.nodes import (
    AffectedRows,
    Assignment,
    Delete,
    Insert,
    MutationRoot,
    OnConflict,
    Returning,
    TypenameLeaf,
    Update,
)
from lictor.engine.plan.selection import Field, collect, compile_fields
from lictor.engine.plan.values import Raw, Value, whole_source
from lictor.engine.plan.where import compile_where
from lictor.engine.schema.gtypes import GType, list_of, named
from lictor.engine.schema.model import ColumnField, RootField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS, operators, update_operator_takes
from lictor.engine.schema.scalars import JSONB, STRING, Scalar

SINGLE = frozenset({"insert_one", "update_by_pk", "delete_by_pk"})


def compile_mutation(context: Context, root: RootField, field: Field, path: str) -> MutationRoot:
    """One mutation field of a table. `path` is that of the field."""
    table = root.table
    assert table is not None
    args_path = at_key(path, "args")
    if root.kind in ("insert", "insert_one"):
        change = _insert(context, table, root.kind == "insert_one", field, path)
    elif root.kind in ("update", "update_by_pk"):
        change = _update(context, table, root.kind == "update_by_pk", field, path)
    elif root.kind == "delete_by_pk":
        names = {column.name: None for column in table.primary_key}
        arguments = context.arguments(field.arguments, names, field.name, path)
        change = Delete(table, primary_key_condition(context, table, arguments, args_path))
    else:
        arguments = context.arguments(field.arguments, {"where": None}, field.name, path)
        change = Delete(table, _where(context, table, arguments, args_path))
    if root.kind in SINGLE:
        row = compile_fields(context, field.selections, table, path)
        return MutationRoot(field.key, change, (), row, True, path)
    return MutationRoot(field.key, change, _response(context, table, field, path), (), False, path)


def primary_key_condition(context: Context, table: TableType, arguments: Arguments, path: str) -> BoolExp:
    """All key columns given and equal. `path` is that of the object that holds them."""
    conditions: list[BoolExp] = []
    for column in table.primary_key:
        here = at_key(path, column.name)
        value = context.read(arguments, column.name, column.scalar.gtype.required, path)
        if value is None:
            raise uncoercible(f"missing required field '{column.name}'", here)
        operand = context.param(value, column.scalar, here)
        conditions.append(Compare(column, operators(column.scalar)["_eq"], operand))
    return And(tuple(conditions))


def _where(context: Context, table: TableType, arguments: Arguments, args_path: str) -> BoolExp:
    """The required `where` argument."""
    type_name = f"{table.name}_bool_exp"
    here = at_key(args_path, "where")
    value = context.read(arguments, "where", named(type_name, True), args_path)
    if value is None:
        raise uncoercible("missing required field 'where'", here)
    return compile_where(context, table, value, here)


def _response(
    context: Context, table: TableType, field: Field, path: str
) -> tuple[AffectedRows | Returning | TypenameLeaf, ...]:
    type_name = f"{table.name}_mutation_response"
    here = at_key(path, "selectionSet")
    if not field.selections:
        raise invalid(f"missing selection set for '{type_name}'", here)
    found: list[AffectedRows | Returning | TypenameLeaf] = []
    for child in collect(context, field.selections, type_name, here):
        at = at_key(here, child.name)
        if child.name == "__typename":
            found.append(TypenameLeaf(child.key, type_name))
            continue
        if child.name not in ("affected_rows", "returning"):
            raise not_found(child.name, type_name, here)
        context.arguments(child.arguments, {}, child.name, at)
        if child.name == "returning":
            found.append(Returning(child.key, compile_fields(context, child.selections, table, at)))
        elif child.selections:
            raise invalid("unexpected subselection set for non-object field", at)
        else:
            found.append(AffectedRows(child.key))
    return tuple(found)


# --- insert -----------------------------------------------------------------------------------------------


def _insert(context: Context, table: TableType, single: bool, field: Field, path: str) -> Insert:
    name = "object" if single else "objects"
    arguments = context.arguments(field.arguments, {name: None, "on_conflict": None}, field.name, path)
    args_path = at_key(path, "args")
    here = at_key(args_path, name)
    raw = arguments.get(name)
    if raw is None:
        raise uncoercible(f"missing required field '{name}'", here)
    item = named(f"{table.name}_insert_input", True)
    source = _rows_source(context, table, raw, item if single else list_of(item, True), here)
    columns = tuple(_insert_columns(table).values())
    rows = Param(source, JSONB, "rows", here, columns, item.name)
    return Insert(table, rows, _on_conflict(context, table, arguments, args_path))


def _insert_columns(table: TableType) -> Mapping[str, ColumnField]:
    return table.insert.columns if table.insert else {}


def _rows_source(context: Context, table: TableType, raw: Raw, expected: GType, path: str) -> Source:
    """Where the rows come from; what the document itself says of them is checked here."""
    if isinstance(raw.node, VariableNode):
        context.reader.read(raw, expected, path)  # for the check of its type
        return VariableAt(raw.node.name.value)
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


def _row_source(context: Context, table: TableType, value: Value, path: str) -> Source:
    type_name = f"{table.name}_insert_input"
    columns = _insert_columns(table)
    items: list[tuple[str, Source]] = []
    for key, raw in context.pairs(value, type_name, path):
        column = columns.get(key)
        if column is None:
            raise not_found(key, type_name, path)
        here = at_key(path, key)
        if isinstance(raw.node, VariableNode) and raw.node.name.value in context.operation.variables:
            context.reader.read(raw, column.scalar.gtype, here)
            items.append((key, VariableAt(raw.node.name.value)))
            continue
        child = context.reader.read(raw, column.scalar.gtype, here)
        assert child is not None
        items.append((key, whole_source(context.reader, child, column.scalar.gtype, here)))
    return ObjectOf(tuple(items))


def _on_conflict(
    context: Context, table: TableType, arguments: Arguments, args_path: str
) -> OnConflict | None:
    type_name = f"{table.name}_on_conflict"
    here = at_key(args_path, "on_conflict")
    value = context.read(arguments, "on_conflict", named(type_name), args_path)
    if value is None or value.is_null or value.kind == "opaque":
        return None
    given = dict(context.pairs(value, type_name, here))
    for key in given:
        if key not in ("constraint", "update_columns", "where"):
            raise not_found(key, type_name, here)
    constraint_type = f"{table.name}_constraint"
    constraint = context.read(given, "constraint", named(constraint_type, True), here)
    if constraint is None:
        raise uncoercible("missing required field 'constraint'", at_key(here, "constraint"))
    names = tuple(table.unique)
    name = context.enum(constraint, constraint_type, names, at_key(here, "constraint"))
    columns: tuple[ColumnField, ...] = ()
    update_type = f"{table.name}_update_column"
    updated = context.read(given, "update_columns", non_null_list(update_type).required, here)
    if updated is not None:
        at = at_key(here, "update_columns")
        written = table.update.columns if table.update else {}
        items = context.items(updated, named(update_type, True), at)
        columns = tuple(written[context.enum(item, update_type, tuple(written), p)] for item, p in items)
    where = context.read(given, "where", named(f"{table.name}_bool_exp"), here)
    condition = (
        TRUE
        if where is None or where.is_null
        else compile_where(context, table, where, at_key(here, "where"))
    )
    return OnConflict(name, columns, condition)


# --- update -----------------------------------------------------------------------------------------------


def _update(context: Context, table: TableType, by_pk: bool, field: Field, path: str) -> Update:
    usable = {
        operator: columns for operator in UPDATE_OPERATORS if (columns := operator_columns(table, operator))
    }
    selector = "pk_columns" if by_pk else "where"
    arguments = context.arguments(field.arguments, {selector: None, **usable}, field.name, path)
    args_path = at_key(path, "args")
    if by_pk:
        condition = _pk_columns(context, table, arguments, args_path)
    else:
        condition = _where(context, table, arguments, args_path)
    if not any(operator in arguments for operator in usable):
        shown = ", ".join(f"'{operator}'" for operator in usable)
        raise invalid(f"at least any one of {shown} is expected", args_path)
    assignments: dict[str, Assignment] = {}
    for operator, columns in usable.items():
        for assignment in _assignments(context, table, operator, columns, arguments, args_path):
            if assignment.column.name in assignments:
                message = f"Column found in multiple operators: '{assignment.column.name}'."
                raise invalid(message, args_path)
            assignments[assignment.column.name] = assignment
    return Update(table, condition, tuple(assignments.values()))


def operator_columns(table: TableType, operator: str) -> dict[str, ColumnField]:
    """The columns an update operator may be used on."""
    columns = table.update.columns.items() if table.update else ()
    return {name: column for name, column in columns if update_operator_takes(operator, column.scalar)}


def _pk_columns(context: Context, table: TableType, arguments: Arguments, args_path: str) -> BoolExp:
    type_name = f"{table.name}_pk_columns_input"
    here = at_key(args_path, "pk_columns")
    value = context.read(arguments, "pk_columns", named(type_name, True), args_path)
    if value is None:
        raise uncoercible("missing required field 'pk_columns'", here)
    if value.kind == "opaque":
        return TRUE
    given = dict(context.pairs(value, type_name, here))
    for key in given:
        if all(key != column.name for column in table.primary_key):
            raise not_found(key, type_name, here)
    return primary_key_condition(context, table, given, here)


def _assignments(
    context: Context,
    table: TableType,
    operator: str,
    columns: Mapping[str, ColumnField],
    arguments: Arguments,
    args_path: str,
) -> list[Assignment]:
    type_name = f"{table.name}{operator}_input"
    here = at_key(args_path, operator)
    value = context.read(arguments, operator, named(type_name), args_path)
    if value is None or value.is_null:
        return []
    sql, operand_type = UPDATE_OPERATORS[operator]
    found: list[Assignment] = []
    for key, raw in context.pairs(value, type_name, here):
        column = columns.get(key)
        if column is None:
            raise not_found(key, type_name, here)
        operand = _operand(context, operator, operand_type or column.scalar, raw, at_key(here, key))
        if operand is not None:
            found.append(Assignment(column, sql, operand[0]))
    return found


def _operand(
    context: Context, operator: str, scalar: Scalar, raw: Raw, path: str
) -> tuple[Param | None] | None:
    """The operand, (None,) for NULL, or None if its variable was left out."""
    if operator == "_delete_at_path":
        value = context.reader.read(raw, non_null_list("String"), path)
        return None if value is None else (context.list_param(value, STRING, path),)
    value = context.reader.read(raw, scalar.gtype, path)
    if value is None:
        return None
    return (None,) if value.is_null else (context.param(value, scalar, path),)
