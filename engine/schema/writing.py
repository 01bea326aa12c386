"""What a role may write to a table, as names.

In: a `TableType` of the role. Out: its insertable columns, update operators, and the names and fields of the input
types of nested objects; the plan and the introspection agree because both ask here.
"""

from __future__ import annotations

from collections.abc import Mapping

from lictor.engine.schema.model import ColumnField, RelationshipField, TableType
from lictor.engine.schema.operators import UPDATE_OPERATORS, update_operator_takes

# Stands in the enum of columns when the role may update none: an enum must have a value.
PLACEHOLDER = "_PLACEHOLDER"


def insert_columns(table: TableType) -> Mapping[str, ColumnField]:
    """The columns that a new row may be given."""
    return table.insert.columns if table.insert else {}


def usable_operators(table: TableType) -> dict[str, dict[str, ColumnField]]:
    """The update operators of a table, each with the columns it may be used on."""
    found: dict[str, dict[str, ColumnField]] = {}
    for operator in UPDATE_OPERATORS:
        columns = table.update.columns.items() if table.update else ()
        of_operator = {
            name: column for name, column in columns if update_operator_takes(operator, column.scalar)
        }
        if of_operator:
            found[operator] = of_operator
    return found


def nested_type(relationship: RelationshipField) -> str:
    """The name of the input type of objects to insert through a relationship."""
    return f"{relationship.target.name}_{'arr' if relationship.is_array else 'obj'}_rel_insert_input"


def nested_fields(target: TableType) -> tuple[str, ...]:
    """The fields of the input type of objects to insert through a relationship to `target`."""
    return ("data", "on_conflict") if target.unique else ("data",)
