"""The schema as graphql-core objects, for introspection and SDL only.

In: a `RoleSchema`. Out: a `GraphQLSchema` with the type and field names Hasura v2 generates. Requests are never
executed against it; types are made on demand and shared by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInputField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLSkipDirective,
)

from lictor.engine.schema.action_relationships import visible
from lictor.engine.schema.gtypes import GType
from lictor.engine.schema.introspectable_inputs import (
    BOOLEAN,
    FLOAT,
    INT,
    STRING,
    EnumType,
    InputObjectType,
    ObjectType,
    ScalarType,
    list_of,
)
from lictor.engine.schema.introspectable_streams import StreamTypes
from lictor.engine.schema.model import (
    MUTATION_KINDS,
    ActionField,
    ColumnField,
    ComputedField,
    RelationshipField,
    RoleSchema,
    RootField,
    TableType,
    aggregated_computed,
)
from lictor.engine.schema.operators import COMPARABLE_AGGREGATES, NUMERIC_AGGREGATES
from lictor.engine.schema.prune import prune
from lictor.engine.schema.scalars import Scalar

# What sum, min and max leave as they are; the other aggregates are Float.
TYPE_PRESERVING = frozenset({"sum", "max", "min"})


# Hasura's, which are fewer than graphql-core's own; the engine accepts no others (plan/directives.py).
DIRECTIVES = (
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    GraphQLDirective(
        "cached",
        [DirectiveLocation.QUERY],
        {
            "ttl": GraphQLArgument(GraphQLNonNull(INT), 60, "measured in seconds"),
            "refresh": GraphQLArgument(GraphQLNonNull(BOOLEAN), False, "refresh the cache entry"),
        },
        description="whether this query should be cached (Hasura Cloud only)",
    ),
)


def build_graphql_schema(role: RoleSchema) -> GraphQLSchema:
    """The role's whole schema."""
    return _Types(role).schema()


