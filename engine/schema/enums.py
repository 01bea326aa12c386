"""Enum tables: tables whose rows are the values of a GraphQL enum.

In: tables with `is_enum` of the metadata and their rows from the catalog. Out: a `Scalar` per enum table, which the
columns that refer to it by a foreign key have instead of their own type. Raises ValueError with the reasons why a
table is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lictor.engine.catalog import Catalog, CatalogTable
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.schema.inconsistency import because
from lictor.engine.schema.scalars import Scalar, enum_scalar

_VALUE = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_NOT_VALUES = frozenset({"true", "false", "null"})
Enums = Mapping[QualifiedName, Scalar]


def enum_of(name: QualifiedName, type_name: str, catalog: Catalog) -> Scalar:
    """The enum whose values are the rows of the table. Raises ValueError with the reasons why there is none."""
    table = catalog.tables[name.schema, name.name]
    values = catalog.enum_values.get((name.schema, name.name), ())
    reasons = _shape_reasons(table) or _value_reasons([value for value, _ in values])
    if reasons:
        raise ValueError(because(f'the table "{name}" cannot be used as an enum', reasons))
    key = next(column for column in table.columns if column.name == table.primary_key[0])
    return enum_scalar(f"{type_name}_enum", key.pg_type, key.sql_type, values)


def column_enum(table: CatalogTable, column: str, enums: Enums) -> Scalar | None:
    """The enum a column's foreign key refers to, if it refers to an enum table's key."""
    for key in table.foreign_keys:
        if key.columns == (column,):
            found = enums.get(QualifiedName(key.remote_schema, key.remote_table))
            if found is not None:
                return found
    return None


def _shape_reasons(table: CatalogTable) -> list[str]:
    reasons: list[str] = []
    types = {column.name: column.pg_type for column in table.columns}
    others = [name for name in types if name not in table.primary_key]
    if not table.primary_key:
        reasons.append("the table must have a primary key")
    elif len(table.primary_key) > 1:
        spanned = ", ".join(table.primary_key)
        reasons.append(f"the table's primary key must not span multiple columns ({spanned})")
    for key in table.primary_key if len(table.primary_key) == 1 else ():
        reasons += _not_text("primary key", key, types)
    if len(others) > 1 or not table.primary_key:
        names = ", ".join(sorted(types))
        reasons.append(
            "the table must have exactly one primary key and optionally one comment column, not "
            f"{len(types)} columns ({names})"
        )
    elif others:
        reasons += _not_text("comment column", others[0], types)
    return reasons


def _not_text(what: str, column: str, types: Mapping[str, str]) -> list[str]:
    if types[column] == "text":
        return []
    return [f'the table\'s {what} ("{column}") must have type "text", not type "{types[column]}"']


def _value_reasons(values: list[str]) -> list[str]:
    if not values:
        return ["the table must have at least one row"]
    wrong = [value for value in values if value in _NOT_VALUES or not _VALUE.fullmatch(value)]
    if len(wrong) == 1:
        return [f'the value "{wrong[0]}" is not a valid GraphQL enum value name']
    if wrong:
        listed = ", ".join(f'"{value}"' for value in wrong)
        return [f"the values {listed} are not valid GraphQL enum value names"]
    return []
