"""Boolean expressions.

In: a value of type `<table>_bool_exp`. Out: a `BoolExp`. With null collapse (EngineOptions) a comparison with
null is no condition; without it, null is an error as in Hasura v2.
"""

from __future__ import annotations

from lictor.engine.errors import at_key
from lictor.engine.expressions import (
    TRUE,
    And,
    BoolExp,
    Compare,
    Exists,
    ExistsComputed,
    IsNull,
    Not,
    Operand,
    Or,
    Param,
)
from lictor.engine.plan.context import BOOLEAN, Arguments, Context, not_found
from lictor.engine.plan.values import Raw, Value
from lictor.engine.schema.gtypes import list_of, named
from lictor.engine.schema.model import ComputedField, TableType
from lictor.engine.schema.operators import CASTS, Operator, operators
from lictor.engine.schema.scalars import Scalar


def compile_where(context: Context, table: TableType, value: Value, path: str) -> BoolExp:
    """The condition on rows of `table`."""
    type_name = f"{table.name}_bool_exp"
    conditions: list[BoolExp] = []
    for key, raw in context.pairs(value, type_name, path):
        here = at_key(path, key)
        if key in ("_and", "_or"):
            child = context.reader.read(raw, list_of(named(type_name, True)), here)
            if child is not None:
                items = context.items(child, named(type_name, True), here)
                parts = tuple(compile_where(context, table, item, at) for item, at in items)
                conditions.append(And(parts) if key == "_and" else Or(parts))
        elif key == "_not":
            child = context.reader.read(raw, named(type_name), here)
            if child is not None:
                conditions.append(Not(compile_where(context, table, child, here)))
        else:
            conditions += _field(context, table, key, raw, path)
    if not conditions:
        return TRUE
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions))


def optional_where(
    context: Context, table: TableType, arguments: Arguments, path: str, name: str = "where"
) -> BoolExp:
    """The condition that an argument gives; TRUE if it is left out or null."""
    value = context.read(arguments, name, named(f"{table.name}_bool_exp"), path)
    if value is None or value.is_null:
        return TRUE
    return compile_where(context, table, value, at_key(path, name))


def _field(context: Context, table: TableType, key: str, raw: Raw, path: str) -> list[BoolExp]:
    """What is asked of one column, computed field or relationship."""
    # deferred: the rows that an aggregate is over have a condition again
    from lictor.engine.plan.predicates import compile_aggregates

    here = at_key(path, key)
    if (column := table.columns.get(key)) is not None:
        child = context.reader.read(raw, named(column.scalar.comparison_exp), here)
        return [] if child is None else compile_comparisons(context, column, column.scalar, child, here)
    if (relationship := table.relationships.get(key)) is not None:
        target = relationship.target
        child = context.reader.read(raw, named(f"{target.name}_bool_exp"), here)
        return [] if child is None else [Exists(relationship, compile_where(context, target, child, here))]
    if (relationship := table.aggregates.get(key)) is not None:
        child = context.reader.read(raw, named(f"{relationship.target.name}_aggregate_bool_exp"), here)
        return [] if child is None else compile_aggregates(context, relationship, child, here)
    if (computed := table.plain_computed.get(key)) is not None:
        return _computed(context, computed, raw, here)
    raise not_found(key, f"{table.name}_bool_exp", path)


def _computed(context: Context, computed: ComputedField, raw: Raw, path: str) -> list[BoolExp]:
    if computed.table is not None:
        child = context.reader.read(raw, named(f"{computed.table.name}_bool_exp"), path)
        if child is None:
            return []
        return [ExistsComputed(computed, compile_where(context, computed.table, child, path))]
    assert computed.scalar is not None
    child = context.reader.read(raw, named(computed.scalar.comparison_exp), path)
    return [] if child is None else compile_comparisons(context, computed, computed.scalar, child, path)


# --- comparisons ------------------------------------------------------------------------------------------


def compile_comparisons(
    context: Context, column: Operand, scalar: Scalar, value: Value, path: str, cast: Scalar | None = None
) -> list[BoolExp]:
    """All operators of one `<scalar>_comparison_exp`."""
    known = operators(scalar)
    conditions: list[BoolExp] = []
    for key, raw in context.pairs(value, scalar.comparison_exp, path):
        here = at_key(path, key)
        if key == "_is_null":
            child = context.reader.read(raw, BOOLEAN, here)
            if child is None or _collapses(context, child):
                continue
            conditions.append(IsNull(column, not context.boolean(child, here), cast))
        elif key == "_cast" and scalar.pg_type in CASTS and cast is None:
            child = context.reader.read(raw, named(f"{scalar.name}_cast_exp"), here)
            if child is not None:
                conditions += _casts(context, column, scalar, child, here)
        elif (operator := known.get(key)) is not None:
            operand = _operand(context, operator, raw, here)
            if operand is not None:
                conditions.append(Compare(column, operator, operand, cast))
        else:
            raise not_found(key, scalar.comparison_exp, path)
    return conditions


def _operand(context: Context, operator: Operator, raw: Raw, path: str) -> Param | None:
    """The operand's parameter, or None if the comparison is no condition."""
    scalar = operator.operand
    expected = list_of(scalar.gtype.required) if operator.shape == "many" else scalar.gtype
    value = context.reader.read(raw, expected, path)
    if value is None or _collapses(context, value):
        return None
    if operator.shape == "many":
        return context.list_param(value, scalar, path)
    return context.param(value, scalar, path)


def _casts(context: Context, column: Operand, scalar: Scalar, value: Value, path: str) -> list[BoolExp]:
    conditions: list[BoolExp] = []
    type_name = f"{scalar.name}_cast_exp"
    for key, raw in context.pairs(value, type_name, path):
        target = CASTS[scalar.pg_type].get(key)
        if target is None:
            raise not_found(key, type_name, path)
        here = at_key(path, key)
        child = context.reader.read(raw, named(target.comparison_exp), here)
        if child is not None:
            conditions += compile_comparisons(context, column, target, child, here, target)
    return conditions


def _collapses(context: Context, value: Value) -> bool:
    return value.is_null and context.options.v1_boolean_null_collapse
