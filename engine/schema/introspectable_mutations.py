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
from lictor.engine.schema.model import ColumnField, RelationshipField, RootField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS
from lictor.engine.schema.writing import PLACEHOLDER, insert_columns, nested_type, usable_operators

OPERATOR_TEXTS = {
    "_set": "sets the columns of the filtered rows to the given values",
    "_inc": "increments the numeric columns with given value of the filtered values",
    "_append": "append existing jsonb value of filtered columns with new jsonb value",
    "_prepend": "prepend existing jsonb value of filtered columns with new jsonb value",
    "_delete_key": "delete key/value pair or string element. key/value pairs are matched based on their key value",
    "_delete_elem": "delete the array element with specified index (negative integers count from the end)",
    "_delete_at_path": "delete the field or element with specified path",
}
# Of the operators' input types where it is another text; the table's name follows.
INPUT_TEXTS = {
    "_set": "input type for updating data in table",
    "_inc": "input type for incrementing numeric columns in table",
}
INSERTED_ROWS, INSERTED_ROW = "the rows to be inserted", "the row to be inserted"
UPDATED_ROWS, DELETED_ROWS = (f"filter the rows which have to be {done}" for done in ("updated", "deleted"))
UPDATES = "updates to execute, in order"


class MutationTypes(InputTypes):
    """What mutations take and give."""

    def table(self, table: TableType) -> Any:
        """The object type of a table's rows."""
        raise NotImplementedError

    def mutation(self, field: RootField) -> GraphQLField:
        """One generated field of mutation_root."""
        table = field.table
        assert table is not None
        source = f'the table: "{table.source}"'
        if field.kind == "insert":
            rows = {"objects": _argument(GraphQLNonNull(list_of(self._insert_input(table))), INSERTED_ROWS)}
            return _field(
                self._response(table), rows | self._conflict_argument(table), f"insert data into {source}"
            )
        if field.kind == "insert_one":
            row = {"object": _argument(GraphQLNonNull(self._insert_input(table)), INSERTED_ROW)}
            return _field(
                self.table(table), row | self._conflict_argument(table), f"insert a single row into {source}"
            )
        if field.kind == "update_many":
            updates = {"updates": _argument(GraphQLNonNull(list_of(self._updates(table))), UPDATES)}
            text = f'update multiples rows of table: "{table.source}"'
            return _field(GraphQLList(self._response(table)), updates, text)
        if field.kind == "update":
            where = {"where": _argument(GraphQLNonNull(self.bool_exp(table)), UPDATED_ROWS)}
            return _field(
                self._response(table), self._operator_arguments(table) | where, f"update data of {source}"
            )
        if field.kind == "update_by_pk":
            key = {"pk_columns": GraphQLArgument(GraphQLNonNull(self._pk_columns(table)))}
            text = f"update single row of {source}"
            return _field(self.table(table), self._operator_arguments(table) | key, text)
        if field.kind == "delete":
            where = {"where": _argument(GraphQLNonNull(self.bool_exp(table)), DELETED_ROWS)}
            return _field(self._response(table), where, f"delete data from {source}")
        key = {
            column.name: _argument(GraphQLNonNull(self.scalar(column.scalar)), column.comment)
            for column in table.primary_key
        }
        return _field(self.table(table), key, f"delete single row from {source}")

    def _response(self, table: TableType) -> Any:
        name = f"{table.name}_mutation_response"

        def make() -> Any:
            fields = {
                "affected_rows": GraphQLField(
                    GraphQLNonNull(INT), description="number of rows affected by the mutation"
                )
            }
            if table.selectable:
                fields["returning"] = GraphQLField(
                    GraphQLNonNull(list_of(self.table(table))),
                    description="data from the rows affected by the mutation",
                )
            description = f'response of any mutation on the table "{table.source}"'
            return ObjectType(name, fields, description=description)

        return self.once(name, make)

    # --- insert -----------------------------------------------------------------------------------------

    def _insert_input(self, table: TableType) -> Any:
        name = f"{table.name}_insert_input"

        def fields() -> dict[str, GraphQLInputField]:
            columns = insert_columns(table).values()
            found = {c.name: GraphQLInputField(self.scalar(c.scalar), description=c.comment) for c in columns}
            for relationship in table.nested.values():
                found[relationship.name] = GraphQLInputField(self._nested_input(relationship))
            return dict(sorted(found.items()))

        description = f'input type for inserting data into table "{table.source}"'
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _nested_input(self, relationship: RelationshipField) -> Any:
        name, target = nested_type(relationship), relationship.target

        def fields() -> dict[str, GraphQLInputField]:
            row = self._insert_input(target)
            data = GraphQLInputField(GraphQLNonNull(list_of(row) if relationship.is_array else row))
            if not target.unique:
                return {"data": data}
            conflict = GraphQLInputField(self._on_conflict(target), description="upsert condition")
            return {"data": data, "on_conflict": conflict}

        kind = "array" if relationship.is_array else "object"
        description = f'input type for inserting {kind} relation for remote table "{target.source}"'
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _conflict_argument(self, table: TableType) -> dict[str, GraphQLArgument]:
        if not table.unique:
            return {}
        return {"on_conflict": _argument(self._on_conflict(table), "upsert condition")}

    def _on_conflict(self, table: TableType) -> Any:
        name = f"{table.name}_on_conflict"

        def fields() -> dict[str, GraphQLInputField]:
            updated = list_of(self._update_column(table))
            return {
                "constraint": GraphQLInputField(GraphQLNonNull(self._constraint(table))),
                "update_columns": GraphQLInputField(GraphQLNonNull(updated), default_value=[]),
                "where": GraphQLInputField(self.bool_exp(table)),
            }

        description = f'on_conflict condition type for table "{table.source}"'
        return self.once(name, lambda: InputObjectType(name, fields, description=description))

    def _constraint(self, table: TableType) -> Any:
        name = f"{table.name}_constraint"
        values = {
            key: GraphQLEnumValue(
                key, description=f"unique or primary key constraint on columns {_quoted(columns)}"
            )
            for key, columns in table.unique.items()
        }
        description = f'unique or primary key constraints on table "{table.source}"'
        return self.once(name, lambda: EnumType(name, values, description=description))

    def _update_column(self, table: TableType) -> Any:
        name = f"{table.name}_update_column"
        values = {
            key: GraphQLEnumValue(key, description="column name")
            for key in (table.update.columns if table.update else ())
        }
        description = f'update columns of table "{table.source}"'
        if not values:
            values = {PLACEHOLDER: GraphQLEnumValue(PLACEHOLDER, description="(placeholder, do not use)")}
            description = f'placeholder for update columns of table "{table.source}" (current role has no relevant permissions)'
        return self.once(name, lambda: EnumType(name, values, description=description))

    # --- update -----------------------------------------------------------------------------------------

    def _pk_columns(self, table: TableType) -> Any:
        name = f"{table.name}_pk_columns_input"
        columns = table.primary_key
        return self.once(
            name,
            lambda: InputObjectType(
                name,
                {c.name: GraphQLInputField(GraphQLNonNull(self.scalar(c.scalar))) for c in columns},
                description=f"primary key columns input for table: {table.source}",
            ),
        )

    def _updates(self, table: TableType) -> Any:
        name = f"{table.name}_updates"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                operator: GraphQLInputField(of_operator, description=OPERATOR_TEXTS[operator])
                for operator, of_operator in self._operators(table).items()
            }
            where = GraphQLInputField(GraphQLNonNull(self.bool_exp(table)), description=UPDATED_ROWS)
            return found | {"where": where}

        return self.once(name, lambda: InputObjectType(name, fields))

    def _operator_arguments(self, table: TableType) -> dict[str, GraphQLArgument]:
        return {
            operator: _argument(of_operator, OPERATOR_TEXTS[operator])
            for operator, of_operator in self._operators(table).items()
        }

    def _operators(self, table: TableType) -> dict[str, Any]:
        """The input type of each update operator that the table has."""
        found = {}
        for operator, columns in usable_operators(table).items():
            name = f"{table.name}{operator}_input"
            fields = {
                column.name: GraphQLInputField(self._operand(operator, column), description=column.comment)
                for column in columns.values()
            }
            description = INPUT_TEXTS.get(operator, OPERATOR_TEXTS[operator])
            if operator in INPUT_TEXTS:
                description = f'{description} "{table.source}"'
            found[operator] = self.once(
                name, lambda n=name, f=fields, d=description: InputObjectType(n, f, description=d)
            )
        return found

    def _operand(self, operator: str, column: ColumnField) -> Any:
        if operator == "_delete_at_path":
            return list_of(STRING)
        return self.scalar(UPDATE_OPERATORS[operator][1] or column.scalar)


def _argument(kind: Any, description: str | None) -> GraphQLArgument:
    return GraphQLArgument(kind, description=description)


def _field(output: Any, arguments: dict[str, GraphQLArgument], description: str) -> GraphQLField:
    return GraphQLField(output, arguments, description=description)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
