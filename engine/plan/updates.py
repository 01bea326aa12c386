"""Updates.

In: an update field and its table. Out: `Update`s, with the role's filter and presets. Update operators are part
of the plan. Raises GraphQLFailure with Hasura's texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from lictor.engine.errors import at_key, invalid
from lictor.engine.expressions import TRUE, And, BoolExp, Compare, Param, both
from lictor.engine.plan.context import Arguments, Context, non_null_list, not_found
from lictor.engine.plan.nodes import Assignment, Update
from lictor.engine.plan.selection import Field
from lictor.engine.plan.values import Raw
from lictor.engine.plan.where import compile_where
from lictor.engine.schema.gtypes import list_of, named
from lictor.engine.schema.model import ColumnField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS, operators
from lictor.engine.schema.scalars import STRING, Scalar
from lictor.engine.schema.writing import usable_operators


def primary_key_condition(context: Context, table: TableType, arguments: Arguments, path: str) -> BoolExp:
    """All key columns given and equal. `path` is that of the object that holds them."""
    conditions: list[BoolExp] = []
    for column in table.primary_key:
        value = context.required(arguments, column.name, column.scalar.gtype.required, path)
        operand = context.param(value, column.scalar, at_key(path, column.name))
        conditions.append(Compare(column, operators(column.scalar)["_eq"], operand))
    return And(tuple(conditions))


def required_where(context: Context, table: TableType, arguments: Arguments, args_path: str) -> BoolExp:
    """The `where` argument, which must be there."""
    value = context.required(arguments, "where", named(f"{table.name}_bool_exp", True), args_path)
    return compile_where(context, table, value, at_key(args_path, "where"))


def compile_update(context: Context, table: TableType, by_pk: bool, field: Field, path: str) -> Update:
    """One update field. `path` is that of the field."""
    usable = usable_operators(table)
    selector = "pk_columns" if by_pk else "where"
    arguments = context.arguments(field.arguments, {selector: None, **usable}, field.name, path)
    args_path = at_key(path, "args")
    if by_pk:
        condition = _pk_columns(context, table, arguments, args_path)
    else:
        condition = required_where(context, table, arguments, args_path)
    return _update(context, table, condition, usable, arguments, args_path)


def compile_updates(context: Context, table: TableType, field: Field, path: str) -> tuple[Update, ...]:
    """update_…_many: the updates of its argument, in order."""
    arguments = context.arguments(field.arguments, {"updates": None}, field.name, path)
    type_name = f"{table.name}_updates"
    args_path = at_key(path, "args")
    here = at_key(args_path, "updates")
    item = named(type_name, True)
    value = context.required(arguments, "updates", list_of(item, True), args_path)
    usable = usable_operators(table)
    found: list[Update] = []
    for part, at in context.items(value, item, here):
        given = dict(context.pairs(part, type_name, at))
        for key in given:
            if key != "where" and key not in usable:
                raise not_found(key, type_name, at)
        if part.kind != "opaque":
            condition = required_where(context, table, given, at)
            found.append(_update(context, table, condition, usable, given, at))
    return tuple(found)


def _update(
    context: Context,
    table: TableType,
    condition: BoolExp,
    usable: Mapping[str, Mapping[str, ColumnField]],
    arguments: Arguments,
    args_path: str,
) -> Update:
    rule = table.update
    assert rule is not None  # else there is no such field
    if usable and not rule.presets and not any(operator in arguments for operator in usable):
        shown = ", ".join(f"'{operator}'" for operator in usable)
        raise invalid(f"at least any one of {shown} is expected", args_path)
    presets = [Assignment(column, "{1}", operand) for column, operand in rule.presets]
    assignments = {assignment.column.name: assignment for assignment in presets}
    repeated: dict[str, None] = {}
    for operator, columns in usable.items():
        for assignment in _assignments(context, table, operator, columns, arguments, args_path):
            name = assignment.column.name
            if name in assignments:
                repeated[name] = None
            assignments[name] = assignment
    if repeated:
        names = [f"'{name}'" for name in repeated]
        shown = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        raise invalid(f"Column found in multiple operators: {shown}.", args_path)
    return Update(table, both(rule.filter, condition), tuple(assignments.values()))


def _pk_columns(context: Context, table: TableType, arguments: Arguments, args_path: str) -> BoolExp:
    type_name = f"{table.name}_pk_columns_input"
    here = at_key(args_path, "pk_columns")
    value = context.required(arguments, "pk_columns", named(type_name, True), args_path)
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
