"""Aggregate predicates of filters: `<relationship>_aggregate: {count: {predicate: {_gt: 3}}}`.

In: a value of type `<table>_aggregate_bool_exp`. Out: `Aggregated` conditions. Only tables whose aggregates the role
may see have them.
"""

from __future__ import annotations

from lictor.engine.errors import at_key, invalid
from lictor.engine.expressions import TRUE, Aggregated, AggregateValue, And, BoolExp
from lictor.engine.plan.context import BOOLEAN, Arguments, Context, missing_field, non_null_list, not_found
from lictor.engine.plan.order import compile_select_columns
from lictor.engine.plan.values import Value
from lictor.engine.plan.where import compile_comparisons, optional_where
from lictor.engine.schema.gtypes import named
from lictor.engine.schema.model import ColumnField, RelationshipField, TableType
from lictor.engine.schema.predicates import PAIR, AggregatePredicate, aggregate_predicates


def compile_aggregates(
    context: Context, relationship: RelationshipField, value: Value, path: str
) -> list[BoolExp]:
    """`<relationship>_aggregate: {count: {…}, bool_and: {…}, …}`; exactly one of them."""
    table = relationship.target
    known = {predicate.name: predicate for predicate in aggregate_predicates(table)}
    type_name = f"{table.name}_aggregate_bool_exp"
    conditions: list[BoolExp] = []
    pairs = context.pairs(value, type_name, path)
    if len(pairs) != 1 and value.kind != "opaque":
        raise invalid("exactly one predicate should be specified", path)
    for key, raw in pairs:
        if key not in known:
            raise not_found(key, type_name, path)
        here = at_key(path, key)
        child = context.reader.read(raw, named(known[key].type_name), here)
        if child is not None:
            conditions.append(_aggregate(context, relationship, known[key], child, here))
    return conditions


def _aggregate(
    context: Context, relationship: RelationshipField, known: AggregatePredicate, value: Value, path: str
) -> BoolExp:
    table = relationship.target
    pairs = dict(context.pairs(value, known.type_name, path))
    for key in pairs:
        if key not in ("arguments", "distinct", "filter", "predicate"):
            raise not_found(key, known.type_name, path)
    columns = _arguments(context, table, known, pairs, path, opaque=value.kind == "opaque")
    distinct = context.read(pairs, "distinct", BOOLEAN, path)
    is_distinct = (
        distinct is not None and not distinct.is_null and context.boolean(distinct, at_key(path, "distinct"))
    )
    condition = optional_where(context, table, pairs, path, "filter")
    here = at_key(path, "predicate")
    predicate = context.read(pairs, "predicate", named(known.result.comparison_exp, True), path)
    if predicate is None:
        if value.kind == "opaque" or context.reader.variables is None:
            return TRUE
        raise missing_field("predicate", path)
    aggregate = AggregateValue(known.name, columns, is_distinct, known.result)
    comparisons = compile_comparisons(context, aggregate, known.result, predicate, here)
    return Aggregated(relationship, condition, And(tuple(comparisons)))


def _arguments(
    context: Context,
    table: TableType,
    known: AggregatePredicate,
    pairs: Arguments,
    path: str,
    *,
    opaque: bool,
) -> tuple[ColumnField, ...]:
    """The columns an aggregate is over: a list of any for count, else one of the right type or X and Y."""
    here = at_key(path, "arguments")
    if known.columns is None:
        value = context.read(pairs, "arguments", non_null_list(f"{table.name}_select_column"), path)
        return () if value is None else compile_select_columns(context, table, value, here)
    names = tuple(known.columns)
    if known.pair:
        value = context.read(pairs, "arguments", named(known.arguments_type, True), path)
        places = {} if value is None else dict(context.pairs(value, known.arguments_type, here))
        if unknown := next((name for name in places if name not in PAIR), None):
            raise not_found(unknown, known.arguments_type, here)
        opaque = opaque or (value is not None and value.kind == "opaque")
        wanted, owner, given = PAIR, here, places
    else:
        wanted, owner, given = ("arguments",), path, pairs
    columns: list[ColumnField] = []
    for name in wanted:
        value = context.read(given, name, named(known.columns_type, True), owner)
        if value is None:
            if opaque or context.reader.variables is None:
                columns.append(known.columns[names[0]])
                continue
            raise missing_field(name, owner)
        columns.append(known.columns[context.enum(value, known.columns_type, names, at_key(owner, name))])
    return tuple(columns)