class _Types(StreamTypes):
    def schema(self) -> GraphQLSchema:
        query = {name: self._root(field) for name, field in self.role.query.items()}
        mutation = {name: self._root(field) for name, field in self.role.mutation.items()}
        subscription = {name: self._root(field) for name, field in self.role.subscription.items()}
        roots = {"query": ObjectType("query_root", query)}
        if mutation:
            roots["mutation"] = ObjectType("mutation_root", mutation)
        if subscription:
            roots["subscription"] = ObjectType("subscription_root", subscription)
        prune(roots.values())
        if not roots["query"].fields:
            roots["query"].fields["no_queries_available"] = GraphQLField(
                STRING, description="There are no queries available to the current role."
            )
        for optional in ("mutation", "subscription"):
            if optional in roots and not roots[optional].fields:
                del roots[optional]
        return GraphQLSchema(
            query=roots["query"],
            mutation=roots.get("mutation"),
            subscription=roots.get("subscription"),
            directives=DIRECTIVES,
        )

    # --- root fields ------------------------------------------------------------------------------------

    def _root(self, field: RootField) -> GraphQLField:
        if field.action is not None:
            return self._action(field.action, field.comment)
        table = field.table
        assert table is not None
        if field.kind in MUTATION_KINDS:
            made = self.mutation(field)
            if field.comment is not None:
                made.description = field.comment or None
            return made
        if field.kind == "stream":
            return self.stream(table)
        text = root_text(field)
        if field.kind == "by_pk":
            arguments = {
                c.name: GraphQLArgument(GraphQLNonNull(self.scalar(c.scalar)), description=c.comment)
                for c in table.primary_key
            }
            return GraphQLField(self.table(table), arguments, description=text)
        arguments = self._rows_arguments(table)
        if field.function is not None:
            arguments = self.function_args(field.function) | arguments
        if field.kind in ("aggregate", "function_aggregate"):
            return GraphQLField(GraphQLNonNull(self.aggregate(table)), arguments, description=text)
        output = self.table(table)
        if field.kind == "select" or (field.function is not None and field.function.returns_set):
            output = _list(output)
        return GraphQLField(output, arguments, description=text)

    def _action(self, action: ActionField, comment: str | None) -> GraphQLField:
        signature = action.types.signatures[action.action.name]
        arguments = {
            name: GraphQLArgument(self._custom(argument.type, output=False), description=argument.description)
            for name, argument in signature.arguments.items()
        }
        return GraphQLField(self._custom(action.output, output=True), arguments, description=comment)

    def _rows_arguments(self, table: TableType) -> dict[str, GraphQLArgument]:
        return {
            "distinct_on": GraphQLArgument(
                list_of(self.select_column(table)), description="distinct select on columns"
            ),
            "limit": GraphQLArgument(INT, description="limit the number of rows returned"),
            "offset": GraphQLArgument(INT, description="skip the first n rows. Use only with order_by"),
            "order_by": GraphQLArgument(
                list_of(self.order_by(table)), description="sort the rows by one or more columns"
            ),
            "where": GraphQLArgument(self.bool_exp(table), description="filter the rows returned"),
        }

    # --- output types -----------------------------------------------------------------------------------

    def table(self, table: TableType) -> Any:
        return self.once(
            table.name,
            lambda: ObjectType(table.name, lambda: self._table_fields(table), description=table_text(table)),
        )

    def _table_fields(self, table: TableType) -> dict[str, GraphQLField]:
        fields = {column.name: self._column(column) for column in table.columns.values()}
        for relationship in table.relationships.values():
            fields[relationship.name] = self._relationship(relationship)
        for computed in table.computed.values():
            fields[computed.name] = self._computed(computed)
        for name, relationship in table.aggregates.items():
            fields[name] = GraphQLField(
                GraphQLNonNull(self.aggregate(relationship.target)),
                self._rows_arguments(relationship.target),
                description="An aggregate relationship",
            )
        return dict(sorted(fields.items()))

    def _column(self, column: ColumnField) -> GraphQLField:
        arguments = {}
        if column.scalar.family == "json":
            arguments["path"] = GraphQLArgument(STRING, description="JSON select path")
        output = self.scalar(column.scalar)
        return GraphQLField(
            output if column.nullable else GraphQLNonNull(output), arguments, description=column.comment
        )

    def _computed(self, computed: ComputedField) -> GraphQLField:
        arguments = self.function_args(computed)
        if computed.table is not None:
            output = GraphQLList(GraphQLNonNull(self.table(computed.table)))
            arguments |= self._rows_arguments(computed.table)
            return GraphQLField(output, arguments, description=computed.comment)
        assert computed.scalar is not None
        if computed.scalar.family == "json":
            arguments["path"] = GraphQLArgument(STRING, description="JSON select path")
        return GraphQLField(self.scalar(computed.scalar), arguments, description=computed.comment)

    def _relationship(self, relationship: RelationshipField) -> GraphQLField:
        output = self.table(relationship.target)
        if relationship.is_array:
            description = relationship.comment or "An array relationship"
            return GraphQLField(
                _list(output), self._rows_arguments(relationship.target), description=description
            )
        description = relationship.comment or "An object relationship"
        return GraphQLField(
            output if relationship.nullable else GraphQLNonNull(output), description=description
        )

    def aggregate(self, table: TableType) -> Any:
        name = f"{table.name}_aggregate"

        def make() -> Any:
            fields = {
                "aggregate": GraphQLField(self._aggregate_fields(table)),
                "nodes": GraphQLField(_list(self.table(table))),
            }
            return ObjectType(name, fields, description=f'aggregated selection of "{table.source}"')

        return self.once(name, make)

    def _aggregate_fields(self, table: TableType) -> Any:
        fields: dict[str, GraphQLField] = {}
        for function in (*NUMERIC_AGGREGATES, *COMPARABLE_AGGREGATES):
            columns = table.numeric_columns if function in NUMERIC_AGGREGATES else table.comparable_columns
            computed = aggregated_computed(table, function)
            if columns or computed:
                inner = self._function_fields(table, function, columns, computed.values())
                fields[function] = GraphQLField(inner)
        count_arguments = {
            "columns": GraphQLArgument(list_of(self.select_column(table))),
            "distinct": GraphQLArgument(BOOLEAN),
        }
        fields["count"] = GraphQLField(GraphQLNonNull(INT), count_arguments)
        return ObjectType(
            f"{table.name}_aggregate_fields",
            dict(sorted(fields.items())),
            description=f'aggregate fields of "{table.source}"',
        )

    def _function_fields(
        self,
        table: TableType,
        function: str,
        columns: Iterable[ColumnField],
        computed: Iterable[ComputedField],
    ) -> Any:
        def output(of: Scalar | None) -> Any:
            return self.scalar(of) if of is not None and function in TYPE_PRESERVING else FLOAT

        fields = {c.name: GraphQLField(output(c.scalar), description=c.comment) for c in columns}
        fields |= {
            c.name: GraphQLField(output(c.scalar), self.function_args(c), description=c.comment)
            for c in computed
        }
        return ObjectType(
            f"{table.name}_{function}_fields",
            dict(sorted(fields.items())),
            description=f"aggregate {function} on columns",
        )

    # --- custom types of actions ------------------------------------------------------------------------

    def _custom(self, gtype: GType, *, output: bool) -> Any:
        if gtype.inner is not None:
            made = GraphQLList(self._custom(gtype.inner, output=output))
        else:
            made = self.once(gtype.name, lambda: self._make_custom(gtype.name, output))
        return GraphQLNonNull(made) if gtype.non_null else made

    def _make_custom(self, name: str, output: bool) -> Any:
        types = self.role.action_types
        description = types.descriptions.get(name)
        if name in types.enums:
            values = {
                value: GraphQLEnumValue(value, description=types.descriptions.get(f"{name}.{value}"))
                for value in types.enums[name]
            }
            return EnumType(name, values, description=description)
        if output and name in types.objects:
            return ObjectType(name, lambda: self._object_fields(name), description=description)
        if not output and name in types.inputs:
            return InputObjectType(
                name,
                lambda: {
                    key: GraphQLInputField(
                        self._custom(field.type, output=False), description=field.description
                    )
                    for key, field in types.inputs[name].items()
                },
                description=description,
            )
        return ScalarType(name, description=description)

    def _object_fields(self, name: str) -> dict[str, GraphQLField]:
        types = self.role.action_types
        fields = {f: GraphQLField(self._custom(t, output=True)) for f, t in types.objects[name].items()}
        for f, (relationship, table) in visible(types, name, self.role.tables).items():
            if relationship.is_aggregate:
                output = GraphQLNonNull(self.aggregate(table))
                fields[f] = GraphQLField(
                    output, self._rows_arguments(table), description="An aggregate relationship"
                )
            elif relationship.is_array:
                fields[f] = GraphQLField(
                    _list(self.table(table)), self._rows_arguments(table), description="An array relationship"
                )
            else:
                fields[f] = GraphQLField(self.table(table), description="An object relationship")
        return fields


def _list(inner: Any) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(inner)))


def table_text(table: TableType) -> str | None:
    """The description of a table's type: the metadata's comment, or the database's and what it is."""
    if table.explicit_comment:
        return table.comment or None
    text = f'columns and relationships of "{table.source}"'
    return f"{table.comment}\n\n\n{text}\n" if table.comment else text


def root_text(field: RootField) -> str | None:
    """The description of a field of query_root, or of a function."""
    if field.comment is not None:
        return field.comment or None
    assert field.table is not None
    table, function = field.table.source, field.function
    if function is not None and field.kind == "function_aggregate":
        return f'execute function "{function.source}" and query aggregates on result of table type "{table}"'
    if function is not None:
        return function.comment or f'execute function "{function.source}" which returns "{table}"'
    what = "aggregated fields" if field.kind == "aggregate" else "data"
    how = " using primary key columns" if field.kind == "by_pk" else ""
    return f'fetch {what} from the table: "{table}"{how}'
