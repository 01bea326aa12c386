"""The streams in the introspectable schema.

In: a `<table>_stream` field of a `RoleSchema`. Out: the field of subscription_root and the types of its cursor.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLList,
    GraphQLNonNull,
)

from lictor.engine.schema.introspectable_inputs import INT, EnumType, InputObjectType
from lictor.engine.schema.introspectable_mutations import MutationTypes
from lictor.engine.schema.model import TableType
from lictor.engine.schema.subscriptions import cursor_input, cursor_value_input


class StreamTypes(MutationTypes):
    """What streams take."""

    def stream(self, table: TableType) -> GraphQLField:
        """The field that streams a table's rows."""
        return GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(self.table(table)))),
            {
                "batch_size": GraphQLArgument(
                    GraphQLNonNull(INT), description="maximum number of rows returned in a single batch"
                ),
                "cursor": GraphQLArgument(
                    GraphQLNonNull(GraphQLList(self._cursor(table))),
                    description="cursor to stream the results returned by the query",
                ),
                "where": GraphQLArgument(self.bool_exp(table), description="filter the rows returned"),
            },
            description=f'fetch data from the table in a streaming manner: "{table.source}"',
        )

    def _cursor(self, table: TableType) -> Any:
        def fields() -> dict[str, GraphQLInputField]:
            return {
                "initial_value": GraphQLInputField(
                    GraphQLNonNull(self._start(table)), description="Stream column input with initial value"
                ),
                "ordering": GraphQLInputField(self._ordering(), description="cursor ordering"),
            }

        name = cursor_input(table)
        description = f'Streaming cursor of the table "{table.name}"'
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _start(self, table: TableType) -> Any:
        def fields() -> dict[str, GraphQLInputField]:
            found = {
                column.name: GraphQLInputField(self.scalar(column.scalar), description=column.comment)
                for column in table.columns.values()
            }
            return dict(sorted(found.items()))

        name = cursor_value_input(table)
        description = "Initial value of the column from where the streaming should start"
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _ordering(self) -> Any:
        values = {
            "ASC": GraphQLEnumValue("ASC", description="ascending ordering of the cursor"),
            "DESC": GraphQLEnumValue("DESC", description="descending ordering of the cursor"),
        }
        description = "ordering argument of a cursor"
        return self.once(
            "cursor_ordering", lambda: EnumType("cursor_ordering", values, description=description)
        )
