"""Input types of the introspectable schema: boolean expressions, comparisons, orders, column enums.

In: tables and scalars of a `RoleSchema`. Out: graphql-core input types, each made once and shared by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)

from lictor.engine.schema.model import ComputedField, FunctionType, RoleSchema, TableType
from lictor.engine.schema.operators import (
    CASTS,
    COMPARABLE_AGGREGATES,
    DIRECTIONS,
    NUMERIC_AGGREGATES,
    operator_text,
    operators,
)
from lictor.engine.schema.predicates import PAIR, AggregatePredicate, aggregate_predicates
from lictor.engine.schema.scalars import Scalar

# graphql-core's type classes declare a __new__ that hides their own type from type checkers.
ObjectType: Any = GraphQLObjectType
InputObjectType: Any = GraphQLInputObjectType
EnumType: Any = GraphQLEnumType
ScalarType: Any = GraphQLScalarType
BUILTIN: dict[str, Any] = {
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "String": GraphQLString,
    "Boolean": GraphQLBoolean,
    "ID": GraphQLID,
}
INT, FLOAT, STRING, BOOLEAN = (BUILTIN[name] for name in ("Int", "Float", "String", "Boolean"))


class InputTypes:
    """The registry of types by name, and every input type of tables."""

    def __init__(self, role: RoleSchema) -> None:
        self.role = role
        self.known: dict[str, Any] = dict(BUILTIN)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.known:
            self.known[name] = make()
        return self.known[name]

    def scalar(self, scalar: Scalar) -> Any:
        if scalar.element is not None:
            element = scalar.element
            return list_of(self.once(element, lambda: ScalarType(element)))

        def make() -> Any:
            if scalar.family != "enum":
                return ScalarType(scalar.name)
            values = {name: GraphQLEnumValue(name, description=comment) for name, comment in scalar.values}
            return EnumType(scalar.name, values)

        return self.once(scalar.name, make)

    def function_args(self, function: FunctionType | ComputedField) -> dict[str, GraphQLArgument]:
        """The `args` argument of a function's field, if it has any to give."""
        if not function.inputs:
            return {}
        name = function.args_type
        args = self.once(
            name,
            lambda: InputObjectType(
                name, {a.name: GraphQLInputField(self.scalar(a.scalar)) for a in function.inputs}
            ),
        )
        required = any(not argument.has_default for argument in function.inputs)
        what = (
            f'input parameters for computed field "{function.name}" defined on table "{function.row_table}"'
            if isinstance(function, ComputedField)
            else f'input parameters for function "{function.source}"'
        )
        return {"args": GraphQLArgument(GraphQLNonNull(args) if required else args, description=what)}

    def bool_exp(self, table: TableType) -> Any:
        type_name = f"{table.name}_bool_exp"

        def fields() -> dict[str, GraphQLInputField]:
            this = self.known[type_name]
            found = {
                "_and": GraphQLInputField(list_of(this)),
                "_not": GraphQLInputField(this),
                "_or": GraphQLInputField(list_of(this)),
            }
            for column in table.columns.values():
                found[column.name] = GraphQLInputField(self.comparison(column.scalar))
            for relationship in table.relationships.values():
                found[relationship.name] = GraphQLInputField(self.bool_exp(relationship.target))
            for aggregate, relationship in table.aggregates.items():
                found[aggregate] = GraphQLInputField(self.aggregate_bool_exp(relationship.target))
            for name, computed in table.plain_computed.items():
                if computed.table is not None:
                    found[name] = GraphQLInputField(self.bool_exp(computed.table))
                elif computed.scalar is not None:
                    found[name] = GraphQLInputField(self.comparison(computed.scalar))
            return dict(sorted(found.items()))

        description = (
            f'Boolean expression to filter rows from the table "{table.source}". All fields are combined with a '
            "logical 'AND'."
        )
        return self.once(type_name, lambda: InputObjectType(type_name, fields, description=description))

    def aggregate_bool_exp(self, table: TableType) -> Any:
        """What may be asked of rows of `table` taken together."""
        name = f"{table.name}_aggregate_bool_exp"

        def fields() -> dict[str, GraphQLInputField]:
            return {
                predicate.name: GraphQLInputField(self._aggregate_predicate(table, predicate))
                for predicate in aggregate_predicates(table)
            }

        return self.once(name, lambda: InputObjectType(name, fields))

    def _aggregate_predicate(self, table: TableType, predicate: AggregatePredicate) -> Any:
        return self.once(
            predicate.type_name,
            lambda: InputObjectType(
                predicate.type_name,
                lambda: {
                    "arguments": GraphQLInputField(self._predicate_arguments(table, predicate)),
                    "distinct": GraphQLInputField(BOOLEAN),
                    "filter": GraphQLInputField(self.bool_exp(table)),
                    "predicate": GraphQLInputField(GraphQLNonNull(self.comparison(predicate.result))),
                },
            ),
        )

    def _predicate_arguments(self, table: TableType, predicate: AggregatePredicate) -> Any:
        if predicate.columns is None:
            return list_of(self.select_column(table))
        values = {name: GraphQLEnumValue(name, description="column name") for name in predicate.columns}
        what = f"{table.name}_aggregate_bool_exp_{predicate.name}_arguments_columns"
        enum = self.once(
            predicate.columns_type,
            lambda: EnumType(
                predicate.columns_type,
                values,
                description=f'select "{what}" columns of table "{table.source}"',
            ),
        )
        if not predicate.pair:
            return GraphQLNonNull(enum)
        pair = self.once(
            predicate.arguments_type,
            lambda: InputObjectType(
                predicate.arguments_type,
                {place: GraphQLInputField(GraphQLNonNull(enum)) for place in PAIR},
            ),
        )
        return GraphQLNonNull(pair)

    def comparison(self, scalar: Scalar) -> Any:
        name = scalar.comparison_exp

        def fields() -> dict[str, GraphQLInputField]:
            found = {}
            for operator in operators(scalar).values():
                operand = self.scalar(operator.operand)
                found[operator.name] = GraphQLInputField(
                    list_of(operand) if operator.shape == "many" else operand,
                    description=operator_text(operator.name, scalar),
                )
            found["_is_null"] = GraphQLInputField(BOOLEAN)
            if scalar.pg_type in CASTS:
                found["_cast"] = GraphQLInputField(self._cast(scalar))
            return dict(sorted(found.items()))

        description = f"Boolean expression to compare columns of type \"{scalar.element or scalar.name}\". All fields are combined with logical 'AND'."
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _cast(self, scalar: Scalar) -> Any:
        name = f"{scalar.name}_cast_exp"
        return self.once(
            name,
            lambda: InputObjectType(
                name,
                {
                    key: GraphQLInputField(self.comparison(target))
                    for key, target in CASTS[scalar.pg_type].items()
                },
            ),
        )

    def order_by(self, table: TableType) -> Any:
        name = f"{table.name}_order_by"

        def fields() -> dict[str, GraphQLInputField]:
            found = {c.name: GraphQLInputField(self._direction()) for c in table.columns.values()}
            for relationship in table.relationships.values():
                if not relationship.is_array:
                    found[relationship.name] = GraphQLInputField(self.order_by(relationship.target))
            for aggregate, relationship in table.aggregates.items():
                found[aggregate] = GraphQLInputField(self.aggregate_order_by(relationship.target))
            for key, computed in table.orderable_computed.items():
                found[key] = GraphQLInputField(
                    self._direction() if computed.table is None else self.aggregate_order_by(computed.table)
                )
            return dict(sorted(found.items()))

        description = f'Ordering options when selecting data from "{table.source}".'
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def aggregate_order_by(self, table: TableType) -> Any:
        name = f"{table.name}_aggregate_order_by"

        def make() -> Any:
            found = {"count": GraphQLInputField(self._direction())}
            for function in (*NUMERIC_AGGREGATES, *COMPARABLE_AGGREGATES):
                columns = (
                    table.numeric_columns if function in NUMERIC_AGGREGATES else table.comparable_columns
                )
                if columns:
                    fields = {
                        c.name: GraphQLInputField(self._direction(), description=c.comment) for c in columns
                    }
                    inner = InputObjectType(
                        f"{table.name}_{function}_order_by",
                        fields,
                        description=f'order by {function}() on columns of table "{table.source}"',
                    )
                    found[function] = GraphQLInputField(inner)
            return InputObjectType(
                name,
                dict(sorted(found.items())),
                description=f'order by aggregate values of table "{table.source}"',
            )

        return self.once(name, make)

    def _direction(self) -> Any:
        def make() -> Any:
            values = {
                name: GraphQLEnumValue(name, description=_direction_text(sql))
                for name, sql in DIRECTIONS.items()
            }
            return EnumType("order_by", values, description="column ordering options")

        return self.once("order_by", make)

    def select_column(self, table: TableType) -> Any:
        name = f"{table.name}_select_column"
        values = {column: GraphQLEnumValue(column, description="column name") for column in table.columns}
        description = f'select columns of table "{table.source}"'
        return self.once(name, lambda: EnumType(name, values, description=description))


def list_of(inner: Any) -> Any:
    return GraphQLList(GraphQLNonNull(inner))


def _direction_text(sql: str) -> str:
    order, _, place = sql.partition(" NULLS ")
    words = "ascending" if order == "ASC" else "descending"
    return f"in {words} order, nulls {place.lower()}"
