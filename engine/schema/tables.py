"""One tracked table becomes admin's `TableType`.

In: the table's metadata, what the catalog knows of it, and the enums. Out: a `TableType` with its columns; the ways
to other tables are added by `build`. Columns whose name or type GraphQL cannot spell are left out.
"""

from __future__ import annotations

import re

from lictor.engine.catalog import CatalogTable
from lictor.engine.metadata.model import QualifiedName, Table
from lictor.engine.schema.enums import Enums, column_enum
from lictor.engine.schema.model import ColumnField, DeleteRule, InsertRule, TableType, UpdateRule
from lictor.engine.schema.scalars import column_scalar as typed

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


def is_name(text: str) -> bool:
    """Can GraphQL spell it?"""
    return _NAME.fullmatch(text) is not None


def default_name(name: QualifiedName) -> str:
    """Hasura's name of what metadata gives no name of its own: prefixed with a schema other than public."""
    return name.name if name.schema == "public" else f"{name.schema}_{name.name}"


def table_type_name(table: Table) -> str:
    """Hasura's base name of a table: its custom name, else its default name."""
    return table.custom_name or default_name(table.name)


def table_type(table: Table, found: CatalogTable, enums: Enums) -> TableType:
    """The table as admin sees it, without relationships."""
    made = TableType(
        name=table_type_name(table),
        source=table.name,
        comment=found.comment if table.comment is None else table.comment,
        explicit_comment=table.comment is not None,
        unique=found.unique,
    )
    by_column: dict[str, ColumnField] = {}
    for column in found.columns:
        name = table.column_names.get(column.name, column.name)
        column_scalar = column_enum(found, column.name, enums) or typed(
            column.pg_type, column.sql_type, column.type_kind
        )
        if not is_name(name) or not is_name(column_scalar.name):
            continue
        comment = table.column_comments.get(column.name, column.comment)
        column_field = ColumnField(
            name=name,
            column=column.name,
            scalar=column_scalar,
            nullable=column.nullable,
            default_sql=column.default_sql,
            generated=column.generated,
            comment=comment or None,
        )
        by_column[column.name] = made.columns[name] = column_field
    if all(name in by_column for name in found.primary_key):
        made.primary_key = tuple(by_column[name] for name in found.primary_key)
    written = {column.name: column for column in made.columns.values() if not column.generated}
    made.insert = InsertRule(written) if found.insertable else None
    made.update = UpdateRule(written) if found.updatable else None
    made.delete = DeleteRule() if found.deletable else None
    return made
