"""Rows to insert: from a request's objects to columns and text.

In: the objects as JSON values, and the table they are for. Out: a `Batch`: rows keyed by column, every value but
json as text or null, and the objects nested in them. Raises GraphQLFailure of kind "coercion" with Hasura's texts
for what does not fit, before anything is changed. Never: looks into the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from lictor.engine.errors import GraphQLFailure, at_index, at_key, invalid, uncoercible
from lictor.engine.plan.nodes import OnConflict, ReadConflict
from lictor.engine.request.variables import ABSENT
from lictor.engine.schema.coercion import json_noun
from lictor.engine.schema.model import ColumnField, RelationshipField, TableType
from lictor.engine.schema.writing import insert_columns, nested_fields, nested_type
from lictor.engine.sql.params import ToText, scalar_to_text


@dataclass(frozen=True, slots=True)
class Conflict:
    """The on_conflict of nested objects; `value` is what its parameters read."""

    plan: OnConflict
    value: Any


@dataclass(slots=True)
class Nested:
    """The objects nested in one row, to be inserted through a relationship. `path` is that of the relationship."""

    relationship: RelationshipField
    batch: Batch
    path: str


@dataclass(slots=True)
class Batch:
    """Rows of one table, in order; `nested` holds what is nested in a row, by the row's place.

    `columns` are those that a parent determines and the rows therefore do not name. `path` is that of the list
    or, if `single`, of the object.
    """

    table: TableType
    path: str
    single: bool
    columns: frozenset[str] = frozenset()
    conflict: Conflict | None = None
    values: list[dict[str, Any]] = field(default_factory=list)
    nested: dict[int, list[Nested]] = field(default_factory=dict)

    def row_path(self, place: int) -> str:
        """Where a row stands in the request."""
        return self.path if self.single else at_index(self.path, place)


class RowsReader:
    """Reads the rows of one insert field; made once per plan."""

    def __init__(self, table: TableType, path: str, read_conflict: ReadConflict) -> None:
        self.table = table
        self.path = path
        self.read_conflict = read_conflict
        self._fields: dict[TableType, dict[str, tuple[str, ToText | None]]] = {}

    def read(self, value: Any) -> Batch:
        """The rows of the field."""
        return self._batch(self.table, value, self.path, frozenset())

    def _batch(self, table: TableType, value: Any, path: str, determined: frozenset[str]) -> Batch:
        if value is ABSENT or value is None:
            raise uncoercible("expected a list, but found null", path)
        single = not isinstance(value, list)
        batch = Batch(table, path, single, determined)
        for place, item in enumerate([value] if single else value):
            self._row(batch, item, place)
        return batch

    def _row(self, batch: Batch, item: Any, place: int) -> None:
        table, fields = batch.table, self._fields_of(batch.table)
        if not isinstance(item, dict):
            expected = f"{table.name}_insert_input"
            raise uncoercible(
                f"expected an object for type '{expected}', but found {json_noun(item)}",
                batch.row_path(place),
            )
        row: dict[str, Any] = {}
        nested: list[Nested] = []
        for key, value in item.items():
            if (known := fields.get(key)) is not None:
                column, to_text = known
                if value is None or to_text is None:
                    row[column] = value
                else:
                    try:
                        row[column] = to_text(value, "")
                    except GraphQLFailure:
                        to_text(value, at_key(batch.row_path(place), key))  # again, to name the place
                        raise
            elif (relationship := table.nested.get(key)) is not None:
                found = self._nested(relationship, value, at_key(batch.row_path(place), key))
                if found is not None:
                    nested.append(found)
            else:
                type_name = f"{table.name}_insert_input"
                at = at_key(batch.row_path(place), key)
                raise uncoercible(f"field '{key}' not found in type: '{type_name}'", at)
        if batch.columns or nested:
            _check_determined(batch, row, nested, place)
        batch.values.append(row)
        if nested:
            batch.nested[place] = nested

    def _fields_of(self, table: TableType) -> dict[str, tuple[str, ToText | None]]:
        """GraphQL name → column and the function that writes its values; None for json, which stays as it is."""
        found = self._fields.get(table)
        if found is None:
            found = self._fields[table] = {
                name: (column.column, None if column.scalar.family == "json" else _writer(column))
                for name, column in insert_columns(table).items()
            }
        return found

    def _nested(self, relationship: RelationshipField, value: Any, path: str) -> Nested | None:
        """What is to be inserted through a relationship; None if it is nothing."""
        if value is None:
            return None
        type_name, target = nested_type(relationship), relationship.target
        if not isinstance(value, dict):
            raise uncoercible(
                f"expected an object for type '{type_name}', but found {json_noun(value)}", path
            )
        for key in value:
            if key not in nested_fields(target):
                raise uncoercible(f"field '{key}' not found in type: '{type_name}'", at_key(path, key))
        here = at_key(path, "data")
        data = value.get("data", ABSENT)
        if data is ABSENT:
            raise uncoercible("missing required field 'data'", here)
        if relationship.is_array and data is None:
            raise uncoercible("expected a list, but found null", here)
        if not relationship.is_array and not isinstance(data, dict):
            expected = f"{target.name}_insert_input"
            raise uncoercible(f"expected an object for type '{expected}', but found {json_noun(data)}", here)
        determined = (
            frozenset(remote for _, remote in relationship.join) if relationship.after_parent else frozenset()
        )
        batch = self._batch(target, data, here, determined)
        on_conflict = value.get("on_conflict")
        if on_conflict is not None:
            plan = self.read_conflict(target, on_conflict, at_key(path, "on_conflict"))
            batch.conflict = Conflict(plan, on_conflict)
        return Nested(relationship, batch, path) if batch.values else None


def _writer(column: ColumnField) -> ToText:
    return scalar_to_text(column.scalar, False)


def _check_determined(batch: Batch, row: dict[str, Any], nested: list[Nested], place: int) -> None:
    """Raises if a column would have two values: a given one and that of a parent or of a nested object."""
    if twice := [column for column in row if column in batch.columns]:
        raise invalid(
            f"cannot insert {_quoted(twice)} columns as their values are already being determined by parent insert",
            batch.row_path(place),
        )
    for part in nested:
        relationship = part.relationship
        if relationship.is_array:
            continue
        if twice := [local for local, _ in relationship.join if local in row or local in batch.columns]:
            raise invalid(
                f'cannot insert object relationship "{relationship.name}" as {_quoted(twice)} column values are '
                "already determined",
                part.path,
            )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def rows_text(rows: list[dict[str, Any]], path: str) -> str:
    """The rows as the text of a JSON list."""
    try:
        return orjson.dumps(rows).decode()
    except (TypeError, UnicodeError) as error:
        raise uncoercible(f"the value is not JSON: {error}", path, "parse-failed") from error
