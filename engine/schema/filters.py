"""Boolean expressions of permissions, as metadata writes them.

In: the JSON of a `filter` or `check` and admin's `TableType`. Out: a `BoolExp`; strings that begin with x-hasura-
are session variables. Names are those of Postgres' columns, operators start with `_` or `$`.
Raises ValueError naming what does not exist or does not fit; nothing is left for the time of a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from lictor.engine.errors import one_of
from lictor.engine.expressions import (
    And,
    BoolExp,
    Compare,
    CompareColumns,
    Constant,
    Exists,
    ExistsComputed,
    ExistsIn,
    IsNull,
    ListOf,
    Not,
    Or,
    Param,
    SessionVariable,
)
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.schema.model import ColumnField, ComputedField, TableType
from lictor.engine.schema.operators import CASTS, COLUMN_OPERATORS, Operator, operators
from lictor.engine.schema.scalars import Scalar

Tables = Mapping[QualifiedName, TableType]
SESSION_PREFIX = "x-hasura-"
PATH = "$"


def read_filter(raw: Any, table: TableType, tables: Tables) -> BoolExp:
    """The condition on rows of `table`."""
    return _Reader(tables, table).expression(raw, table)


def preset(value: Any, column: ColumnField) -> Param:
    """The value a preset gives to `column`."""
    return _operand(value, column.scalar)


def _session_variable(value: Any) -> SessionVariable | None:
    if isinstance(value, str) and value.lower().startswith(SESSION_PREFIX):
        return SessionVariable(value.lower())
    return None


def _constant(value: Any) -> Constant:
    return Constant(value, orjson.dumps(value).decode())


def _operand(value: Any, scalar: Scalar) -> Param:
    if (variable := _session_variable(value)) is not None:
        return Param(variable, scalar, "text", PATH)
    if scalar.family == "enum" and value not in scalar.value_names:
        raise ValueError(f"{scalar.name}: expected {one_of(scalar.value_names)}, found {value!r}")
    if isinstance(value, str) and scalar.family != "json":
        return Param(_constant(value), scalar, "text", PATH)
    return Param(_constant(value), scalar, "scalar", PATH)


def _list_operand(value: Any, scalar: Scalar) -> Param:
    if (variable := _session_variable(value)) is not None:
        return Param(variable, scalar, "array", PATH)
    if not isinstance(value, list):
        raise ValueError(f"a list or a session variable is expected, found {value!r}")
    for item in value if scalar.family == "enum" else ():
        _ = _operand(item, scalar)
    items = tuple(_session_variable(item) or _constant(_text(item)) for item in value)
    return Param(ListOf(items), scalar, "texts", PATH)


def _text(item: Any) -> str:
    return item if isinstance(item, str) else orjson.dumps(item).decode()


class _Reader:
    def __init__(self, tables: Tables, root: TableType) -> None:
        self.tables = tables
        self.root = root

    def expression(self, raw: Any, table: TableType) -> BoolExp:
        if not isinstance(raw, dict):
            raise ValueError(f"a boolean expression is an object, found {raw!r}")
        conditions = [self._entry(key, value, table) for key, value in raw.items()]
        return conditions[0] if len(conditions) == 1 else And(tuple(conditions))

    def _entry(self, key: str, value: Any, table: TableType) -> BoolExp:
        operator = _name(key)
        if operator in ("_and", "_or"):
            if not isinstance(value, list):
                raise ValueError(f"{key} takes a list")
            items = tuple(self.expression(item, table) for item in value)
            return And(items) if operator == "_and" else Or(items)
        if operator == "_not":
            return Not(self.expression(value, table))
        if operator == "_exists":
            return self._exists(value)
        column = _column(table, key)
        if column is not None:
            return self._column(value, column, table)
        relationship = table.relationships.get(key)
        if relationship is not None:
            return Exists(relationship, self.expression(value, relationship.target))
        computed = table.computed.get(key)
        if computed is not None:
            return self._computed(value, computed, table)
        raise ValueError(f'"{key}" is neither a column nor a relationship of {table.source}')

    def _computed(self, value: Any, computed: ComputedField, table: TableType) -> BoolExp:
        if computed.inputs:
            raise ValueError(
                f"computed field {computed.name}: one with input arguments cannot be in a condition"
            )
        if computed.table is not None:
            return ExistsComputed(computed, self.expression(value, computed.table))
        return self._column(value, computed, table)

    def _exists(self, value: Any) -> BoolExp:
        if not isinstance(value, dict) or not {"_table", "_where"} >= value.keys() or "_table" not in value:
            raise ValueError("_exists takes an object with _table and _where")
        name = value["_table"]
        if isinstance(name, str):
            source = QualifiedName("public", name)
        else:
            source = QualifiedName(name.get("schema", "public"), name["name"])
        table = self.tables.get(source)
        if table is None:
            raise ValueError(f"_exists: table {source} is not tracked")
        return ExistsIn(table, self.expression(value.get("_where") or {}, table))

    # --- columns ----------------------------------------------------------------------------------------

    def _column(self, value: Any, column: ColumnField | ComputedField, table: TableType) -> BoolExp:
        assert column.scalar is not None
        if not isinstance(value, dict) or (
            column.scalar.family == "json" and not all(_name(key).startswith("_") for key in value)
        ):
            value = {"_eq": value}
        conditions = [
            self._comparison(_name(k), v, column, column.scalar, table, None) for k, v in value.items()
        ]
        return conditions[0] if len(conditions) == 1 else And(tuple(conditions))

    def _comparison(
        self,
        name: str,
        value: Any,
        column: ColumnField | ComputedField,
        scalar: Scalar,
        table: TableType,
        cast: Scalar | None,
    ) -> BoolExp:
        if name == "_is_null":
            if not isinstance(value, bool):
                raise ValueError(f"{column.name}: _is_null takes true or false")
            return IsNull(column, not value, cast)
        if name in COLUMN_OPERATORS and isinstance(column, ColumnField):
            return self._column_comparison(COLUMN_OPERATORS[name], value, column, table)
        if name == "_cast" and cast is None and isinstance(value, dict):
            return self._cast(value, column, table)
        operator = operators(scalar).get(name)
        if operator is None:
            raise ValueError(f"{column.name}: no operator {name} for the type {scalar.name}")
        if value is None:
            raise ValueError(f"{column.name}: {name} cannot compare with null, use _is_null")
        if operator.shape == "many":
            return Compare(column, operator, _list_operand(value, operator.operand), cast)
        return Compare(column, operator, _operand(value, operator.operand), cast)

    def _cast(self, value: dict[str, Any], column: ColumnField | ComputedField, table: TableType) -> BoolExp:
        assert column.scalar is not None
        conditions: list[BoolExp] = []
        for target, comparisons in value.items():
            scalar = CASTS.get(column.scalar.pg_type, {}).get(target)
            if scalar is None:
                raise ValueError(f"{column.name}: no cast to {target}")
            conditions += [
                self._comparison(_name(k), v, column, scalar, table, scalar) for k, v in comparisons.items()
            ]
        return And(tuple(conditions))

    def _column_comparison(
        self, operator: Operator, value: Any, column: ColumnField, table: TableType
    ) -> BoolExp:
        steps = value if isinstance(value, list) else [value]
        of_root = bool(steps) and steps[0] == "$"
        steps = steps[1:] if of_root else steps
        owner = self.root if of_root else table
        other = _column(owner, steps[0]) if len(steps) == 1 and isinstance(steps[0], str) else None
        if other is None:
            raise ValueError(f"{column.name}: no column {value!r} to compare with")
        return CompareColumns(column, operator, other, of_root)


def _name(key: str) -> str:
    """Operators may be written `$eq` or `_eq`; two of them have a shorter name."""
    name = f"_{key[1:]}" if key.startswith("$") else key
    return {"_ne": "_neq", "_cne": "_cneq"}.get(name, name)


def _column(table: TableType, name: str) -> ColumnField | None:
    return next((column for column in table.columns.values() if column.column == name), None)
