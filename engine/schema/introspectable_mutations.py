"""The generated mutations in the introspectable schema.

In: tables of a `RoleSchema`. Out: the fields of mutation_root and the input types of insert, update and delete.
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

from lictor.engine.schema.introspectable_inputs import (
    INT,
    STRING,
    EnumType,
    InputObjectType,
    InputTypes,
    ObjectType,
    list_of,
)
from lictor.engine.schema.model import RootField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS, update_operator_takes

OPERATOR_TEXTS = {
    "_set": "sets the columns of the filtered rows to the given values",
    "_inc": "increments the numeric columns with given value of the filtered values",
    "_append": "append existing jsonb value of filtered columns with new jsonb value",
    "_prepend": "prepend existing jsonb value of filtered columns with new jsonb value",
    "_delete_key": "delete key/value pair or string element. key/value pairs are matched based on their key value",
    "_delete_elem": "delete the array element with specified index (negative integers count from the end)",
    "_delete_at_path": "delete the field or element with specified path",
}


class MutationTypes(InputTypes):
    """What mutations take and give."""

    def table(self, table: TableType) -> Any:
        """The object type of a table's rows."""
        raise NotImplementedError

    def mutation(self, field: RootField) -> GraphQLField:
        """One generated field of mutation_root."""
        table = field.table
        assert table is not None
        name = table.name
        row_input = GraphQLNonNull(self._insert_input(table))
        if field.kind == "insert":
            arguments = {"objects": GraphQLNonNull(GraphQLList(row_input))} | self._on_conflict_argument(
                table
            )
            return self._field(
                self._response(table), arguments, f'insert data into the table: "{table.source}"'
            )
        if field.kind == "insert_one":
            arguments = {"object": row_input} | self._on_conflict_argument(table)
            return self._field(
                self.table(table), arguments, f'insert a single row into the table: "{table.source}"'
            )
        where = {"where": GraphQLNonNull(self.bool_exp(table))}
        if field.kind == "update":
            text = f'update data of the table: "{table.source}"'
            return self._field(self._response(table), self._operators(table) | where, text)
        if field.kind == "update_by_pk":
            key = {"pk_columns": GraphQLNonNull(self._pk_columns(table))}
            text = f'update single row of the table: "{table.source}"'
            return self._field(self.table(table), self._operators(table) | key, text)
        if field.kind == "delete":
            return self._field(self._response(table), where, f'delete data from the table: "{table.source}"')
        key = {column.name: GraphQLNonNull(self.scalar(column.scalar)) for column in table.primary_key}
        return self._field(self.table(table), key, f'delete single row from the table: "{name}"')

    @staticmethod
    def _field(output: Any, arguments: dict[str, Any], description: str) -> GraphQLField:
        described = {
            name: GraphQLArgument(kind, description=OPERATOR_TEXTS.get(name))
            for name, kind in arguments.items()
        }
        return GraphQLField(output, described, description=description)

    def _response(self, table: TableType) -> Any:
        name = f"{table.name}_mutation_response"
        fields = {
            "affected_rows": GraphQLField(
                GraphQLNonNull(INT), description="number of rows affected by the mutation"
            ),
            "returning": GraphQLField(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(self.table(table)))),
                description="data from the rows affected by the mutation",
            ),
        }
        description = f'response of any mutation on the table "{table.source}"'
        return self.once(name, lambda: ObjectType(name, fields, description=description))

    def _insert_input(self, table: TableType) -> Any:
        name = f"{table.name}_insert_input"
        assert table.insert is not None
        columns = table.insert.columns.values()
        return self.once(
            name,
            lambda: InputObjectType(
                name,
                {c.name: GraphQLInputField(self.scalar(c.scalar), description=c.comment) for c in columns},
                description=f'input type for inserting data into table "{table.source}"',
            ),
        )

    def _on_conflict_argument(self, table: TableType) -> dict[str, Any]:
        if not table.unique:
            return {}
        name = f"{table.name}_on_conflict"

        def make() -> Any:
            constraints = {
                key: GraphQLEnumValue(
                    key, description=f"unique or primary key constraint on columns {', '.join(columns)}"
                )
                for key, columns in table.unique.items()
            }
            updated = {
                key: GraphQLEnumValue(key, description="column name")
                for key in (table.update.columns if table.update else {})
            }
            fields = {
                "constraint": GraphQLInputField(
                    GraphQLNonNull(EnumType(f"{table.name}_constraint", constraints))
                ),
                "update_columns": GraphQLInputField(
                    GraphQLNonNull(list_of(EnumType(f"{table.name}_update_column", updated))),
                    default_value=[],
                ),
                "where": GraphQLInputField(self.bool_exp(table)),
            }
            return InputObjectType(
                name, fields, description=f'on_conflict condition type for table "{table.source}"'
            )

        return {"on_conflict": self.once(name, make)}

    def _pk_columns(self, table: TableType) -> Any:
        name = f"{table.name}_pk_columns_input"
        columns = table.primary_key
        return self.once(
            name,
            lambda: InputObjectType(
                name,
                {c.name: GraphQLInputField(GraphQLNonNull(self.scalar(c.scalar))) for c in columns},
                description=f"primary key columns input for table: {table.name}",
            ),
        )

    def _operators(self, table: TableType) -> dict[str, Any]:
        found = {}
        for operator, (_, operand) in UPDATE_OPERATORS.items():
            columns = [
                c
                for c in (table.update.columns if table.update else {}).values()
                if update_operator_takes(operator, c.scalar)
            ]
            if not columns:
                continue

            def of(column: Any, operator: str = operator, operand: Any = operand) -> Any:
                if operator == "_delete_at_path":
                    return list_of(STRING)
                return self.scalar(operand or column.scalar)

            name = f"{table.name}{operator}_input"
            fields = {
                column.name: GraphQLInputField(of(column), description=column.comment) for column in columns
            }
            description = OPERATOR_TEXTS[operator]
            found[operator] = self.once(
                name, lambda n=name, f=fields, d=description: InputObjectType(n, f, description=d)
            )
        return found
