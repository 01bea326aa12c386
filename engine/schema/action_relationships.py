"""Relationships from the output objects of actions to tables.

In: the declarations of the metadata, the custom types, the tables. Out: by object type and field name, how the
rows of the table are found; and what does not fit, with its reason. Which of them a role sees is decided by its
own tables (`visible`). Never: touches the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lictor.engine.schema.scalars import Scalar

if TYPE_CHECKING:  # the model of the schema holds the custom types
    from lictor.engine.metadata.model import ActionRelationship, QualifiedName
    from lictor.engine.schema.action_types import ActionTypes
    from lictor.engine.schema.model import TableType


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A field of the output object whose value is sought in `column` of the table, as a value of `scalar`."""

    field: str
    column: str
    scalar: Scalar


@dataclass(frozen=True, slots=True)
class OutputRelationship:
    """A field of an output object that shows rows of the table type `table`.

    `unique` means that at most one row has the key. `is_aggregate` is the `<name>_aggregate` beside a list.
    """

    name: str
    is_array: bool
    is_aggregate: bool
    table: str
    key: tuple[KeyPart, ...]
    unique: bool


OutputRelationships = Mapping[str, Mapping[str, OutputRelationship]]


def resolve_relationships(
    declared: Iterable[ActionRelationship], types: ActionTypes, tables: Mapping[QualifiedName, TableType]
) -> tuple[OutputRelationships, list[tuple[ActionRelationship, str]]]:
    """The relationships by object type and field name, and those that are left out, each with the reason."""
    found: dict[str, dict[str, OutputRelationship]] = {}
    unfit: list[tuple[ActionRelationship, str]] = []
    for relationship in declared:
        try:
            fields = _resolve(relationship, types, tables, found.get(relationship.type_name, {}))
        except LookupError as error:
            unfit.append((relationship, error.args[0]))
            continue
        found.setdefault(relationship.type_name, {}).update({field.name: field for field in fields})
    return found, unfit


def _resolve(
    declared: ActionRelationship,
    types: ActionTypes,
    tables: Mapping[QualifiedName, TableType],
    known: Mapping[str, OutputRelationship],
) -> list[OutputRelationship]:
    """The field, and for a list its aggregate. Raises LookupError with the reason."""
    fields = types.objects.get(declared.type_name)
    if fields is None:
        raise LookupError(f'the object type "{declared.type_name}" is not defined')
    table = tables.get(declared.remote_table)
    if table is None:
        raise LookupError(f'table "{declared.remote_table}" is not tracked')
    if not declared.fields:
        raise LookupError("the field mapping is empty")
    columns = {column.column: column for column in table.columns.values()}
    key: list[KeyPart] = []
    for field, remote in declared.fields.items():
        output = fields.get(field)
        if output is None:
            raise LookupError(f'the field "{field}" does not exist')
        if output.inner is not None:
            raise LookupError(f'the type of the field "{field}" is a list type')
        if output.base in types.objects:
            raise LookupError(f'the type of the field "{field}" is an object type')
        column = columns.get(remote)
        if column is None:
            raise LookupError(f'column "{remote}" of table "{declared.remote_table}" does not exist')
        key.append(KeyPart(field, remote, column.scalar))
    remote_columns = {part.column for part in key}
    unique = any(set(names) <= remote_columns for names in table.unique.values())
    names = [declared.name]
    if declared.is_array:
        names.append(f"{declared.name}_aggregate")
    for name in names:
        if name in fields or name in known:
            raise LookupError(f'the object has a field "{name}" already')
    return [
        OutputRelationship(name, declared.is_array, is_aggregate, table.name, tuple(key), unique)
        for name, is_aggregate in zip(names, (False, True), strict=False)
    ]


def visible(
    types: ActionTypes, type_name: str, tables: Mapping[str, TableType]
) -> dict[str, tuple[OutputRelationship, TableType]]:
    """The relationships of an object type that a role with these tables sees, with its own view of the table."""
    found = {}
    for name, relationship in types.relationships.get(type_name, {}).items():
        table = tables.get(relationship.table)
        if table is None or not table.selectable:
            continue
        if not relationship.is_aggregate or table.aggregations:
            found[name] = (relationship, table)
    return found
